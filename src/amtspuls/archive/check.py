"""Looking an archive over: digests, schemas, continuity, live against sealed. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, select, text

from amtspuls.archive import schema
from amtspuls.archive.connect import reading_engine, revision_of
from amtspuls.archive.failures import archive_errors
from amtspuls.archive.live_part import LivePart
from amtspuls.archive.moment import Moment
from amtspuls.archive.numbers import Numbers
from amtspuls.archive.pieces import LEFT_OUT, Piece, key_of
from amtspuls.archive.schema import SEALED_WEEKS, SNAPSHOTS
from amtspuls.archive.sealing import live_weeks, weeks_of
from amtspuls.archive.shelf import Shelf
from amtspuls.archive.times import Ints
from amtspuls.archive.week import DATABASE_NAME, WEEKS_NAME, IsoWeek
from amtspuls.errors import ArchiveError
from amtspuls.files import PART


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should know of an archive.

    Attributes:
        severity: error: data is damaged, lost or doubled; warning: something is left to be done or cannot
            be told; note: worth knowing.
        where: File, week or portal.
        what: One sentence, with what to do about it.
    """

    severity: Severity
    where: str
    what: str


def check_archive(folder: Path, on_step: Callable[[str], None] = lambda _: None) -> list[Finding]:
    """Look over the live part and every sealed week.

    Args:
        folder: The archive.
        on_step: Called with each thing that is looked at.

    Returns:
        What was found; nothing when all is well.

    Raises:
        ArchiveError: There is no archive.
    """
    shelf = Shelf(folder / WEEKS_NAME)
    path = folder / DATABASE_NAME
    if not path.is_file() and not shelf.weeks():
        raise ArchiveError(
            f"no archive in {folder}: name its folder with --archive", path=str(folder)
        )
    found = list(_check_leftovers(shelf))
    whole = []
    for week in shelf.weeks():
        on_step(str(week))
        damage = _check_week(shelf, week)
        found += damage
        if not damage:
            whole.append(week)
    if not path.is_file():
        found.append(Finding(Severity.NOTE, str(path), "is missing: only sealed weeks can be read"))
        return found + list(_check_edges(Moment(None, shelf, tuple(whole), frozenset())))
    on_step(DATABASE_NAME)
    return found + _check_live(path, shelf, whole)


def _check_leftovers(shelf: Shelf) -> Iterator[Finding]:
    for part in sorted(shelf.folder.glob(f".*{PART}")):
        yield Finding(
            Severity.WARNING,
            str(part),
            "is what a stopped seal or import left: the next one removes it",
        )


def _check_week(shelf: Shelf, week: IsoWeek) -> list[Finding]:
    """Digests, schema, counts, and whether every portal can be read."""
    try:
        sealed = shelf.week(week)
        sealed.verify()
        for portal_id in sealed.portal_ids:
            sealed.portal(portal_id)
    except (ArchiveError, ValueError, KeyError, IndexError) as error:
        return [Finding(Severity.ERROR, str(week), str(error))]
    return []


def _check_live(path: Path, shelf: Shelf, whole: list[IsoWeek]) -> list[Finding]:
    found: list[Finding] = []
    engine = reading_engine(path)
    try:
        with archive_errors(path), engine.begin() as connection:
            revision = revision_of(connection, path)
            if revision != schema.REVISIONS[-1]:
                told = f"has schema {revision}, not {schema.REVISIONS[-1]}: run `amtspuls migrate` once"
                return [Finding(Severity.ERROR, str(path), told)]
            found += _check_database(connection, path)
            if not found:
                moved = {IsoWeek.parse(w) for w in connection.scalars(select(SEALED_WEEKS.c.week))}
                moment = Moment(
                    LivePart(connection), shelf, tuple(whole), frozenset(moved & set(whole))
                )
                found += _check_moved(moment, moved)
                found += _check_both(moment)
                found += _check_older(moment)
                found += _check_edges(moment)
    except ArchiveError as error:
        found.append(Finding(Severity.ERROR, str(path), str(error)))
    finally:
        engine.dispose()
    return found


def _check_database(connection: Connection, path: Path) -> Iterator[Finding]:
    for line in connection.scalars(text("PRAGMA integrity_check")):
        if line != "ok":
            yield Finding(Severity.ERROR, str(path), f"is damaged: {line}")
    for row in connection.execute(text("PRAGMA foreign_key_check")):
        yield Finding(Severity.ERROR, str(path), f"a row of {row[0]} points at none of {row[2]}")


def _check_moved(moment: Moment, moved: set[IsoWeek]) -> Iterator[Finding]:
    """Weeks that have left the live part must be sealed, whatever became of them since."""
    there = set(moment.shelf.weeks())
    for week in sorted(moved - there):
        yield Finding(Severity.ERROR, str(week), "was sealed and is gone: put it back from a copy")


def _check_both(moment: Moment) -> Iterator[Finding]:
    """Live snapshots of sealed weeks: what a killed seal left, or what must not be."""
    if moment.live is None:
        return
    shelf = moment.shelf
    sealed = set(moment.weeks)
    for week in sorted(sealed & live_weeks(moment.live.connection)):
        if shelf.about(week).is_import:
            told = "was imported, but the live part has snapshots of it too: move one of them away"
            yield Finding(Severity.ERROR, str(week), told)
    pending = [w for w in moment.weeks if w not in moment.moved and not shelf.about(w).is_import]
    for week in pending:
        told = "is sealed, its rows are still in the live part: run `amtspuls seal` to finish"
        yield Finding(Severity.WARNING, str(week), told)
    for portal in moment.live.portals():
        portal_id = portal.record.portal_id
        for week in shelf.with_portal(moment.weeks, portal_id):
            twice = _doubled(
                moment.live.connection,
                portal.number,
                shelf.portal(week, portal_id).snapshots.taken_at,
            )
            if twice and week in moment.moved:
                told = f"{twice} snapshots of {portal_id} are sealed and in the live part too"
                yield Finding(Severity.ERROR, str(week), told)


def _check_older(moment: Moment) -> Iterator[Finding]:
    """Live snapshots before an imported week of the same portal, which readers take to be newer than it."""
    if moment.live is None:
        return
    for portal in moment.live.portals():
        first = next(weeks_of(moment.live.connection, portal), None)
        portal_id = portal.record.portal_id
        newer = [
            week
            for week in moment.shelf.with_portal(moment.weeks, portal_id)
            if first is not None and week > first and moment.shelf.about(week).is_import
        ]
        if newer:
            told = f"was imported, and {portal_id} has older snapshots that are not sealed: run `amtspuls seal`"
            yield Finding(Severity.WARNING, str(newer[0]), told)


def _doubled(live: Connection, portal: int, taken_at: Ints) -> int:
    within = SNAPSHOTS.c.taken_at.between(int(taken_at[0]), int(taken_at[-1]))
    found = live.scalars(
        select(SNAPSHOTS.c.taken_at).where(SNAPSHOTS.c.portal == portal, within)
    ).all()
    return int(np.isin(np.array(found, dtype=np.int64), taken_at).sum())


def _check_edges(moment: Moment) -> Iterator[Finding]:
    """Weeks that are missing, and spans that go on without a continuation."""
    for before, after in pairwise(moment.weeks):
        missing = (after.start - before.end).days // 7
        if missing:
            first = before.following
            told = (
                f"{missing} weeks from {first} on are not there" if missing > 1 else "is not there"
            )
            yield Finding(Severity.NOTE, str(first), told)
    numbers = Numbers()
    portal_ids = sorted({p for week in moment.weeks for p in moment.shelf.about(week).portal_ids})
    for portal_id in portal_ids:
        weeks = [
            week for week in moment.weeks_of(portal_id) if not moment.shelf.about(week).is_import
        ]
        ends: Ints = np.zeros(0, dtype=np.int64)
        for week in weeks:
            piece = numbers.piece(moment, portal_id, week)
            yield from _check_edge(piece, week, ends)
            ends = _ends(piece)


def _check_edge(piece: Piece, week: IsoWeek, ends: Ints) -> Iterator[Finding]:
    """Compare what a week says of the time before it with what was open then."""
    spans = piece.portal.spans
    own = piece.span_calendar != LEFT_OUT
    begins = np.unique(key_of(piece.span_calendar, piece.span_slot)[spans.from_before & own])
    lost = int((~np.isin(ends, begins)).sum())
    new = int((~np.isin(begins, ends)).sum())
    portal_id = piece.portal.record.portal_id
    if new:
        told = f"{new} spans of {portal_id} were open before it, but no week before it has them"
        yield Finding(Severity.WARNING, str(week), told)
    if lost:
        told = f"{lost} spans of {portal_id} were open at the end of the week before, but are not in it"
        yield Finding(Severity.WARNING, str(week), told)


def _ends(piece: Piece) -> Ints:
    spans = piece.portal.spans
    own = (piece.span_calendar != LEFT_OUT) & (spans.closed == len(piece.taken_at))
    ends: Ints = np.unique(key_of(piece.span_calendar, piece.span_slot)[own])
    return ends
