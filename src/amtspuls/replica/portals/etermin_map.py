"""How the calendars of a replica portal become services, groups and calendars of eTermin.

A calendar's key is its ``calendarid`` and is a number; its services are those it offers, by text, so that two
calendars with one text share that service. Calendars with equal services form a group, named like the first of
them. Source of all wire facts: docs/systems/etermin.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from zlib import crc32

from amtspuls.errors import ConfigError
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals.html import check_variant

VARIANTS: Mapping[str, Sequence[Any] | None] = {
    "tenant": ("any", "webid", "referer"),
    "priming": ("none", "page", "site", "site-all"),
    "range_limit": None,
    "slot_form": ("2026", "2021"),
    "decoys": (False, True),
    "placeholder": (False, True),
    "full_days": ("absent", "zero", "bare"),
    "calendar_list": ("rows", "comma"),
    "groups": ("named", "html", "null"),
    "group_only_rows": (False, True),
    "ids": ("numbers", "strings"),
    "durations": None,
    "cap": None,
    "appfuture": None,
    "robots": None,
}
"""Switches of a replica portal; docs/how-to/practise-on-replicas.md describes them."""

USUAL_SERVICE = "Termin vereinbaren"
"""The service of calendars that name none."""

_FIRST_SERVICE = 160_001
_FIRST_GROUP = 65_001
_USUAL_DURATION_MIN = 10
_PATH_WORDS = frozenset({"", "o", "serviceid"})


@dataclass(frozen=True, slots=True)
class Service:
    """A service: id, title, minutes it takes (None where the page does not say) and who offers it."""

    number: int
    title: str
    duration_min: int | None
    calendars: tuple[ReplicaCalendar, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of services as the entry page shows it."""

    number: int
    title: str
    services: tuple[Service, ...]


@dataclass(frozen=True)
class Wire:
    """A portal as eTermin shows it, all variant switches resolved."""

    webid: str
    account: int
    groups: tuple[Group, ...]
    services: Mapping[str, Service]
    tenant: str
    priming: str
    range_limit: int | None
    slot_form: str
    decoys: bool
    placeholder: bool
    full_days: str
    comma: bool
    group_titles: str
    group_only_rows: bool
    text_ids: bool
    cap: int
    appfuture: int | None

    def number(self, number: int) -> int | str:
        """Return an id as the variant ``ids`` wants it."""
        return str(number) if self.text_ids else number

    def offering(self, services: str, calendars: str) -> list[ReplicaCalendar]:
        """Return the calendars that are asked about.

        Args:
            services: ``serviceid``; of several, comma between them, a calendar must offer all.
            calendars: ``calendarid``; a comma list, or empty or ``undefined`` for every calendar.
        """
        asked = [self.services.get(number.strip()) for number in services.split(",")]
        known = [service for service in asked if service is not None]
        if not known or len(known) < len(asked):
            return []
        wanted = None if calendars in {"", "undefined"} else set(calendars.split(","))
        return [
            one
            for one in known[0].calendars
            if all(one in service.calendars for service in known)
            and (wanted is None or one.key in wanted)
        ]

    def duration_min(self, services: str) -> int:
        """Return the minutes that the asked services take together."""
        asked = (self.services.get(number.strip()) for number in services.split(","))
        return sum(service.duration_min or 0 for service in asked if service) or _USUAL_DURATION_MIN


def wire_of(portal: ReplicaPortal) -> Wire:
    """Map a portal to the wire.

    Raises:
        ConfigError: A variant switch is unknown, a key is no number, or the address names no tenant.
    """
    check_variant(portal, VARIANTS)
    names = names_in(urlsplit(portal.url).path)
    if not names:
        raise ConfigError(f"replica portal {portal.id}: {portal.url!r} names no eTermin page")
    for calendar in portal.calendars:
        if not calendar.key.isdecimal():
            raise ConfigError(
                f"replica portal {portal.id}: eTermin calendars have keys like 90709, "
                f"not {calendar.key!r}"
            )
    services = _services(portal)
    return _resolved(portal, names[0], services)


def _resolved(portal: ReplicaPortal, webid: str, services: Mapping[str, Service]) -> Wire:
    variant = portal.variant
    return Wire(
        webid=webid,
        account=40_000 + crc32(webid.encode()) % 10_000,
        groups=_groups(portal, services),
        services={str(service.number): service for service in services.values()},
        tenant=variant.get("tenant", "any"),
        priming=variant.get("priming", "none"),
        range_limit=variant.get("range_limit"),
        slot_form=variant.get("slot_form", "2026"),
        decoys=variant.get("decoys", False),
        placeholder=variant.get("placeholder", False),
        full_days=variant.get("full_days", "absent"),
        comma=variant.get("calendar_list", "rows") == "comma",
        group_titles=variant.get("groups", "named"),
        group_only_rows=variant.get("group_only_rows", False),
        text_ids=variant.get("ids", "numbers") == "strings",
        cap=variant.get("cap", 1),
        appfuture=variant.get("appfuture"),
    )


def names_in(path: str) -> list[str]:
    """Return what in a path may name a tenant, in lower case: ``/o/StadtLehrte`` gives stadtlehrte."""
    parts = (unquote(part).lower() for part in path.split("/"))
    return [part for part in parts if part not in _PATH_WORDS]


def _texts(calendar: ReplicaCalendar) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in calendar.services if text)) or (USUAL_SERVICE,)


def _services(portal: ReplicaPortal) -> dict[str, Service]:
    durations = tuple(portal.variant.get("durations", (_USUAL_DURATION_MIN,)))
    texts = _in_order(text for calendar in portal.calendars for text in _texts(calendar))
    return {
        text: Service(
            _FIRST_SERVICE + place,
            text,
            durations[place % len(durations)],
            tuple(one for one in portal.calendars if text in _texts(one)),
        )
        for place, text in enumerate(texts)
    }


def _groups(portal: ReplicaPortal, services: Mapping[str, Service]) -> tuple[Group, ...]:
    names: dict[tuple[str, ...], str] = {}
    for calendar in portal.calendars:
        names.setdefault(_texts(calendar), calendar.name)
    return tuple(
        Group(_FIRST_GROUP + place, name, tuple(services[text] for text in texts))
        for place, (texts, name) in enumerate(names.items())
    )


def _in_order(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
