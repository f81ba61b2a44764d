"""Tables of the report: cells for people, and the same as CSV inside the page."""

from __future__ import annotations

import base64
import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from amtspuls.analysis.base import REFUSED, Answer, Row, percent_of
from amtspuls.analysis.estimate import refusal
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.measures import MEASURES, take_measure
from amtspuls.analysis.provenance import COLUMNS, Provenance
from amtspuls.charts.booking_times import HoursOfWeek, read_hours_of_week
from amtspuls.charts.words import Lang, Say, say_day, say_number, say_too_little, short_weekdays

Command = Callable[..., str]
"""Writes a command with the options of the page."""

DASH = "–"
_NOT_ASKED = "> 0"
"""A wait where nothing was free and not even today was asked about."""
_HOURS, _WEEKDAYS = 24, 7


class Heading(NamedTuple):
    """Heading of a column; ``numeric`` columns are set to the right."""

    title: str
    numeric: bool = True


class Cell(NamedTuple):
    """A cell: its text, a second line in small type, and a warning below it."""

    text: str
    small: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes:
        slug: Name of the file that the CSV is saved as, without its ending.
        title: Heading.
        note: What to know before reading it.
        columns: Headings of the columns; the first column names the rows.
        rows: Cells, as many as columns.
        csv: The table with full precision as a ``data:`` address.
        commands: What gives the figures again.
        provenance: Where they come from.
    """

    slug: str
    title: str
    note: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    csv: str
    commands: tuple[str, ...]
    provenance: Provenance


class _Figure(NamedTuple):
    """A column of the table of portals: heading, measure, key of its column, how it is shown."""

    text: str
    measure: str
    key: str
    show: str


_PORTAL_FIGURES = (
    _Figure("t_bookings", "activity", "bookings", "count"),
    _Figure("t_cancellations", "activity", "cancellations", "count"),
    _Figure("t_first", "wait", "median_first_days", "days"),
    _Figure("t_third", "wait", "median_third_days", "days"),
    _Figure("t_within", "within-target", "within_14_days", "share"),
    _Figure("t_zero", "zero-rate", "zero_rate", "share"),
    _Figure("t_horizon", "horizon", "horizon_days", "days"),
    _Figure("t_notice", "notice", "notice_hours", "days"),
    _Figure("t_coverage", "activity", "coverage", "share"),
)


def portal_table(
    watched: Sequence[Watched],
    notes: Mapping[str, Cell],
    say: Say,
    lang: Lang,
    command: Command,
    source: Provenance,
) -> Table:
    """Bookings, waits, shares and coverage of each portal.

    Columns of measures that this release does not have are left out.

    Args:
        watched: The portals, a row each.
        notes: First cell of each row, by portal id.
        say: Texts of the report.
        lang: Its language.
        command: Writes the commands.
        source: Where the figures of the page come from.
    """
    shown = [figure for figure in _PORTAL_FIGURES if _has(figure)]
    names = list(dict.fromkeys(figure.measure for figure in shown))
    answers = {name: take_measure(MEASURES[name], watched, By.PORTAL) for name in names}
    found = {name: {row["portal"]: row for row in answers[name].rows} for name in names}
    ids = [one.evidence.record.portal_id for one in watched]
    rows = tuple(
        (
            notes[portal_id],
            *(_cell(figure, found[figure.measure][portal_id], say, lang) for figure in shown),
        )
        for portal_id in ids
    )
    commands = tuple(command("measure", name, "--by", "portal") for name in names)
    plain = [
        {"portal": portal_id}
        | {
            key: found[figure.measure][portal_id][key]
            for figure in shown
            for key in (figure.key, f"{figure.key}_low", f"{figure.key}_high")
            if key in found[figure.measure][portal_id]
        }
        | {REFUSED.key: found["activity"][portal_id][REFUSED.key]}
        for portal_id in ids
    ]
    return Table(
        "portals",
        say("portals"),
        say("portals_note"),
        (Heading(say("t_portal"), numeric=False), *(Heading(say(one.text)) for one in shown)),
        rows,
        # Its columns are those of several measures: only the report gives all of them at once.
        csv_address(plain, source),
        commands,
        source,
    )


def say_refused(row: Row, lang: Lang) -> str:
    """Why a row has no estimate, in the words of the page; empty where it has one, or nobody was asked."""
    if not row.get(REFUSED.key) or row["coverage"] is None or not refusal(row["coverage"]):
        return ""
    return say_too_little(row["coverage"], lang)


def _cell(figure: _Figure, row: Row, say: Say, lang: Lang) -> Cell:
    """A value; below a count its low and its high, or why there is none, where the measure tells them."""
    value = row.get(figure.key)
    if value == _NOT_ASKED:
        return Cell(say("no_slot"))
    if value is None and figure.key in _estimated(figure.measure):
        return Cell(DASH, say_refused(row, lang))
    low, high = row.get(f"{figure.key}_low"), row.get(f"{figure.key}_high")
    between = (
        ""
        if low is None or high is None
        else f"{show('count', low, lang)}–{show('count', high, lang)}"
    )
    return Cell(show(figure.show, value, lang), between)


def _estimated(name: str) -> frozenset[str]:
    return frozenset(column.key for column in MEASURES[name].columns if column.estimated)


def _has(figure: _Figure) -> bool:
    measure = MEASURES.get(figure.measure)
    keys = {column.key for column in measure.columns} if measure else set()
    return measure is not None and figure.key in keys | {"coverage"}


def hours_table(
    watched: Sequence[Watched], say: Say, lang: Lang, command: Command, source: Provenance
) -> Table:
    """The figures behind the picture of hours of the week."""
    found = read_hours_of_week(watched)
    rates = found.rate.reshape(_WEEKDAYS, _HOURS).tolist()
    rows = tuple(
        (Cell(f"{hour:02d}:00"), *(Cell(show("rate", _known(day[hour]), lang)) for day in rates))
        for hour in range(_HOURS)
    )
    made = command("plot", "booking-times", "--out", "booking-times.json")
    provenance = replace(source, command=made)
    return Table(
        "booking-hours",
        say("hours"),
        say("hours_note"),
        (
            Heading(say("t_hour"), numeric=False),
            *(Heading(name) for name in short_weekdays(lang)),
        ),
        rows,
        csv_address(_plain_hours(found), provenance),
        (made,),
        provenance,
    )


def _plain_hours(found: HoursOfWeek) -> list[dict[str, Any]]:
    columns = (found.bookings, found.covered_hours, found.coverage, found.rate)
    return [
        {
            "weekday": cell // _HOURS + 1,
            "hour": cell % _HOURS,
            "bookings": None if refusal(coverage) else bookings,
            "covered_hours": hours,
            "coverage": coverage,
            "bookings_per_hour": _known(rate),
            REFUSED.key: refusal(coverage),
        }
        for cell, (bookings, hours, coverage, rate) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        )
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def days_table(
    watched: Sequence[Watched], say: Say, lang: Lang, command: Command, source: Provenance
) -> Table:
    """The wait by day."""
    answer = take_measure(MEASURES["wait"], watched, By.DAY)
    made = command("measure", "wait", "--by", "day")
    keys = ("median_first_days", "p10_first_days", "p90_first_days", "median_third_days")
    rows = tuple(
        (
            Cell(say_day(date.fromisoformat(row["day"]), lang)),
            *(Cell(show("days", row[key], lang)) for key in keys),
            Cell(show("share", row["none_share"], lang)),
            Cell(show("share", row["coverage"], lang)),
        )
        for row in answer.rows
    )
    provenance = replace(source, command=made)
    titles = ("t_first", "t_p10", "t_p90", "t_third", "t_zero", "t_coverage")
    return Table(
        "wait-by-day",
        say("days"),
        say("days_note"),
        (Heading(say("t_day"), numeric=False), *(Heading(say(title)) for title in titles)),
        rows,
        csv_address(_plain(answer), provenance),
        (made,),
        provenance,
    )


def _plain(answer: Answer) -> list[dict[str, Any]]:
    return [{column.key: row[column.key] for column in answer.columns} for row in answer.rows]


def show(kind: str, value: float | str | None, lang: Lang) -> str:
    """A value for people: ``count``, ``rate``, ``days`` or ``share``; a dash where it is not known.

    Shares are in per cent. Nothing is rounded to nothing, and no share to all, when it is not.
    """
    if value is None:
        return DASH
    if isinstance(value, str):
        return value.replace(".", ",") if lang is Lang.DE and kind == "days" else value
    if kind == "share":
        bound, percent, digits = percent_of(value)
        return f"{bound} {say_number(percent, lang, digits)}".lstrip()
    if value == 0:
        return "0"
    if kind != "count" and 0 < value < 0.05:
        return f"< {say_number(0.1, lang, 1)}"
    return say_number(value, lang, 0 if kind == "count" else 1)


def csv_address(rows: Sequence[Row], provenance: Provenance) -> str:
    """Rows as CSV in a ``data:`` address, each with weeks, version, digest and command."""
    text = io.StringIO()
    keys = [*(rows[0] if rows else ()), *(column.key for column in COLUMNS)]
    writer = csv.DictWriter(text, keys, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, **provenance.columns()} for row in rows)
    packed = base64.b64encode(text.getvalue().encode()).decode()
    return f"data:text/csv;charset=utf-8;base64,{packed}"
