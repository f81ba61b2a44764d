"""The behaviour card of a portal: what is known of it, for people, each line with what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from amtspuls.analysis.base import Measure, Row, count_of, per_cent, range_of
from amtspuls.analysis.behaviour import Behaviour, CalendarBehaviour, behaviour_of
from amtspuls.analysis.behaviour.words import (
    UNKNOWN,
    clock_text,
    horizon_text,
    notice_text,
    refresh_text,
)
from amtspuls.analysis.grouping import WEEKDAYS, By, Watched
from amtspuls.analysis.localtime import weekday_of
from amtspuls.analysis.measures import require_measure, take_measure

_UNITED = "not told: the rows are unions of several snapshots"


@dataclass(frozen=True)
class Line:
    """One line of a card.

    Attributes:
        about: What it is about.
        value: What is known, in words; ``unknown`` where nothing is.
        support: What that rests on.
    """

    about: str
    value: str
    support: str


@dataclass(frozen=True)
class Card:
    """What is known of a portal.

    Attributes:
        lines: For people.
        calendars: One row for each calendar: plain values, None where unknown.
        figures: Rows of the measures that are quoted, by name.
    """

    lines: tuple[Line, ...]
    calendars: tuple[Row, ...]
    figures: dict[str, Row]


def make_card(one: Watched) -> Card:
    """Say what is known of a portal."""
    learned = behaviour_of(one.evidence)
    calendars = [learned.of(n) for n in one.calendars if int(learned.place(np.array([n]))[0]) >= 0]
    figures = {name: _take(one, name) for name in _quoted(one)}
    lines = (
        *_about(one, figures["coverage"]),
        *_offer(one, calendars),
        *_rules(calendars),
        *_page(learned, calendars, figures["mirrors"]),
        *_people(figures),
    )
    return Card(lines, tuple(_row(one, learned, each) for each in calendars), figures)


def _quoted(one: Watched) -> tuple[str, ...]:
    names: tuple[str, ...] = ("coverage", "mirrors", "wait")
    return names if one.evidence.record.aggregated else (*names, "hold-time", "activity")


def _take(one: Watched, name: str) -> Row:
    return take_measure(require_measure(name), (one,), By.ALL).total


def _about(one: Watched, coverage: Row) -> tuple[Line, ...]:
    record = one.evidence.record
    until = "?" if coverage["until"] is None else coverage["until"][:16]
    since = "?" if coverage["from"] is None else coverage["from"][:16]
    return (
        Line("portal", f"{record.portal_id}: {record.name}", record.url),
        Line("system", record.system, f"times in {record.zone}"),
        Line(
            "watched",
            f"{per_cent(coverage['coverage'])} of {since} to {until}",
            count_of(coverage["snapshots"], "answered snapshot"),
        ),
    )


def _offer(one: Watched, calendars: Sequence[CalendarBehaviour]) -> tuple[Line, ...]:
    spans = one.evidence.spans
    shown = np.isin(spans.calendar, [each.calendar for each in calendars])
    shown &= spans.closed_at >= one.evidence.asked.from_s
    slots = np.unique(spans.slot[shown])
    days = np.unique(weekday_of(slots * 60)).tolist()
    firsts = [each.first_min for each in calendars if each.first_min is not None]
    lasts = [each.last_min for each in calendars if each.last_min is not None]
    hours = f"{clock_text(min(firsts))} to {clock_text(max(lasts))}" if firsts else UNKNOWN
    named = f", {_weekdays(days)}" if days else ""
    grids = Counter(each.grid_min for each in calendars if each.grid_min)
    grid = ", ".join(f"{step} min" for step, _ in grids.most_common()) or UNKNOWN
    return (
        Line("calendars", str(len(calendars)), f"{len(one.calendars)} named on the page"),
        Line("starts", hours + named, f"{len(slots)} different start times shown"),
        Line("grid", grid, f"{sum(grids.values())} of {len(calendars)} calendars known"),
    )


def _weekdays(days: Sequence[int]) -> str:
    names = [WEEKDAYS[day][:3] for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]} to {names[-1]}"
    return " ".join(names)


def _rules(calendars: Sequence[CalendarBehaviour]) -> tuple[Line, ...]:
    seen = [each.seen_ahead_s for each in calendars if each.seen_ahead_s is not None]
    lines = []
    for about, get, text in (
        ("notice", lambda each: each.notice, notice_text),
        ("horizon", lambda each: each.horizon, horizon_text),
    ):
        lines += _rule_lines(about, calendars, get, text)
    if seen:
        words = f"at least {max(seen) / 86_400:.1f} days"
        lines.append(Line("seen ahead", words, "the furthest 0.5 % of slots left out, or one"))
    return tuple(lines)


def _rule_lines(
    about: str,
    calendars: Sequence[CalendarBehaviour],
    get: Callable[[CalendarBehaviour], Any],
    text: Callable[[Any], str],
) -> list[Line]:
    """The two rules that most calendars have, and for how many nothing is known."""
    edges = [get(each) for each in calendars]
    known = [edge for edge in edges if edge.offset_s is not None]
    lines = []
    for words, number in Counter(map(text, known)).most_common(2):
        same = [edge for edge in known if text(edge) == words]
        changes = sum(edge.support for edge in same)
        against = sum(edge.against for edge in same)
        told = f"{changes} changes for it, {against} against" if changes else "no change tells"
        lines.append(Line(about, words, f"{number} of {len(edges)} calendars; {told}"))
    if len(known) < len(edges) or not edges:
        lines.append(Line(about, UNKNOWN, f"{len(edges) - len(known)} of {len(edges)} calendars"))
    return lines


def _page(
    learned: Behaviour, calendars: Sequence[CalendarBehaviour], mirrors: Row
) -> tuple[Line, ...]:
    flaky = max((each.flaky for each in calendars if each.flaky is not None), default=None)
    single = sum(each.one_a_day for each in calendars)
    groups = "; ".join(
        f"{number} of {size} calendars"
        for size, number in sorted(Counter(map(len, learned.mirrors)).items(), reverse=True)
    )
    told = f"{mirrors['chances'] or 0} chances to change together"
    lines = [
        Line(
            "page",
            refresh_text(learned.refresh),
            f"{learned.refresh.changes} snapshots with bookings",
        ),
        Line("shared desks", f"groups: {groups}" if groups else _no_group(mirrors), told),
        Line(
            "flaky",
            UNKNOWN if flaky is None else f"{per_cent(flaky)} of snapshots",
            "lost most slots of a calendar, which came back",
        ),
    ]
    if single:
        lines.append(Line("one a day", f"{single} calendars", "show only one slot of each day"))
    return tuple(lines)


def _no_group(mirrors: Row) -> str:
    if mirrors["calendars"] == 1:
        return "one calendar only"
    return "none found" if mirrors["decided"] else UNKNOWN


def _people(figures: dict[str, Row]) -> tuple[Line, ...]:
    return (
        _said("wait", figures, "wait"),
        _booked(figures),
        _said("holds", figures, "hold-time"),
    )


def _said(about: str, figures: dict[str, Row], name: str) -> Line:
    if name not in figures:
        return Line(about, _UNITED, "")
    measure: Measure = require_measure(name)
    words = measure.say(figures[name]).rsplit(", measured in ", 1)[0]
    return Line(about, words, f"measure {name}, rule {figures[name]['rule']}")


def _booked(figures: dict[str, Row]) -> Line:
    if "activity" not in figures:
        return Line("bookings", _UNITED, "")
    row = figures["activity"]
    words = row["refused"] or UNKNOWN
    if row["bookings"] is not None:
        words = ", ".join(range_of(row, name) for name in ("bookings", "cancellations"))
    return Line("bookings", words, f"measure activity, rule {row['rule']}")


def _row(one: Watched, learned: Behaviour, each: CalendarBehaviour) -> dict[str, Any]:
    """What is known of a calendar, plain."""
    calendar = one.calendars[each.calendar]
    others = [
        one.calendars[n].key for n in each.mirrors if n in one.calendars and n != each.calendar
    ]
    return {
        "calendar": calendar.key,
        "name": calendar.name,
        "notice": notice_text(each.notice),
        "notice_s": each.notice.offset_s,
        "notice_from": each.notice.moves.name.lower(),
        "notice_support": each.notice.support,
        "notice_shared": each.notice.shared,
        "horizon": horizon_text(each.horizon),
        "horizon_s": each.horizon.offset_s,
        "horizon_from": each.horizon.moves.name.lower(),
        "horizon_support": each.horizon.support,
        "horizon_shared": each.horizon.shared,
        "seen_ahead_s": each.seen_ahead_s,
        "release_times": [clock_text(minute) for minute in each.release_minutes],
        "grid_min": each.grid_min,
        "first": None if each.first_min is None else clock_text(each.first_min),
        "last": None if each.last_min is None else clock_text(each.last_min),
        "one_a_day": each.one_a_day,
        "flaky_share": each.flaky,
        "shares_desks_with": others,
    }
