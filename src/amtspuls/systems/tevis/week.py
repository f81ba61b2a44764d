"""Calendar page and weeks (JSON) of the first Tevis generation; pure. Wire: docs/systems/tevis.md."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date

from amtspuls.errors import AmtspulsError, PageChangedError, UnknownValueError
from amtspuls.fetch.page import Page
from amtspuls.systems.bulk import MOST_CHARS
from amtspuls.systems.markup import clean_text, day_of_numbers
from amtspuls.systems.tevis.answer import DataFirst
from amtspuls.systems.tevis.common import asks_for_data, lost_or, number_in, open_page

_SCRIPT = re.compile(r"window\.tevis\s{0,9}=\s{0,9}window\.tevis\s{0,9}\|\|\s{0,9}\{")
_SCRIPT_CHARS = 4000
_CALENDAR = re.compile(r"\bcalendar['\"]?\s*:\s*['\"]?([0-9]{1,9})\b")
_WHERE = "week of times"
_MINUTES_PER_DAY = 1440
_MOST_DAYS = 100
"""A week has seven; nobody knows that an answer never holds some more."""


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """The page behind a concern: the id of one of its calendars, "" when it names none."""

    cal: str


@dataclass(frozen=True, slots=True)
class DayTimes:
    """A day of a week: free starts as minutes after local midnight, ascending and unique."""

    day: date
    starts_min: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """The days that an answer speaks of, ascending; none at all when the week is empty."""

    days: tuple[DayTimes, ...]


def parse_calendar(page: Page) -> CalendarPage | DataFirst:
    """Read which calendar stands behind the chosen concern.

    Raises:
        SessionLostError: The portal knows no unit any more.
        AmtspulsError: The page is no calendar page.
    """
    m = open_page(page, "calendar page")
    script = _SCRIPT.search(page.text)
    if script is not None:
        inside = page.text[script.end() : script.end() + _SCRIPT_CHARS]
        named = _CALENDAR.search(inside.partition("$(document)")[0])
        cal = named.group(1) if named is not None else "0"
        return CalendarPage("" if int(cal) == 0 else cal)
    if asks_for_data(m) or "Eingabe der persönlichen Daten" in m.text:
        return DataFirst()
    if "Der ausgewählte Kalender existiert nicht" in m.text:
        raise m.changed("says that the calendar does not exist")
    raise lost_or(m, "the script that names the calendar (window.tevis)")


def parse_week(page: Page) -> Week:
    """Read one calendar week of free times from a ``caldiv`` answer.

    A week without times is a result. Units: ``valid`` holds minutes after local midnight.

    Raises:
        SessionLostError: An error page came instead, and it says so.
        UnknownValueError: A day or a minute is none.
        AmtspulsError: The answer is no such JSON.
    """
    if len(page.text) > MOST_CHARS:
        raise _no_json(page)
    try:
        answer = json.loads(page.text)
    except (ValueError, RecursionError) as error:
        raise _no_json(page) from error
    days = answer.get("days") if isinstance(answer, dict) else None
    valid = answer.get("valid") if isinstance(answer, dict) else None
    if not isinstance(days, list) or not isinstance(valid, list) or len(days) != len(valid):
        raise _changed(page, "has no days and valid of one length")
    if len(days) > _MOST_DAYS:
        raise _changed(page, f"has {len(days)} days")
    read = [_day(page, day, starts) for day, starts in zip(days, valid, strict=True)]
    if len({day.day for day in read}) < len(read):
        raise _changed(page, "names a day twice")
    return Week(tuple(sorted(read, key=lambda day: day.day)))


def _no_json(page: Page) -> AmtspulsError:
    """The error for an answer that is no JSON: mostly an error page with status 200."""
    m = open_page(page, _WHERE)
    title = m.first("title")
    said = "" if title is None else clean_text(title.text())[:80]
    return lost_or(m, f"JSON (the page is called {said!r})" if said else "JSON")


def _day(page: Page, day: object, starts: object) -> DayTimes:
    digits = str(day)
    found = day_of_numbers(digits[:4], digits[4:6], digits[6:]) if len(digits) == 8 else None
    if found is None or not isinstance(starts, list):
        raise _unknown(page, f"{digits[:40]} is no day with a list of times")
    return DayTimes(found, tuple(sorted({_minute(page, start) for start in starts})))


def _minute(page: Page, start: object) -> int:
    is_number = isinstance(start, int | str) and not isinstance(start, bool)
    minute = number_in(str(start)[:12].strip()) if is_number else None
    if minute is None or minute >= _MINUTES_PER_DAY:
        raise _unknown(page, f"{str(start)[:40]!r} is no minute of a day")
    return minute


def _unknown(page: Page, what: str) -> UnknownValueError:
    return UnknownValueError(
        f"{_WHERE}: {what}; the answer may have changed", url=page.url, where=_WHERE, evidence=what
    )


def _changed(page: Page, what: str) -> PageChangedError:
    return PageChangedError(
        f"{_WHERE} {what}; compare the answer with docs/systems",
        url=page.url,
        where=_WHERE,
        evidence=clean_text(page.text[:400])[:160],
    )
