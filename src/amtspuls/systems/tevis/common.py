"""What all Tevis pages share: error pages, the heading, small texts; pure. Wire: docs/systems/tevis.md."""

from __future__ import annotations

import re
from datetime import date

from selectolax.lexbor import LexborNode

from amtspuls.errors import AmtspulsError, UnreachableError
from amtspuls.fetch.page import Page
from amtspuls.systems.markup import Markup, attribute, clean_text, text_of

_ERROR = "div.content--error, h1.error"
_MESSAGE_DE = re.compile(r"Fehlermeldung:\s*(.*?)\s*(?:Der Fehler könnte|$)")
_DATABASE_DE = re.compile(r"Datenbank-Fehler", re.IGNORECASE)
_LOST_DE = re.compile(
    r"Kein gültiger (?:Mandant|Standort) gefunden|kein Mandantor empfangen", re.IGNORECASE
)
_DATA_FIRST_DE = re.compile(r"Eingabe der persönlichen Daten", re.IGNORECASE)
_DATE_DE = re.compile(r"\b([0-9]{2})\.([0-9]{2})\.([0-9]{4})\b")


def open_page(page: Page, where: str) -> Markup:
    """Open a page and refuse the error pages that come with status 200.

    Raises:
        SessionLostError: The error page of a session without unit or location.
        UnreachableError: The portal's database fails, or it is under maintenance.
        RefusedError: The page holds a captcha.
        AmtspulsError: Another error page.
    """
    m = Markup(page, where)
    for footer in m.css("footer"):
        # It says on every page when the session ends, and holds help texts: nothing of this page.
        footer.decompose()
    if m.first(_ERROR) is not None:
        raise _error(m)
    return m


def _error(m: Markup) -> AmtspulsError:
    if _DATABASE_DE.search(m.text):
        return UnreachableError(
            f"{m.where}: the portal says that its database fails", url=m.page.url, where=m.where
        )
    if _LOST_DE.search(m.text):
        said = _MESSAGE_DE.search(m.text)
        return m.lost(f"is an error page ({said.group(1)[:80] if said else 'without message'})")
    return m.unreadable("anything but an error text")


def lost_or(m: Markup, wanted: str) -> AmtspulsError:
    """Build the error for a page without its shape; old error pages say so in plain text only."""
    if _DATABASE_DE.search(m.text) or _LOST_DE.search(m.text):
        return _error(m)
    return m.unreadable(wanted)


def heading(m: Markup) -> str:
    """The heading of the step; empty where the page has none."""
    node = m.first(".wizard h1") or m.first("h1")
    return "" if node is None else text_of(node)


def asks_for_data(m: Markup) -> bool:
    """Whether the page wants personal data before it shows times."""
    marked = m.first("div.content--personaldata, form#cal-reservation") is not None
    return marked or _DATA_FIRST_DE.search(heading(m)) is not None


def infobox(m: Markup, label_de: str) -> str:
    """A value of the box that sums up the choice; empty where it is missing or not set yet."""
    for dt in m.css("#infobox_content dt"):
        if text_of(dt) == label_de:
            dd = next_element(dt)
            if dd is not None and dd.tag == "dd" and dd.css_first(".visuallyhidden") is None:
                return text_of(dd)
    return ""


def next_element(node: LexborNode) -> LexborNode | None:
    """The element behind a node, text skipped."""
    following = node.next
    while following is not None and not following.is_element_node:
        following = following.next
    return following


def date_in(text: str) -> date | None:
    """The first date (TT.MM.JJJJ) of a text, or None."""
    for day, month, year in _DATE_DE.findall(clean_text(text)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def hidden_value(node: LexborNode, name: str) -> str:
    """The value of the input of that name below a node; empty where there is none."""
    found = next((i for i in node.css("input[name]") if attribute(i, "name") == name), None)
    return "" if found is None else clean_text(attribute(found, "value"))


def number_in(text: str) -> int | None:
    """A decimal number of at most nine digits and nothing else, or None."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
