"""What a measure is: a named question with a table as its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import floor
from typing import Any

from amtspuls.analysis.grouping import By, Label, Watched

Figures = Mapping[Label, Mapping[str, Any]]
"""Figures by row, each a mapping from column key to value."""

Row = Mapping[str, Any]
"""One row of an answer: plain Python values, None where there is nothing to tell."""


class Unit(StrEnum):
    """What a column counts."""

    NONE = ""
    SHARE = "%"
    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"
    COUNT = "count"
    SLOTS = "slots"
    PER_HOUR = "per hour"
    PER_WEEK = "per week"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of figures.

    Attributes:
        key: Its name in CSV and JSON.
        title: Heading for people, with the unit.
        unit: What it counts; shares are 0 to 1 in CSV and JSON and per cent for people.
        always: Whether it is known, too, where nobody answered: how much was watched, for example.
        estimated: Whether it rests on bookings or cancellations, which nobody counts: refused where too little
            was covered (``estimate.refusal``).
    """

    key: str
    title: str
    unit: Unit = Unit.NONE
    always: bool = False
    estimated: bool = False


REFUSED = Column("refused", "no figure because", always=True)
"""Why the estimated figures of a row are empty; an empty text where they are not."""


_HALF, _HALF_A_PERCENT = 50, 0.5
_LEAST_DAYS = 0.05
_BOUNDS = {"": "", "<": "under ", ">": "over "}


@dataclass(frozen=True)
class Measure:
    """A question that can be put to an archive.

    Attributes:
        name: Name on the command line.
        question: What it answers, one line.
        by: Groupings that make sense, the usual one first.
        columns: Columns of figures.
        compute: Works the figures out; rows that it leaves out are empty.
        say: One sentence for people about a row.
        rule: Name of the rule that it rests on.
        about_slots: Hours and weekdays are those of the slots, not of the moment of observation;
            coverage is then that of the whole range.
        about_changes: It counts what changed: of a single snapshot nothing follows.
        about_free: It tells what was free; the time in which a calendar was sold out counts as covered
            (``shown.shown_of``).
        formula: How the figures are worked out, a few plain lines.
        source: Where the definition comes from: an institution or a publication by name, and the
            place in our documentation.
        caveats: What must be known before figures are compared, between booking systems above all.
    """

    name: str
    question: str
    by: tuple[By, ...]
    columns: tuple[Column, ...]
    compute: Callable[[Sequence[Watched], By], Figures]
    say: Callable[[Row], str]
    rule: str
    about_slots: bool = False
    about_changes: bool = True
    about_free: bool = False
    formula: str = ""
    source: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a measure says.

    Attributes:
        measure: The question.
        by: The grouping.
        rows: The answer, in the order to print.
        columns: All columns, those that say what a row is about first.
        total: The same for all selected portals together, in the form of a row.
    """

    measure: Measure
    by: By
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    total: Row

    @property
    def sentence(self) -> str:
        """The answer for all selected portals together, in one sentence."""
        figures = [self.total[one.key] for one in self.measure.columns if not one.always]
        estimated = [self.total[one.key] for one in self.measure.columns if one.estimated]
        if figures and all(figure is None for figure in figures):
            if not self.total["snapshots"] and not self.total["coverage"]:
                return f"nothing is known, no page answered, {measured_in(self.total)}"
            if self.measure.about_changes and self.total["snapshots"] < 2:
                return f"nothing is known, one snapshot shows no change, {measured_in(self.total)}"
        if estimated and all(figure is None for figure in estimated) and self.total["refused"]:
            return str(self.total["refused"])
        return self.measure.say(self.total)


def days_text(value: float | str | None) -> str:
    """A number of days for people, never 0.0; a text such as ``> 60`` stays."""
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return value
    return "under 0.1" if value < _LEAST_DAYS else f"{value:.1f}"


def after_text(hours: float | str) -> str:
    """When something ends, for people: ``after 24 minutes``, ``after 2.5 hours``.

    Args:
        hours: How many, or ``> N`` where the end was not seen within N whole hours.
    """
    if isinstance(hours, str):
        least = hours.removeprefix("> ")
        if least == "0":
            return "after more than was watched (under an hour)"
        return f"after more than {least} {'hour' if least == '1' else 'hours'}"
    if hours >= 1:
        return f"after {hours:.1f} hours"
    minutes = round(60 * hours)
    return f"after {count_of(minutes, 'minute')}" if minutes else "after under a minute"


def percent_of(share: float) -> tuple[str, float, int]:
    """A share as every text and table rounds it: whole per cent, never to nothing or all when it is not.

    Nor to half: figures are refused where less than half was covered, so 49.7 % must not look like 50.

    Args:
        share: 0 to 1.

    Returns:
        ``<`` or ``>`` where only a bound is told, per cent, and how many digits after the point to write.
    """
    percent = 100 * share
    if 0 < percent < _HALF_A_PERCENT:
        return "<", 1.0, 0
    if 100 - _HALF_A_PERCENT <= percent < 100:
        return ">", 99.0, 0
    if _HALF - _HALF_A_PERCENT <= percent < _HALF:
        return "", floor(10 * percent) / 10, 1
    return "", float(round(percent)), 0


def per_cent(share: float | None) -> str:
    """A share for people, rounded as ``percent_of`` says."""
    if share is None:
        return "an unknown share"
    bound, number, digits = percent_of(share)
    return f"{_BOUNDS[bound]}{number:.{digits}f} %"


def measured_in(row: Row) -> str:
    """How much of the time a row rests on, as the end of a sentence."""
    provisional = " (provisional)" if row["provisional"] else ""
    return f"measured in {per_cent(row['coverage'])} of the time{provisional}"


def count_of(number: float | None, one: str, many: str | None = None) -> str:
    """A number with its noun: ``1 booking``, ``2 bookings``; estimates are rounded."""
    if number is None:
        return f"an unknown number of {many or one + 's'}"
    whole = round(number)
    return f"{whole:,} {one if whole == 1 else many or one + 's'}".replace(",", "\u202f")


def range_of(row: Row, name: str) -> str:
    """An estimate with its noun and its range: ``8 363 bookings (7 624 to 11 618)``.

    Args:
        row: Has the columns ``name``, ``name_low`` and ``name_high``; without bounds the number stands alone.
        name: ``bookings`` or ``cancellations``.
    """
    said = count_of(row[name], name.removesuffix("s"))
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    if low is None or high is None:
        return said
    return f"{said} ({round(low):,} to {round(high):,})".replace(",", "\u202f")
