"""What SQL is put to: one moment of an archive, and the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from amtspuls.archive.sealed.manifest import SealedFiles, open_files
from amtspuls.archive.week import DATABASE_NAME, WEEKS_NAME, sealed_weeks

if TYPE_CHECKING:
    from amtspuls.archive.moment import Moment
    from amtspuls.archive.sealed.model import SealedPortal
    from amtspuls.catalogue.portal import Portal

_EVER = 2**53


class Renamed(NamedTuple):
    """A calendar that had another key until an instant (Unix seconds)."""

    portal: str
    former_key: str
    key: str
    until_at: int


def _nothing() -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What SQL is put to. The functions are called only when a query needs them.

    Attributes:
        sealed: Sealed weeks.
        running: Gives everything that is in none of them, one for each portal.
        renamed: Gives the calendars that had another key.
        portals: Gives the catalogue.
    """

    sealed: Sequence[SealedFiles] = ()
    running: Callable[[], Sequence[SealedPortal]] = _nothing
    renamed: Callable[[], Sequence[Renamed]] = _nothing
    portals: Callable[[], Sequence[Portal]] = _nothing


@contextmanager
def open_sources(folder: Path, portals: Callable[[], Sequence[Portal]]) -> Iterator[Sources]:
    """Open an archive for SQL: all that is asked inside the ``with`` statement is of one moment.

    Args:
        folder: The archive.
        portals: Gives the catalogue.

    Raises:
        ArchiveError: There is none, or it cannot be read.
    """
    if not (folder / DATABASE_NAME).exists() and (weeks := sealed_weeks(folder / WEEKS_NAME)):
        # What reads the live part takes longer to load than a question to sealed weeks to answer.
        yield Sources([open_files(folder / WEEKS_NAME, week) for week in weeks], portals=portals)
        return
    from amtspuls.archive.live import open_whole

    reader = open_whole(folder)
    try:
        with reader.moment() as moment:
            yield Sources(
                _sealed(moment), lambda: _running(moment), lambda: _renamed(moment), portals
            )
    finally:
        reader.close()


def _sealed(moment: Moment) -> list[SealedFiles]:
    """Sealed weeks; of one that is being sealed right now the live rows count."""
    waiting = [
        week
        for week in moment.weeks
        if week not in moment.moved and not moment.shelf.about(week).is_import
    ]
    if moment.live is not None and waiting:
        from amtspuls.archive.sealing import live_weeks

        # One that was put here out of another archive has no live rows.
        waiting = [*{*waiting} & live_weeks(moment.live.connection)]
    return [open_files(moment.shelf.folder, week) for week in moment.weeks if week not in waiting]


def _running(moment: Moment) -> list[SealedPortal]:
    if moment.live is None:
        return []
    found = (moment.live.cut(portal, _EVER) for portal in moment.live.portals())
    return [portal for portal in found if portal]


def _renamed(moment: Moment) -> list[Renamed]:
    if moment.live is None:
        return []
    rows = []
    for portal in moment.live.portals():
        portal_id = portal.record.portal_id
        keys = {one.number: key for key, one in moment.live_calendars(portal_id).items()}
        rows += [
            Renamed(portal_id, former, keys[number], until_at)
            for until_at, former, number in moment.former_keys(portal_id)
        ]
    return rows
