"""Id, name and table of a portal that nobody has entered yet; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from amtspuls.catalogue.portal import Portal
from amtspuls.catalogue.render import portal_table
from amtspuls.catalogue.services import common_service
from amtspuls.model import Snapshot
from amtspuls.systems.marks import Seen
from amtspuls.systems.markup import clean_text, slug, text_of

_ID_CHARS = 56
_NAME_CHARS = 100
_PARTS = re.compile(r"\s+[-–—|:]+\s+|\s+[-–—|:]+$|^[-–—|:]+\s+")
_GENERIC_DE = re.compile(
    r"^(online[- ]?)?(impf-?)?termin(e|en|vergabe|vereinbarung|vereinbarungen|buchung|reservierung|kalender"
    r"|verwaltung)?\b( (online )?(buchen|vereinbaren|reservieren))?( (bei|im|der|des|in|am|für)\b)*",
    re.IGNORECASE,
)
_KIND_OF_PLACE_DE = re.compile(
    r"^(landeshauptstadt|hansestadt|stadtverwaltung|stadt|gemeinde|markt|landkreis|kreisverwaltung"
    r"|samtgemeinde|verbandsgemeinde)\s+",
    re.IGNORECASE,
)
_EMPTY_LABELS = frozenset(
    [
        "www",
        "www2",
        "de",
        "net",
        "com",
        "org",
        "online",
        "at",
        "ch",
        "eu",
        "termin",
        "termine",
        "terminvergabe",
        "terminvereinbarung",
        "tevis",
        "tnv",
        "tempus",
        "netappoint",
        "onlinetermine",
        "buergerservice",
        "localhost",
        "example",
        "service",
        "egov",
    ]
)
_IP = re.compile(r"[0-9.]+|\[?[0-9a-f:]+\]?")
_NO_NAME = "portal"


def title_of(seen: Seen) -> str:
    """Return what a page calls itself, without the words that all booking pages have; may be empty."""
    title = seen.tree.css_first("head > title, title")
    heading = seen.tree.css_first("h1")
    for node in (title, heading):
        if node is not None and (name := _own_words(text_of(node))):
            return name[:_NAME_CHARS].strip()
    return ""


def _own_words(text: str) -> str:
    shown = _PARTS.split(one_line(clean_text(text)))
    parts = [_GENERIC_DE.sub("", part).strip(" -–—|:,") for part in shown if part]
    return " - ".join(part for part in parts if part)


def propose_name(title: str, short_name: str, url: str) -> str:
    """Return a name for people: the page's title, else the vendor's word for the office, else the host."""
    return title or short_name or (urlsplit(url).hostname or _NO_NAME)


def propose_id(title: str, short_name: str, url: str, taken: Collection[str]) -> str:
    """Return an id by the slug rule of the old bundles: of the title, the short name or the host.

    Args:
        title: What the page calls itself; words such as "Stadt" are left out.
        short_name: How the vendor calls the office.
        url: Entry address.
        taken: Ids that other portals have.
    """
    words = (_KIND_OF_PLACE_DE.sub("", title), short_name, _host_words(url), _NO_NAME)
    base = next(made for made in map(slug, words) if made)[:_ID_CHARS].strip("-")
    if base not in taken:
        return base
    return next(made for n in range(2, len(taken) + 3) if (made := f"{base}-{n}") not in taken)


def _host_words(url: str) -> str:
    host = urlsplit(url).hostname or ""
    if _IP.fullmatch(host):
        return ""
    return "-".join(label for label in host.split(".") if label not in _EMPTY_LABELS)


def commented_table(portal: Portal, snapshot: Snapshot) -> str:
    """Return a ``[[portal]]`` table under comments on what was read.

    The comments name the services that were asked, with what they are in every city, and the calendars.
    """
    views = snapshot.views
    asked = dict.fromkeys(service for view in views for service in view.asked)
    lines = [
        f"read {snapshot.taken_at:%Y-%m-%d %H:%M} UTC: {snapshot.outcome}, {snapshot.requests} requests",
        *([f"not read: {snapshot.reason}"] if snapshot.reason else []),
        *(f"service asked: {name} ({common_service(name)})" for name in asked),
        *(f"calendar: {view.calendar.key} = {view.calendar.name}" for view in views),
    ]
    return "".join(f"# {one_line(line)}\n" for line in lines) + portal_table(portal)


def one_line(text: str) -> str:
    """Return text that stands in one line of any file: nothing unprintable, single blanks."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def find_known(url: str, entry: str, known: Iterable[Portal]) -> Portal | None:
    """Return the portal that has an address already, by the address given or by its entry."""
    wanted = {_bare(url), _bare(entry)}
    return next((portal for portal in known if _bare(portal.url) in wanted), None)


def _bare(url: str) -> str:
    return url.partition("#")[0].rstrip("/").casefold()
