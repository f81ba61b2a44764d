"""What was learned, in words: an unknown rule says so and never looks like nought."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from amtspuls.analysis.behaviour.base import CalendarBehaviour, Edge
from amtspuls.analysis.behaviour.learn import behaviour_of
from amtspuls.analysis.behaviour.refresh import Refresh
from amtspuls.analysis.behaviour.rules import Moves
from amtspuls.analysis.grouping import WEEKDAYS, By, Label, Watched
from amtspuls.analysis.localtime import DAY_S, HOUR_S

UNKNOWN = "unknown"
_MINUTE_S = 60


def duration_text(seconds: int) -> str:
    """A duration in the units that people say it in: ``36 h``, ``28 days 1 h``, ``20 min``."""
    days, rest = divmod(seconds, DAY_S)
    hours, rest = divmod(rest, HOUR_S)
    if days < 3:
        days, hours = 0, hours + 24 * days
    parts = [
        f"{number} {unit}"
        for number, unit in (
            (days, "day" if days == 1 else "days"),
            (hours, "h"),
            (rest // _MINUTE_S, "min"),
            (rest % _MINUTE_S if not days + hours else 0, "s"),
        )
        if number
    ]
    return " ".join(parts) or "0 min"


def clock_text(minute: int) -> str:
    """A minute of day as a time."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def notice_text(edge: Edge) -> str:
    """When slots leave a page by themselves."""
    if edge.offset_s is None:
        if edge.high_s is None:
            return UNKNOWN
        return f"{UNKNOWN}, under {duration_text(edge.high_s + 60 - edge.high_s % 60)}"
    if edge.moves is Moves.DAY:
        days, clock = _day_and_clock(edge.offset_s)
        if days == 0:
            return f"whole day at {clock} of the day itself"
        return f"whole day at {clock}, {days} {'day' if days == 1 else 'days'} before"
    if edge.offset_s == 0:
        return "none, slots stay until they begin" if edge.support else _at_most(edge)
    return f"{duration_text(edge.offset_s)} before the start"


def _at_most(edge: Edge) -> str:
    return f"none seen, at most {duration_text(-(-(edge.high_s or 0) // 60) * 60)}"


def horizon_text(edge: Edge) -> str:
    """How far ahead slots come."""
    if edge.offset_s is None:
        return UNKNOWN
    if edge.moves is Moves.START:
        return f"{duration_text(edge.offset_s)} ahead, slot by slot"
    days, clock = _day_and_clock(edge.offset_s)
    if edge.moves is Moves.DAY:
        return f"{days} days ahead, a day at a time at {clock}"
    weekday = WEEKDAYS[(edge.weekday - days) % 7]
    return f"up to {days + 6} days ahead, a week at a time on {weekday} at {clock}"


def refresh_text(found: Refresh) -> str:
    """How a page is renewed."""
    if not found.known:
        return UNKNOWN
    if found.period_s is None:
        return "always fresh"
    return f"renewed every {duration_text(found.period_s)}"


def _day_and_clock(offset_s: int) -> tuple[int, str]:
    """Days before, and the time of that day."""
    days = -(-offset_s // DAY_S)
    return days, clock_text(-offset_s % DAY_S // _MINUTE_S)


def calendars_by(watched: Sequence[Watched], by: By) -> dict[Label, list[CalendarBehaviour]]:
    """What was learned of the calendars of each row."""
    rows: dict[Label, list[CalendarBehaviour]] = defaultdict(list)
    for one in watched:
        learned = behaviour_of(one.evidence)
        for number in learned.calendars.tolist():
            if number in one.calendars:
                rows[one.label(by, number if by is By.CALENDAR else 0)].append(learned.of(number))
    return rows


def most_have(
    edges: Iterable[Edge], text: Callable[[Edge], str]
) -> tuple[str | None, list[Edge], int]:
    """The rule that most calendars have.

    Returns:
        Its text (None where none is known), the edges that have it, and how many are known.
    """
    known = [edge for edge in edges if edge.offset_s is not None]
    if not known:
        return None, [], 0
    usual, _ = Counter(map(text, known)).most_common(1)[0]
    return usual, [edge for edge in known if text(edge) == usual], len(known)
