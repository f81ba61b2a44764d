"""What the catalogue may say of a netappoint portal beside its address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.systems.markup import query_of
from amtspuls.systems.services import refuse_all

_KNOWN = {"cur_cause", "cur_causes", "start", "causes"}


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options of one portal.

    Attributes:
        cause: Parameter (name, value) for the step-1 GET; None when there is none.
        starts_with_calendar: The company has no services: step 2 answers with a calendar at once.
        causes: Number and name of each cause to be read as a calendar of its own.
    """

    cause: tuple[str, str] | None
    starts_with_calendar: bool
    causes: tuple[tuple[str, str], ...]


def parse_options(portal: Portal) -> Options:
    """Check a portal's address and options.

    Raises:
        ConfigError: The address lacks ``company``, or an option is unknown or makes no sense.
    """
    refuse_all(portal)
    query = query_of(portal.url)
    if not query.get("company"):
        raise _wrong(portal, "the url needs a company, as in .../index.php?company=stadtbonn")
    unknown = sorted(set(portal.options) - _KNOWN)
    if unknown:
        raise _wrong(
            portal, f"unknown option {unknown[0]!r}; there are: {', '.join(sorted(_KNOWN))}"
        )
    start = portal.options.get("start", "services")
    if start not in {"services", "calendar"}:
        raise _wrong(portal, f'start must be "services" or "calendar", not {start!r}')
    causes = _causes(portal)
    if causes and start != "calendar":
        raise _wrong(portal, 'a table of causes needs start = "calendar"')
    cause = _cause(portal)
    if cause and (causes or not {"cur_cause", "cur_causes"}.isdisjoint(query)):
        raise _wrong(portal, "the cause is given twice: keep one of url, cur_cause(s) and causes")
    return Options(cause, start == "calendar", causes)


def _cause(portal: Portal) -> tuple[str, str] | None:
    given = [
        (name, _number_text(portal.options[name]))
        for name in ("cur_cause", "cur_causes")
        if name in portal.options
    ]
    if len(given) > 1:
        raise _wrong(portal, "cur_cause and cur_causes exclude each other")
    if not given:
        return None
    name, value = given[0]
    pattern = r"[0-9]+" if name == "cur_cause" else r"[0-9]+(\|[0-9]+)*"
    if not re.fullmatch(pattern, value):
        raise _wrong(portal, f"{name} must be a number{'s' * (name[-1] == 's')}, not {value!r}")
    return name, value


def _causes(portal: Portal) -> tuple[tuple[str, str], ...]:
    table = portal.options.get("causes", {})
    good = isinstance(table, dict) and all(
        re.fullmatch(r"[0-9]+", str(number)) and isinstance(name, str) and name.strip()
        for number, name in table.items()
    )
    if not good:
        raise _wrong(portal, 'causes must be a table such as {0 = "Altstadt", 1 = "Neustadt"}')
    return tuple((str(number), name.strip()) for number, name in table.items())


def _number_text(value: Any) -> str:
    return str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else "?"


def _wrong(portal: Portal, what: str) -> ConfigError:
    return ConfigError(f"portal {portal.id}: {what}", portal=portal.id)
