"""``amtspuls list --services``: which services each portal is asked for, and by whose choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from amtspuls.catalogue.portal import Portal
    from amtspuls.settings import Settings

_TABLE = ("id", "common", "service", "source")
_EVERYTHING = ("id", "system", "common", "common_de", "service", "source")
_TITLES = {"common": "common service", "source": "chosen by"}


def print_services(
    portals: Sequence[Portal], settings: Settings, archive: Path | None, form: Format
) -> None:
    """Print a row for each service of a portal; one without a service where no page was read yet.

    ``source`` is ``entry`` for what the catalogue names, ``name`` for the choice by name, ``calendar``
    where a system asks each calendar for a service of its own. Of these two the services are
    those of the portal's newest snapshot in the archive.

    Raises:
        ArchiveError: ``archive`` names no archive.
    """
    asked = _remembered(settings, archive)
    rows = [row for portal in portals for row in _rows(portal, asked.get(portal.id, ()))]
    columns = _EVERYTHING if form in (Format.CSV, Format.JSON) else _TABLE
    print_rows(rows, columns, form, title=f"{len(portals)} portals", titles=_TITLES)
    open_choices = sum(not row["service"] for row in rows)
    if open_choices and form is Format.TABLE:
        who = "1 portal has" if open_choices == 1 else f"{open_choices} portals have"
        say(f"{who} no entry and no snapshot yet: the choice is made on the page")


def _remembered(settings: Settings, archive: Path | None) -> Mapping[str, tuple[str, ...]]:
    """What an archive tells; nothing when none was named and the usual one is not there yet."""
    from amtspuls.archive.live import open_reader
    from amtspuls.archive.live_asked import load_asked
    from amtspuls.archive.week import DATABASE_NAME

    folder = archive or settings.archive
    if archive is None and not (folder / DATABASE_NAME).is_file():
        return {}
    with closing(open_reader(folder)):
        return load_asked(folder)


def _rows(portal: Portal, asked: Sequence[str]) -> Iterator[dict[str, str]]:
    from amtspuls.systems.services import CHOOSE_BY_NAME

    if portal.services == "all":
        yield _row(portal, "", "all", "entry")
    elif portal.services:
        for one in portal.services:
            yield _row(portal, one.common, one.wire, "entry")
    else:
        source = "name" if portal.system in CHOOSE_BY_NAME else "calendar"
        for name in asked:
            yield _row(portal, portal.common_service(name), name, source)
        if not asked:
            yield _row(portal, "", "", source)


def _row(portal: Portal, common: str, service: str, source: str) -> dict[str, str]:
    from amtspuls.catalogue.services import NAMES_DE

    german = {str(key): name for key, name in NAMES_DE.items()}
    return {
        "id": portal.id,
        "system": portal.system,
        "common": common,
        "common_de": german.get(common, ""),
        "service": service,
        "source": source,
    }
