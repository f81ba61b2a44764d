"""Taking rows out of the live part that are sealed: what goes, and what the writer must still know."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, delete, func, select, text, update

from amtspuls.archive.cutting import LivePortal
from amtspuls.archive.schema import CALENDARS, CAPACITY_CHANGES, PORTALS, SNAPSHOTS, SPANS, VIEWS
from amtspuls.archive.sealed.read import SealedWeek
from amtspuls.archive.times import Ints, seconds_of
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ArchiveError
from amtspuls.model import Outcome

_ANSWERED = [outcome.value for outcome in Outcome if outcome.answered]


def free_bytes(connection: Connection) -> int:
    """Room in the database file that nothing uses."""
    pages = connection.scalar(text("PRAGMA freelist_count")) or 0
    return int(pages) * int(connection.scalar(text("PRAGMA page_size")) or 0)


def last_to_take(
    connection: Connection, portal: LivePortal, sealed: SealedWeek, week: IsoWeek
) -> int | None:
    """``taken_at`` of a portal's last snapshot to be taken out; None when there is none.

    Raises:
        ArchiveError: The sealed week does not have exactly these snapshots.
    """
    there = np.zeros(0, dtype=np.int64)
    if portal.record.portal_id in sealed.portal_ids:
        there = sealed.portal(portal.record.portal_id).snapshots.taken_at
    until_s = int(there[-1]) + 1 if len(there) else seconds_of(week.bounds(portal.zone)[1])
    live: Ints = np.array(
        connection.scalars(
            select(SNAPSHOTS.c.taken_at)
            .where(SNAPSHOTS.c.portal == portal.number, SNAPSHOTS.c.taken_at < until_s)
            .order_by(SNAPSHOTS.c.taken_at)
        ).all(),
        dtype=np.int64,
    )
    if not len(live):
        return None
    if not np.array_equal(live, there):
        raise ArchiveError(
            f"{sealed.path} does not hold what the live part has of {portal.record.portal_id} in week {week}"
            f" ({len(there)} and {len(live)} snapshots): move that week away, then run again",
            portal=portal.record.portal_id,
            week=str(week),
        )
    return int(live[-1])


def remember(connection: Connection, portal: LivePortal, last: int) -> None:
    """Keep what the writer asks for: the newest snapshot, its effort, and when calendars were seen."""
    requests = connection.scalar(
        select(SNAPSHOTS.c.requests)
        .where(
            SNAPSHOTS.c.portal == portal.number,
            SNAPSHOTS.c.taken_at <= last,
            SNAPSHOTS.c.outcome.in_(_ANSWERED),
        )
        .order_by(SNAPSHOTS.c.taken_at.desc())
        .limit(1)
    )
    values = {"sealed_at": last} | ({} if requests is None else {"sealed_requests": requests})
    connection.execute(update(PORTALS).where(PORTALS.c.number == portal.number).values(values))
    seen_at = (
        select(func.max(SNAPSHOTS.c.taken_at))
        .join(VIEWS, VIEWS.c.snapshot == SNAPSHOTS.c.number)
        .where(VIEWS.c.calendar == CALENDARS.c.number, SNAPSHOTS.c.taken_at <= last)
        .correlate(CALENDARS)
        .scalar_subquery()
    )
    connection.execute(
        update(CALENDARS)
        .where(CALENDARS.c.portal == portal.number)
        .values(sealed_at=func.coalesce(seen_at, CALENDARS.c.sealed_at))
    )


def delete_until(connection: Connection, portal: LivePortal, last: int) -> None:
    """Delete what a portal's snapshots up to ``last`` showed and what was over by then."""
    calendars = select(CALENDARS.c.number).where(CALENDARS.c.portal == portal.number)
    snapshots = (SNAPSHOTS.c.portal == portal.number) & (SNAPSHOTS.c.taken_at <= last)
    newest = select(func.max(SNAPSHOTS.c.number)).where(snapshots).scalar_subquery()
    connection.execute(
        delete(VIEWS).where(VIEWS.c.calendar.in_(calendars), VIEWS.c.snapshot <= newest)
    )
    connection.execute(
        delete(SPANS).where(SPANS.c.calendar.in_(calendars), SPANS.c.closed_at <= last)
    )
    later = CAPACITY_CHANGES.alias()
    of_slot = CAPACITY_CHANGES.c
    newer = (
        select(later.c.at)
        .where(
            later.c.calendar == of_slot.calendar,
            later.c.slot == of_slot.slot,
            later.c.at > of_slot.at,
            later.c.at <= last,
        )
        .exists()
    )
    # The writer compares the places of open slots with the newest that it knows.
    kept = (
        select(SPANS.c.slot)
        .where(
            SPANS.c.calendar == of_slot.calendar,
            SPANS.c.slot == of_slot.slot,
            SPANS.c.opened_at <= of_slot.at,
        )
        .exists()
    )
    connection.execute(
        delete(CAPACITY_CHANGES).where(
            of_slot.calendar.in_(calendars), of_slot.at <= last, newer | ~kept
        )
    )
    connection.execute(delete(SNAPSHOTS).where(snapshots))
