"""SQL says what the reader says, and changes nothing."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from amtspuls.analysis.sql.ground import clock_changes
from amtspuls.analysis.sql.schema import describe
from amtspuls.analysis.sql.session import SQL_VIEWS, SqlSession
from amtspuls.analysis.sql.sources import Sources, open_sources
from amtspuls.archive.base import STILL_OPEN
from amtspuls.archive.live import open_whole, open_writer
from amtspuls.archive.sealed.manifest import Source
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek
from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ArchiveError, QueryError
from amtspuls.model import (
    Outcome,
    Slot,
    Snapshot,
    local_from_slot,
    slot_from_local,
    utc_from_slot,
)
from support.histories import OTHER, PORTAL, effort, histories, scratch
from support.legacy_weeks import PlainRow, seal_rows
from support.sealing import LONG_STEPS, seal

History = list[tuple[Portal, Snapshot]]
Row = dict[str, Any]


def ask(folder: Path, query: str) -> list[Row]:
    with open_sources(folder, lambda: (PORTAL, OTHER)) as sources, SqlSession(sources) as session:
        rows: list[Row] = session.run(query).to_dicts()
    return rows


def naive(seconds: int) -> datetime | None:
    if seconds == STILL_OPEN:
        return None
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def spans_of_reader(folder: Path) -> list[Row]:
    rows = []
    with closing(open_whole(folder)) as reader:
        for record in reader.portals():
            keys = {c.number: c.calendar.key for c in reader.calendars(record.portal_id)}
            zone = ZoneInfo(record.zone)
            for number, slot, opened_at, closed_at in zip(
                *(column.tolist() for column in reader.spans(record.portal_id)), strict=True
            ):
                start = utc_from_slot(Slot(slot), zone)
                rows.append(
                    {
                        "portal": record.portal_id,
                        "calendar": keys[number],
                        "slot": local_from_slot(Slot(slot)),
                        "slot_at": start.replace(tzinfo=None),
                        "opened_at": naive(opened_at),
                        "closed_at": naive(closed_at),
                        "ended": "open"
                        if closed_at == STILL_OPEN
                        else "vanished"
                        if closed_at < start.timestamp()
                        else "began",
                    }
                )
    return sorted(rows, key=by_slot)


def by_slot(row: Row) -> tuple[Any, ...]:
    return (row["portal"], row["calendar"], row["slot"], row["opened_at"])


@settings(
    max_examples=effort(10),
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.generate),
)
@given(histories(max_size=12, steps=LONG_STEPS), st.data())
def test_spans_snapshots_and_views_are_those_of_the_reader(
    history: History, data: st.DataObject
) -> None:
    with scratch() as place:
        folder = Path(place)
        writer = open_writer(folder)
        for portal, snapshot in history:
            if data.draw(st.integers(0, 2), label="seal") == 0:
                writer.close()
                seal(folder, snapshot.taken_at - timedelta(seconds=1))
                writer = open_writer(folder)
            writer.store(portal, snapshot)
        writer.close()
        assert sorted(ask(folder, "SELECT * FROM spans"), key=by_slot) == spans_of_reader(folder)
        with closing(open_whole(folder)) as reader:
            for portal in (PORTAL, OTHER):
                shots = reader.snapshots(portal.id)
                found = ask(
                    folder,
                    "SELECT taken_at, finished_at, outcome, requests FROM snapshots"
                    f" WHERE portal = '{portal.id}' ORDER BY taken_at",
                )
                assert [tuple(row.values()) for row in found] == [
                    (naive(taken), naive(finished), outcome, requests)
                    for taken, finished, outcome, requests in zip(
                        shots.taken_at.tolist(),
                        shots.finished_at.tolist(),
                        shots.outcome.tolist(),
                        shots.requests.tolist(),
                        strict=True,
                    )
                ]
                views = reader.views(portal.id)
                keys = {c.number: c.calendar.key for c in reader.calendars(portal.id)}
                found = ask(
                    folder,
                    "SELECT taken_at, calendar, outcome, covered FROM views"
                    f" WHERE portal = '{portal.id}' ORDER BY taken_at, calendar",
                )
                assert [tuple(row.values()) for row in found] == sorted(
                    (naive(taken), keys[number], outcome, covered)
                    for taken, number, outcome, covered in zip(
                        views.taken_at.tolist(),
                        views.calendar.tolist(),
                        views.outcome.tolist(),
                        views.covered.tolist(),
                        strict=True,
                    )
                )
                counted = ask(
                    folder,
                    "SELECT taken_at, calendar, free FROM free_counts"
                    f" WHERE portal = '{portal.id}' ORDER BY taken_at, calendar",
                )
                assert [tuple(row.values()) for row in counted] == sorted(
                    (naive(taken), keys[number], free)
                    for taken, number, free in zip(
                        views.taken_at.tolist(),
                        views.calendar.tolist(),
                        views.free.tolist(),
                        strict=True,
                    )
                    if free >= 0
                )
                assert [
                    row["calendar"]
                    for row in ask(
                        folder, f"SELECT calendar FROM calendars WHERE portal = '{portal.id}'"
                    )
                ] == [c.calendar.key for c in reader.calendars(portal.id)]


def at(local: datetime) -> Slot:
    return slot_from_local(local)


SUNDAY, TUESDAY, WEDNESDAY = (
    at(datetime(2026, 2, 1, 9, 0)),
    at(datetime(2026, 2, 10, 9, 0)),
    at(datetime(2026, 2, 11, 9, 0)),
)


def as_imported(portal: SealedPortal, until: Slot) -> SealedPortal:
    """A bundle does not say what was open before its week; after it only later slots are."""
    spans = portal.spans
    return replace(
        portal,
        spans=spans._replace(
            from_before=np.zeros(len(spans.slot), dtype=np.bool_),
            goes_on=spans.goes_on & (spans.slot >= until),
        ),
    )


def weeks_of_bundles(folder: Path) -> None:
    """Two weeks as old bundles tell them; a slot of the second week is free over the edge."""
    rows = {
        IsoWeek(2026, 5): [
            PlainRow(datetime(2026, 1, 31, 10, 0), "a", (SUNDAY, TUESDAY, WEDNESDAY)),
            PlainRow(datetime(2026, 1, 31, 10, 15), "a", (SUNDAY, TUESDAY, WEDNESDAY)),
        ],
        IsoWeek(2026, 6): [
            PlainRow(datetime(2026, 2, 2, 0, 4), "a", (TUESDAY,)),
            PlainRow(datetime(2026, 2, 2, 0, 19), "a", (TUESDAY, WEDNESDAY)),
        ],
    }
    for week, told in rows.items():
        portal = as_imported(seal_rows("demo", told), at(datetime.combine(week.end, time())))
        write_week(folder / "weeks", week, [portal], Source("import", f"{week}.tar.gz", "0" * 64))


def test_spans_of_bundles_are_joined_as_the_reader_joins_them(tmp_path: Path) -> None:
    weeks_of_bundles(tmp_path)
    found = sorted(ask(tmp_path, "SELECT * FROM spans"), key=by_slot)
    assert found == spans_of_reader(tmp_path)
    assert [(row["slot"].day, row["opened_at"].day, row["ended"]) for row in found] == [
        (1, 31, "began"),
        (10, 31, "open"),
        (11, 31, "vanished"),
        (11, 1, "open"),
    ]
    assert [(row["week"], row["source"]) for row in ask(tmp_path, "FROM weeks")] == [
        ("2026-05", "import"),
        ("2026-06", "import"),
    ]
    parts = ask(tmp_path, "SELECT week, goes_on FROM week_spans ORDER BY week, slot, opened_at")
    assert [tuple(row.values()) for row in parts] == [
        ("2026-05", False),
        ("2026-05", True),
        ("2026-05", True),
        ("2026-06", True),
        ("2026-06", True),
    ]


def test_a_week_that_shows_no_slot_at_all_ends_what_was_open(tmp_path: Path) -> None:
    first, then = datetime(2026, 1, 31, 10, 0), datetime(2026, 2, 2, 0, 4)
    for local, free in ((first, (TUESDAY, WEDNESDAY)), (then, ())):
        week = IsoWeek.of(local.date())
        portal = seal_rows("demo", [PlainRow(local, "a", free)])
        portal = as_imported(portal, at(datetime.combine(week.end, time())))
        source = Source("import", f"{week}.tar.gz", "0" * 64)
        write_week(tmp_path / "weeks", week, [portal], source)
    found = sorted(ask(tmp_path, "SELECT * FROM spans"), key=by_slot)
    assert found == spans_of_reader(tmp_path)
    assert [row["ended"] for row in found] == ["vanished", "vanished"]


def test_the_end_of_a_span_is_that_of_its_last_part_however_many_snapshots_a_week_has(
    tmp_path: Path,
) -> None:
    many = 10_070
    rows = [
        PlainRow(datetime(2026, 1, 26) + timedelta(minutes=n), "a", (WEDNESDAY,) * (n > many - 9))
        for n in range(many)
    ]
    told = {
        IsoWeek(2026, 5): rows,
        IsoWeek(2026, 6): [
            PlainRow(datetime(2026, 2, 2, 0, 4), "a", (WEDNESDAY,)),
            PlainRow(datetime(2026, 2, 3, 0, 4), "a", ()),
        ],
    }
    for week, shown in told.items():
        portal = as_imported(seal_rows("demo", shown), at(datetime.combine(week.end, time())))
        source = Source("import", f"{week}.tar.gz", "0" * 64)
        write_week(tmp_path / "weeks", week, [portal], source)
    found = ask(tmp_path, "SELECT * FROM spans")
    assert found == spans_of_reader(tmp_path)
    assert [row["closed_at"].day for row in found] == [2]


def test_slots_years_ahead_are_there(tmp_path: Path) -> None:
    far = tuple(at(datetime(year, 7, 1, 9, 0)) for year in (2026, 2031, 2039))
    portal = seal_rows("demo", [PlainRow(datetime(2026, 1, 31, 10, 0), "a", far)])
    source = Source("import", "2026-05.tar.gz", "0" * 64)
    write_week(tmp_path / "weeks", IsoWeek(2026, 5), [portal], source)
    found = sorted(ask(tmp_path, "SELECT * FROM spans"), key=by_slot)
    assert len(found) == 3
    assert found == spans_of_reader(tmp_path)


def test_weeks_of_a_live_archive_are_running(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path)) as writer:
        for day in (30, 31):
            taken = datetime(2026, 1, day, 12, 0, tzinfo=UTC)
            writer.store(PORTAL, Snapshot(PORTAL.id, taken, taken, Outcome.OK))
        late = datetime(2026, 2, 2, 12, 0, tzinfo=UTC)
        writer.store(PORTAL, Snapshot(PORTAL.id, late, late, Outcome.THROTTLED, reason="429"))
    weeks = ask(tmp_path, "SELECT week, source, snapshots FROM weeks")
    assert [tuple(row.values()) for row in weeks] == [
        ("2026-05", "running", 2),
        ("2026-06", "running", 1),
    ]
    (portal,) = ask(tmp_path, "SELECT first_week, last_week FROM portals")
    assert tuple(portal.values()) == ("2026-05", "2026-06")
    assert ask(tmp_path, "SELECT reason FROM snapshots WHERE outcome = 'throttled'") == [
        {"reason": "429"}
    ]


def store_days(folder: Path, *days: datetime) -> None:
    with closing(open_writer(folder)) as writer:
        for at in days:
            writer.store(PORTAL, Snapshot(PORTAL.id, at, at, Outcome.OK))


def test_a_sealed_week_out_of_another_archive_is_there(tmp_path: Path) -> None:
    monday = datetime(2026, 1, 26, 12, tzinfo=UTC)
    store_days(tmp_path / "first", monday, monday + timedelta(weeks=1))
    seal(tmp_path / "first", monday + timedelta(weeks=1))
    store_days(tmp_path / "second", monday + timedelta(weeks=2))
    folder = "weeks/iso_year=2026/iso_week=05"
    shutil.copytree(tmp_path / "first" / folder, tmp_path / "second" / folder)
    rows = ask(tmp_path / "second", "SELECT week, source, snapshots FROM weeks")
    assert [tuple(row.values()) for row in rows] == [
        ("2026-05", "live", 1),
        ("2026-07", "running", 1),
    ]
    assert len(ask(tmp_path / "second", "FROM snapshots")) == 2


def test_of_a_week_that_is_being_sealed_the_live_rows_count(tmp_path: Path) -> None:
    monday = datetime(2026, 1, 26, 12, tzinfo=UTC)
    store_days(tmp_path / "sealed", monday)
    seal(tmp_path / "sealed", monday + timedelta(weeks=1))
    store_days(tmp_path / "live", monday)
    shutil.copytree(tmp_path / "sealed" / "weeks", tmp_path / "live" / "weeks", dirs_exist_ok=True)
    rows = ask(tmp_path / "live", "SELECT week, source, snapshots FROM weeks")
    assert [tuple(row.values()) for row in rows] == [("2026-05", "running", 1)]


def test_the_catalogue_can_be_joined(tmp_path: Path) -> None:
    weeks_of_bundles(tmp_path)
    found = ask(tmp_path, "SELECT c.name FROM portals JOIN catalogue c USING (portal)")
    assert found == [{"name": PORTAL.name}]


_OVER = "COPY (SELECT 1) TO '{sealed}' (FORMAT csv, USE_TMP_FILE false)"
FORBIDDEN = (
    "SELECT 1; SELECT 2",
    "",
    "COPY (SELECT 1) TO '{there}'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{there}'",
    "EXPLAIN /* */ ANALYZE COPY (SELECT 1) TO '{there}'",
    "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{there}'",
    "CREATE TABLE t AS SELECT 1",
    "DROP VIEW portals",
    "DELETE FROM portals",
    "INSERT INTO portals SELECT * FROM portals",
    "UPDATE portals SET name = ''",
    "ATTACH '{there}'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "RESET threads",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "EXPORT DATABASE '{there}'",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM '{file}'",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')",
    "WITH gone AS (DELETE FROM portals RETURNING *) SELECT * FROM gone",
    # All of these put something in the place of a file that DuckDB may open.
    f"WITH x AS ({_OVER}) SELECT * FROM x, portals",
    f"EXPLAIN ANALYZE WITH x AS ({_OVER}) SELECT * FROM x, portals",
    f"--explain\nEXPLAIN ANALYZE {_OVER} /*\nSELECT * FROM portals --*/",
    f"EXPLAIN (/*)SELECT * FROM portals --*/ ANALYZE) {_OVER}",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql("
    "$$WITH x AS (" + _OVER + ") SELECT 1$$)), portals",
    "SELECT * FROM query($$WITH x AS (" + _OVER + ") SELECT 1$$), portals",
)


@pytest.mark.parametrize("text", FORBIDDEN)
def test_only_one_select_is_run(tmp_path: Path, text: str) -> None:
    archive = tmp_path / "archive"
    weeks_of_bundles(archive)
    secret = tmp_path / "secret.txt"
    secret.write_text("a\n1\n")
    before = digests(tmp_path)
    sealed = archive / "weeks" / "iso_year=2026" / "iso_week=06" / "portals.parquet"
    assert sealed.exists()
    query = text.format(
        there=tmp_path / "there", file=secret, folder=tmp_path, sealed=sealed.resolve()
    )
    with pytest.raises(QueryError):
        ask(archive, query)
    assert digests(tmp_path) == before


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    "text",
    [
        "SELECT count(*) FROM spans;",
        "-- how many\nSELECT count(*) FROM Spans",
        "EXPLAIN SELECT * FROM portals",
        "EXPLAIN ANALYZE SELECT * FROM portals",
        "explain (analyze, format json)\nSELECT * FROM portals",
        "EXPLAIN (FORMAT json) SELECT * FROM portals;",
        "SELECT 1 -- and no more",
        "FROM portals",
        "WITH few AS (FROM portals LIMIT 1) SELECT * FROM few",
        "DESCRIBE spans",
        "SHOW TABLES",
        "SELECT ';' AS \"EXPLAIN\"",
    ],
)
def test_every_way_to_read_is_allowed(tmp_path: Path, text: str) -> None:
    weeks_of_bundles(tmp_path)
    assert ask(tmp_path, text)


def test_what_does_not_fit_in_memory_is_not_put_below_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with SqlSession(Sources()) as session:
        told = session.run("SELECT current_setting('temp_directory') AS d").to_dicts()
        place = Path(told[0]["d"])
        assert place.parent.is_dir()
        assert tmp_path not in place.parents
    assert not place.parent.exists()


@pytest.mark.parametrize(
    "query", ["FROM spans", "SELECT error('no') FROM spans", "SELECT nam FROM spans"]
)
def test_nothing_is_left_of_a_session_however_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    weeks_of_bundles(tmp_path / "archive")
    sources = open_sources(tmp_path / "archive", tuple)
    with suppress(QueryError), sources as opened, SqlSession(opened) as session:
        rows = session.run(query)
        assert {path.name for path in place.rglob("*.parquet")} >= {"spans.parquet"}
        rows.to_dicts()
    assert not [*place.iterdir()]


def test_a_query_gets_copies_of_what_it_names_and_of_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    weeks_of_bundles(tmp_path)
    with open_sources(tmp_path, tuple) as sources, SqlSession(sources) as session:
        session.run("FROM portals")
        assert {path.name for path in place.rglob("*.parquet")} == {"portals.parquet"}


def test_a_full_disk_for_temporary_files_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weeks_of_bundles(tmp_path)

    def is_full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_sources(tmp_path, tuple) as sources, SqlSession(sources) as session:
        monkeypatch.setattr(Path, "write_bytes", is_full)
        with pytest.raises(ArchiveError, match=r"No space left on device: make room.*TMPDIR"):
            session.run("FROM portals")


def test_times_with_a_zone_can_be_asked_for(tmp_path: Path) -> None:
    weeks_of_bundles(tmp_path)
    (row,) = ask(tmp_path, "SELECT make_timestamptz(1500000) AS told, 1 AS one")
    assert row == {"told": datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC), "one": 1}


def test_a_mistake_is_explained_with_duckdbs_hint(tmp_path: Path) -> None:
    weeks_of_bundles(tmp_path)
    with pytest.raises(QueryError, match=r"nam(.|\n)*name(.|\n)*amtspuls sql --schema"):
        ask(tmp_path, "SELECT nam FROM portals")
    with pytest.raises(QueryError, match="Conversion Error"):
        ask(tmp_path, "SELECT name::INT FROM portals")


def test_a_damaged_file_is_an_error_and_no_number(tmp_path: Path) -> None:
    weeks_of_bundles(tmp_path)
    path = tmp_path / "weeks" / "iso_year=2026" / "iso_week=06" / "spans.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"iso_week=06/spans\.parquet"):
        ask(tmp_path, "SELECT count(*) FROM spans")
    assert ask(tmp_path, "SELECT count(*) AS n FROM portals") == [{"n": 1}]


def test_every_column_has_a_type_and_a_meaning() -> None:
    rows = describe()
    assert {row["table"] for row in rows} == set(SQL_VIEWS)
    for view in SQL_VIEWS.values():
        own = [row for row in rows if row["table"] == view.name]
        assert [row["column"] for row in own[1:]] == list(view.columns)
        assert own[0]["meaning"] == view.comment
        assert all(row["type"] and row["meaning"] for row in own[1:])


@pytest.mark.parametrize("name", ["Europe/Berlin", "Europe/Lisbon"])
def test_offsets_are_those_of_the_zone(name: str) -> None:
    zone, first, last = ZoneInfo(name), at(datetime(2024, 1, 1)), at(datetime(2027, 1, 1))
    changes = clock_changes(name, first, last)
    assert [local_from_slot(slot).year for slot, _ in changes[1:]] == [2024] * 2 + [2025] * 2 + [
        2026
    ] * 2
    for slot in range(first, last + 1, 30):
        ahead_s = [ahead for since, ahead in changes if since <= slot][-1]
        assert slot * 60 - ahead_s == utc_from_slot(Slot(slot), zone).timestamp()


@pytest.mark.parametrize("last", [datetime(2024, 1, 1), datetime(2199, 12, 31)])
def test_offsets_go_as_far_as_the_slots(last: datetime) -> None:
    changes = clock_changes("Europe/Berlin", at(datetime(2024, 1, 1)), at(last))
    assert len(changes) == 1 + 2 * (last.year - 2024 + (last.year > 2024))


def test_an_empty_archive_has_empty_tables() -> None:
    for name in SQL_VIEWS:
        with SqlSession(Sources()) as session:
            assert not session.run(f"SELECT * FROM {name}").to_dicts()
