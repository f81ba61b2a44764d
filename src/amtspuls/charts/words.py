"""The languages of pictures: one small table of texts per picture, numbers and dates as each language writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from amtspuls.analysis.base import percent_of
from amtspuls.analysis.estimate import LEAST_COVERAGE, refusal, refusal_of
from amtspuls.analysis.observed import Observed
from amtspuls.errors import ConfigError


class Lang(StrEnum):
    """A language that pictures speak."""

    EN = "en"
    DE = "de"


Texts = Mapping[str, tuple[str, str]]
"""Texts of a picture by key: English, German; with ``{name}`` where a value goes."""

Say = Callable[..., str]
"""Says a text of a table: ``say("title", each="hour")``."""

WORDS: Texts = MappingProxyType(
    {
        "portal": ("{number} portal", "{number} Portal"),
        "portals": ("{number} portals", "{number} Portale"),
        "others": ("{names} and others", "{names} und weitere"),
        "no_week": ("no week", "keine Woche"),
        "week": ("week {first}", "Woche {first}"),
        "weeks": ("weeks {first} to {last}", "Wochen {first} bis {last}"),
        "local_time": ("local time", "Ortszeit"),
        "coverage": ("Observed in {share} of the time", "{share} der Zeit beobachtet"),
        "unknown_share": ("an unknown share", "Unbekannter Anteil"),
        "under": ("under {share}", "unter {share}"),
        "over": ("over {share}", "über {share}"),
        "too_little": (
            "covered {share}, under {least}: no figure",
            "zu {share} beobachtet, unter {least}: keine Zahl",
        ),
        "not_asked": ("not asked: no figure", "nicht gefragt: keine Zahl"),
        "not_compared": (
            "no two answers to compare: no figure",
            "keine zwei Antworten zum Vergleich: keine Zahl",
        ),
        "estimate": ("estimate (rule {rule})", "Schätzung (Regel {rule})"),
        "measured": ("measured (rule {rule})", "gemessen (Regel {rule})"),
        "measured_plainly": ("measured", "gemessen"),
        "data": ("data {digest}", "Daten {digest}"),
        "hour": ("hour", "Stunde"),
        "day": ("day", "Tag"),
    }
)
"""Texts that several pictures share."""

_NAMED_PORTALS = 4
_BOUNDS = {"<": "under", ">": "over"}
_WEEKDAYS = (
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
)
_MONTHS = (
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ("Jan", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "Aug", "Sep", "Okt", "Nov", "Dez"),
)
_LONG_DAYS_DE = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_LONG_MONTHS_DE = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)
_THIN = "\u202f"


def require_lang(name: str) -> Lang:
    """Return a language by its code.

    Raises:
        ConfigError: Pictures do not speak it.
    """
    try:
        return Lang(name.lower())
    except ValueError:
        raise ConfigError(
            f"pictures do not speak {name!r}: --lang takes {' or '.join(Lang)}"
        ) from None


def speaker(texts: Texts, lang: Lang) -> Say:
    """Return the function that says the texts of a table, and the shared ones, in a language."""
    place = list(Lang).index(lang)

    def say(key: str, **values: Any) -> str:
        return (texts[key] if key in texts else WORDS[key])[place].format(**values)

    return say


def say_number(value: float, lang: Lang, digits: int = 0) -> str:
    """A number as the language writes it: ``1 234.5`` with a thin space, ``1.234,5``."""
    text = f"{value:,.{digits}f}"
    if lang is Lang.DE:
        return text.replace(",", " ").replace(".", ",").replace(" ", ".")
    return text.replace(",", _THIN)


def say_share(share: float | None, lang: Lang) -> str:
    """A share in per cent, rounded as ``analysis.base.percent_of`` says."""
    say = speaker(WORDS, lang)
    if share is None:
        return say("unknown_share")
    bound, percent, digits = percent_of(share)
    text = f"{say_number(percent, lang, digits)} %"
    return say(_BOUNDS[bound], share=text) if bound else text


def say_refusal(observed: Observed, lang: Lang) -> str:
    """Why a picture tells no estimate, as ``analysis.estimate.refusal_of`` in a language; empty where it does."""
    say = speaker(WORDS, lang)
    if not refusal_of(observed):
        return ""
    if observed.coverage is None:
        return say("not_asked")
    if not refusal(observed.coverage):
        return say("not_compared")
    return say_too_little(observed.coverage, lang)


def say_too_little(coverage: float, lang: Lang) -> str:
    """That too little was covered for an estimate; ``< 1 %`` as in tables."""
    bound, percent, digits = percent_of(coverage)
    share = f"{bound} {say_number(percent, lang, digits)} %".lstrip()
    least = f"{say_number(100 * LEAST_COVERAGE, lang)} %"
    return speaker(WORDS, lang)("too_little", share=share, least=least)


def say_day(on: date, lang: Lang) -> str:
    """A day with its weekday: ``Mon 12 Jul 2021``, ``Mo 12. Juli 2021``."""
    place = list(Lang).index(lang)
    dot = "." if lang is Lang.DE else ""
    month = _MONTHS[place][on.month - 1]
    return f"{_WEEKDAYS[place][on.weekday()]} {on.day}{dot} {month} {on.year}"


def short_weekdays(lang: Lang) -> tuple[str, ...]:
    """Short names of the weekdays, Monday first."""
    return _WEEKDAYS[list(Lang).index(lang)]


def say_names(names: Sequence[str], lang: Lang, at_most: int = _NAMED_PORTALS) -> str:
    """The first names of a list; where it is longer, it says so."""
    text = ", ".join(names[:at_most])
    return speaker(WORDS, lang)("others", names=text) if len(names) > at_most else text


def say_portals(ids: Sequence[str], lang: Lang) -> str:
    """How many portals a picture is about, and the first few of them by id."""
    say = speaker(WORDS, lang)
    number = say_number(len(ids), lang)
    key = "portal" if len(ids) == 1 else "portals"
    return f"{say(key, number=number)}: {say_names(ids, lang)}"


def say_weeks(weeks: Sequence[str], lang: Lang) -> str:
    """ISO weeks, ascending, in a few words."""
    if not weeks:
        return speaker(WORDS, lang)("no_week")
    key = "week" if len(weeks) == 1 else "weeks"
    return speaker(WORDS, lang)(key, first=weeks[0], last=weeks[-1])


def vega_locale(lang: Lang) -> dict[str, Any]:
    """How Vega writes numbers and times: value of ``config.locale``, part of the specification itself.

    English takes a thin space between thousands, as everywhere in Amtspuls.
    """
    if lang is Lang.EN:
        number = {"decimal": ".", "thousands": _THIN, "grouping": [3], "currency": ["", ""]}
        return {"number": number}
    return {
        "number": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " €"]},
        "time": {
            "dateTime": "%A, %-d. %B %Y, %X",
            "date": "%d.%m.%Y",
            "time": "%H:%M:%S",
            "periods": ["", ""],
            "days": [_LONG_DAYS_DE[-1], *_LONG_DAYS_DE[:-1]],
            "shortDays": [_WEEKDAYS[1][-1], *_WEEKDAYS[1][:-1]],
            "months": list(_LONG_MONTHS_DE),
            "shortMonths": list(_MONTHS[1]),
        },
    }
