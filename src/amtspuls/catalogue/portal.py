"""What the catalogue says of one portal and of one host."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

Status = Literal["active", "silent", "retired", "unverified"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class TlsException(_Table):
    """A portal whose certificate cannot be verified, with the reason why it is read all the same."""

    verify: Literal[False]
    reason: str = Field(min_length=10)


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
        off: Why it is not asked although it exists; empty when it is asked.
        hosts: Further hosts that its pages may redirect to.
        options: What only its system understands; checked by the system.
        calendar_aliases: Today's calendar key to the key that history has.
        min_slots: Fewer free slots in a whole snapshot are implausible.
        max_slots: More free slots in a whole snapshot are implausible.
        tls: Set when its certificate cannot be verified.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)
    name: str = Field(min_length=1, max_length=200)
    system: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    url: str
    zone: str = "Europe/Berlin"
    status: Status = "active"
    last_seen: date | None = None
    off: str = ""
    hosts: tuple[str, ...] = ()
    options: dict[str, Any] = Field(default_factory=dict)
    calendar_aliases: dict[str, str] = Field(default_factory=dict)
    min_slots: int = Field(default=0, ge=0)
    max_slots: int = Field(default=200_000, ge=0)
    tls: TlsException | None = None

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an absolute http(s) address")
        return url

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"is no time zone: {zone!r}") from error
        return zone

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
    concurrency: int = Field(ge=1, le=3)
    pause_s: float = Field(ge=0.2, le=60.0)
    requests_per_day: int = Field(ge=1, le=200_000)
    reason: str = Field(min_length=10)
