"""Which services of a Tevis portal are asked; pure. See docs/systems/tevis.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.systems.markup import clean_text
from amtspuls.systems.tevis.concerns import Concern

MOST_SERVICES = 8
FILTER_PAGES = 100
"""Filter pages per snapshot unless the portal says otherwise."""

_MOST_FILTER_PAGES = 1000
_KNOWN = ("services", "filter_pages")

REPRESENTATIVES_DE = (
    "personalausweis",
    "reisepass",
    "anmeldung",
    "ummeldung",
    "wohnsitz",
    "zulassung",
    "umschreibung",
    "führerschein",
    "fahrerlaubnis",
    "aufenthalt",
    "einbürgerung",
    "eheschließung",
    "geburt",
    "gewerbe",
    "beratung",
)
"""Words that make a concern represent its unit, the best first."""

_NOT_REPRESENTATIVE_DE = ("abhol", "abmeldung", "vorläufig", "verlust", "storn")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a portal.

    Attributes:
        services: Concern names or ids (at most eight), ``"all"``, or None for one concern per unit.
        filter_pages: How many pages of the filter a snapshot may ask for.
    """

    services: tuple[str, ...] | Literal["all"] | None = None
    filter_pages: int = FILTER_PAGES


def parse_options(portal: Portal) -> Options:
    """Check and read the options of a portal.

    Raises:
        ConfigError: One is unknown or makes no sense.
    """
    for name in portal.options:
        if name not in _KNOWN:
            raise _wrong(portal, f"unknown option {name!r}; tevis knows {', '.join(_KNOWN)}")
    pages = portal.options.get("filter_pages", FILTER_PAGES)
    if (
        not isinstance(pages, int)
        or isinstance(pages, bool)
        or not 0 <= pages <= _MOST_FILTER_PAGES
    ):
        raise _wrong(portal, f"filter_pages must be a number from 0 to {_MOST_FILTER_PAGES}")
    return Options(_services(portal), pages)


def _services(portal: Portal) -> tuple[str, ...] | Literal["all"] | None:
    given = portal.options.get("services")
    if given is None:
        return None
    if given == "all":
        return "all"
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise _wrong(portal, 'services must be "all" or a list of names or ids of concerns')
    if len(given) > MOST_SERVICES:
        raise _wrong(portal, f"services names {len(given)}; at most {MOST_SERVICES} are asked")
    entries = [_entry(portal, one) for one in given]
    if len({entry.casefold() for entry in entries}) < len(entries):
        raise _wrong(portal, "services names one concern twice")
    return tuple(entries)


def _entry(portal: Portal, given: object) -> str:
    if isinstance(given, str) and clean_text(given):
        return clean_text(given)
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return str(given)
    raise _wrong(portal, f"services must hold names or ids of concerns, not {given!r}")


def _wrong(portal: Portal, what: str) -> ConfigError:
    return ConfigError(f"portal {portal.id}: {what}", portal=portal.id)


def representative(concerns: Sequence[Concern]) -> Concern:
    """Choose the concern that stands for its unit when the catalogue names none.

    The first one whose name holds the best word of ``REPRESENTATIVES_DE``; collecting, signing off,
    provisional papers and losses only when there is nothing else; without any of the words the first.
    """
    wanted = [c for c in concerns if not _holds(c, _NOT_REPRESENTATIVE_DE)] or concerns
    for word in REPRESENTATIVES_DE:
        for concern in wanted:
            if _holds(concern, (word,)):
                return concern
    return wanted[0]


def _holds(concern: Concern, words: Iterable[str]) -> bool:
    name = concern.name.casefold()
    return any(word.casefold() in name for word in words)


class Wanted:
    """What is still to be asked of a portal; a name or id counts for the first unit that has it."""

    def __init__(self, options: Options) -> None:
        self._services = options.services
        self.missing = list(options.services) if isinstance(options.services, tuple) else []

    @property
    def nothing_left(self) -> bool:
        """Whether the concerns that the catalogue names have all been found."""
        return isinstance(self._services, tuple) and not self.missing

    def take(
        self, concerns: Sequence[Concern], *, by_calendar: bool = False
    ) -> tuple[Concern, ...]:
        """Choose from the concerns of the next unit, in page order.

        Args:
            concerns: All of them.
            by_calendar: Without services, choose all that show their calendars instead of one.
        """
        if self._services is None:
            showing = tuple(c for c in concerns if c.calendars) if by_calendar else ()
            return showing or (representative(concerns),)
        if self._services == "all":
            return tuple(concerns)
        chosen: list[Concern] = []
        for entry in tuple(self.missing):
            found = next((c for c in concerns if _named(c, entry)), None)
            if found is not None:
                self.missing.remove(entry)
                chosen.append(found)
        return tuple(c for c in concerns if c in chosen)


def _named(concern: Concern, entry: str) -> bool:
    return entry == concern.id or entry.casefold() == concern.name.casefold()
