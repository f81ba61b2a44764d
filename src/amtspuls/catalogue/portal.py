"""What the catalogue says of one portal and of one host."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    field_serializer,
    field_validator,
    model_validator,
)

from amtspuls.catalogue.services import MOST_SERVICES, CommonService, common_service

Status = Literal["active", "silent", "retired", "unverified"]
Kind = Literal[
    "citizen_office",
    "vehicle_registration",
    "driving_licence",
    "foreigners_office",
    "registry_office",
    "health",
    "vaccination",
    "other",
]
"""What an office is for; a city's portal that serves everything is a citizen office."""

_ID = r"^[a-z0-9][a-z0-9-]*$"
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_SPACE = re.compile(r"\s")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class TlsException(_Table):
    """A portal whose certificate cannot be verified, with the reason why it is read all the same."""

    verify: Literal[False]
    reason: str = Field(min_length=10)


class Place(_Table):
    """Where an office is: its town, or for a county the town in which it sits.

    Attributes:
        city: German name of the town.
        state: Federal state in German; outside Germany the country.
        latitude: Degrees north (WGS 84), of the town, not of the building.
        longitude: Degrees east (WGS 84), of the town, not of the building.
    """

    city: str = Field(min_length=1)
    state: str = Field(min_length=1)
    latitude: float = Field(ge=-90, le=90, strict=True)
    longitude: float = Field(ge=-180, le=180, strict=True)


class AskedService(_Table):
    """A service that is asked of a portal: exactly one of ``name`` and ``id``.

    Attributes:
        common: What it is in every city.
        name: Its name as the page has it; capitals and the number of blanks do not matter.
        id: Its id on the wire; offices number their services anew now and then.
    """

    common: CommonService
    name: str = Field(default="", max_length=500)
    id: str = Field(default="", max_length=100)

    @field_validator("name")
    @classmethod
    def _has_single_blanks(cls, name: str) -> str:
        return " ".join(name.split())

    @field_validator("id", mode="before")
    @classmethod
    def _may_be_a_number(cls, number: object) -> object:
        return str(number) if isinstance(number, int) and not isinstance(number, bool) else number

    @model_validator(mode="after")
    def _is_named_once(self) -> Self:
        if bool(self.name) == bool(self.id):
            raise ValueError('needs a "name" or an "id", and not both')
        return self

    @property
    def wire(self) -> str:
        """The name or id, whichever is given."""
        return self.name or self.id

    def fits(self, service_id: str, name: str) -> bool:
        """Whether a service of a page is meant."""
        if self.id:
            return self.id == service_id
        return self.name.casefold() == " ".join(name.split()).casefold()


_LISTED = TypeAdapter(tuple[AskedService, ...])
Services = tuple[AskedService, ...] | Literal["all"]
"""Which services are asked; an empty tuple is the choice by name (docs/reference/catalogue.md)."""


class Portal(_Table):
    """One ``[[portal]]`` table: an office's booking pages on a known system.

    Attributes:
        id: Stable id, the one of the old bundles where they have it.
        name: Name for people, in German.
        system: Name of the booking system, e.g. ``tempus``.
        url: Entry page.
        zone: Zone of the wall time its pages show.
        status: active, silent, retired or unverified (docs/glossary.md).
        last_seen: Local day of the newest evidence that it answered.
        note: Why the status is what it is; never empty for an unverified portal.
        kind: What the office is for (docs/reference/catalogue.md).
        place: Where it is; None where that is unknown or the office is in no one town.
        replaced_by: Id of the portal, or address of the page, that the office moved to; empty if none.
        services: Services to ask, at most eight; ``"all"``; empty for the choice by name.
        off: Why it is not asked although it exists; empty when it is asked.
        hosts: Further hosts that its pages may redirect to.
        options: What only its system understands; checked by the system.
        calendar_aliases: Today's calendar key to the key that history has.
        min_slots: Fewer free slots in a whole snapshot are implausible.
        max_slots: More free slots in a whole snapshot are implausible.
        tls: Set when its certificate cannot be verified.
    """

    id: str = Field(pattern=_ID, max_length=64)
    name: str = Field(min_length=1, max_length=200)
    system: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    url: str
    zone: str = "Europe/Berlin"
    status: Status = "active"
    last_seen: date | None = None
    note: str = ""
    kind: Kind = "other"
    place: Place | None = None
    replaced_by: str = ""
    services: Services = ()
    off: str = ""
    hosts: tuple[str, ...] = ()
    options: dict[str, Any] = Field(default_factory=dict)
    calendar_aliases: dict[str, str] = Field(default_factory=dict)
    min_slots: int = Field(default=0, ge=0, strict=True)
    max_slots: int = Field(default=200_000, ge=0, strict=True)
    tls: TlsException | None = None

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, url: str) -> str:
        return _require_address(url)

    @field_validator("replaced_by")
    @classmethod
    def _is_id_or_address(cls, successor: str) -> str:
        if not successor or re.match(_ID, successor):
            return successor
        return _require_address(successor)

    @field_validator("last_seen", mode="before")
    @classmethod
    def _is_day(cls, day: object) -> object:
        if day is None or (isinstance(day, date | str) and not isinstance(day, datetime)):
            return day
        raise ValueError(f"must be a day such as 2026-07-19, not {day!r}")

    @field_validator("services", mode="plain")
    @classmethod
    def _are_services(cls, given: object) -> Services:
        if given == "all":
            return "all"
        if isinstance(given, list | tuple):
            return _require_few(_LISTED.validate_python(given))
        raise ValueError(f'must be a list of tables or "all", not {given!r:.60}')

    @field_serializer("services")
    def _written_services(self, services: Services) -> str | list[dict[str, str]]:
        if services == "all":
            return "all"
        return [one.model_dump(exclude_defaults=True) for one in services]

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_require_host(host) for host in hosts)

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"is no time zone: {zone!r}") from error
        return zone

    @model_validator(mode="after")
    def _limits_leave_room(self) -> Self:
        if self.max_slots < self.min_slots:
            raise ValueError(
                f'"max_slots" ({self.max_slots}) is less than "min_slots" ({self.min_slots})'
            )
        return self

    @model_validator(mode="after")
    def _says_why_unverified(self) -> Self:
        if self.status == "unverified" and not self.note:
            raise ValueError('an unverified portal needs a "note" that says why')
        return self

    @model_validator(mode="after")
    def _is_replaced_by_another(self) -> Self:
        if self.replaced_by == self.id:
            raise ValueError('"replaced_by" must name another portal')
        return self

    @property
    def successor_id(self) -> str:
        """The id in ``replaced_by``; empty when it holds none."""
        return self.replaced_by if re.match(_ID, self.replaced_by) else ""

    @property
    def listed_services(self) -> tuple[AskedService, ...]:
        """The services that the entry names; empty for ``"all"`` and for the choice by name."""
        return () if self.services == "all" else self.services

    def common_service(self, name: str) -> CommonService:
        """What a service of this portal is in every city: as the entry says, else by its name."""
        for one in self.listed_services:
            if one.name and one.fits("", name):
                return one.common
        return common_service(name)

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone as an object."""
        return ZoneInfo(self.zone)

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Host names (without port) that requests for this portal may go to."""
        return frozenset({urlsplit(self.url).hostname or "", *self.hosts})


class HostRule(_Table):
    """One ``[[host]]`` table: a gate that differs from the usual one, with the reason.

    Attributes:
        host: Host name without port.
        concurrency: Requests at a time.
        pause_s: Seconds from the start of one request to the start of the next.
        requests_per_day: Budget per UTC day.
        reason: Why this host may differ.
    """

    host: str = Field(min_length=1)
    concurrency: int = Field(ge=1, le=3, strict=True)
    pause_s: float = Field(ge=0.2, le=60.0, strict=True)
    requests_per_day: int = Field(ge=1, le=200_000, strict=True)
    reason: str = Field(min_length=10)

    @field_validator("host")
    @classmethod
    def _is_host(cls, host: str) -> str:
        return _require_host(host)


def _require_few(listed: tuple[AskedService, ...]) -> tuple[AskedService, ...]:
    if len(listed) > MOST_SERVICES:
        raise ValueError(f"names {len(listed)} services; at most {MOST_SERVICES} are asked")
    if len({one.wire.casefold() for one in listed}) < len(listed):
        raise ValueError("names a service twice")
    return listed


def _require_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or _SPACE.search(url):
        raise ValueError(f"must be an absolute http(s) address, not {url!r}")
    if parts.port == 0:
        raise ValueError(f"has a port that does not exist: {url!r}")
    return url


def _require_host(host: str) -> str:
    if not _HOST.fullmatch(host):
        raise ValueError(f"must be a host name in lower case without scheme and port, not {host!r}")
    return host
