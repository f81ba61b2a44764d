"""The entry form of Tempus in its three layouts; pure. Wire facts: docs/systems/tempus.md."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from amtspuls.fetch.page import Page
from amtspuls.systems.markup import Markup, attribute, clean_text, text_of

FORM = "form#formular"
UNNAMED = "default"
"""Category of forms that have none; old bundles have it so."""

_TASK = re.compile(r"(?:^|-)([0-9]+)(?:-[A-Za-z]+)?$")
_CHOICE = 'input[type="radio" i][value], input[type="checkbox" i][value]'


@dataclass(frozen=True, slots=True)
class Option:
    """A service that can be chosen: the field to post, its name, and its task id ("" if unknown)."""

    field: str
    name: str
    task: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category with at least one option, in page order; the first one represents it."""

    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class EntryForm:
    """Where to post, and the categories in page order."""

    action: str
    categories: tuple[Category, ...]


def parse_entry(page: Page) -> EntryForm:
    """Read the form of services.

    Layout A is a list of categories with lists of options, B a list of options, C a run of labels.
    Options without a control are information and are left out.

    Raises:
        AmtspulsError: The page is no such form (``Markup.unreadable`` says which kind of error).
    """
    m = Markup(page, "entry page")
    form = m.first(FORM)
    if form is None or form.css_first('input[type="password" i]') is not None:
        raise m.unreadable("the form of services (form#formular)")
    items = form.css("ul.menuepunkt > li")
    categories = _of_lists(items) if items else _of_labels(form)
    if not categories:
        raise m.unreadable("services to choose (ul.menuepunkt or label.menuepunkt)")
    return EntryForm(m.link(attribute(form, "action")), categories)


def _of_lists(items: list[LexborNode]) -> tuple[Category, ...]:
    collected = _Collected()
    for item in items:
        below = item.css_first("ul.untermenuepunkt")
        if below is None:
            collected.add(_option(item, item))
            continue
        collected.begin(_category_name(item))
        for li in below.css("li"):
            collected.add(_option(li, li))
        collected.end()
    return collected.categories()


def _of_labels(form: LexborNode) -> tuple[Category, ...]:
    collected = _Collected()
    has_categories = form.css_first("label.untermenuepunkt") is not None
    for label in form.css("label.menuepunkt, label.untermenuepunkt"):
        if has_categories and "untermenuepunkt" not in attribute(label, "class").split():
            collected.begin(text_of(label, skip=("select", "label")) or UNNAMED)
            continue
        identifier = attribute(label, "for")
        control = label
        if _control(label) is None and identifier:
            control = next(
                (node for node in form.css("select") if attribute(node, "id") == identifier), label
            )
        collected.add(_option(label, control))
    return collected.categories()


class _Collected:
    """Categories in page order; two of the same name stay two, options without one share a default."""

    def __init__(self) -> None:
        self._default: list[Option] = []
        self._current = self._default
        self._found: list[tuple[str, list[Option]]] = []

    def begin(self, name: str) -> None:
        self._current = []
        self._found.append((name, self._current))

    def end(self) -> None:
        self._current = self._default

    def add(self, option: Option | None) -> None:
        if option is None:
            return
        if self._current is self._default and not self._default:
            self._found.append((UNNAMED, self._default))
        self._current.append(option)

    def categories(self) -> tuple[Category, ...]:
        return tuple(Category(name, tuple(options)) for name, options in self._found if options)


def _category_name(item: LexborNode) -> str:
    heading = item.css_first("h3")
    if heading is not None:
        return text_of(heading) or UNNAMED
    for node in item.iter(include_text=True):
        if node.tag == "ul":
            break
        lines = (node.text_content or "") if node.is_text_node else text_of(node)
        for line in lines.splitlines():
            if clean_text(line):
                return clean_text(line)
    return UNNAMED


def _option(item: LexborNode, around: LexborNode) -> Option | None:
    control = around if around.tag == "select" else _control(around)
    if control is None:
        return None
    field = (
        attribute(control, "id") or attribute(control, "name")
        if control.tag == "select"
        else attribute(control, "value")
    )
    task = _TASK.search(field)
    name = _option_name(item) or field
    return Option(field, name, task.group(1) if task else "") if field else None


def _control(node: LexborNode) -> LexborNode | None:
    select = node.css_first("select")
    if select is not None:
        return select
    for choice in node.css(_CHOICE):
        marks = attribute(choice, "id") + attribute(choice, "name")
        if "datenschutz" not in marks.lower():
            return choice
    return None


def _option_name(item: LexborNode) -> str:
    for selector in ("span", "div.anliegen", "div.liContent"):
        named = item.css_first(selector)
        if named is not None:
            name = text_of(named, skip=("select", "a")) or text_of(named, skip=("select",))
            if name:
                return name
    return text_of(item, skip=("select", "ul"))
