"""Single cases of sealing: what a random history rarely meets."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

import amtspuls
from amtspuls.archive import sealing
from amtspuls.archive.live import open_reader, open_whole, open_writer
from amtspuls.archive.sealed.manifest import Source
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek, sealed_weeks
from amtspuls.catalogue.portal import Portal
from amtspuls.errors import AmtspulsError, ArchiveError
from amtspuls.model import Calendar, Covered, Outcome, Slot, Snapshot, View, slot_from_local
from support.histories import OTHER, PORTAL, listed, made_up
from support.limits import small_files
from support.memory_archive import MemoryArchive
from support.sealing import seal, told

MONDAY = datetime(2026, 1, 26, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
LATE = datetime(2027, 1, 1, tzinfo=UTC)
DAYS = Covered.from_ranges([(date(2026, 1, 26), date(2026, 3, 31))])
FAR = slot_from_local(datetime(2026, 3, 2, 9))


def _snapshot(
    at: datetime,
    key: str = "k",
    slots: tuple[Slot, ...] = (FAR,),
    places: int | None = None,
    portal: Portal = PORTAL,
) -> Snapshot:
    capacities = MappingProxyType({} if places is None else dict.fromkeys(slots, places))
    view = View(Calendar(key, f"Name {key}"), Outcome.OK, DAYS, slots, capacities=capacities)
    return Snapshot(portal.id, at, at, Outcome.OK, (view,), requests=4)


class Both:
    """An archive of files and a plain one that get the same snapshots."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain = MemoryArchive()

    def store(self, *snapshots: Snapshot) -> None:
        with closing(open_writer(self.folder)) as writer:
            for snapshot in snapshots:
                assert writer.store(PORTAL, snapshot).opened == (
                    self.plain.store(PORTAL, snapshot).opened
                )

    def seal(self, now: datetime) -> list[str]:
        return [str(one.week) for one in seal(self.folder, now)]

    def compare(self) -> None:
        with closing(open_reader(self.folder)) as reader:
            assert told(reader) == told(self.plain)
            for hours in range(0, 24 * 40, 61):
                at = MONDAY + timedelta(hours=hours)
                assert list(reader.state(PORTAL.id, at)) == list(self.plain.state(PORTAL.id, at))


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path / "archive")


def test_a_calendar_that_is_renamed_after_its_week_was_sealed_keeps_its_past(both: Both) -> None:
    both.store(_snapshot(MONDAY, "-/t"))
    assert both.seal(MONDAY + WEEK) == ["2026-05"]
    both.store(_snapshot(MONDAY + WEEK, "o1/t"))
    both.compare()
    # Another office has the task too, so the office of the next one without it cannot be told.
    both.store(_snapshot(MONDAY + WEEK + timedelta(hours=1), "o2/t"))
    both.store(_snapshot(MONDAY + WEEK + timedelta(hours=2), "-/t"))
    both.compare()
    assert both.seal(LATE) == ["2026-06"]
    both.compare()


def test_places_that_were_sealed_are_remembered(both: Both) -> None:
    at = [MONDAY + n * WEEK for n in range(4)]
    both.store(_snapshot(at[0], places=3), _snapshot(at[0] + timedelta(hours=1), places=2))
    both.seal(at[1])
    both.store(_snapshot(at[1], places=2))
    both.seal(at[2])
    both.store(_snapshot(at[2], places=1))
    both.seal(LATE)
    with closing(open_writer(both.folder)) as writer, closing(open_whole(both.folder)) as reader:
        writer.store(PORTAL, _snapshot(at[3] + 60 * WEEK, places=2))
        both.plain.store(PORTAL, _snapshot(at[3] + 60 * WEEK, places=2))
        assert listed(reader.capacity_changes(PORTAL.id)) == listed(
            both.plain.capacity_changes(PORTAL.id)
        )


def test_nothing_that_is_over_stays_in_the_database(both: Both) -> None:
    gone = slot_from_local(datetime(2026, 1, 28, 9))
    both.store(_snapshot(MONDAY, slots=(gone, FAR)), _snapshot(MONDAY + timedelta(hours=1)))
    both.seal(LATE)
    with closing(sqlite3.connect(both.folder / "live.sqlite")) as database:
        counts = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("snapshots", "views", "texts", "spans", "calendars", "portals")
        }
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert counts == {
        "snapshots": 0, "views": 0, "texts": 0, "spans": 1, "calendars": 1, "portals": 1
    }  # fmt: skip
    both.compare()
    both.store(_snapshot(MONDAY + 3 * WEEK, slots=()))
    both.compare()


def test_a_snapshot_inside_a_sealed_week_is_refused(both: Both) -> None:
    both.store(_snapshot(MONDAY))
    both.seal(LATE)
    sunday = datetime(2026, 2, 1, 22, 59, 59, tzinfo=UTC)
    with closing(open_writer(both.folder)) as writer:
        for portal, at in ((PORTAL, sunday), (OTHER, sunday)):
            with pytest.raises(ArchiveError, match="week 2026-05 is sealed"):
                writer.store(portal, _snapshot(at, portal=portal))
        writer.store(PORTAL, _snapshot(sunday + timedelta(seconds=1)))
        with pytest.raises(ArchiveError, match="not later"):
            writer.store(PORTAL, _snapshot(MONDAY))


def test_a_seal_that_stopped_before_taking_rows_out_is_invisible_and_finished_later(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.store(*(_snapshot(MONDAY + timedelta(days=n), slots=(FAR,)[: n % 2]) for n in range(9)))

    def stop(*_: object, **__: object) -> None:
        raise ArchiveError("stopped")

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "_take_out", stop)
        with pytest.raises(ArchiveError, match="stopped"):
            both.seal(LATE)
    assert sealed_weeks(both.folder / "weeks") == [IsoWeek(2026, 5)]
    both.compare()
    with amtspuls.open(both.folder) as archive:
        assert archive.snapshots().num_rows == archive.views().num_rows == 9
        assert archive.wide(PORTAL.id, "2026-05").num_rows == 7
        assert archive.weeks() == ["2026-05", "2026-06"]
    both.store(_snapshot(MONDAY + timedelta(days=10), slots=()))
    both.compare()
    done = seal(both.folder, LATE)
    assert [(str(one.week), one.finished) for one in done] == [
        ("2026-05", True),
        ("2026-06", False),
    ]
    both.compare()


def test_rows_that_the_sealed_week_lacks_are_never_taken_out(both: Both) -> None:
    both.store(_snapshot(MONDAY), _snapshot(MONDAY + timedelta(hours=2)))
    weeks = both.folder / "weeks"
    other = Both(both.folder.parent / "other")
    other.store(_snapshot(MONDAY + timedelta(hours=1)), _snapshot(MONDAY + timedelta(hours=2)))
    other.seal(LATE)
    strange = open_week(other.folder / "weeks", IsoWeek(2026, 5)).portal(PORTAL.id)
    write_week(weeks, IsoWeek(2026, 5), [strange], Source("live"))
    with pytest.raises(ArchiveError, match="does not hold what the live part has"):
        both.seal(LATE)
    with closing(open_writer(both.folder)) as writer:
        assert writer.newest_snapshot_at(PORTAL.id) == MONDAY + timedelta(hours=2)


def test_a_week_that_was_imported_is_not_sealed_over(both: Both) -> None:
    both.store(_snapshot(MONDAY))
    other = Both(both.folder.parent / "other")
    other.store(_snapshot(MONDAY))
    other.seal(LATE)
    strange = open_week(other.folder / "weeks", IsoWeek(2026, 5)).portal(PORTAL.id)
    write_week(
        both.folder / "weeks", IsoWeek(2026, 5), [strange], Source("import", "2026-05.tar.gz", "ab")
    )
    with pytest.raises(ArchiveError, match=r"out of 2026-05\.tar\.gz"):
        both.seal(LATE)


def test_only_an_archive_of_files_can_be_sealed() -> None:
    with pytest.raises(ArchiveError, match="archive of files"):
        sealing.seal_weeks(MemoryArchive(), LATE)
    sealing.compact(MemoryArchive())
    assert sealing.count_weeks(MemoryArchive(), LATE) == 0


def test_a_full_disk_leaves_the_archive_as_it_was(both: Both) -> None:
    both.store(*made_up(60, slots=40))
    with pytest.raises(AmtspulsError), small_files(2_000):
        both.seal(LATE)
    both.compare()
    assert sealed_weeks(both.folder / "weeks") == []
    assert both.seal(LATE) == ["2026-05"]
    both.compare()


def test_sealed_weeks_alone_are_an_archive(both: Both) -> None:
    both.store(_snapshot(MONDAY), _snapshot(MONDAY + WEEK, slots=()))
    both.seal(LATE)
    with closing(open_reader(both.folder)) as reader:
        before = told(reader)
    (both.folder / "live.sqlite").unlink()
    with closing(open_reader(both.folder)) as reader:
        after = told(reader)
        assert reader.stops() == {}
    numbers = {record.number for record in after[PORTAL.id][0]}
    assert len(numbers) == 1
    assert after["portals"] == before["portals"]
    for old, new in zip(before[PORTAL.id][1:], after[PORTAL.id][1:], strict=True):
        assert [c for n, c in enumerate(old) if n not in {0, 1}] == [
            c for n, c in enumerate(new) if n not in {0, 1}
        ]
    (both.folder / "weeks").rename(both.folder / "elsewhere")
    with pytest.raises(ArchiveError, match="no archive"):
        open_reader(both.folder)
