"""What every eKOL page has: one form to go on with, its rotating tokens, and buttons; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborNode

from amtspuls.systems.markup import Markup, attribute, clean_text, text_of

TOKENS = ("PGUTSMSC", "TCSID")
"""Both change with every page and must come back."""

_ACTION = re.compile(r"(.*/)?bgr(;|\?|$)")
_BUTTON = 'button[name], input[type="submit" i][name], input[type="button" i][name]'


@dataclass(frozen=True, slots=True)
class Form:
    """Where to post, and all hidden fields."""

    action: str
    hidden: tuple[tuple[str, str], ...]


def find_form(m: Markup) -> LexborNode:
    """Return the form of the step: ``#contextForm``, else the first one that posts to ``bgr``.

    Raises:
        AmtspulsError: There is none (``Markup.unreadable`` says which kind of error).
    """
    named = m.first("form#contextForm")
    if named is not None:
        return named
    for form in m.css("form[action]"):
        if _ACTION.match(attribute(form, "action")):
            return form
    raise m.unreadable("the form of a step (contextForm, or one that posts to bgr)")


def read_form(m: Markup, node: LexborNode) -> Form:
    """Read address and hidden fields of a form.

    Raises:
        PageChangedError: It lacks a token, or leads off the portal.
    """
    hidden = tuple(
        (attribute(field, "name"), attribute(field, "value"))
        for field in node.css('input[type="hidden" i][name]')
    )
    if not set(TOKENS) <= {name for name, value in hidden if value}:
        raise m.changed("has a form without its tokens (PGUTSMSC, TCSID)")
    return Form(m.link(urljoin(_folder(m.page.url), attribute(node, "action"))), hidden)


def _folder(url: str) -> str:
    """Return the folder that actions are relative to; ``/tnv`` without a slash is one too."""
    parts = urlsplit(url)
    last = parts.path.rpartition("/")[2]
    path = parts.path if not last or _ACTION.match(last) else parts.path + "/"
    return f"{parts.scheme}://{parts.netloc}{path}"


def find_button(root: LexborNode | Markup, pattern: re.Pattern[str]) -> str:
    """Return the name of the first button that can be pressed and whose name fits; "" if none."""
    for button in root.css(_BUTTON):
        name = attribute(button, "name")
        if pattern.fullmatch(name) and "disabled" not in button.attributes:
            return name
    return ""


def message_of(m: Markup) -> str:
    """Return what the page says in its box of messages; "" if nothing."""
    items = m.css("#uimsgcontainer li, #infomsglist li, #warnmsglist li")
    return clean_text("; ".join(text_of(item) for item in items))[:200]
