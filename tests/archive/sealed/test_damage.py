"""Sealed weeks that are damaged, in the way, newer than we are, or cannot be written."""

from __future__ import annotations

import fcntl
import hashlib
import json
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amtspuls.archive.sealed import manifest as manifests
from amtspuls.archive.sealed.manifest import LIVE, Manifest
from amtspuls.archive.sealed.read import list_weeks, open_week
from amtspuls.archive.sealed.write import LOCK_NAME, write_week
from amtspuls.archive.week import IsoWeek, folder_of
from amtspuls.errors import ArchiveError, OutputError
from support.limits import as_nobody, small_files
from support.sealed_portals import a_small_portal, same_portal

WEEK = IsoWeek.parse("2026-05")
FILES = ("portals", "calendars", "snapshots", "views", "spans", "capacities")


@pytest.fixture
def weeks(tmp_path: Path) -> Path:
    write_week(tmp_path / "weeks", WEEK, [a_small_portal()], LIVE)
    return tmp_path / "weeks"


@pytest.mark.parametrize("name", [*(f"{table}.parquet" for table in FILES), "week.json"])
def test_a_flipped_byte_is_named(weeks: Path, name: str) -> None:
    path = folder_of(weeks, WEEK) / name
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        data = bytearray(whole)
        data[place] ^= 0x01
        path.write_bytes(data)
        with pytest.raises(ArchiveError, match=name) as caught:
            open_week(weeks, WEEK).verify()
        assert str(path) in str(caught.value)


def test_a_damaged_file_gives_no_numbers(weeks: Path) -> None:
    path = folder_of(weeks, WEEK) / "snapshots.parquet"
    data = bytearray(path.read_bytes())
    data[40] ^= 0x10
    path.write_bytes(data)

    with pytest.raises(ArchiveError, match=r"snapshots\.parquet: does not have the digest"):
        open_week(weeks, WEEK).portal("amt")


@pytest.mark.parametrize("name", [*(f"{table}.parquet" for table in FILES)])
def test_a_missing_file_is_named(weeks: Path, name: str) -> None:
    path = folder_of(weeks, WEEK) / name
    path.unlink()

    with pytest.raises(ArchiveError, match="is missing") as caught:
        open_week(weeks, WEEK).verify()

    assert str(path) in str(caught.value)


def test_a_cut_off_file_is_named(weeks: Path) -> None:
    path = folder_of(weeks, WEEK) / "views.parquet"
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(ArchiveError, match=r"views\.parquet: has \d+ bytes"):
        open_week(weeks, WEEK).verify()


def test_a_week_without_its_manifest_is_none(weeks: Path) -> None:
    (folder_of(weeks, WEEK) / "week.json").unlink()

    assert list_weeks(weeks) == []
    with pytest.raises(ArchiveError, match=r"2026-05 is not sealed: .*week\.json is missing"):
        open_week(weeks, WEEK)
    with pytest.raises(ArchiveError, match="in the way"):
        write_week(weeks, WEEK, [a_small_portal()], LIVE)


def test_a_newer_schema_is_refused_by_number(weeks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "SCHEMA_VERSION", 0)

    with pytest.raises(
        ArchiveError, match="has schema version 1, this version of Amtspuls knows 0"
    ):
        open_week(weeks, WEEK)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "amtspuls sealed week"}', "\udcff"], ids=repr
)
def test_a_manifest_that_is_none_is_named(weeks: Path, text: str) -> None:
    (folder_of(weeks, WEEK) / "week.json").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ArchiveError, match=r"iso_week=05/week\.json: "):
        open_week(weeks, WEEK)


def test_a_manifest_without_a_field_is_named(weeks: Path) -> None:
    path = folder_of(weeks, WEEK) / "week.json"
    body = json.loads(path.read_text("utf-8"))
    body.pop("sha256")
    body.pop("files")
    body["sha256"] = manifests._digest(body)
    path.write_text(json.dumps(body), "utf-8")

    with pytest.raises(ArchiveError, match="lacks a field"):
        open_week(weeks, WEEK)


def test_a_week_in_the_folder_of_another_is_refused(weeks: Path) -> None:
    folder_of(weeks, WEEK).rename(folder_of(weeks, WEEK.following))

    with pytest.raises(ArchiveError, match="is of week 2026-05, its folder says 2026-06"):
        open_week(weeks, WEEK.following)


def test_a_folder_that_others_are_making_holds_no_week_yet(tmp_path: Path) -> None:
    weeks = tmp_path / "weeks"
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            weeks.mkdir()
            weeks.rmdir()

    maker = threading.Thread(target=come_and_go)
    maker.start()
    try:
        found = [list_weeks(weeks) for _ in range(10_000)]
    finally:
        stop.set()
        maker.join()
    assert found == [[]] * 10_000


def test_a_week_is_never_written_twice(weeks: Path) -> None:
    with pytest.raises(ArchiveError, match="2026-05 is sealed already"):
        write_week(weeks, WEEK, [], LIVE)
    with pytest.raises(ArchiveError, match="comes twice"):
        write_week(weeks, WEEK.following, [a_small_portal(), a_small_portal()], LIVE)

    assert list_weeks(weeks) == [WEEK]
    assert same_portal(open_week(weeks, WEEK).portal("amt"), a_small_portal())


def test_an_unknown_portal_is_an_error(weeks: Path) -> None:
    week = open_week(weeks, WEEK)
    for ask in (week.portal, week.calendars):
        with pytest.raises(ArchiveError, match="no portal 'bau' in this week"):
            ask("bau")


def test_what_a_killed_writer_left_is_removed(weeks: Path) -> None:
    left = weeks / ".2026-07.123.part"
    left.mkdir()
    (left / "week.json").write_text("{}", "utf-8")

    assert list_weeks(weeks) == [WEEK]
    write_week(weeks, WEEK.following, [a_small_portal()], LIVE)

    assert list_weeks(weeks) == [WEEK, WEEK.following]
    assert sorted(path.name for path in weeks.iterdir()) == [LOCK_NAME, "iso_year=2026"]


def test_a_full_disk_leaves_everything_as_it_was(weeks: Path) -> None:
    with small_files(200), pytest.raises(OutputError, match="iso_week=06 cannot be written"):
        write_week(weeks, WEEK.following, [a_small_portal()], LIVE)

    assert list_weeks(weeks) == [WEEK]
    assert not list(weeks.glob(".*.part"))
    open_week(weeks, WEEK).verify()


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with as_nobody(), pytest.raises(OutputError, match="cannot be written"):
        write_week(tmp_path / "weeks", WEEK, [a_small_portal()], LIVE)

    assert list_weeks(tmp_path / "weeks") == []


def test_a_living_writer_keeps_its_folder(weeks: Path) -> None:
    part = weeks / ".2026-07.1.part"
    with (weeks / LOCK_NAME).open() as living:
        fcntl.flock(living, fcntl.LOCK_SH)
        part.mkdir()
        write_week(weeks, WEEK.following, [a_small_portal()], LIVE)

        assert part.exists()


def test_the_files_say_who_wrote_them(weeks: Path) -> None:
    for path in folder_of(weeks, WEEK).glob("*.parquet"):
        told = pq.read_metadata(path).metadata
        assert told[b"amtspuls.schema"] == b"1"
        assert told[b"amtspuls.producer"].startswith(b"amtspuls ")


def replaced(weeks: Path, table: str, content: pa.Table) -> None:
    """A week whose manifest names another file for a table than a writer would have made."""
    folder = folder_of(weeks, WEEK)
    sink = pa.BufferOutputStream()
    pq.write_table(content, sink, row_group_size=1)
    data = sink.getvalue().to_pybytes()
    (folder / f"{table}.parquet").write_bytes(data)
    known = Manifest.parse((folder / "week.json").read_bytes(), "")
    files = tuple(
        entry._replace(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        if entry.name == f"{table}.parquet"
        else entry
        for entry in known.files
    )
    changed = Manifest(known.week, 1, known.producer, known.source, files, known.portals)
    (folder / "week.json").write_bytes(changed.to_bytes())


def test_a_column_that_is_missing_is_damage_and_no_traceback(weeks: Path) -> None:
    path = folder_of(weeks, WEEK) / "portals.parquet"
    table = pq.read_table(path, partitioning=None)
    replaced(weeks, "portals", table.drop_columns(["aggregated"]))
    with pytest.raises(ArchiveError, match=r"portals\.parquet: row group 0 cannot be read"):
        open_week(weeks, WEEK).record("amt")
    replaced(weeks, "portals", table.drop_columns(["zone"]))
    with pytest.raises(ArchiveError, match=r"portals\.parquet: has the columns portal, name"):
        open_week(weeks, WEEK).record("amt")


def test_other_columns_and_rows_are_found(weeks: Path) -> None:
    path = folder_of(weeks, WEEK) / "snapshots.parquet"
    table = pq.read_table(path, partitioning=None)

    replaced(weeks, "snapshots", table.drop_columns(["parser"]))
    with pytest.raises(ArchiveError, match=r"snapshots\.parquet: has the columns portal, ordinal"):
        open_week(weeks, WEEK).verify()

    replaced(weeks, "snapshots", table.drop_columns(["taken_at"]))
    with pytest.raises(ArchiveError, match=r"snapshots\.parquet: has the columns portal, ordinal"):
        open_week(weeks, WEEK).verify()

    replaced(weeks, "snapshots", table.slice(1))
    with pytest.raises(ArchiveError, match=r"has 1 rows, week\.json says 2"):
        open_week(weeks, WEEK).verify()

    replaced(weeks, "snapshots", table)
    with pytest.raises(ArchiveError, match="has no rows 0 to 2 in one row group"):
        open_week(weeks, WEEK).portal("amt")
