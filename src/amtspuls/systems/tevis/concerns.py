"""Steps 1 and 2 of Tevis: units and their concerns, in all generations; pure.

Wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from amtspuls.fetch.page import Page
from amtspuls.systems.markup import Markup, attribute, clean_text, text_of
from amtspuls.systems.tevis.common import (
    heading,
    hidden_value,
    infobox,
    number_in,
    open_page,
)

_UNIT = re.compile(r"""(?:^|['"/])(select2\?(?:[^'"]*&)?md=([0-9]{1,9}))\b""")
_FIELD = re.compile(r"cnc-([0-9]{1,9})")
_MOST_UNITS = 200
_TITLE_DEPTH = 3
_STEP_TWO_DE = re.compile(r"Schritt 2(?: von [0-9])?: (.*) - Auswahl")
_OF_STEPS_DE = re.compile(r"\bvon ([56])\b")


class Generation(StrEnum):
    """What follows the concerns."""

    V1 = "calendar"
    V2 = "suggest"
    V3 = "location"


@dataclass(frozen=True, slots=True)
class Unit:
    """An office unit: its public number (``md``), name, and where its concerns are."""

    md: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class StartPage:
    """The units in page order, each once."""

    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Concern:
    """A service of a unit.

    Attributes:
        field: Name of its input, ``cnc-<id>``.
        name: As people read it.
        mdt: The unit's internal id that goes with it.
        duration_min: Length where the page says it.
        calendars: Calendar ids where the page names them; "0" (no calendar) is left out.
        locations: Ids of the locations that offer it, where the page names them.
    """

    field: str
    name: str
    mdt: str
    duration_min: int | None = None
    calendars: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The number in ``field``."""
        return self.field.partition("-")[2]


@dataclass(frozen=True, slots=True)
class ConcernPage:
    """The concerns of a unit in page order, and the generation that the page belongs to."""

    unit: str
    generation: Generation
    concerns: tuple[Concern, ...]


def parse_entry(page: Page) -> StartPage | ConcernPage:
    """Read the entry page: units, or at once the concerns of a portal's only unit.

    Raises:
        AmtspulsError: It is neither (``Markup.unreadable`` says which kind of error).
    """
    m = open_page(page, "entry page")
    units: dict[str, Unit] = {}
    for node in m.css('a[href*="select2"], [onclick*="select2"]'):
        target = _UNIT.search(attribute(node, "href") or attribute(node, "onclick"))
        if target is not None and "historyGoBack" not in attribute(node, "onclick"):
            md = target.group(2)
            if md not in units:
                units[md] = Unit(md, _unit_name(node) or md, m.link(target.group(1)))
            if len(units) > _MOST_UNITS:
                raise m.changed(f"lists more than {_MOST_UNITS} units")
    if units:
        return StartPage(tuple(units.values()))
    if _forms(m):
        return parse_concerns(page)
    raise m.unreadable("units (select2?md=) or concerns (cnc-)")


def _unit_name(node: LexborNode) -> str:
    button = node.css_first(".sel_button") or node
    return text_of(button) or clean_text(attribute(button, "value") or attribute(button, "name"))


def parse_concerns(page: Page) -> ConcernPage:
    """Read the concerns of a unit: number fields, checkboxes, or the one hidden field.

    Raises:
        SessionLostError: The list of units is shown instead, or an error page.
        AmtspulsError: There are no concerns.
    """
    m = open_page(page, "list of concerns")
    forms = _forms(m)
    names = _names(m, forms)
    concerns = {c.field: c for form in forms for c in _concerns(m, form, names)}
    if not concerns:
        if m.first('[onclick*="select2?md="], a[href*="select2?md="]') is not None:
            raise m.lost("is the list of units again")
        raise m.unreadable("concerns (input of name cnc-)")
    return ConcernPage(_unit_of(m), _generation(m, forms), tuple(concerns.values()))


def _forms(m: Markup) -> list[LexborNode]:
    return [
        form
        for form in m.css("form")
        if attribute(form, "id") != "suggest_filter_form" and _items(form)
    ]


def _field_of(item: LexborNode) -> str:
    """The field that an input stands for; checkboxes may carry it as their id only."""
    return attribute(item, "name") or attribute(item, "id")


def _items(form: LexborNode) -> list[LexborNode]:
    return [item for item in form.css("input") if _FIELD.fullmatch(_field_of(item))]


def _concerns(m: Markup, form: LexborNode, names: dict[str, str]) -> list[Concern]:
    mdt = hidden_value(form, "mdt")
    if not mdt:
        raise m.changed("has concerns without the id of their unit (mdt)")
    return [
        Concern(
            field=_field_of(item),
            name=names[_field_of(item)],
            mdt=mdt,
            duration_min=number_in(attribute(item, "data-tevis-duration")) or None,
            calendars=_ids(item, "data-tevis-calendars") or _ids(item, "data-tevis-calendar"),
            locations=_ids(item, "data-tevis-locations"),
        )
        for item in _items(form)
    ]


def _names(m: Markup, forms: list[LexborNode]) -> dict[str, str]:
    """Names by field: ``data-tevis-cncname``, else the label, else the link above, else the field."""
    labels = {attribute(label, "for"): text_of(label) for label in m.css("label[for]")}
    items = [item for form in forms for item in _items(form)]
    alone = Counter(node.mem_id for item in items for node in _above(item))
    names = {}
    for item in items:
        field = _field_of(item)
        named = clean_text(attribute(item, "data-tevis-cncname"))
        named = named or labels.get(attribute(item, "id"), "") or labels.get(field, "")
        names[field] = named or _title_above(item, alone) or field
    return names


def _title_above(item: LexborNode, alone: Counter[int]) -> str:
    """The link that names the concern on pages of the first generation, at most three nodes above."""
    for node in _above(item):
        if alone[node.mem_id] > 1:
            return ""
        link = node.css_first("a")
        if link is not None and text_of(link):
            return text_of(link)
    return ""


def _above(item: LexborNode) -> list[LexborNode]:
    nodes: list[LexborNode] = []
    node = item.parent
    while node is not None and len(nodes) < _TITLE_DEPTH:
        nodes.append(node)
        node = node.parent
    return nodes


def _ids(item: LexborNode, name: str) -> tuple[str, ...]:
    """The ids of an attribute, each once; they are joined by bars and may repeat."""
    parts = (part.strip() for part in attribute(item, name).split("|"))
    return tuple(dict.fromkeys(p for p in parts if re.fullmatch(r"[1-9][0-9]{0,8}", p)))


def _unit_of(m: Markup) -> str:
    step = _STEP_TWO_DE.search(heading(m))
    return infobox(m, "Funktionseinheit") or (step.group(1).strip() if step else "")


def _generation(m: Markup, forms: list[LexborNode]) -> Generation:
    """Tell the generation: where the form leads, else the number of steps, else the calendar ids."""
    for form in forms:
        target = urlsplit(attribute(form, "action")).path.rpartition("/")[2]
        if target in set(Generation):
            return Generation(target)
    steps = _OF_STEPS_DE.search(heading(m))
    if steps is not None:
        return Generation.V3 if steps.group(1) == "6" else Generation.V2
    if "calendar?" in m.page.text or m.first("form.cnc-form, [data-tevis-calendar]") is not None:
        return Generation.V1
    raise m.changed("has concerns of a generation that cannot be told")
