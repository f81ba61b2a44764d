"""The pages of eKOL TNV as small models; pure. Wire facts: docs/systems/ekol.md."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from amtspuls.fetch.page import Page
from amtspuls.systems.ekol.form import Form, find_button, find_form, message_of, read_form
from amtspuls.systems.ekol.month import Box, Day, read_box, read_days
from amtspuls.systems.markup import Markup, attribute, text_of

_GROUPS_DE = frozenset({"bürgerämter", "ordnungsamt"})
"""Heads of the tree that look like offices and are none."""

_NEW = re.compile(r"ACTION_OFFICESELECT_TERMNEW_PREFIX([A-Za-z0-9_]{1,40})")
_HEAD_ID = re.compile(r".*-([A-Za-z0-9_]{1,40})", re.DOTALL)
_BACK = re.compile(r"ACTION_[A-Z]+_PREVIOUS")
_FORWARD = re.compile(r"\bforward|(?<![a-z])forward|vorwärts", re.IGNORECASE)
_INFO_NEXT = re.compile(r"ACTION_INFOPAGE_NEXT")
_CONCERNS_NEXT = re.compile(r"ACTION_CONCERNSELECT_NEXT")
_COMMENTS_NEXT = re.compile(r"ACTION_CONCERNCOMMENTS_NEXT")
_IN_TREE = '[class*="CLASS_TREEVIEWSEARCH_HEAD_LEVEL_2" i] button[name]'


@dataclass(frozen=True, slots=True)
class Info:
    """The first page: general information that must be agreed to."""

    form: Form
    next: str


@dataclass(frozen=True, slots=True)
class Office:
    """An office in the tree.

    Attributes:
        id: Its id.
        name: "" where the page does not name it (a portal of one office).
        open: Name of the button that opens its branch; "" where there is none.
        new: Name of the button for a new appointment; "" while the branch is closed.
    """

    id: str
    name: str
    open: str
    new: str


@dataclass(frozen=True, slots=True)
class Offices:
    """The choice of an office."""

    form: Form
    offices: tuple[Office, ...]


@dataclass(frozen=True, slots=True)
class Concern:
    """A concern that can be chosen: its field and its name."""

    field: str
    name: str


@dataclass(frozen=True, slots=True)
class Concerns:
    """The choice of concerns; ``message`` is what the page says to the last attempt."""

    form: Form
    next: str
    back: str
    concerns: tuple[Concern, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Comments:
    """Notes on the chosen concern; the page is left out where there are none."""

    form: Form
    next: str
    back: str


@dataclass(frozen=True, slots=True)
class Months:
    """The calendar.

    Attributes:
        form: As on every page.
        back: Name of the button that goes a step back.
        forward: Name of the button to later months; "" where it is disabled or missing.
        days: Days in range, ascending.
        box: The box of times; None while no day was pressed.
    """

    form: Form
    back: str
    forward: str
    days: tuple[Day, ...]
    box: Box | None


Step = Info | Offices | Concerns | Comments | Months


def parse_step(page: Page) -> Step:
    """Read a page, whichever step it is.

    Raises:
        AmtspulsError: It is none of the steps (``Markup.unreadable`` says which kind of error).
    """
    m = Markup(page, "step of the booking")
    days = read_days(m)
    node = find_form(m)
    if days:
        form = read_form(m, node)
        return Months(form, find_button(m, _BACK), _forward(m), days, read_box(m))
    if following := find_button(m, _CONCERNS_NEXT):
        return _concerns(m, node, following)
    if following := find_button(m, _COMMENTS_NEXT):
        return Comments(read_form(m, node), following, find_button(m, _BACK))
    if following := find_button(m, _INFO_NEXT):
        return Info(read_form(m, node), following)
    offices = _offices(m)
    if not offices:
        raise m.unreadable("a step that is known (offices, concerns, calendar)")
    return Offices(read_form(m, node), offices)


def _forward(m: Markup) -> str:
    for button in m.css("button[name]"):
        name = attribute(button, "name")
        marks = f"{name} {attribute(button, 'id')} {text_of(button)}"
        if _FORWARD.search(marks) and "disabled" not in button.attributes:
            return name
    return ""


def _concerns(m: Markup, node: LexborNode, following: str) -> Concerns:
    labels = {attribute(label, "for"): text_of(label) for label in node.css("label[for]")}
    concerns = tuple(
        Concern(attribute(select, "name"), labels.get(attribute(select, "id"), ""))
        for select in node.css("select[name]")
        if {"0", "1"} <= {attribute(option, "value") for option in select.css("option")}
    )
    if not concerns or not all(concern.field and concern.name for concern in concerns):
        raise m.changed("has no concern to choose, or one without a name")
    form = read_form(m, node)
    return Concerns(form, following, find_button(m, _BACK), concerns, message_of(m))


def _offices(m: Markup) -> tuple[Office, ...]:
    new = {
        match.group(1): attribute(button, "name")
        for button in m.css("button[name]")
        if (match := _NEW.fullmatch(attribute(button, "name")))
    }
    found: dict[str, Office] = {}
    for button in m.css(_IN_TREE):
        match = _HEAD_ID.fullmatch(attribute(button, "name"))
        name = text_of(button)
        if match is None or not name:
            raise m.changed("has an office without id or name")
        if name.casefold() not in _GROUPS_DE:
            key = match.group(1)
            found.setdefault(key, Office(key, name, attribute(button, "name"), new.get(key, "")))
    for key, button_name in new.items():
        found.setdefault(key, Office(key, "", "", button_name))
    return tuple(found.values())
