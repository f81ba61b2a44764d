"""The form of services (step 1) of netappoint; pure. Wire facts: docs/systems/netappoint.md."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from amtspuls.systems.markup import Markup, attribute, text_of

FORM = 'form[name="frm_casetype"]'
CONTROL = "select.nat_casetypelist_casetype, input.nat_casetypelist_casetype"
UNNAMED_DE = "Kategorie"
"""Name of a category whose link shows nothing but this word; old bundles have it so."""

_TOGGLE = re.compile(r"javascript:\s*toggle\(\s*['\"]([^'\"]+)['\"]\s*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Service:
    """A service that can be chosen: the form field that chooses it, and its name."""

    field: str
    name: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category of step 1; ``services`` in page order, empty when nothing can be chosen."""

    name: str
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class ServiceForm:
    """Step 1: where to post, what the submit button sends, and the categories in page order."""

    action: str
    submit: str
    categories: tuple[Category, ...]


def read_form(m: Markup, form: LexborNode) -> ServiceForm:
    """Read the form of a page that has one.

    Raises:
        AmtspulsError: It wants a login, or offers nothing to choose.
    """
    if form.css_first('input[type="password" i]') is not None:
        raise m.unreadable("a form that can be sent without a login")
    categories = _categories(m)
    if not any(category.services for category in categories):
        raise m.unreadable("services to choose (nat_casetypelist_casetype)")
    submit = form.css_first('[name="sentcasetypes"]')
    return ServiceForm(
        action=m.link(attribute(form, "action")),
        submit=(attribute(submit, "value") if submit is not None else "") or "Weiter",
        categories=categories,
    )


def _categories(m: Markup) -> tuple[Category, ...]:
    lists = {attribute(ul, "id"): ul for ul in m.css("ul.nat_casetypelist")}
    seen: set[str] = set()
    categories = []
    for link in m.css("a[href]"):
        match = _TOGGLE.match(attribute(link, "href"))
        text = text_of(link)
        if match is None or (match.group(1) not in lists and not text.startswith(UNNAMED_DE)):
            continue
        ul = lists.get(match.group(1))
        seen.add(match.group(1))
        name = text.removeprefix(UNNAMED_DE + " ") or UNNAMED_DE
        categories.append(Category(name, _services(ul) if ul is not None else ()))
    if any(ul.css_first(CONTROL) is not None for key, ul in lists.items() if key not in seen):
        raise m.changed("has a list of services without a category")
    return tuple(categories)


def _services(ul: LexborNode) -> tuple[Service, ...]:
    services = []
    for control in ul.css(CONTROL):
        field = attribute(control, "name")
        if field.startswith("casetype_"):
            services.append(Service(field, _service_name(ul, control) or field))
    return tuple(services)


def _service_name(ul: LexborNode, control: LexborNode) -> str:
    identifier = attribute(control, "id")
    for label in ul.css("label"):
        if identifier and attribute(label, "for") == identifier:
            return text_of(label, skip=("select",))
    item = control.parent
    while item is not None and item.tag not in {"li", "ul"}:
        item = item.parent
    return "" if item is None or item.tag == "ul" else text_of(item, skip=("select",))
