"""Imported weeks stand alone: what is joined over their edges, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amtspuls.analysis.sql.session import SqlSession
from amtspuls.analysis.sql.sources import open_sources
from amtspuls.archive.base import STILL_OPEN, PortalRecord
from amtspuls.archive.live import open_reader, open_writer
from amtspuls.archive.sealed.manifest import LIVE, Source
from amtspuls.archive.sealed.model import (
    SealedCalendar,
    SealedCapacities,
    SealedPortal,
    SealedSnapshots,
    SealedSpans,
    SealedViews,
)
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.sealing import seal_weeks
from amtspuls.archive.times import seconds_of
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Covered, Outcome, Snapshot, View, slot_from_local
from support.histories import PORTAL

NONE = np.zeros(0, dtype=np.int32)
FAR = slot_from_local(datetime(2026, 3, 2, 9))
FAR_S = seconds_of(datetime(2026, 3, 2, 8, tzinfo=UTC))
NEAR = slot_from_local(datetime(2026, 2, 3, 9))
NEAR_S = seconds_of(datetime(2026, 2, 3, 8, tzinfo=UTC))
ALL = "2026-01-26..2026-03-31"
IMPORT = Source("import", "week.tar.gz", "ab")
RECORD = PortalRecord(PORTAL.id, PORTAL.name, PORTAL.system, PORTAL.url, PORTAL.zone)
WEEK = timedelta(days=7)
MONDAY = datetime(2026, 1, 26, 8, tzinfo=UTC)

Row = Mapping[str, tuple[int, ...]]
"""Free slots by calendar key, in one snapshot."""


def _time(week: int, ordinal: int) -> datetime:
    return MONDAY + (week - 5) * WEEK + timedelta(hours=ordinal)


def _at(week: int, ordinal: int) -> int:
    return seconds_of(_time(week, ordinal))


def _texts(count: int, text: str) -> np.ndarray:
    return np.array([text] * count, dtype=object)


def _columns(rows: np.ndarray) -> list[Any]:
    return list(rows.T)


def _portal(week: int, rows: Sequence[Row], covered: str = ALL) -> SealedPortal:
    """A week of which each row is what a bundle shows at one time."""
    count = len(rows)
    keys = sorted({key for row in rows for key in row})
    taken_at = np.array([_at(week, n) for n in range(count)], dtype=np.int64)
    views, spans = [], []
    for number, key in enumerate(keys):
        views += [(number, n, n) for n, row in enumerate(rows) if key in row]
        for slot in sorted({slot for row in rows for slot in row.get(key, ())}):
            opened: int | None = None
            for n, row in enumerate([*rows]):
                if key not in row:
                    continue
                if slot in row[key] and opened is None:
                    opened = n
                elif slot not in row[key] and opened is not None:
                    spans.append((number, slot, opened, n))
                    opened = None
            if opened is not None:
                spans.append((number, slot, opened, count))
    spans.sort(key=lambda span: (span[0], span[2], span[1]))
    view = np.array(views, dtype=np.int32).reshape(-1, 3)
    span = np.array(spans, dtype=np.int32).reshape(-1, 4)
    ahead = span[:, 1] >= slot_from_local(
        datetime.combine(IsoWeek(2026, week).end, datetime.min.time())
    )
    return SealedPortal(
        record=RECORD,
        aggregated=False,
        calendars=tuple(SealedCalendar(key, 0, f"Name {key}", ()) for key in keys),
        snapshots=SealedSnapshots._make(
            [
                taken_at,
                taken_at,
                np.full(count, 3600, np.int32),
                np.zeros(count, np.bool_),
                _texts(count, "ok"),
                _texts(count, ""),
                *[np.full(count, -1, np.int64)] * 3,
                _texts(count, "bundle"),
            ]
        ),
        views=SealedViews._make(
            [
                *_columns(view),
                _texts(len(view), "ok"),
                _texts(len(view), covered),
                _texts(len(view), "[]"),
                np.full(len(view), -1, np.int32),
                _texts(len(view), ""),
            ]
        ),
        spans=SealedSpans._make(
            [*_columns(span), np.zeros(len(span), np.bool_), (span[:, 3] == count) & ahead]
        ),
        capacities=SealedCapacities(NONE, NONE, NONE, NONE),
        extra_columns=NONE,
        row_order=NONE,
    )  # fmt: skip


def _spans(folder: Path, *limits: datetime | None) -> list[tuple[str, int, int, int]]:
    with closing(open_reader(folder)) as reader:
        keys = {r.number: r.calendar.key for r in reader.calendars(PORTAL.id)}
        found = reader.spans(PORTAL.id, *limits)
        return sorted(
            (keys[calendar], slot, opened_at, closed_at)
            for calendar, slot, opened_at, closed_at in zip(
                *(column.tolist() for column in found), strict=True
            )
        )


def _free(folder: Path, at: datetime) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    with closing(open_reader(folder)) as reader:
        return {
            state.calendar.key: (state.slots, state.unknown)
            for state in reader.state(PORTAL.id, at)
        }


def _import(folder: Path, week: int, rows: Sequence[Row], covered: str = ALL) -> None:
    write_week(folder / "weeks", IsoWeek(2026, week), [_portal(week, rows, covered)], IMPORT)


def test_a_span_that_the_next_week_shows_at_once_goes_on(tmp_path: Path) -> None:
    _import(tmp_path, 5, [{"k": ()}, {"k": (FAR,)}])
    _import(tmp_path, 6, [{"k": (FAR,)}, {"k": (FAR,)}])
    _import(tmp_path, 7, [{"k": (FAR,)}, {"k": ()}])
    whole = [("k", FAR, _at(5, 1), _at(7, 1))]
    assert _spans(tmp_path) == whole
    # Whatever part is asked for, the whole span is told.
    for week in (5, 6, 7):
        assert _spans(tmp_path, _time(week, 0), _time(week, 2)) == whole
    assert _spans(tmp_path, _time(8, 0)) == []
    assert _spans(tmp_path, None, _time(5, 1)) == []


def test_a_span_that_the_next_week_does_not_show_closed_there(tmp_path: Path) -> None:
    _import(tmp_path, 5, [{"k": (FAR,)}])
    _import(tmp_path, 6, [{"k": ()}, {"k": (FAR,)}])
    assert _spans(tmp_path) == [
        ("k", FAR, _at(5, 0), _at(6, 0)),
        ("k", FAR, _at(6, 1), STILL_OPEN),
    ]


def test_a_slot_that_begins_before_the_next_view_closed_with_its_start(tmp_path: Path) -> None:
    _import(tmp_path, 5, [{"k": (NEAR,)}])
    _import(tmp_path, 6, [{"o": ()}] * 30 + [{"k": ()}])
    assert _spans(tmp_path) == [("k", NEAR, _at(5, 0), NEAR_S)]


def test_a_day_that_is_not_covered_waits(tmp_path: Path) -> None:
    _import(tmp_path, 5, [{"k": (FAR,)}])
    _import(tmp_path, 6, [{"k": ()}], covered="2026-02-01..2026-02-20")
    _import(tmp_path, 7, [{"k": (FAR,)}])
    _import(tmp_path, 8, [{"k": (FAR,)}, {"k": ()}])
    whole = [("k", FAR, _at(5, 0), _at(8, 1))]
    assert _spans(tmp_path) == whole
    for week in (5, 6, 7):
        thursday = _time(week, 0) + timedelta(days=3)
        assert _spans(tmp_path, thursday, thursday + timedelta(hours=1)) == whole
    assert _free(tmp_path, _time(6, 3)) == {"k": ((), (FAR,))}


def test_a_span_is_not_lost_while_its_calendar_is_absent_for_weeks(tmp_path: Path) -> None:
    _import(tmp_path, 5, [{"k": (FAR,), "o": ()}])
    for week in (6, 7):
        _import(tmp_path, week, [{"o": ()}])
    waits = [("k", FAR, _at(5, 0), STILL_OPEN)]
    assert _spans(tmp_path) == waits
    assert _spans(tmp_path, _time(7, 0), _time(7, 1)) == waits
    assert _free(tmp_path, _time(7, 0)) == {"k": ((FAR,), ()), "o": ((), ())}
    _import(tmp_path, 8, [{"k": (FAR,)}, {"k": ()}])
    whole = [("k", FAR, _at(5, 0), _at(8, 1))]
    for week in (6, 7, 8):
        assert _spans(tmp_path, _time(week, 0), _time(week, 2)) == whole


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("shown", [True, False])
def test_an_imported_week_between_live_ones_is_part_of_one_chain(
    tmp_path: Path, sealed: bool, shown: bool
) -> None:
    days = Covered.from_ranges([(date(2026, 1, 26), date(2026, 3, 31))])
    with closing(open_writer(tmp_path)) as writer:
        for week in (5, 7):
            at = _time(week, 0)
            view = View(Calendar("k", "k"), Outcome.OK, days, (FAR,))
            writer.store(PORTAL, Snapshot(PORTAL.id, at, at, Outcome.OK, (view,)))
            if week == 5 or sealed:
                seal_weeks(writer, _time(9, 0))
    _import(tmp_path, 6, [{"k": (FAR,) if shown else ()}])
    right = [("k", FAR, _at(5, 0), STILL_OPEN)]
    if not shown:
        right = [("k", FAR, _at(5, 0), _at(6, 0)), ("k", FAR, _at(7, 0), STILL_OPEN)]
    assert _spans(tmp_path) == right
    assert _free(tmp_path, _time(6, 1)) == {"k": ((FAR,) if shown else (), ())}
    assert _free(tmp_path, _time(7, 1)) == {"k": ((FAR,), ())}
    query = "SELECT opened_at, closed_at FROM spans ORDER BY opened_at"
    with open_sources(tmp_path, tuple) as sources, SqlSession(sources) as session:
        told = [tuple(row.values()) for row in session.run(query).to_dicts()]
    assert [None if at is None else seconds_of(at.replace(tzinfo=UTC)) for _, at in told] == [
        None if closed_at == STILL_OPEN else closed_at for *_, closed_at in right
    ]
    assert [seconds_of(at.replace(tzinfo=UTC)) for at, _ in told] == [span[2] for span in right]


def test_a_week_that_is_missing_cuts_nothing(tmp_path: Path) -> None:
    _import(tmp_path, 5, [{"k": (FAR,)}])
    _import(tmp_path, 7, [{"k": (FAR,)}, {"k": ()}])
    assert _spans(tmp_path) == [("k", FAR, _at(5, 0), _at(7, 1))]


def test_a_calendar_that_goes_away_keeps_what_was_open_until_the_slot_begins(
    tmp_path: Path,
) -> None:
    _import(tmp_path, 5, [{"k": (FAR,), "o": ()}])
    _import(tmp_path, 6, [{"o": ()}])
    assert _spans(tmp_path) == [("k", FAR, _at(5, 0), STILL_OPEN)]
    assert _free(tmp_path, _time(6, 0)) == {"k": ((FAR,), ()), "o": ((), ())}
    _import(tmp_path, 12, [{"o": ()}])
    assert _spans(tmp_path) == [("k", FAR, _at(5, 0), FAR_S)]
    assert _free(tmp_path, _time(12, 0)) == {"k": ((), ()), "o": ((), ())}


def test_the_state_at_the_edge_knows_the_week_before(tmp_path: Path) -> None:
    _import(tmp_path, 5, [{"k": (FAR,)}])
    _import(tmp_path, 6, [{"o": ()}, {"k": ()}])
    assert _free(tmp_path, _time(5, 9))["k"] == ((FAR,), ())
    assert _free(tmp_path, _time(6, 0))["k"] == ((FAR,), ())
    assert _free(tmp_path, _time(6, 1))["k"] == ((), ())
    assert _free(tmp_path, _time(5, -1)) == {}


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_imported_goes_on_in_what_is_collected(tmp_path: Path, sealed: bool) -> None:
    other = slot_from_local(datetime(2026, 3, 3, 9))
    _import(tmp_path, 5, [{"k": (FAR, other), "gone": (FAR,)}])
    days = Covered.from_ranges([(date(2026, 1, 26), date(2026, 3, 31))])
    with closing(open_writer(tmp_path)) as writer:
        for ordinal, slots in enumerate([(FAR,), (FAR,), ()]):
            at = _time(6, ordinal)
            view = View(Calendar("k", "Neuer Name"), Outcome.OK, days, slots)
            writer.store(PORTAL, Snapshot(PORTAL.id, at, at, Outcome.OK, (view,)))
        if sealed:
            assert len(seal_weeks(writer, _time(9, 0))) == 1
    assert _spans(tmp_path) == [
        ("gone", FAR, _at(5, 0), STILL_OPEN),
        ("k", FAR, _at(5, 0), _at(6, 2)),
        ("k", other, _at(5, 0), _at(6, 0)),
    ]
    assert _free(tmp_path, _time(6, 1)) == {"gone": ((FAR,), ()), "k": ((FAR,), ())}
    assert _free(tmp_path, _time(5, 1)) == {"gone": ((FAR,), ()), "k": ((FAR, other), ())}
    with closing(open_reader(tmp_path)) as reader:
        gone, calendar = reader.calendars(PORTAL.id)
        assert (gone.calendar.name, calendar.calendar.name) == ("Name gone", "Neuer Name")
        assert reader.snapshots(PORTAL.id).taken_at.tolist() == [
            _at(5, 0),
            *(_at(6, n) for n in range(3)),
        ]
        assert reader.views(PORTAL.id).calendar.tolist().count(calendar.number) == 4


def test_what_was_imported_is_one_span_when_its_first_live_week_is_sealed_and_the_next_is_not(
    tmp_path: Path,
) -> None:
    _import(tmp_path, 5, [{"k": (FAR,)}])
    days = Covered.from_ranges([(date(2026, 1, 26), date(2026, 3, 31))])
    with closing(open_writer(tmp_path)) as writer:
        for week in (6, 7):
            at = _time(week, 0)
            view = View(Calendar("k", "k"), Outcome.OK, days, (FAR,))
            writer.store(PORTAL, Snapshot(PORTAL.id, at, at, Outcome.OK, (view,)))
        assert len(seal_weeks(writer, _time(7, 0))) == 1
        assert _spans(tmp_path) == [("k", FAR, _at(5, 0), STILL_OPEN)]
        at = _time(7, 1)
        view = View(Calendar("k", "k"), Outcome.OK, days, ())
        writer.store(PORTAL, Snapshot(PORTAL.id, at, at, Outcome.OK, (view,)))
    assert _spans(tmp_path) == [("k", FAR, _at(5, 0), _at(7, 1))]


def test_a_lost_week_ends_what_was_open_with_the_week_after_it(tmp_path: Path) -> None:
    first = _portal(5, [{"k": (FAR,)}])
    later = _portal(7, [{"k": (NEAR + 30 * 1440,)}])
    later = replace(later, spans=later.spans._replace(from_before=np.array([True])))
    write_week(tmp_path / "weeks", IsoWeek(2026, 5), [first], LIVE)
    write_week(tmp_path / "weeks", IsoWeek(2026, 7), [later], LIVE)
    assert _spans(tmp_path) == [
        ("k", FAR, _at(5, 0), _at(7, 0)),
        ("k", NEAR + 30 * 1440, _at(7, 0), STILL_OPEN),
    ]


def test_second_rows_of_a_calendar_and_united_rows_are_told_apart(tmp_path: Path) -> None:
    portal = _portal(5, [{"k": (FAR,), "l": (FAR,)}])
    twice = (portal.calendars[0], portal.calendars[0]._replace(copy=1))
    write_week(
        tmp_path / "weeks",
        IsoWeek(2026, 5),
        [replace(portal, calendars=twice, aggregated=True)],
        IMPORT,
    )
    assert _spans(tmp_path) == [("k", FAR, _at(5, 0), STILL_OPEN)]
    with closing(open_reader(tmp_path)) as reader:
        assert [record.calendar.key for record in reader.calendars(PORTAL.id)] == ["k"]
        assert len(reader.views(PORTAL.id).free) == 1
        assert reader.snapshots(PORTAL.id).opened.tolist() == [1]
        [record] = reader.portals()
        assert record.aggregated
