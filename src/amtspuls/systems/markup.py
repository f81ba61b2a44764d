"""What all systems need of HTML: reading text and links, and saying why a page is not what it must be.

Everything here is pure. A parser opens its page as ``Markup`` (a captcha is refused at once), looks for
the shape it must have, and raises ``Markup.unreadable(...)`` when that is missing: maintenance, login,
lost session and changed markup are told apart there, in one place for all systems.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, cached_property
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from amtspuls.errors import (
    AmtspulsError,
    PageChangedError,
    RefusedError,
    SessionLostError,
    UnknownValueError,
    UnreachableError,
)
from amtspuls.fetch.page import Page
from amtspuls.model import Slot, slot_from_local
from amtspuls.systems.bulk import too_much

_MONTHS_DE = """
januar februar märz april mai juni juli august september oktober november dezember
"""
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS_DE.split(), start=1)} | {
    "maerz": 3,
    "jänner": 1,
}
_MONTH_YEAR = re.compile(r"\b([A-Za-zäÄ]{3,9}) ([0-9]{4})\b")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?: ?Uhr)?", re.IGNORECASE)
LIKE_A_TIME = re.compile(r"[0-9]{1,2}:[0-9]{1,2}")
"""Finds what was meant as a time, valid or not."""

_SOFT_HYPHEN = "\u00ad"
_EVIDENCE_CHARS = 160

_CAPTCHA_WORDS = ("captcha", "altcha", "turnstile", "securimage", "friendly-challenge")
"""Every selector below holds one of these: most pages need not be searched at all."""

_CAPTCHA = ", ".join(
    (
        ".g-recaptcha",
        ".h-captcha",
        ".frc-captcha",
        ".cf-turnstile",
        "altcha-widget",
        '[name*="captcha" i]',
        '[id*="captcha" i]',
        'img[src*="captcha" i]',
        'img[src*="securimage" i]',
        'iframe[src*="captcha" i]',
        'script[src*="captcha" i]',
        'script[src*="friendly-challenge" i]',
    )
)
_LOGIN = 'input[type="password" i]:not([name*="pin" i])'
"""The PIN of a booking made before (eKOL's OFFICESELECT_RESERVATIONPIN) asks nobody to log in."""

_MAINTENANCE_DE = re.compile(
    r"wartungsarbeit|wartungsmodus|wegen wartung|in wartung\b|maintenance"
    r"|(vorübergehend|derzeit|zurzeit|zur zeit|momentan|im moment) nicht (verfügbar|erreichbar)"
    r"|technische[nr]? (störung|problem)",
    re.IGNORECASE,
)
_SESSION_DE = re.compile(r"\b(sitzung|session)\b", re.IGNORECASE)


def clean_text(text: str) -> str:
    """Join all white space (no-break spaces too) to single blanks and drop soft hyphens."""
    return " ".join(text.replace(_SOFT_HYPHEN, "").split())


def slug(name: str) -> str:
    """Turn a display name into a calendar key by the rule of the old bundles.

    ß becomes ss, then NFKD, ASCII only, lower case, every other run of characters one ``-``.
    """
    ascii_only = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.decode("ascii").lower()).strip("-")


def month_in(text: str) -> date | None:
    """Return the first day of the month that a text such as ``Juni 2021`` names, or None."""
    for name, year in _MONTH_YEAR.findall(clean_text(text)):
        number = _MONTH_NUMBERS.get(name.lower())
        if number is not None and int(year) > 0:
            return date(int(year), number, 1)
    return None


def month_end(month: date) -> date:
    """Return the last day of the month that ``month`` lies in."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def slot_at(day: date, text: str, *, url: str, where: str) -> Slot:
    """Turn a time text (``08:10``, ``08:10 Uhr``) of a local day into a slot.

    Raises:
        UnknownValueError: The text is no time of day.
    """
    match = _TIME.fullmatch(text) or _TIME.fullmatch(clean_text(text))
    if match is None:
        raise UnknownValueError(
            f"{where}: {clean_text(text)[:40]!r} is no time of day; the page may have changed",
            url=url,
            where=where,
            evidence=text[:_EVIDENCE_CHARS],
        )
    return slot_from_local(
        datetime(day.year, day.month, day.day, int(match.group(1)), int(match.group(2)))
    )


def is_time(text: str) -> bool:
    """Whether a text is a time of day and nothing else."""
    return _TIME.fullmatch(clean_text(text)) is not None


def query_of(url: str) -> dict[str, str]:
    """Return the query parameters of an address; of a repeated one the first."""
    query = url.partition("#")[0].partition("?")[2]
    if "%" in query or "+" in query:
        pairs = parse_qsl(query, keep_blank_values=True)
    else:  # nothing to decode: eight times faster, and pages hold hundreds of links
        pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    return dict(reversed(pairs))


def parameters_of(url: str, *names: str) -> tuple[str, ...]:
    """Return some query parameters of an address, empty where it has none; as ``query_of`` finds them.

    Pages of times hold hundreds of links of which one parameter is wanted.
    """
    if "%" in url or "+" in url:
        query = query_of(url)
        return tuple(query.get(name, "") for name in names)
    found = (_parameter(name).search(url) for name in names)
    return tuple("" if match is None else match.group(1) for match in found)


@cache
def _parameter(name: str) -> re.Pattern[str]:
    return re.compile(rf"[?&]{re.escape(name)}=([^&#]*)")


def day_of_numbers(year: str, month: str, day: str) -> date | None:
    """Return the day that three decimal numbers name, or None when they name none."""
    if not all(re.fullmatch(r"[0-9]{1,4}", part) for part in (year, month, day)):
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def text_of(node: LexborNode, *, skip: Sequence[str] = ()) -> str:
    """Return the text of a node on one line; ``br`` counts as a blank, tags in ``skip`` are left out."""
    if not skip and node.css_first("br, script, style") is None:
        return clean_text(node.text())
    parts: list[str] = []
    pending = [node]
    while pending:
        current = pending.pop()
        if current.is_text_node:
            parts.append(current.text_content or "")
        elif current.tag == "br":
            parts.append("\n")
        elif current is node or current.tag not in {"script", "style", *skip}:
            children = list(current.iter(include_text=True))
            pending.extend(reversed(children))
    return clean_text("".join(parts))


def attribute(node: LexborNode, name: str) -> str:
    """Return an attribute's value; empty when it is absent or has none."""
    return node.attributes.get(name) or ""


class Markup:
    """One page opened for reading.

    Args:
        page: The answer.
        where: What the page is to the flow, for messages ("entry page").

    Raises:
        RefusedError: The page holds a captcha. We do not solve those.
        PageChangedError: It is far larger than any page of a portal, see ``systems.bulk``.
    """

    def __init__(self, page: Page, where: str) -> None:
        self.page = page
        self.where = where
        if what := too_much(page.text):
            raise PageChangedError(
                f"{where} {what}, more than any page of a portal; compare the page with docs/systems",
                url=page.url,
                where=where,
                evidence=clean_text(page.text[:_EVIDENCE_CHARS]),
            )
        self.tree = LexborHTMLParser(page.text)
        source = page.text.lower()
        suspicious = any(word in source for word in _CAPTCHA_WORDS)
        if suspicious and self.first(_CAPTCHA) is not None:
            raise RefusedError(
                f"{where}: the page asks for a captcha, which Amtspuls never solves; ask the office",
                url=page.url,
                where=where,
            )

    def css(self, selector: str) -> list[LexborNode]:
        """Return all nodes that a selector finds, in page order."""
        return self.tree.css(selector)

    def first(self, selector: str) -> LexborNode | None:
        """Return the first node that a selector finds."""
        return self.tree.css_first(selector)

    @cached_property
    def text(self) -> str:
        """The visible text of the page on one line; every tag counts as a blank."""
        clone = self.tree.clone()
        clone.strip_tags(["script", "style", "head"])
        body = clone.body
        return "" if body is None else clean_text(body.text(separator=" "))

    def link(self, href: str) -> str:
        """Return a link as absolute address.

        Raises:
            PageChangedError: It is no address, or it leaves the host of the page.
        """
        try:
            url = urldefrag(urljoin(self.page.url, href.strip())).url
            parts, own = urlsplit(url), urlsplit(self.page.url)
            stays = (parts.scheme, parts.netloc) == (own.scheme, own.netloc) or (
                parts.scheme == "https" and own.scheme == "http" and parts.hostname == own.hostname
            )
        except ValueError:
            stays, url = False, href
        if not stays:
            raise self.changed(f"has a link that leaves the portal ({href[:80]!r})")
        return url

    def changed(self, what: str) -> PageChangedError:
        """Build the error that says what is wrong with the page; ``what`` begins with a verb."""
        return PageChangedError(
            f"{self.where} {what}; compare the page with docs/systems",
            url=self.page.url,
            where=self.where,
            evidence=self.evidence,
        )

    def lost(self, what: str) -> SessionLostError:
        """Build the error that says the portal forgot the session."""
        return SessionLostError(
            f"{self.where} {what}: the portal forgot the session",
            url=self.page.url,
            where=self.where,
            evidence=self.evidence,
        )

    def unreadable(self, wanted: str) -> AmtspulsError:
        """Build the error for a page without the shape it must have.

        Args:
            wanted: What is missing, e.g. "a calendar".

        Returns:
            RefusedError for a login form, UnreachableError for a maintenance text, SessionLostError
            for a session text, else PageChangedError.
        """
        context = {"url": self.page.url, "where": self.where}
        if self.first(_LOGIN) is not None:
            return RefusedError(
                f"{self.where}: the page asks for a login; ask the office", **context
            )
        if _MAINTENANCE_DE.search(self.text):
            return UnreachableError(
                f"{self.where}: the portal says it is under maintenance", **context
            )
        if _SESSION_DE.search(self.text):
            return self.lost("shows an error text")
        return self.changed(f"lacks {wanted}")

    @property
    def evidence(self) -> str:
        """The beginning of the page's text, or of its source where it has no text."""
        return (self.text or clean_text(self.page.text))[:_EVIDENCE_CHARS]


def require_days(m: Markup, table: LexborNode) -> None:
    """Check that a table is a calendar: it numbers days, and nothing but links can be chosen.

    Else "nothing is marked free" could as well mean that the marks look different today.

    Raises:
        PageChangedError: It is none.
    """
    if not any(re.search(r"[0-9]", text_of(cell)) for cell in table.css("td")):
        raise m.changed("has a calendar without days")
    if table.css_first("button, input, select, [onclick]") is not None:
        raise m.changed("has a calendar with buttons")
