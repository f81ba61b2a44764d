"""Moving weeks that are over out of the live archive into sealed ones: all or nothing per week.

A week is written whole and moved into its place, then one transaction takes its rows out of the live part
and notes the week there. Between the two, readers leave the live rows out (``archive.moment``), and the next
run finishes the work. Nothing is taken out that is not in the sealed week, snapshot by snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from amtspuls.archive.base import ArchiveWriter
from amtspuls.archive.cutting import LivePortal, cut_portal, live_portals
from amtspuls.archive.emptying import delete_until, free_bytes, last_to_take, remember
from amtspuls.archive.schema import (
    SEALED_WEEKS,
    SNAPSHOTS,
    TEXTS,
    VIEWS,
)
from amtspuls.archive.sealed.manifest import LIVE
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.times import instant_of, seconds_of
from amtspuls.archive.week import IsoWeek, is_sealed, sealed_weeks
from amtspuls.archive.writer import LiveWriter
from amtspuls.errors import ArchiveError, ConfigError


@dataclass(frozen=True, slots=True)
class WeekSealed:
    """What sealing one week did.

    Attributes:
        week: Which week.
        finished: Whether it was sealed before and only its rows were left to be taken out.
        portals: Portals in it.
        snapshots: Snapshots in it.
        spans: Spans in it, those that cross its edges included.
        live_bytes: What the live part has room for again.
        sealed_bytes: Length of the week's files.
    """

    week: IsoWeek
    finished: bool
    portals: int
    snapshots: int
    spans: int
    live_bytes: int
    sealed_bytes: int


def seal_weeks(
    writer: ArchiveWriter,
    now: datetime,
    *,
    until: IsoWeek | None = None,
    on_week: Callable[[IsoWeek], None] = lambda _: None,
) -> list[WeekSealed]:
    """Seal every week that is over, the oldest first; what a killed run left is finished before.

    A week is over when the clock, or the newest snapshot where that is later, is past its end in the zone of
    every portal.

    Args:
        writer: The archive, opened for writing by ``live.open_writer``.
        now: The clock, aware UTC.
        until: Last week to seal; without it all that are over.
        on_week: Called before each week.

    Returns:
        What was done, by week.

    Raises:
        ArchiveError: The archive is none of ours, a week was imported although the live part has snapshots
            in it, or a sealed week lacks what is to be taken out. Weeks before that are sealed.
        ConfigError: ``until`` is not over.
        OutputError: The disk is full.
    """
    if not isinstance(writer, LiveWriter):
        raise ArchiveError("only an archive of files can be sealed")
    done = [_finish(writer, week, on_week) for week in pending_weeks(writer)]
    with writer.transaction() as connection:
        weeks = weeks_over(connection, now, until)
    for week in weeks:
        on_week(week)
        _write(writer, week)
        done.append(_take_out(writer, week, finished=False))
    return done


def count_weeks(writer: ArchiveWriter, now: datetime, *, until: IsoWeek | None = None) -> int:
    """How many weeks ``seal_weeks`` would handle.

    Raises:
        ArchiveError: The archive cannot be read.
        ConfigError: ``until`` is not over.
    """
    if not isinstance(writer, LiveWriter):
        return 0
    pending = set(pending_weeks(writer))
    with writer.transaction() as connection:
        return len(pending.union(weeks_over(connection, now, until)))


def compact(writer: ArchiveWriter) -> None:
    """Shrink the live part to what it holds; needs as much room again while it runs.

    Raises:
        ArchiveError: The disk is full; the archive is as before.
    """
    if isinstance(writer, LiveWriter):
        writer.compact()


def live_weeks(connection: Connection) -> set[IsoWeek]:
    """Weeks in which the live part has snapshots, each portal's by its own zone."""
    portals = live_portals(connection)
    return {week for portal in portals for week in weeks_of(connection, portal)}


def pending_weeks(writer: LiveWriter) -> list[IsoWeek]:
    """Weeks sealed from here whose rows may still be in the live part too."""
    with writer.transaction() as connection:
        moved = set(connection.scalars(select(SEALED_WEEKS.c.week)))
    return [
        week
        for week in sealed_weeks(writer.weeks)
        if str(week) not in moved and open_week(writer.weeks, week).manifest.source == LIVE
    ]


def weeks_over(connection: Connection, now: datetime, until: IsoWeek | None) -> list[IsoWeek]:
    """Weeks of the live part that are over, ascending.

    Raises:
        ConfigError: ``until`` is not over.
    """
    portals = live_portals(connection)
    newest = connection.scalar(select(func.max(SNAPSHOTS.c.taken_at)))
    moment = now if newest is None else max(now, instant_of(newest))

    def is_over(week: IsoWeek) -> bool:
        return all(week.bounds(portal.zone)[1] <= moment for portal in portals)

    if until is not None and not is_over(until):
        raise ConfigError(f"week {until} is not over yet: name an earlier one with --until")
    weeks = live_weeks(connection)
    return sorted(week for week in weeks if is_over(week) and (until is None or week <= until))


def weeks_of(connection: Connection, portal: LivePortal) -> Iterator[IsoWeek]:
    """Weeks in which a portal has snapshots; one question per week, not one row per snapshot."""
    at: int | None = 0
    while True:
        at = connection.scalar(
            select(func.min(SNAPSHOTS.c.taken_at)).where(
                SNAPSHOTS.c.portal == portal.number, SNAPSHOTS.c.taken_at >= at
            )
        )
        if at is None:
            return
        week = IsoWeek.of(instant_of(at).astimezone(portal.zone).date())
        yield week
        at = seconds_of(week.bounds(portal.zone)[1])


def _until_s(week: IsoWeek, portal: LivePortal) -> int:
    return seconds_of(week.bounds(portal.zone)[1])


def _write(writer: LiveWriter, week: IsoWeek) -> None:
    if is_sealed(writer.weeks, week):
        source = open_week(writer.weeks, week).manifest.source
        raise ArchiveError(
            f"week {week} is there already, out of {source}, and the live part has snapshots in it too:"
            f" move one of the two to another archive ({writer.weeks})",
            week=str(week),
        )
    with writer.transaction() as connection:
        write_week(writer.weeks, week, _cut_all(connection, week), LIVE)


def _cut_all(connection: Connection, week: IsoWeek) -> Iterator[SealedPortal]:
    for portal in live_portals(connection):
        sealed = cut_portal(connection, portal, _until_s(week, portal))
        if sealed is not None:
            yield sealed


def _finish(writer: LiveWriter, week: IsoWeek, on_week: Callable[[IsoWeek], None]) -> WeekSealed:
    on_week(week)
    return _take_out(writer, week, finished=True)


def _take_out(writer: LiveWriter, week: IsoWeek, *, finished: bool) -> WeekSealed:
    """Take the rows of a sealed week out of the live part, in one transaction."""
    sealed = open_week(writer.weeks, week)
    sealed.verify()
    # Without an index for it, every deleted snapshot would be looked for among all views.
    with writer.unchecked(), writer.transaction() as connection:
        before = free_bytes(connection)
        for portal in live_portals(connection):
            last = last_to_take(connection, portal, sealed, week)
            if last is not None:
                remember(connection, portal, last)
                delete_until(connection, portal, last)
        connection.execute(
            delete(TEXTS).where(
                TEXTS.c.number.not_in(select(VIEWS.c.covered)),
                TEXTS.c.number.not_in(select(VIEWS.c.asked)),
            )
        )
        connection.execute(insert(SEALED_WEEKS).values(week=str(week)))
        freed = free_bytes(connection) - before
    manifest = sealed.manifest
    return WeekSealed(
        week=week,
        finished=finished,
        portals=len(manifest.portals),
        snapshots=sum(counts.snapshots for counts in manifest.portals),
        spans=sum(counts.spans for counts in manifest.portals),
        live_bytes=max(0, freed),
        sealed_bytes=manifest.size_bytes,
    )
