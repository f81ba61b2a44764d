"""What gives a booking system away: marks in address, markup, cookies and source of any page.

Everything here is pure. A system says in its ``marks.py`` which marks are its own and how the entry
address of a portal is told from the address of any of its pages; ``systems.fingerprint`` compares all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlencode, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from amtspuls.fetch.page import Page
from amtspuls.systems.bulk import too_much
from amtspuls.systems.markup import query_of

SURE = 3
"""Strength of a mark that only one system has; so many points make a system recognised."""

LIKELY = 2
HINT = 1

_COOKIE = re.compile(r"(?:^|,\s*)([^\s=;,]{1,100})=")


class Place(StrEnum):
    """Where a mark is looked for."""

    ADDRESS = "address"
    MARKUP = "markup"
    COOKIE = "cookie"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that pages of a system have.

    Attributes:
        place: Where to look.
        pattern: For markup a CSS selector, for a cookie the whole name, elsewhere part of the text; all
            but selectors are regular expressions that ignore case.
        strength: ``SURE``, ``LIKELY`` or ``HINT``.
        says: What it is, for people.
    """

    place: Place
    pattern: str
    strength: int
    says: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A mark that was found."""

    place: Place
    says: str
    strength: int


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a system says of a page.

    Attributes:
        evidence: Marks of the system that the page has; empty when it is none of its pages.
        url: Entry address of the portal; empty when it is that of the page.
        short_name: How the vendor calls the office, if the address tells.
        options: Options that the portal needs beside its address.
    """

    evidence: tuple[Evidence, ...] = ()
    url: str = ""
    short_name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def score(self) -> int:
        """Sum of the strengths."""
        return sum(one.strength for one in self.evidence)


class Seen:
    """A page as fingerprints look at it: opened once for all systems, captcha or not."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.url = page.url

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The page as HTML; empty where it is too large to be a page of a portal."""
        return LexborHTMLParser("" if too_much(self.page.text) else self.page.text)

    @cached_property
    def cookies(self) -> tuple[str, ...]:
        """Names of the cookies that the answer sets."""
        return tuple(_COOKIE.findall(self.page.headers.get("set-cookie", "")))

    def look_for(self, marks: Iterable[Mark]) -> tuple[Evidence, ...]:
        """Return the marks that the page has, in the order given."""
        return tuple(
            Evidence(mark.place, mark.says, mark.strength) for mark in marks if self._has(mark)
        )

    def _has(self, mark: Mark) -> bool:
        match mark.place:
            case Place.ADDRESS:
                return re.search(mark.pattern, self.url, re.IGNORECASE) is not None
            case Place.MARKUP:
                return self.tree.css_first(mark.pattern) is not None
            case Place.COOKIE:
                pattern = re.compile(mark.pattern, re.IGNORECASE)
                return any(pattern.fullmatch(name) for name in self.cookies)
            case Place.SOURCE:
                return re.search(mark.pattern, self.page.text, re.IGNORECASE) is not None


@runtime_checkable
class Recognises(Protocol):
    """A system that knows its own pages: what ``amtspuls probe`` asks of it.

    Optional, beside ``systems.base.System``; systems of other distributions may have it too.
    """

    def fingerprint(self, seen: Seen) -> Fingerprint:
        """Say which marks of this system a page has. Pure; never raises for a page."""
        ...


def address(pattern: str, strength: int, says: str) -> Mark:
    """A mark in the address."""
    return Mark(Place.ADDRESS, pattern, strength, says)


def markup(selector: str, strength: int, says: str) -> Mark:
    """A mark that a CSS selector finds."""
    return Mark(Place.MARKUP, selector, strength, says)


def cookie(name: str, strength: int, says: str) -> Mark:
    """A cookie that is set."""
    return Mark(Place.COOKIE, name, strength, says)


def source(pattern: str, strength: int, says: str) -> Mark:
    """A mark in the source text, scripts and comments included."""
    return Mark(Place.SOURCE, pattern, strength, says)


def with_query(url: str, names: Iterable[str], path: str | None = None) -> str:
    """Return an address with some of its query parameters only, and maybe another path."""
    parts = urlsplit(url)
    given = query_of(url)
    kept = {name: given[name] for name in names if given.get(name)}
    shown = parts.path if path is None else path
    return urlunsplit((parts.scheme, parts.netloc, shown or "/", urlencode(kept, safe="|,"), ""))
