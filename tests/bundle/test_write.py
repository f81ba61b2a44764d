from __future__ import annotations

import io
import json
import os
import signal
import tarfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.read import local_to_utc, open_bundle, read_metadata
from amtspuls.bundle.write import WeekReport, is_exported, write_week
from amtspuls.errors import BundleError, OutputError
from amtspuls.model import Calendar, Covered, Outcome, Snapshot, View
from support.memory_archive import MemoryArchive
from support.weeks import Stored, a_portal, a_snapshot, a_view, archive_of, stored_weeks

WEEK = IsoWeek.parse("2026-05")
MONDAY_AT = datetime(2026, 1, 26, 5, 3, 10, tzinfo=UTC)
EIGHT, NINE, TUESDAY = "2026-01-26 08:00:00", "2026-01-26 09:00:00", "2026-01-27 08:00:00"


def at(minutes: int) -> datetime:
    return MONDAY_AT + timedelta(minutes=minutes)


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        streams = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        return {name: stream.read() for name, stream in streams.items() if stream}


def amt(*snapshots: Snapshot) -> Stored:
    return Stored(a_portal("amt"), snapshots)


def simple() -> Stored:
    return amt(
        a_snapshot("amt", at(0), a_view("1/2", at(0), [EIGHT, TUESDAY]), a_view("1/10", at(0))),
        a_snapshot("amt", at(15), a_view("1/2", at(15), [TUESDAY])),
        a_snapshot("amt", at(30), a_view("1/10", at(30), [NINE]), a_view("1/2", at(30), [EIGHT])),
    )


def test_a_week_becomes_a_bundle(tmp_path: Path) -> None:
    report = write_week(archive_of([simple()]), WEEK, tmp_path)

    assert report.path == tmp_path / "2026" / "2026-05.tar.gz"
    assert members(report.path) == {
        "amt.csv": (
            f"date,source_id,location_id,{EIGHT},{NINE},{TUESDAY}\r\n"
            "2026-01-26 06:03:10,amt,1/10,,,\r\n"
            "2026-01-26 06:03:10,amt,1/2,1,,1\r\n"
            "2026-01-26 06:18:10,amt,1/2,,,1\r\n"
            "2026-01-26 06:33:10,amt,1/10,,1,\r\n"
            "2026-01-26 06:33:10,amt,1/2,1,,\r\n"
        ).encode()
    }


@given(stored_weeks())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_is_what_was_stored(case: tuple[IsoWeek, list[Stored]]) -> None:
    week, stored = case
    expected = {f"{one.portal.id}.csv": one.csv() for one in stored if one.rows()}
    with TemporaryDirectory() as folder:
        try:
            report = write_week(archive_of(stored), week, Path(folder))
        except BundleError:
            assert not any(one.snapshots for one in stored)
            return

        got = members(report.path)
        assert {name: raw.decode() for name, raw in got.items()} == expected
        assert list(got) == sorted(got)
        if expected:
            check_reading(report, stored)


def check_reading(report: WeekReport, stored: Sequence[Stored]) -> None:
    by_id = {one.portal.id: one for one in stored}
    with open_bundle(report.path) as bundle:
        for portal_id in bundle.portal_ids:
            portal = bundle.read_portal(portal_id)
            rows = by_id[portal_id].rows()
            assert [(str(t), k) for t, k in zip(portal.times, portal.keys, strict=True)] == [
                row[:2] for row in rows
            ]
            assert [len(free) for free in portal.free] == [len(row[2]) for row in rows]
            known = {
                snapshot.taken_at
                for snapshot in by_id[portal_id].snapshots
                if any(view.outcome is Outcome.OK for view in snapshot.views)
            }
            instants = set(local_to_utc([local for local, _ in portal.groups()]))
            folded = {instant + timedelta(hours=1) for instant in instants}
            assert known <= instants | folded
            assert len(known) == len(instants)


def test_a_portal_without_free_slots_has_no_slot_columns(tmp_path: Path) -> None:
    stored = amt(a_snapshot("amt", at(0), a_view("1/2", at(0))))

    report = write_week(archive_of([stored]), WEEK, tmp_path)

    assert members(report.path)["amt.csv"] == (
        b"date,source_id,location_id\r\n2026-01-26 06:03:10,amt,1/2\r\n"
    )


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    whole = a_view("1/2", at(0), [EIGHT, TUESDAY])
    half = View(whole.calendar, Outcome.PARTIAL, Covered.parse("2026-01-26"), whole.slots[:1])
    refused = View(Calendar("1/10", "Amt"), Outcome.REFUSED, reason="captcha")
    stored = amt(
        a_snapshot("amt", at(0), whole, refused),
        Snapshot("amt", at(15), at(15), Outcome.PARTIAL, (half,)),
        Snapshot("amt", at(30), at(30), Outcome.UNREACHABLE, reason="time-out"),
        a_snapshot("amt", at(45), a_view("1/2", at(45), [TUESDAY])),
    )
    silent = Stored(
        a_portal("bau"), (Snapshot("bau", at(0), at(0), Outcome.UNREACHABLE, reason="time-out"),)
    )

    report = write_week(archive_of([stored, silent]), WEEK, tmp_path)

    got = [
        (p.portal_id, p.rows, p.partial_views, p.failed_views, p.failed_snapshots)
        for p in report.portals
    ]
    assert got == [("amt", 2, 1, 1, 1), ("bau", 0, 0, 0, 1)]
    assert (report.portals[0].calendars, report.portals[0].columns, report.rows) == (1, 2, 2)
    assert list(members(report.path)) == ["amt.csv"]


def test_only_days_that_a_view_covered_count(tmp_path: Path) -> None:
    """A slot that is still open in the archive is not shown by a view that did not ask for its day."""
    stored = amt(
        a_snapshot("amt", at(0), a_view("1/2", at(0), [EIGHT, TUESDAY])),
        a_snapshot("amt", at(15), a_view("1/2", at(15), [EIGHT], days=0)),
        a_snapshot("amt", at(30), a_view("1/2", at(30), [EIGHT, TUESDAY])),
    )

    lines = members(write_week(archive_of([stored]), WEEK, tmp_path).path)["amt.csv"].splitlines()

    assert [line.rpartition(b"1/2,")[2] for line in lines[1:]] == [b"1,1", b"1,", b"1,1"]


def test_snapshots_of_other_weeks_stay_out(tmp_path: Path) -> None:
    before, after = (moment for moment in WEEK.bounds(a_portal("amt").zone_info))
    inside = [before, after - timedelta(seconds=1)]
    stored = amt(
        *(
            a_snapshot("amt", moment, a_view("1/2", moment))
            for moment in [before - timedelta(seconds=1), *inside, after]
        )
    )

    report = write_week(archive_of([stored]), WEEK, tmp_path)

    lines = members(report.path)["amt.csv"].decode().splitlines()[1:]
    assert [line[:19] for line in lines] == ["2026-01-26 00:00:00", "2026-02-01 23:59:59"]


def test_equal_archives_give_equal_bytes(tmp_path: Path) -> None:
    first, second = (
        write_week(archive_of([simple()]), WEEK, tmp_path / name).path.read_bytes()
        for name in ("a", "b")
    )

    assert first == second


def test_a_folder_holds_the_same_files(tmp_path: Path) -> None:
    archive = archive_of([simple()])
    packed = write_week(archive, WEEK, tmp_path)
    write_week(archive, WEEK, tmp_path, compressed=False)
    plain = write_week(archive, WEEK, tmp_path, compressed=False)

    assert plain.path == tmp_path / "2026" / "2026-05"
    assert {path.name: path.read_bytes() for path in plain.path.iterdir()} == members(packed.path)
    assert sorted(path.name for path in plain.path.parent.iterdir()) == [
        "2026-05",
        "2026-05.tar.gz",
    ]


def test_portals_can_be_chosen(tmp_path: Path) -> None:
    bau = Stored(a_portal("bau"), (a_snapshot("bau", at(0), a_view("1/2", at(0))),))

    report = write_week(archive_of([simple(), bau]), WEEK, tmp_path, portal_ids=["bau"])

    assert list(members(report.path)) == ["bau.csv"]


def test_metadata_is_merged_over_weeks_and_with_what_was_there(tmp_path: Path) -> None:
    old = {
        "zoo": {"name": "Zoo", "scraper": "tevis", "url": "u", "locations": {}},
        "amt": {
            "name": "alt",
            "scraper": "tempus",
            "url": "u",
            "locations": {
                "9/9": {"name": "Früher", "services": ["x", None]},
                "1/2": {"name": "alt", "services": ["y"]},
            },
        },
    }
    (tmp_path / "metadata.json").write_text(json.dumps(old), "utf-8")
    silent = View(Calendar("1/2", "Bürgeramt"), Outcome.OK, Covered.parse("2026-01-26"))
    write_week(archive_of([amt(a_snapshot("amt", at(0), silent))]), WEEK, tmp_path)

    raw = (tmp_path / "metadata.json").read_text("utf-8")

    assert "Bürgeramt" in raw
    assert json.loads(raw) == {
        "amt": {
            "name": "Stadt Amt",
            "scraper": "tempus",
            "url": "https://amt.example/termine/index.php?anlagennr=1",
            "locations": {
                "1/2": {"name": "Bürgeramt", "services": ["y"]},
                "9/9": {"name": "Früher", "services": ["x", None]},
            },
        },
        "zoo": old["zoo"],
    }
    assert read_metadata(tmp_path / "metadata.json").portals["amt"].calendars["1/2"].services == (
        "y",
    )


def test_a_damaged_metadata_stops_the_export_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "metadata.json").write_text("{")

    with pytest.raises(BundleError, match=r"metadata\.json, line 1: is no JSON"):
        write_week(archive_of([simple()]), WEEK, tmp_path)

    assert not (tmp_path / "2026").exists()


def test_a_week_without_snapshots_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no snapshot in week 2026-06"):
        write_week(archive_of([simple()]), WEEK.following, tmp_path)


def test_a_key_that_would_break_the_csv_is_named(tmp_path: Path) -> None:
    stored = amt(a_snapshot("amt", at(0), a_view("Ausweise, Pässe", at(0))))

    with pytest.raises(BundleError, match=r"'Ausweise, Pässe' cannot stand in a bundle"):
        write_week(archive_of([stored]), WEEK, tmp_path)


def test_an_incomplete_week_is_marked_until_it_is_complete(tmp_path: Path) -> None:
    archive = archive_of([simple()])
    assert not is_exported(tmp_path, WEEK)

    assert write_week(archive, WEEK, tmp_path, incomplete=True).incomplete
    assert not is_exported(tmp_path, WEEK)

    write_week(archive, WEEK, tmp_path)
    assert is_exported(tmp_path, WEEK)
    assert not is_exported(tmp_path, WEEK, compressed=False)
    assert list((tmp_path / "2026").iterdir()) == [tmp_path / "2026" / "2026-05.tar.gz"]


def fails(_: str) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("compressed", [True, False])
def test_a_full_disk_leaves_the_old_bundle(tmp_path: Path, compressed: bool) -> None:
    archive = archive_of([simple()])
    path = write_week(archive, WEEK, tmp_path, compressed=compressed).path
    before = content(path)

    with pytest.raises(OutputError, match=r"2026-05.*No space left on device.*untouched"):
        write_week(archive, WEEK, tmp_path, compressed=compressed, on_portal=fails)

    assert content(path) == before
    assert list(path.parent.iterdir()) == [path]


def content(path: Path) -> bytes:
    return (path / "amt.csv" if path.is_dir() else path).read_bytes()


def in_a_child(work: Callable[[], object]) -> int:
    """Run in a process of its own, which may kill itself; returns the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.mark.parametrize("compressed", [True, False])
def test_a_killed_export_leaves_the_old_bundle_and_is_cleaned_up(
    tmp_path: Path, compressed: bool
) -> None:
    path = write_week(archive_of([simple()]), WEEK, tmp_path, compressed=compressed).path
    before = content(path)
    longer = archive_of([simple(), Stored(a_portal("bau"), simple_of("bau"))])

    ended = in_a_child(
        lambda: write_week(
            longer,
            WEEK,
            tmp_path,
            compressed=compressed,
            on_portal=lambda _: os.kill(os.getpid(), signal.SIGKILL),
        )
    )

    assert ended == signal.SIGKILL
    assert content(path) == before
    assert len(list(path.parent.iterdir())) == 2
    write_week(longer, WEEK, tmp_path, compressed=compressed)
    assert list(path.parent.iterdir()) == [path]


def simple_of(portal_id: str) -> tuple[Snapshot, ...]:
    return (a_snapshot(portal_id, at(0), a_view("1/2", at(0), [EIGHT])),)


def test_a_folder_that_was_being_exchanged_comes_back(tmp_path: Path) -> None:
    path = write_week(archive_of([simple()]), WEEK, tmp_path, compressed=False).path
    before = content(path)
    path.rename(path.with_name(".2026-05.old"))

    write_week(archive_of([simple()]), WEEK, tmp_path)

    assert content(path) == before


def test_an_old_folder_that_was_replaced_is_removed(tmp_path: Path) -> None:
    path = write_week(archive_of([simple()]), WEEK, tmp_path, compressed=False).path
    path.with_name(".2026-05.old").mkdir()

    write_week(archive_of([simple()]), WEEK, tmp_path, compressed=False)

    assert list(path.parent.iterdir()) == [path]


def test_two_exports_into_one_folder_do_not_meet(tmp_path: Path) -> None:
    archive = archive_of([simple()])

    def again(_: str) -> None:
        with pytest.raises(BundleError, match="another export writes to"):
            write_week(archive, WEEK, tmp_path)

    assert write_week(archive, WEEK, tmp_path, on_portal=again).rows == 5


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match=r"file/bundles cannot be written: Not a directory"):
        write_week(archive_of([simple()]), WEEK, tmp_path / "file" / "bundles")


@given(st.data())
@settings(max_examples=20)
def test_members_can_be_read_by_any_tar(data: st.DataObject) -> None:
    """Sizes are announced before the rows are put together; a wrong one would shift all that follows."""
    week, stored = data.draw(stored_weeks())
    if not any(one.rows() for one in stored):
        return
    with TemporaryDirectory() as folder:
        path = write_week(archive_of(stored), week, Path(folder)).path
        with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as tar:
            for member in tar.getmembers():
                assert (member.isfile(), member.mtime, member.uid) == (True, 0, 0)


def test_an_empty_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no snapshot in week"):
        write_week(MemoryArchive(), WEEK, tmp_path)
