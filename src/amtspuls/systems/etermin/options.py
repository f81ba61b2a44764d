"""What the catalogue may say of an etermin portal, and what its address says; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from amtspuls.catalogue.portal import AskedService, Portal
from amtspuls.catalogue.services import MOST_SERVICES
from amtspuls.errors import ConfigError
from amtspuls.systems.markup import clean_text, query_of

_KNOWN = {"webid", "prime", "account"}
_WEBID = re.compile(r"[a-z0-9._-]+")
_IDS = re.compile(r"[0-9]+(,[0-9]+)*")


@dataclass(frozen=True, slots=True)
class Options:
    """Checked address and options of one portal.

    Attributes:
        origin: Scheme, host and port.
        webid: The tenant; "" when the ``Referer`` alone must say it.
        services: Services to ask, in this order; empty for the documented choice.
        all_services: Ask every service; then ``services`` is empty.
        prime: Open the booking page before anything else.
        account: Number for ``POST /site``; "" when it is not known.
        groups: Only these groups (``servicegroupid`` of the address), as it stands there.
        calendars: Only these calendars (``calendarid`` of the address); empty for all.
    """

    origin: str
    webid: str
    services: tuple[AskedService, ...]
    all_services: bool
    prime: bool
    account: str
    groups: str
    calendars: frozenset[str]


def parse_options(portal: Portal) -> Options:
    """Check a portal's address and options.

    Raises:
        ConfigError: The address names no tenant, or an option is unknown or makes no sense.
    """
    unknown = sorted(set(portal.options) - _KNOWN)
    if unknown:
        raise _wrong(
            portal, f"unknown option {unknown[0]!r}; there are: {', '.join(sorted(_KNOWN))}"
        )
    parts = urlsplit(portal.url)
    segments = [unquote(part) for part in parts.path.split("/") if part]
    if segments[:1] == ["o"]:
        segments = segments[1:]
    if not segments:
        raise _wrong(portal, "the url needs a tenant, as in https://www.etermin.net/StadtLehrte")
    webid = portal.options.get("webid", segments[0].lower())
    if not isinstance(webid, str) or not (webid == "" or _WEBID.fullmatch(webid)):
        raise _wrong(portal, f'webid must be a name in lower case (or ""), not {webid!r}')
    query = query_of(portal.url)
    services, all_services = _services(portal, segments, query)
    return Options(
        origin=f"{parts.scheme}://{parts.netloc}",
        webid=webid,
        services=services,
        all_services=all_services,
        prime=_prime(portal),
        account=_account(portal),
        groups=_ids(portal, query, "servicegroupid"),
        calendars=frozenset(filter(None, _ids(portal, query, "calendarid").split(","))),
    )


def _services(
    portal: Portal, segments: list[str], query: Mapping[str, str]
) -> tuple[tuple[AskedService, ...], bool]:
    in_path = segments[2] if len(segments) > 2 and segments[1].lower() == "serviceid" else ""
    in_address = in_path or query.get("serviceid", "") or query.get("serviceidpresel", "")
    if not in_address:
        return portal.listed_services, portal.services == "all"
    if portal.services:
        raise _wrong(portal, "the services are given twice: keep one of url and services")
    ids = tuple(dict.fromkeys(clean_text(one) for one in in_address.split(",")))
    if not all(ids) or len(ids) > MOST_SERVICES:
        raise _wrong(portal, f"the url names no service, or more than {MOST_SERVICES}")
    return tuple(AskedService(common="other", id=one) for one in ids), False


def _prime(portal: Portal) -> bool:
    prime = portal.options.get("prime", False)
    if not isinstance(prime, bool):
        raise _wrong(portal, f"prime must be true or false, not {prime!r}")
    return prime


def _account(portal: Portal) -> str:
    account = str(portal.options.get("account", ""))
    if not re.fullmatch(r"[0-9]*", account):
        raise _wrong(portal, f"account must be a number, not {account!r}")
    return account


def _ids(portal: Portal, query: Mapping[str, str], name: str) -> str:
    given = query.get(name, "")
    if given and not _IDS.fullmatch(given):
        raise _wrong(portal, f"{name} in the url must be numbers with commas, not {given!r}")
    return given


def _wrong(portal: Portal, what: str) -> ConfigError:
    return ConfigError(f"portal {portal.id}: {what}", portal=portal.id)
