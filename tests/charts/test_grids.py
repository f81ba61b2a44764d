from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings

from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.kinds import KINDS, Kind
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.span_rule import find_by_spans
from amtspuls.charts.base import Options
from amtspuls.charts.booking_times import _text, read_hours_of_week
from amtspuls.charts.coverage import read_coverage
from amtspuls.charts.free_stock import draw_free_stock
from amtspuls.charts.free_stock_data import read_free_days
from amtspuls.charts.lead_time import read_lead_times
from amtspuls.charts.releases import read_releases
from amtspuls.charts.render import render_svg
from amtspuls.charts.words import Lang
from amtspuls.model import Calendar
from support.measure_cases import portals, with_gap
from support.pictures import texts_of
from support.relabelled import relabelled
from support.slow_pictures import STEP_S, free_on, is_joined, local, steps, view_at
from support.tiny_archive import TinyPortal, TinyReader, TinySnapshot, TinyView, days, utc


def watched_of(portal: TinyPortal) -> Watched:
    (one,) = load_watched(TinyReader(portal), Selection())
    return one


@settings(max_examples=12, deadline=None)
@given(portals())
def test_free_days_are_those_of_every_moment_and_day(portal: TinyPortal) -> None:
    one = watched_of(replace(portal, covered=days("2026-01-01", "2026-11-30")))
    found = read_free_days([one], 60)
    known = []
    middles = found.pieces.middles_s.tolist()
    todays = [(local(one, at_s) - local(one, 0).replace(hour=0)).days for at_s in middles]
    last = (date(2026, 11, 30) - date(1970, 1, 1)).days
    reaches = [
        last - today
        for number in one.calendars
        for at_s, today in zip(middles, todays, strict=True)
        if view_at(one, number, at_s) is not None
        and not any(view_at(one, number, before) is not None for before in middles if before < at_s)
    ]
    for column, (at_s, today) in enumerate(zip(middles, todays, strict=True)):
        good = [number for number in one.calendars if view_at(one, number, at_s) is not None]
        for row in range(len(found.free)):
            day = found.first_day + row
            able = sum(reach >= day - today for reach in reaches)
            if day < today or not good or 2 * len(good) < able:
                assert math.isnan(found.free[row, column])
                continue
            known.append(len(good))
            slow = sum(free_on(one, number, day, at_s) for number in good)
            assert found.free[row, column] == slow
    if known:
        assert found.answering is not None
        assert math.isclose(found.answering * found.calendars, sum(known) / len(known), rel_tol=0.2)


def test_days_that_a_view_does_not_cover_are_unknown_and_not_empty() -> None:
    shots = [
        TinySnapshot(
            utc("2026-01-26 05:00"), (TinyView(1, covered=days("2026-01-27", "2026-01-28")),)
        ),
        TinySnapshot(
            utc("2026-01-26 05:15"), (TinyView(1, "partial", days("2026-01-28", "2026-01-28")),)
        ),
        TinySnapshot(utc("2026-01-26 05:30"), (TinyView(1, "refused"),)),
    ]
    found = read_free_days([watched_of(TinyPortal("bonn", shots))], 60)
    assert found.free.shape == (3, 3)
    assert np.isnan(found.free).tolist() == [
        [True, True, True],
        [False, True, True],
        [False, False, True],
    ]
    assert found.answering == 1


def looked_at(*ahead: int | None) -> TinySnapshot:
    """A snapshot in which each calendar answers for so many days, from the 27th; None is a refusal."""
    views = [
        TinyView(number, "refused")
        if last is None
        else TinyView(number, covered=days("2026-01-27", f"2026-01-{26 + last}"))
        for number, last in enumerate(ahead, 1)
    ]
    return TinySnapshot(utc("2026-01-26 05:00"), tuple(views))


def known_days(*shots: TinySnapshot, hours: float = 0.25) -> list[list[bool]]:
    numbers = range(1, 1 + max(len(shot.views) for shot in shots))
    calendars = {number: Calendar(str(number), f"Schalter {number}") for number in numbers}
    shots = tuple(
        replace(shot, at=shot.at + timedelta(hours=hours * step), period_s=int(3600 * hours))
        for step, shot in enumerate(shots)
    )
    one = watched_of(TinyPortal("bonn", shots, calendars=calendars))
    known: list[list[bool]] = (~np.isnan(read_free_days([one], 60).free[1:])).T.tolist()
    return known


def test_where_few_of_many_answered_nothing_is_said_to_be_free() -> None:
    full = looked_at(2, 2, 2, 2)
    assert known_days(full, looked_at(2, 2, None, None), looked_at(2, None, None, None)) == [
        [True, True],
        [True, True],
        [False, False],
    ]


def test_a_calendar_that_never_shows_so_far_ahead_is_not_missed_there() -> None:
    full = looked_at(1, 1, 1, 2)
    assert known_days(full, looked_at(None, 1, 1, None)) == [[True, True], [True, False]]
    assert known_days(full, looked_at(None, None, None, 2)) == [[True, True], [False, True]]


def test_a_last_day_that_stands_still_makes_no_day_before_it_unknown() -> None:
    # Three of four show the 27th and the 28th, looked at on the 26th and on the 27th: only one shows more.
    found = known_days(*[looked_at(2, 2, 2, 4)] * 2, hours=12)
    assert [found[0], found[-1]] == [[True] * 4] * 2


def test_the_legend_of_free_slots_says_what_its_numbers_count() -> None:
    shot = TinySnapshot(
        utc("2026-01-26 05:00"), (TinyView(1, covered=days("2026-01-27", "2026-01-28")),)
    )
    for lang, title in ((Lang.EN, "free on the day:"), (Lang.DE, "am Tag frei:")):
        one = watched_of(TinyPortal("bonn", [shot]))
        shown = texts_of(render_svg(draw_free_stock([one], options=Options(lang=lang))))
        assert title in shown


@settings(max_examples=12, deadline=None)
@given(portals())
def test_hours_of_the_week_are_those_of_every_step(portal: TinyPortal) -> None:
    one = watched_of(portal)
    found = read_hours_of_week([one])
    asked, covered = defaultdict[int, int](int), defaultdict[int, int](int)
    joined = defaultdict[int, int](int)
    for at_s in steps(one):
        here = local(one, at_s)
        for number in one.calendars:
            asked[here.weekday() * 24 + here.hour] += STEP_S
            seen = view_at(one, number, at_s) is not None
            covered[here.weekday() * 24 + here.hour] += STEP_S * seen
            joined[here.weekday() * 24 + here.hour] += STEP_S * is_joined(one, number, at_s)
    bookings = defaultdict[int, float](float)
    events = one.transitions.bookings
    columns = (events.at, events.seen_at, events.timed, events.weight)
    for at_s, seen_at, timed, weight in zip(*(each.tolist() for each in columns), strict=True):
        middle = max((at_s + seen_at + 1) // 2, one.evidence.asked.from_s)
        here = local(one, middle)
        bookings[here.weekday() * 24 + here.hour] += weight * timed
    for cell in range(168):
        assert found.bookings[cell] == bookings[cell]
        share = covered[cell] / asked[cell] if asked[cell] else 0.0
        assert math.isclose(found.coverage[cell], share, abs_tol=1e-9)
        hours = joined[cell] / 3600 / max(1, len(one.calendars))
        assert math.isclose(found.covered_hours[cell], hours, abs_tol=1e-9)
        if share >= 0.5 and hours:
            assert math.isclose(found.rate[cell], bookings[cell] / hours, abs_tol=1e-9)
        else:
            assert math.isnan(found.rate[cell])
    assert found.untimed == events.weight[~events.timed].sum()


def test_a_booking_across_a_gap_is_in_no_hour_but_counted() -> None:
    (one,) = load_watched(with_gap(), Selection())
    plain = Watched(one.evidence)
    # Where the cached property keeps what it once worked out.
    plain.__dict__["transitions"] = find_by_spans(one.evidence)
    found = read_hours_of_week([plain])
    assert found.untimed == 1
    # Monday 07:45 local time, a quarter of an hour after the gap ended.
    assert np.flatnonzero(found.bookings).tolist() == [7]
    assert found.bookings[7] == 1


@settings(max_examples=12, deadline=None)
@given(portals())
def test_coverage_is_that_of_every_step(portal: TinyPortal) -> None:
    one = watched_of(portal)
    found = read_coverage([one], 60)
    edges = found.pieces.edges_s.tolist()
    seen, asked = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for at_s in steps(one):
        piece = int(np.searchsorted(edges, at_s, "right")) - 1
        for number in one.calendars:
            asked[piece] += 1
            seen[piece] += view_at(one, number, at_s) is not None
    assert found.shares[0] == pytest.approx(seen / asked, abs=0.02)
    assert found.whole[0] == pytest.approx(seen.sum() / asked.sum())


def test_coverage_of_a_portal_with_a_shorter_range_has_no_holes_before_it() -> None:
    long = TinyPortal(
        "alt", [TinySnapshot(utc("2026-01-26 05:00")), TinySnapshot(utc("2026-01-26 05:15"))]
    )
    late = TinyPortal("neu", [TinySnapshot(utc("2026-01-26 05:15"))])
    found = read_coverage(load_watched(TinyReader(long, late), Selection()), 10)
    assert found.portals == ("alt", "neu")
    assert found.shares[0].tolist() == [1, 1]
    assert math.isnan(found.shares[1, 0])
    assert found.shares[1, 1] == 1


@settings(max_examples=12, deadline=None)
@given(portals())
def test_lead_times_are_counted_and_cut_off_at_the_reach_of_calendars(portal: TinyPortal) -> None:
    one = watched_of(portal)
    found = read_lead_times([one])
    events = one.transitions.bookings
    bars = [0.0] * len(found.bookings)
    for lead_s, weight in zip(events.lead_s.tolist(), events.weight.tolist(), strict=True):
        bars[lead_s // 86400] += weight
    assert found.bookings.tolist() == bars
    spans, asked = one.evidence.spans, one.evidence.asked
    shares = defaultdict[int, float](float)
    total = 0.0
    for number in one.calendars:
        reach = 0.0
        for place in range(len(spans.slot)):
            opened, closed = int(spans.opened_at[place]), int(spans.closed_at[place])
            if spans.calendar[place] == number and closed > asked.from_s and opened < asked.until_s:
                begin = int(one.evidence.span_start_s[place])
                reach = max(reach, (begin - max(opened, asked.from_s)) / 86400)
        seconds = float(one.covered.seconds[one.covered.calendar == number].sum())
        total += seconds
        for day in range(len(bars)):
            shares[day] += seconds * (reach > day)
    for day, offered in enumerate(found.offered.tolist()):
        if total:
            assert math.isclose(offered, shares[day] / total, abs_tol=1e-9)
        else:
            assert math.isnan(offered)


@settings(max_examples=12, deadline=None)
@given(relabelled())
def test_releases_are_those_of_every_change(one: Watched) -> None:
    found = read_releases([one])
    changes, untimed = one.transitions.changes, 0
    slots, office = np.zeros_like(found.slots), np.zeros_like(found.by_office)
    for place in range(len(changes.at)):
        kind = KINDS[changes.kind[place]]
        if not changes.opening[place] or kind not in (Kind.RELEASED, Kind.HORIZON_ROLL):
            continue
        if not changes.timed[place]:
            untimed += 1
            continue
        here = local(one, int(changes.at[place]))
        column = here.toordinal() - 719163 - found.first_day
        slots[here.hour, column] += 1
        office[here.hour, column] += kind is Kind.RELEASED and changes.confidence[place] > 0
    assert found.slots.tolist() == slots.tolist()
    assert found.by_office.tolist() == office.tolist()
    assert found.untimed == untimed


@pytest.mark.parametrize(
    ("from_at", "until_at", "hours"),
    [("2026-03-28 23:00", "2026-03-29 22:00", 23), ("2026-10-24 22:00", "2026-10-25 23:00", 25)],
)
def test_the_hour_that_spring_leaves_out_is_no_gap(from_at: str, until_at: str, hours: int) -> None:
    begin = utc(from_at)
    shots = [
        TinySnapshot(begin.fromtimestamp(begin.timestamp() + 900 * step, begin.tzinfo))
        for step in range(4 * hours + 1)
    ]
    (one,) = load_watched(
        TinyReader(TinyPortal("bonn", shots)),
        Selection(from_at=begin, until_at=utc(until_at)),
    )
    grid = read_releases([one])
    assert grid.coverage.shape == (24, 1)
    assert np.isnan(grid.coverage[:, 0]).sum() == (1 if hours == 23 else 0)
    assert np.nanmin(grid.coverage) == 1
    week = read_hours_of_week([one])
    assert week.covered_hours[6 * 24 + 2] == (0 if hours == 23 else 2)
    assert week.covered_hours.sum() == hours


def test_something_is_never_written_as_nothing_in_a_cell() -> None:
    said = [_text(rate, Lang.EN) for rate in (0.0, 0.01, 0.06, 9.94, 9.96, 1234.0, math.nan)]
    assert said == ["", "<0.1", "0.1", "9.9", "10", "1\u202f234", ""]
    assert _text(0.01, Lang.DE) == "<0,1"
