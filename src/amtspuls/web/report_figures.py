"""The numbers that lead the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amtspuls.analysis.base import Row
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.measures import MEASURES, take_measure
from amtspuls.analysis.transitions import RULE as ESTIMATE
from amtspuls.charts.words import Lang, Say, say_number, say_share
from amtspuls.web.report_tables import Command, say_refused, show

NEEDED = ("activity", "cancellation-rate", "wait", "within-target", "zero-rate", "lead-time")
"""Measures that the leading numbers are taken from."""


@dataclass(frozen=True)
class Figure:
    """One number that leads the page.

    Attributes:
        title: What it is.
        value: The number with its unit.
        note: What to know beside it.
        rule: Whether it is estimated or measured, and by which rule.
        command: The command that gives it again.
    """

    title: str
    value: str
    note: str
    rule: str
    command: str


def take_totals(watched: Sequence[Watched]) -> dict[str, Row]:
    """What the leading numbers are made of: the answers for all portals together, by measure."""
    return {name: take_measure(MEASURES[name], watched, By.ALL).total for name in NEEDED}


def make_figures(
    totals: Mapping[str, Row], say: Say, lang: Lang, command: Command
) -> tuple[Figure, ...]:
    """Bookings, cancellations, wait, slots within 14 days, and how far ahead people book."""
    made = (
        ("activity", "f_bookings", *_bookings(totals, say, lang)),
        ("cancellation-rate", "f_cancellations", *_cancellations(totals, say, lang)),
        ("wait", "f_wait", *_wait(totals, say, lang)),
        ("within-target", "f_within", *_within(totals, say, lang)),
        ("lead-time", "f_lead", *_lead(totals, say, lang)),
    )
    return tuple(
        Figure(
            say(title),
            value,
            note,
            _rule(str(totals[name]["rule"]), say),
            command("measure", name, "--by", "all"),
        )
        for name, title, value, note in made
    )


def _rule(rule: str, say: Say) -> str:
    return say("estimate" if rule == ESTIMATE else "measured", rule=rule)


def _bookings(totals: Mapping[str, Row], say: Say, lang: Lang) -> tuple[str, str]:
    row = totals["activity"]
    rate = row["bookings_per_hour"]
    note = (
        say("f_no_hour") if rate is None else say("f_bookings_note", rate=say_number(rate, lang, 1))
    )
    return _counted(row, "bookings", note, say, lang)


def _counted(row: Row, name: str, note: str, say: Say, lang: Lang) -> tuple[str, str]:
    """A count; where the answer has a low and a high value, they stand in front of the note.

    Where it has none because too little was covered, the note says that instead.
    """
    value = row[name]
    if value is None:
        return say("unknown"), say_refused(row, lang) or note
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    if low is not None and high is not None:
        between = say("between", low=show("count", low, lang), high=show("count", high, lang))
        note = f"{between}; {note}"
    return show("count", value, lang), note


def _cancellations(totals: Mapping[str, Row], say: Say, lang: Lang) -> tuple[str, str]:
    rate = totals["cancellation-rate"]["rate"]
    note = (
        say("f_no_rate")
        if rate is None
        else say("f_cancellations_note", rate=say_number(100 * rate, lang))
    )
    return _counted(totals["activity"], "cancellations", note, say, lang)


def _wait(totals: Mapping[str, Row], say: Say, lang: Lang) -> tuple[str, str]:
    row = totals["wait"]
    third = _days(row["median_third_days"], say, lang)
    return _days(row["median_first_days"], say, lang), say("f_wait_note", third=third)


def _within(totals: Mapping[str, Row], say: Say, lang: Lang) -> tuple[str, str]:
    share = totals["within-target"]["within_14_days"]
    none = totals["zero-rate"]["zero_rate"]
    value = say("unknown") if share is None else say_share(share, lang)
    return value, say("f_within_note", none=say_share(none, lang))


def _lead(totals: Mapping[str, Row], say: Say, lang: Lang) -> tuple[str, str]:
    row = totals["lead-time"]
    note = say("f_lead_note", p90=_days(row["p90_days"], say, lang))
    return _days(row["median_days"], say, lang), say_refused(row, lang) or note


def _days(value: float | str | None, say: Say, lang: Lang) -> str:
    return say("unknown") if value is None else say("d", number=show("days", value, lang))
