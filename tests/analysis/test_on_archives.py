"""The same morning as hand-written spans, in the plain archive and on disk gives the same answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from amtspuls.analysis.measures import MEASURES, load_watched, take_measure
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import ArchiveReader, PortalRecord
from amtspuls.archive.live import open_reader, open_writer
from amtspuls.errors import ConfigError
from support.measure_archive import BONN, KIEL, store_morning
from support.measure_cases import morning
from support.memory_archive import MemoryArchive


def answers(reader: ArchiveReader) -> dict[tuple[str, str], object]:
    watched = load_watched(reader, Selection())
    return {
        (name, by.value): take_measure(measure, watched, by).rows
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


class _United(MemoryArchive):
    """An archive in which the rows of one portal are unions of several snapshots."""

    def __init__(self, united: str) -> None:
        super().__init__()
        self._united = united

    def portals(self) -> Sequence[PortalRecord]:
        return [replace(r, aggregated=r.portal_id == self._united) for r in super().portals()]


def test_united_rows_are_left_out_of_measures_and_shown_by_status() -> None:
    archive = _United(KIEL.id)
    for portal in (BONN, KIEL):
        store_morning(archive, portal)
    everything = Selection()
    assert [one.evidence.record.portal_id for one in load_watched(archive, everything)] == [BONN.id]
    assert len(load_watched(archive, everything, united=True)) == 2
    with pytest.raises(ConfigError, match="quarter-hour unions"):
        load_watched(archive, Selection(include=(KIEL.id,)))
