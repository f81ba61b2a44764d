"""How many people a portal's office serves, as the table beside this file has it.

``python -m amtspuls.catalogue.inhabitants`` writes the table, a row for each portal of the packaged catalogue
that serves its town. It is read here and not the catalogue: an answer from an archive needs one number of a
portal, and to load and check all portals for that takes longer than the answer.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

TABLE_NAME = "inhabitants.csv"
COLUMNS = ("portal_id", "town", "state", "inhabitants", "source")
"""Columns of the table; ``inhabitants`` is empty where the source does not know the town."""


@dataclass(frozen=True, slots=True)
class Inhabitants:
    """People of a town.

    Attributes:
        number: How many.
        town: Of which town, with its state where another town has its name.
        source: Who says so.
    """

    number: int
    town: str
    source: str


def inhabitants_of(portal_id: str) -> Inhabitants | None:
    """People whom a portal serves: those of its town, if it is the citizen office of that town.

    Returns:
        None where the number is not known, or belongs to something else: a county or a union of
        municipalities serves more than its town, a portal for one subject fewer. So it is for a
        portal that the packaged catalogue does not have.
    """
    return _read_packaged().get(portal_id)


@cache
def _read_packaged() -> Mapping[str, Inhabitants]:
    with Path(__file__).with_name(TABLE_NAME).open(encoding="utf-8", newline="") as table:
        return MappingProxyType(read_table(table))


def read_table(lines: Iterable[str]) -> dict[str, Inhabitants]:
    """Read the table: those portals, by id, of whose town the number is known."""
    return {
        row["portal_id"]: Inhabitants(
            int(row["inhabitants"]), f"{row['town']} ({row['state']})", row["source"]
        )
        for row in csv.DictReader(lines)
        if row["inhabitants"]
    }
