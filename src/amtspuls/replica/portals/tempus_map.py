"""How the calendars of a replica portal become categories, options and offices of tempus.

Source of all wire facts: docs/systems/tempus.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amtspuls.errors import ConfigError
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals.html import check_variant

DEFAULT_CATEGORY = "default"
"""What a form without categories is called in all data."""

LIST_TEXTS: Mapping[str, str] = {
    "standorte": "Standorte und frühestmögliche Termine",
    "standorte-br": "Standorte und<br/>frühestmögliche Termine",
    "buergerbueros": "Bürgerbüros und frühestmögliche Termine",
    "buergerbueros-br": "Bürgerbüros und<br/>frühestmögliche Termine",
    "buergeraemter-br": "Bürgerämter und<br/>frühestmögliche Termine",
    "zulassungsstelle-br": "Zulassungsstelle und<br/>frühestmögliche Termine",
    "baeder-br": "Bäder und<br/>frühestmögliche Schwimmzeit",
    "stadtweit": "Der stadtweit früheste Termin ist",
}
"""Headings of the list of offices by the name that the variant ``list_text`` uses."""

_VARIANTS: Mapping[str, Sequence[Any] | None] = {
    "layout": ("A", "B", "C"),
    "controls": ("select", "radio", "checkbox"),
    "names": ("span", "anliegen"),
    "notices": (0, 1, 2),
    "notice_after_office": (True, False),
    "office_list": ("auto", "always"),
    "list_text": tuple(LIST_TEXTS),
    "privacy_checkbox": (True, False),
    "sold_out": ("text", "tables", "appointment"),
    "today": ("monatevent", "actualdate"),
    "horizon_months": None,
    "robots": None,
}

_COUNTED = re.compile(
    r"^(?P<name>.+?) ?0(?P<counts>1(?:\xa0{2}[^0-9]*)?(?:[2-9](?:\xa0{2}[^0-9]*))*)$", re.DOTALL
)
_COUNT = re.compile(r"([1-9])(?:\xa0{2} ?([^0-9]*))?")


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the form.

    Attributes:
        field: Name and id of its control, ``<kuerzel>-<task>-mittermin``.
        name: What people read.
        counts: Labels after "0", without their number and the two blanks.
        inside: Whether the control stands inside the element of the name, as some portals have it.
    """

    field: str
    name: str
    counts: tuple[str, ...]
    inside: bool

    @property
    def short(self) -> str:
        """First part of the field, ``kuerzel`` in links."""
        return self.field.split("-")[0]

    @property
    def task(self) -> str:
        """Number in the field, ``tasks`` in links."""
        return self.field.split("-")[1]


@dataclass(frozen=True, slots=True)
class Office:
    """An office of a category: row id, name in the list, key of its calendar."""

    row_id: str
    name: str
    key: str


@dataclass(slots=True)
class Category:
    """A category: all calendars with one task; ``listed`` when an office is chosen from a list."""

    task: str
    name: str
    listed: bool
    options: tuple[Option, ...]
    offices: list[Office] = field(default_factory=list)

    def office(self, row_id: str) -> Office | None:
        """Return the office with a row id; the first one where none is named."""
        if not row_id:
            return self.offices[0]
        return next((office for office in self.offices if office.row_id == row_id), None)

    def is_offered(self, keys: Collection[str]) -> bool:
        """Whether any of its calendars is among the keys of an offer."""
        return any(office.key in keys for office in self.offices)


@dataclass(frozen=True, slots=True)
class Wire:
    """A portal as tempus shows it, all variant switches resolved; ``layout`` "" means automatic."""

    categories: tuple[Category, ...]
    layout: str
    controls: str
    names: str
    notices: int
    notice_after_office: bool
    list_text: str
    privacy_checkbox: bool
    sold_out: str
    today: str
    horizon_months: int | None

    def drawn(self, keys: Collection[str]) -> list[Category]:
        """Return the categories that the form shows for an offer.

        Of categories with one name (a portal changed its first option over the years, and history
        knows both keys) those in the offer are drawn, or the first where none is.
        """
        by_name: dict[str, list[Category]] = {}
        for category in self.categories:
            by_name.setdefault(category.name, []).append(category)
        return [
            category
            for same in by_name.values()
            for category in ([c for c in same if c.is_offered(keys)] or same[:1])
        ]

    def layout_for(self, drawn: Sequence[Category]) -> str:
        """Return A, B or C; B where the only category is the nameless one."""
        if self.layout:
            return self.layout
        nameless = len(drawn) == 1 and drawn[0].name == DEFAULT_CATEGORY
        return "B" if nameless else "A"

    def category_of_fields(self, fields: Mapping[str, str]) -> tuple[Category, Option] | None:
        """Return the first option that a form chose, with its category.

        A choice is a field named like a control with a count above zero, or (radio buttons as a
        browser sends them) a field whose value is a control's value.
        """
        values = set(fields.values())
        for category in self.categories:
            for option in category.options:
                count = fields.get(option.field, "0")
                if option.field in values or (count.isdecimal() and int(count) > 0):
                    return category, option
        return None

    def category_of_task(self, tasks: str) -> tuple[Category, Option] | None:
        """Return category and option of the first task of a link (``tasks=12-34``)."""
        task = tasks.split("-")[0]
        for category in self.categories:
            for option in category.options:
                if option.task == task:
                    return category, option
        return None


def wire_of(portal: ReplicaPortal) -> Wire:
    """Map a portal to the wire.

    Raises:
        ConfigError: A variant switch is unknown, a key is not ``office/task``, or layout B is asked for
            although there are categories with names.
    """
    check_variant(portal, _VARIANTS)
    variant = portal.variant
    categories = _categories(portal, always_listed=variant.get("office_list", "auto") == "always")
    names = {category.name for category in categories}
    if variant.get("layout") == "B" and len(names) > 1:
        raise ConfigError(
            f"replica portal {portal.id}: layout B shows one category only, it has {len(names)}"
        )
    return Wire(
        categories=categories,
        layout=variant.get("layout", ""),
        controls=variant.get("controls", "select"),
        names=variant.get("names", "span"),
        notices=variant.get("notices", 0),
        notice_after_office=variant.get("notice_after_office", False),
        list_text=LIST_TEXTS[variant.get("list_text", "standorte")],
        privacy_checkbox=variant.get("privacy_checkbox", False),
        sold_out=variant.get("sold_out", "text"),
        today=variant.get("today", "monatevent"),
        horizon_months=variant.get("horizon_months"),
    )


def _categories(portal: ReplicaPortal, *, always_listed: bool) -> tuple[Category, ...]:
    by_task: dict[str, list[tuple[str, ReplicaCalendar]]] = {}
    for calendar in portal.calendars:
        row_id, composite, task = calendar.key.partition("/")
        if not composite or not task.isdecimal():
            raise ConfigError(
                f"replica portal {portal.id}: tempus calendars have keys like 280/4409, "
                f"not {calendar.key!r}"
            )
        by_task.setdefault(task, []).append((row_id, calendar))
    offices = _office_names(portal.calendars)
    return tuple(
        _category(portal.name, task, group, offices, always_listed=always_listed)
        for task, group in by_task.items()
    )


def _office_names(calendars: Sequence[ReplicaCalendar]) -> Mapping[str, str]:
    """Names of offices by row id, out of calendar names like ``Office: Category``.

    In a portal with one office a colon belongs to the category, unless the category is the nameless one.
    """
    many = len({calendar.key.partition("/")[0] for calendar in calendars}) > 1
    names: dict[str, str] = {}
    for calendar in calendars:
        office, colon, category = calendar.name.partition(": ")
        if colon and (many or category == DEFAULT_CATEGORY):
            names.setdefault(calendar.key.partition("/")[0], office)
    return names


def _category(
    portal_name: str,
    task: str,
    group: Sequence[tuple[str, ReplicaCalendar]],
    offices: Mapping[str, str],
    *,
    always_listed: bool,
) -> Category:
    names = [_split_name(calendar.name, offices.get(row_id)) for row_id, calendar in group]
    services = next((c.services for _, c in group if c.services), ("Anliegen 1",))
    category = Category(
        task=task,
        name=names[0][1],
        listed=always_listed or len(group) > 1 or bool(names[0][0]),
        options=tuple(_option(task, place, text) for place, text in enumerate(services)),
    )
    for (row_id, calendar), (office, _) in zip(group, names, strict=True):
        # History sometimes has a calendar without its office: another calendar tells the name.
        name = office or offices.get(row_id) or portal_name
        if any(other.name == name for other in category.offices):
            name = f"{name} ({row_id})"
        category.offices.append(Office(row_id, name, calendar.key))
    return category


def _split_name(name: str, office_known: str | None) -> tuple[str, str]:
    """Split ``Office: Category``; the office is empty where the name has none."""
    office, colon, category = name.partition(": ")
    return (office, category) if colon and office_known is not None else ("", name)


def _option(task: str, place: int, text: str) -> Option:
    """Make an option; the first one has the category's task, further ones a number after it."""
    counted = _COUNTED.match(text)
    if counted and ("\xa0" in counted["counts"] or text[counted.end("name")] == " "):
        name, inside = counted["name"], True
        counts = tuple(found[1].strip() for found in _COUNT.findall(counted["counts"]))
    else:
        name, counts, inside = text, ("Person", "Personen"), False
    number = task if place == 0 else f"{task}{place:03d}"
    return Option(f"{_short(name)}-{number}-mittermin", name, counts, inside)


def _short(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return "".join(filter(str.isalnum, plain))[:12] or "Antrag"
