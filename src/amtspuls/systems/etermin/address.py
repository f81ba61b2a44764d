"""The addresses of eTermin that are asked, in the parameters of its own page; pure.

All of them only read. The addresses that book (``/api/appointment``) or look for a limit are not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from amtspuls.systems.etermin.options import Options
from amtspuls.systems.etermin.parse import Service, Settings

ACCEPT = "application/json, text/plain"
"""Without it the host may answer XML."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Builds the addresses of one portal."""

    options: Options

    def settings(self) -> str:
        """What the tenant says of itself."""
        return f"{self.options.origin}/api/settingbs?t="

    def services(self, settings: Settings) -> str:
        """Groups and services."""
        query = {
            "cache": "1",
            "w": self.options.webid,
            "v": str(settings.services_version),
            "lang": "de",
        }
        if self.options.groups:
            query["servicegroupid"] = self.options.groups
        return self._api("servicegroupservice", query)

    def desks(self, service: Service) -> str:
        """Calendars of a service; the page itself writes ``undefined`` for "any"."""
        return self._api(
            "calendar",
            {
                "availablecal": "1",
                "lang": "de",
                "serviceid": service.id,
                "calendarid": "undefined",
            },
        )

    def days(self, settings: Settings, service: Service, desk: str, first: date) -> str:
        """Range search: days with free times from a day on."""
        query = {"date": first.isoformat(), "serviceid": service.id, "capacity": "1"}
        return self._api(
            "timeslots", query | {"rangesearch": "1"} | _common(settings, service, desk)
        )

    def times(self, settings: Settings, service: Service, desk: str, day: date) -> str:
        """Free times of a day."""
        query = {"date": day.isoformat(), "serviceid": service.id, "capacity": "1"}
        zone = {"tz": settings.timezone, "tzaccount": settings.timezone}
        return self._api("timeslots", query | _common(settings, service, desk) | zone)

    def visit(self, account: str, page: int) -> str:
        """What the page posts (without a body) when it is opened, for tenants that insist on it."""
        query = {"pageidx": str(page), "z": account, "storeip": "true"}
        empty = dict.fromkeys(("utm_source", "utm_medium", "utm_campaign", "ref_url"), "")
        return f"{self.options.origin}/site?{urlencode(query | empty)}"

    def _api(self, name: str, query: dict[str, str]) -> str:
        return f"{self.options.origin}/api/{name}?{urlencode(query, safe=',')}"


def _common(settings: Settings, service: Service, desk: str) -> dict[str, str]:
    return {
        "caching": "false",
        "duration": str(service.duration_min if service.has_length else 0),
        "cluster": _flag(settings.cluster),
        "slottype": "0",
        "fillcalendarstrategy": str(_own(service.fill, settings.fill)),
        "showavcap": _flag(shows_capacity(settings, service)),
        "appfuture": str(settings.future_days),
        "appdeadline": str(settings.deadline_min),
        "appdeadlinewm": str(settings.deadline_mode),
        "oneoff": "null",
        "msdcm": str(_own(service.msdcm, settings.msdcm)),
        "calendarid": desk,
    }


def shows_capacity(settings: Settings, service: Service) -> bool:
    """Whether the portal shows free places for a service."""
    return settings.shows_capacity if service.shows_capacity is None else service.shows_capacity


def _own(own: int | None, inherited: int) -> int:
    return inherited if own is None else own


def _flag(value: bool) -> str:
    return "true" if value else "false"
