"""Old bundles into sealed weeks and back."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import list_weeks, open_week
from amtspuls.archive.sealed.rows import free_at
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle import importing
from amtspuls.bundle.finding import Found, find_bundles, find_metadata
from amtspuls.bundle.importing import Status, import_bundle, import_bundles, load_metadata
from amtspuls.bundle.legacy import write_legacy
from amtspuls.bundle.metadata import Metadata
from amtspuls.bundle.oddities import OddityKind
from amtspuls.bundle.read import local_to_utc
from amtspuls.bundle.scan import Place, scan_portal
from amtspuls.bundle.spans import seal_portal
from amtspuls.errors import ArchiveError, BundleError, ConfigError
from amtspuls.model import slot_from_local
from support.bundles import csv_text, write_bundle, write_metadata
from support.quirky_bundles import (
    QuirkyPortal,
    a_busy_week,
    members_of,
    quirky_portals,
    quirky_weeks,
)
from support.weeks import BERLIN

WEEK = IsoWeek.parse("2026-05")
SPRING, AUTUMN = IsoWeek.parse("2026-13"), IsoWeek.parse("2025-43")
NOTHING = load_metadata(None)


def seal(portal: QuirkyPortal, week: IsoWeek = WEEK) -> SealedPortal:
    place = Place(Path("b.tar.gz"), f"{portal.portal_id}.csv")
    record = PortalRecord(portal.portal_id, "", "", "", "Europe/Berlin")
    return seal_portal(scan_portal(portal.csv, portal.portal_id, place), record, week, place)


def slot(text: str) -> int:
    return slot_from_local(datetime.fromisoformat(text))


@given(quirky_weeks())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_csv_comes_back_byte_for_byte(case: tuple[IsoWeek, list[QuirkyPortal]]) -> None:
    week, portals = case
    with TemporaryDirectory() as name:
        folder = Path(name)
        members = {f"{portal.portal_id}.csv": portal.csv for portal in portals}
        path = write_bundle(folder / f"{week}.tar.gz", members)

        import_bundle(Found(path, week), folder / "weeks", NOTHING)
        report = write_legacy(open_week(folder / "weeks", week), folder / "out")

        got = members_of(report.path)
        assert list(got) == list(members)
        assert got == members
        assert report.rows == sum(len(portal.rows) for portal in portals)


@given(quirky_portals("amt", AUTUMN) | quirky_portals("amt", SPRING))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_snapshot_is_what_its_rows_said(portal: QuirkyPortal) -> None:
    week = AUTUMN if portal.rows and portal.rows[0][0] < "2026" else SPRING
    sealed, groups = seal(portal, week), portal.groups()
    keys = [(calendar.key, calendar.copy) for calendar in sealed.calendars]

    assert keys == sorted(keys, key=lambda pair: (pair[0].encode(), pair[1]))
    instants = local_to_utc([datetime.fromisoformat(group[0][0]) for group in groups])
    assert sealed.snapshots.taken_at.tolist() == [int(at.timestamp()) for at in instants]
    for ordinal, group in enumerate(groups):
        expected: dict[tuple[str, int], list[int]] = {}
        for _, key, free in group:
            copy = sum(known == key for known, _ in expected)
            expected[key, copy] = [slot(text) for text in free]
        got = {keys[n]: slots.tolist() for n, slots in free_at(sealed, ordinal).items()}
        assert got == expected
    shown = {slot(text) for _, _, free in portal.rows for text in free}
    assert set(sealed.extra_columns.tolist()) == {slot(text) for text in portal.columns} - shown


@given(quirky_portals("amt", WEEK))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_spans_are_maximal_and_views_follow_the_rows(portal: QuirkyPortal) -> None:
    sealed = seal(portal)
    spans, views = sealed.spans, sealed.views
    order = list(
        zip(spans.calendar.tolist(), spans.opened.tolist(), spans.slot.tolist(), strict=True)
    )
    assert order == sorted(set(order))
    assert (spans.opened < spans.closed).all()
    for number in range(len(sealed.calendars)):
        own = {
            ordinal
            for first, last in zip(
                views.first[views.calendar == number].tolist(),
                views.last[views.calendar == number].tolist(),
                strict=True,
            )
            for ordinal in range(first, last + 1)
        }
        for opened, closed, at in zip(
            *(
                column[spans.calendar == number].tolist()
                for column in (spans.opened, spans.closed, spans.slot)
            ),
            strict=True,
        ):
            assert opened in own
            assert closed in own or closed == len(sealed.snapshots.taken_at)
            before = [ordinal for ordinal in own if ordinal < opened]
            if before:
                assert at not in free_at(sealed, max(before))[number].tolist()


def one_row(date: str, *free: str, key: str = "1/2") -> tuple[str, str, tuple[str, ...]]:
    return date, key, free


def amt(columns: tuple[str, ...], *rows: tuple[str, str, tuple[str, ...]]) -> QuirkyPortal:
    return QuirkyPortal("amt", columns, rows)


EIGHT, NEXT_WEEK = "2026-01-26 08:00:00", "2026-02-02 08:00:00"


def test_a_row_covers_from_its_day_to_the_last_day_of_the_columns() -> None:
    sealed = seal(
        amt(
            (EIGHT, NEXT_WEEK),
            one_row("2026-01-26 07:03:00", EIGHT, NEXT_WEEK),
            one_row("2026-01-26 07:18:00", NEXT_WEEK),
            one_row("2026-01-27 07:18:00", NEXT_WEEK),
        )
    )

    assert sealed.views.covered.tolist() == ["2026-01-26..2026-02-02", "2026-01-27..2026-02-02"]
    assert (sealed.views.first.tolist(), sealed.views.last.tolist()) == ([0, 2], [1, 2])
    assert sealed.spans.slot.tolist() == [slot(EIGHT), slot(NEXT_WEEK)]
    assert (sealed.spans.opened.tolist(), sealed.spans.closed.tolist()) == ([0, 0], [1, 3])
    assert sealed.spans.from_before.tolist() == [False, False]
    assert sealed.spans.goes_on.tolist() == [False, True]
    assert set(sealed.snapshots.outcome) == {"ok"}
    assert set(sealed.snapshots.parser) == {"bundle"}
    assert sealed.snapshots.utc_offset_s.tolist() == [3600] * 3


def test_a_portal_without_columns_covers_the_day_of_its_row() -> None:
    sealed = seal(amt((), one_row("2026-01-26 07:03:00")))

    assert sealed.views.covered.tolist() == ["2026-01-26"]
    assert free_at(sealed, 0)[0].tolist() == []


def test_a_missing_row_is_no_view_and_ends_no_span() -> None:
    sealed = seal(
        amt(
            (NEXT_WEEK,),
            one_row("2026-01-26 07:03:00", NEXT_WEEK),
            one_row("2026-01-26 07:18:00", key="1/3"),
            one_row("2026-01-26 07:33:00", NEXT_WEEK),
        )
    )

    assert list(free_at(sealed, 1)) == [1]
    assert (sealed.spans.opened.tolist(), sealed.spans.closed.tolist()) == ([0], [3])
    assert sealed.views.calendar.tolist() == [0, 0, 1]


def test_only_a_slot_after_the_week_goes_on() -> None:
    sunday = "2026-02-01 23:00:00"
    sealed = seal(amt((sunday, NEXT_WEEK), one_row("2026-01-30 07:03:00", sunday, NEXT_WEEK)))

    assert sealed.spans.closed.tolist() == [1, 1]
    assert sealed.spans.goes_on.tolist() == [False, True]


def test_the_spring_night_has_no_hole() -> None:
    quarters = [datetime(2026, 3, 23, 0, 3) + timedelta(minutes=15 * n) for n in range(4 * 24 * 7)]
    rows = [one_row(f"{local}") for local in quarters if f"{local:%m-%d %H}" != "03-29 02"]
    sealed = seal(amt((), *rows), SPRING)

    assert set(steps_s(sealed)) == {900}
    assert not sealed.snapshots.time_unsure.any()


def steps_s(sealed: SealedPortal) -> list[int]:
    taken_at = sealed.snapshots.taken_at.tolist()
    return [after - before for before, after in pairwise(taken_at)]


def test_the_repeated_hour_is_resolved_by_the_step_back() -> None:
    dates = [
        "2025-10-26 01:48:00",
        "2025-10-26 02:03:00",
        "2025-10-26 02:48:00",
        "2025-10-26 02:03:00",
    ]
    sealed = seal(amt((), *map(one_row, dates)), AUTUMN)

    assert steps_s(sealed) == [900, 2700, 900]
    assert sealed.snapshots.utc_offset_s.tolist() == [7200, 7200, 7200, 3600]
    assert not sealed.snapshots.time_unsure.any()


def test_the_repeated_hour_is_flagged_where_the_order_does_not_tell() -> None:
    dates = [
        "2025-10-26 01:48:00",
        "2025-10-26 02:03:00",
        "2025-10-26 02:03:30",
        "2025-10-26 03:03:00",
    ]
    sealed = seal(amt((), *map(one_row, dates)), AUTUMN)

    assert sealed.snapshots.time_unsure.tolist() == [False, True, True, False]


def test_a_time_that_does_not_exist_is_kept(tmp_path: Path) -> None:
    portal = amt((), one_row("2026-03-29 01:48:00"), one_row("2026-03-29 02:30:00"))
    path = write_bundle(tmp_path / "2026-13.tar.gz", {"amt.csv": portal.csv})

    import_bundle(Found(path, SPRING), tmp_path / "weeks", NOTHING)
    report = write_legacy(open_week(tmp_path / "weeks", SPRING), tmp_path / "out")

    assert members_of(report.path) == {"amt.csv": portal.csv}


@pytest.mark.parametrize(
    ("rows", "week", "says"),
    [
        (["2026-01-25 23:59:59"], WEEK, "line 2: 2026-01-25 23:59:59 lies outside week 2026-05"),
        (["2026-02-01 23:59:59", "2026-02-02 00:00:00"], WEEK, "line 3: .* lies outside week"),
        (["2026-01-26 08:00:00", "2026-01-26 07:00:00"], WEEK, "line 3: .* comes after a later"),
        (["2026-03-29 02:30:00", "2026-03-29 03:30:00"], SPRING, "line 3: .* comes after a later"),
        (["2025-10-26 02:30:00", "2025-10-26 01:30:00"], AUTUMN, "line 3: .* comes after a later"),
    ],
)
def test_times_that_cannot_be_are_named(rows: list[str], week: IsoWeek, says: str) -> None:
    with pytest.raises(BundleError, match=f"b.tar.gz: amt.csv, {says}"):
        seal(amt((), *map(one_row, rows)), week)


def test_the_metadata_lies_above_the_folder_of_a_year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = write_metadata(tmp_path / "metadata.json", {})
    year, other = tmp_path / "2026", tmp_path / "other"
    year.mkdir()
    other.mkdir()
    monkeypatch.chdir(year)

    assert find_metadata([year]) == metadata
    assert find_metadata([Path()]) == metadata
    assert find_metadata([Path("2026-05.tar.gz")]) == metadata
    assert find_metadata([other]) is None


def test_names_come_from_the_metadata_and_unions_are_marked(tmp_path: Path) -> None:
    members = {
        f"{portal_id}.csv": csv_text(portal_id, (), [("2026-01-26 00:03:00", "1/2", ())])
        for portal_id in ("amt", "impfthueringen")
    }
    path = write_bundle(tmp_path / "2026-05.tar.gz", members)
    metadata = write_metadata(
        tmp_path / "metadata.json",
        {"amt": ("tempus", {"1/2": "Meldewesen"}), "impfthueringen": ("custom", {})},
    )

    found = find_metadata([path])
    assert found == metadata
    import_bundle(Found(path, WEEK), tmp_path / "weeks", load_metadata(found))
    sealed = open_week(tmp_path / "weeks", WEEK)

    assert sealed.manifest.source.kind == "import"
    assert sealed.manifest.source.bundle == "2026-05.tar.gz"
    assert sealed.portal("amt").record.name == "Stadt Amt"
    assert sealed.calendars("amt")[0][2:] == ("Meldewesen", ("Ausweis abholen",))
    assert sealed.calendars("impfthueringen")[0].name == ""
    assert [sealed.portal(key).aggregated for key in sealed.portal_ids] == [False, True]
    assert sealed.portal("impfthueringen").record.system == "impfthueringen"


def some_weeks(folder: Path, count: int = 3) -> list[Found]:
    week, found = WEEK, []
    for _ in range(count):
        place = folder / str(week.year)
        place.mkdir(parents=True, exist_ok=True)
        members = a_busy_week(week, ["amt", "bau"])
        found.append(Found(write_bundle(place / f"{week}.tar.gz", members), week))
        week = week.following
    return found


def test_folders_of_years_are_searched(tmp_path: Path) -> None:
    bundles = some_weeks(tmp_path)
    (tmp_path / "LIESMICH.tar.gz").write_bytes(b"")
    Path(f"{bundles[1].path}.incomplete").touch()

    assert find_bundles([tmp_path]) == [bundles[0], bundles[2]]
    assert find_bundles([bundles[1].path, tmp_path]) == bundles
    (tmp_path / "leer").mkdir()
    with pytest.raises(ConfigError, match=r"no YYYY-WW\.tar\.gz in .*leer"):
        find_bundles([tmp_path / "leer"])
    with pytest.raises(BundleError, match="the name of a bundle is its ISO week"):
        find_bundles([tmp_path / "LIESMICH.tar.gz"])
    with pytest.raises(BundleError, match=r"gibtesnicht: is missing"):
        find_bundles([tmp_path / "gibtesnicht"])
    other = write_bundle(tmp_path / "2026-05.tar.gz", {})
    with pytest.raises(BundleError, match="are of the same week"):
        find_bundles([other, bundles[0].path])


@pytest.mark.parametrize("processes", [1, 2])
def test_weeks_are_imported_once_and_failures_stand_alone(tmp_path: Path, processes: int) -> None:
    bundles = some_weeks(tmp_path / "raw")
    bundles[1].path.write_bytes(bundles[1].path.read_bytes()[:-30])
    weeks = tmp_path / "weeks"
    seen: list[str] = []

    reports = import_bundles(bundles, weeks, NOTHING, processes=processes, on_week=seen.append)

    assert sorted(seen) == ["2026-05", "2026-06", "2026-07"]
    assert [report.status for report in reports] == [
        Status.IMPORTED,
        Status.FAILED,
        Status.IMPORTED,
    ]
    assert "2026-06.tar.gz: is no complete tar.gz" in reports[1].error
    assert (reports[0].portals, reports[0].snapshots, reports[0].rows) == (2, 80, 240)
    assert reports[0].spans == sum(
        len(open_week(weeks, WEEK).portal(key).spans.slot) for key in ("amt", "bau")
    )

    some_weeks(tmp_path / "raw")
    again = import_bundles(bundles, weeks, NOTHING, processes=processes)

    assert [report.status for report in again] == [Status.THERE, Status.IMPORTED, Status.THERE]
    assert (again[0].oddities, again[0].rows) == (reports[0].oddities, 240)
    assert len(list_weeks(weeks)) == 3


def test_a_worker_that_dies_is_told(tmp_path: Path) -> None:
    bundles = some_weeks(tmp_path / "raw", 2)

    with pytest.MonkeyPatch.context() as patch:
        # What a worker is given is unpacked by it: this ends it at once, as lack of memory would.
        patch.setattr(Found, "__reduce__", lambda _: (os._exit, (9,)))
        reports = import_bundles(bundles, tmp_path / "weeks", NOTHING, processes=2)

    assert {report.status for report in reports} == {Status.FAILED}
    assert "2026-05.tar.gz: the process that imported it died (exit code 9)" in reports[0].error
    assert list_weeks(tmp_path / "weeks") == []


def test_an_import_that_was_overtaken_reports_the_week(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = some_weeks(tmp_path / "raw", 1)[0]
    real = importing.read_week

    def overtaken(bundle: Found, names: Metadata) -> list[SealedPortal]:
        monkeypatch.setattr(importing, "read_week", real)
        import_bundle(found, tmp_path / "weeks", NOTHING)
        return real(bundle, names)

    monkeypatch.setattr(importing, "read_week", overtaken)

    report = import_bundle(found, tmp_path / "weeks", NOTHING)

    assert (report.status, report.rows) == (Status.IMPORTED, 240)


def test_another_source_for_a_week_is_refused_by_name(tmp_path: Path) -> None:
    first = some_weeks(tmp_path / "a", 1)[0]
    other = Found(write_bundle(tmp_path / "2026-05.tar.gz", {"amt.csv": amt(()).csv}), WEEK)
    import_bundle(first, tmp_path / "weeks", NOTHING)
    before = (tmp_path / "weeks/iso_year=2026/iso_week=05/week.json").read_bytes()

    with pytest.raises(ArchiveError, match=r"sealed already, from 2026-05\.tar\.gz \(sha256 "):
        import_bundle(other, tmp_path / "weeks", NOTHING)

    assert (tmp_path / "weeks/iso_year=2026/iso_week=05/week.json").read_bytes() == before


def kinds(portal: QuirkyPortal, week: IsoWeek, tmp_path: Path) -> dict[OddityKind, int]:
    path = write_bundle(tmp_path / f"{week}.tar.gz", {f"{portal.portal_id}.csv": portal.csv})
    report = import_bundle(Found(path, week), tmp_path / "weeks", NOTHING)
    assert {oddity.portal_id for oddity in report.oddities} <= {"", portal.portal_id}
    return {oddity.kind: oddity.count for oddity in report.oddities}


def whole_week(*rows: tuple[str, tuple[str, ...]]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Every quarter of the week, with free columns from given moments on."""
    told, found = dict(rows), []
    free: tuple[str, ...] = ()
    for n in range(4 * 24 * 7):
        local = f"{datetime(2026, 1, 26, 0, 3) + timedelta(minutes=15 * n)}"
        free = told.get(local, free)
        found.append((local, "1/2", free))
    return tuple(found)


def test_a_plain_week_is_not_odd(tmp_path: Path) -> None:
    """Neither what is there from the start, nor 20 of 60 slots that go and come back."""
    columns = tuple(f"2026-02-03 {h:02}:{m:02}:00" for h in range(8, 13) for m in range(0, 60, 5))
    rows = whole_week(
        ("2026-01-26 00:03:00", columns),
        ("2026-01-27 12:03:00", columns[20:]),
        ("2026-01-28 12:03:00", columns),
    )

    assert kinds(QuirkyPortal("amt", columns, rows), WEEK, tmp_path) == {}


def test_oddities_are_counted(tmp_path: Path) -> None:
    columns = tuple(f"2026-02-03 {h:02}:{m:02}:00" for h in (8, 9) for m in range(0, 60, 5))
    rows = list(
        whole_week(
            ("2026-01-26 12:03:00", columns),
            ("2026-01-27 12:03:00", ()),
            ("2026-01-28 12:03:00", columns[:19]),
        )
    )
    del rows[100:102]
    rows.insert(10, (rows[10][0], "0", ()))
    rows.insert(12, (rows[12][0], "0", ()))
    rows.insert(14, (rows[14][0], "0", ()))
    rows.append((rows[-1][0], "1/2", ()))
    rows.append((rows[-1][0], "0", ()))
    portal = QuirkyPortal("amt", (EIGHT, *columns), tuple(rows))

    assert kinds(portal, WEEK, tmp_path) == {
        OddityKind.HOLES: 1,
        OddityKind.ABSENT: 1,
        OddityKind.APPEARED: 1,
        OddityKind.VANISHED: 1,
        OddityKind.DUPLICATES: 1,
        OddityKind.BLANK_COLUMNS: 1,
        OddityKind.UNSORTED: 3,
    }


def test_odd_times_and_unions_are_counted(tmp_path: Path) -> None:
    portal = QuirkyPortal(
        "impfthueringen",
        ("2025-10-20 08:00:00",),
        (
            one_row("2025-10-20 00:03:00"),
            one_row("2025-10-26 02:03:00", "2025-10-20 08:00:00"),
            one_row("2025-10-26 23:48:00"),
        ),
    )

    assert kinds(portal, AUTUMN, tmp_path) == {
        OddityKind.CLOCK_CHANGE: 1,
        OddityKind.HOLES: 2,
        OddityKind.UNSURE: 1,
        OddityKind.BEGUN: 1,
        OddityKind.AGGREGATED: 1,
    }
    spring = amt((), one_row("2026-03-23 00:03:00"), one_row("2026-03-29 23:48:00"))
    assert kinds(spring, SPRING, tmp_path) == {
        OddityKind.CLOCK_CHANGE: 1,
        OddityKind.HOLES: 1,
        OddityKind.NO_COLUMNS: 1,
    }


ALWAYS = ("2021-28", "2021-29", "2026-29")
ALL = ("2021-28", "2021-29", "2026-05", "2026-13", "2026-29")


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL if os.environ.get("AMTSPULS_ENDURANCE") else ALWAYS)
def test_real_weeks_come_back_byte_for_byte(shared: Path, tmp_path: Path, name: str) -> None:
    raw = shared / "data" / "office-schedule-data" / "raw"
    found = Found(raw / name[:4] / f"{name}.tar.gz", IsoWeek.parse(name))
    metadata = find_metadata([found.path])
    assert metadata

    import_bundle(found, tmp_path / "weeks", load_metadata(metadata))
    sealed = open_week(tmp_path / "weeks", found.week)
    sealed.verify()
    report = write_legacy(sealed, tmp_path / "out")

    expected, got = members_of(found.path), members_of(report.path)
    assert list(got) == list(expected)
    assert [key for key in expected if got[key] != expected[key]] == []
    assert sealed.portal_ids == tuple(sorted(key[:-4] for key in expected))


def test_the_spring_night_of_a_real_week_has_no_hole(shared: Path, tmp_path: Path) -> None:
    raw = shared / "data" / "office-schedule-data" / "raw"
    found = Found(raw / "2026" / "2026-13.tar.gz", SPRING)
    change_s = int(datetime(2026, 3, 29, 2, tzinfo=BERLIN).timestamp())
    import_bundle(found, tmp_path / "weeks", NOTHING)
    sealed = open_week(tmp_path / "weeks", SPRING)

    steps = []
    for portal_id in sealed.portal_ids:
        taken_at = sealed.portal(portal_id).snapshots.taken_at
        after = int(taken_at.searchsorted(change_s))
        if 0 < after < len(taken_at):
            steps.append(int(taken_at[after] - taken_at[after - 1]))
    assert len(steps) > 25
    assert sorted(steps)[len(steps) // 2] in range(850, 950)
