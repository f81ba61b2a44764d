"""The two answers of impfen-thueringen.de as small models; pure. Facts: docs/systems/impfthueringen.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from amtspuls.errors import UnknownValueError
from amtspuls.fetch.page import Page
from amtspuls.systems.markup import Markup, attribute, text_of

_PLACEHOLDERS = frozenset({"", "0"})
_ID = re.compile(r"[0-9]{1,9}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_NONE_DE = re.compile(r"(leider )?(derzeit |zurzeit )?keine? .{0,60}termin.{0,80}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that is on offer."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Places:
    """The places in page order."""

    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Dates:
    """Free local times of a place, ascending: one a day, on at most three days."""

    times: tuple[datetime, ...]


def parse_places(page: Page) -> Places:
    """Read ``index.php``: the places that are on offer now.

    Raises:
        PageChangedError: A place has no number or no name, or one number stands twice.
        AmtspulsError: The choice of a place is missing.
    """
    m = Markup(page, "list of places")
    area = m.first("div.select-ort-area")
    if area is None or area.css_first("select, option") is None:
        raise m.unreadable("the choice of a place (div.select-ort-area)")
    places = [
        Place(attribute(option, "value"), text_of(option))
        for option in area.css("option[value]")
        if attribute(option, "value") not in _PLACEHOLDERS
    ]
    if not all(_ID.fullmatch(place.id) and place.name for place in places):
        raise m.changed("has a place without number or name")
    if len({place.id for place in places}) < len(places):
        raise m.changed("lists a place twice")
    return Places(tuple(places))


def parse_dates(page: Page) -> Dates:
    """Read the answer of ``func.php``; one without any option has no free time.

    Raises:
        UnknownValueError: An option is no local moment.
        AmtspulsError: There is no option, but something else than a word that there is none.
    """
    m = Markup(page, "times of a place")
    options = m.css("option")
    if not options and m.text and not _NONE_DE.fullmatch(m.text):
        raise m.unreadable("options with times")
    if not options and m.first("form, table, script") is not None:
        raise m.unreadable("options with times")
    values = [attribute(option, "value").strip() for option in options]
    times = {_moment(m, value) for value in values if value not in _PLACEHOLDERS}
    return Dates(tuple(sorted(times)))


def _moment(m: Markup, value: str) -> datetime:
    if _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value[:16])
        except ValueError:
            pass
    raise UnknownValueError(
        f"{m.where}: {value[:40]!r} is no moment; compare the answer with docs/systems",
        url=m.page.url,
        where=m.where,
        evidence=m.evidence,
    )
