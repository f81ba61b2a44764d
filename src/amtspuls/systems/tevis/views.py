"""From lists of times to views: one per calendar of a location; pure. See docs/systems/tevis.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from amtspuls.errors import AmtspulsError, PageChangedError
from amtspuls.model import (
    UNKNOWN_OFFICE,
    Calendar,
    Covered,
    KnownCalendar,
    Outcome,
    Slot,
    View,
    Window,
    slot_from_local,
)
from amtspuls.systems.base import failed_view
from amtspuls.systems.markup import clean_text
from amtspuls.systems.tevis.answer import Offer
from amtspuls.systems.tevis.concerns import Concern
from amtspuls.systems.tevis.times import TimesRead
from amtspuls.systems.walk import service_names


@dataclass(slots=True)
class Room:
    """One location of a unit, and what each asked concern showed there.

    Attributes:
        unit: Name of the unit.
        loc: Id of the location; "" where the page shows none.
        place: Public number of the unit and id of the location, ``md-loc``.
        location: Name of the location.
        read: Field of the concern to what came of it.
    """

    unit: str
    loc: str
    place: str
    location: str
    read: dict[str, TimesRead | AmtspulsError] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its calendars."""
        return f"{self.unit} / {self.location}" if self.location else self.unit


class Keys:
    """Calendar ids as keys: those that lists show, and those the archive remembers by name."""

    def __init__(self, known: Iterable[KnownCalendar], aliases: Mapping[str, str]) -> None:
        self._known = tuple(known)
        self._aliases = aliases

    def of(self, cal: str) -> str:
        """The key of a calendar id, that of history where the catalogue names one."""
        return self._aliases.get(cal, cal)

    def known_as(self, name: str) -> tuple[str, ...]:
        """Keys seen under a name, at the newest moment that any of them was."""
        return self._newest(k for k in self._known if _plain(k.name) == _plain(name))

    def known_below(self, unit: str) -> tuple[KnownCalendar, ...]:
        """Calendars of a unit and of its locations, as far as they are known by their id."""
        name = _plain(unit)
        ours = [k for k in self._known if (_plain(k.name) + " / ").startswith(name + " / ")]
        wanted = set(self._newest(ours))
        return tuple(k for k in ours if k.key in wanted)

    def _newest(self, calendars: Iterable[KnownCalendar]) -> tuple[str, ...]:
        real = [k for k in calendars if not k.key.startswith(f"{UNKNOWN_OFFICE}/")]
        newest: datetime | None = max((k.seen_at for k in real), default=None)
        return tuple(k.key for k in real if k.seen_at == newest)


def _plain(name: str) -> str:
    return clean_text(name).casefold()


@dataclass(frozen=True, slots=True)
class Offered:
    """The concerns of a unit: all of them in page order, and by field those that are asked."""

    all: tuple[Concern, ...]
    asked: Mapping[str, Concern]

    def services_of(self, key: str, loc: str, keys: Keys) -> tuple[str, ...]:
        """Names of the concerns that a calendar is for.

        Those of which the page says it: by calendar, else by location; else those that are asked.
        """
        for_it = [c.name for c in self.all if key in map(keys.of, c.calendars)]
        for_it = for_it or [c.name for c in self.all if loc in c.locations]
        return service_names(for_it)


def views_of(room: Room, offered: Offered, keys: Keys, window: Window) -> tuple[View, ...]:
    """Make the views of a location: one per calendar that was shown, or that is known there.

    A slot counts as taken only where no asked concern shows it, so a day is covered when all of them
    covered it. A calendar that is known by its id but not shown has nothing free.
    """
    concerns = offered.asked
    asked = tuple(concerns[name].name for name in concerns if name in room.read)
    lists = [read for read in room.read.values() if isinstance(read, TimesRead)]
    error = next((read for read in room.read.values() if isinstance(read, AmtspulsError)), None)
    by_key: dict[str, set[Offer]] = {key: set() for key in keys.known_as(room.name)}
    unkeyed = next(iter(by_key)) if len(by_key) == 1 else f"{UNKNOWN_OFFICE}/{room.place}"
    for offer in {offer for read in lists for offer in read.offers}:
        key = keys.of(offer.cal) if offer.cal else unkeyed
        by_key.setdefault(key, set()).add(offer)
    gap = error or next((read.gap for read in lists if read.gap is not None), None)
    covered = _common(lists, window) if error is None else Covered()
    if not covered:
        nothing = PageChangedError("the list of times ends before the first day that was asked for")
        gap = gap or nothing
    views = []
    for key, offers in sorted(by_key.items() or [(unkeyed, set[Offer]())]):
        services = offered.services_of(key, room.loc, keys) or asked
        calendar = Calendar(key, room.name, services)
        if gap is not None and not covered:
            views.append(failed_view(calendar, gap, asked))
        else:
            views.append(_view(calendar, offers, covered, gap, asked, concerns))
    return tuple(views)


def _common(lists: Iterable[TimesRead], window: Window) -> Covered:
    days = set(window.covered())
    for read in lists:
        days &= set(read.covered)
    return Covered.from_days(days)


def _view(
    calendar: Calendar,
    offers: Iterable[Offer],
    covered: Covered,
    gap: AmtspulsError | None,
    asked: tuple[str, ...],
    concerns: Mapping[str, Concern],
) -> View:
    shown = [offer for offer in offers if offer.day in covered]
    lengths = {o.end_min - o.start_min for o in shown if o.end_min > o.start_min}
    if not lengths:
        said = {c.duration_min for c in concerns.values() if c.name in asked}
        lengths = {length for length in said if length is not None} if None not in said else set()
    return View(
        calendar,
        Outcome.OK if gap is None else Outcome.PARTIAL,
        covered,
        tuple(sorted({slot_of(offer) for offer in shown})),
        asked,
        duration_min=lengths.pop() if len(lengths) == 1 else None,
        reason="" if gap is None else f"days not read ({gap})",
    )


def slot_of(offer: Offer) -> Slot:
    """The slot of an offer."""
    day = offer.day
    hour, minute = divmod(offer.start_min, 60)
    return slot_from_local(datetime(day.year, day.month, day.day, hour, minute))
