"""The same morning as hand-written spans, in the plain archive and on disk gives the same answers."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from amtspuls.analysis.measures import MEASURES, measure_archive
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import ArchiveReader
from amtspuls.archive.live import open_reader, open_writer
from support.measure_archive import store_morning
from support.measure_cases import morning
from support.memory_archive import MemoryArchive


def answers(reader: ArchiveReader) -> dict[tuple[str, str], object]:
    return {
        (name, by): measure_archive(reader, name, Selection(), by).rows
        for name, measure in MEASURES.items()
        for by in measure.by
    }


def test_the_plain_archive_gives_the_answers_of_the_spans_on_paper() -> None:
    archive = MemoryArchive()
    store_morning(archive)
    assert answers(archive) == answers(morning())


def test_the_archive_on_disk_gives_the_answers_of_the_spans_on_paper(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "amtspuls-archive"
    with closing(open_writer(folder)) as writer:
        store_morning(writer)
        # A reader beside the writer sees the same.
        with closing(open_reader(folder)) as reader:
            assert answers(reader) == answers(morning())
