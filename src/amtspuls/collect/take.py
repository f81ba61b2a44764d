"""One snapshot of one portal: the boundary at which errors become outcomes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import Clock
from amtspuls.collect.judge import drop_past, judge_outcome, merge_views, require_plausible
from amtspuls.errors import AmtspulsError, ConfigError, UnreachableError
from amtspuls.fetch.session import PortalSession
from amtspuls.log import get_log
from amtspuls.model import KnownCalendar, Outcome, Snapshot, View, Window
from amtspuls.systems.base import Ask, FullWeeks, System
from amtspuls.systems.registry import require_system

MAX_WEEKS = 9
"""What a snapshot asks about when nobody says how far: everything a portal offers, at most this."""

LIMIT_S = 3600.0
"""Real seconds after which a portal is given up in this round; single requests have limits of their own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wanted of one portal in this round.

    Attributes:
        portal: Catalogue entry.
        weeks: Weeks to look ahead; None for everything, at most ``MAX_WEEKS``.
        period_s: Planned distance to the next snapshot, None when none is planned.
        known: Calendars that the archive remembers, newest first.
    """

    portal: Portal
    weeks: int | None = None
    period_s: int | None = None
    known: tuple[KnownCalendar, ...] = ()


async def take_snapshot(
    plan: Plan, session: PortalSession, clock: Clock, *, started_at: datetime | None = None
) -> Snapshot:
    """Take one snapshot; whatever goes wrong becomes its outcome, never an exception.

    Args:
        plan: What is wanted.
        session: A fresh client session for this portal.
        clock: Supplies ``taken_at`` (start, whole seconds) and today's date in the portal's zone.
        started_at: The start where it is fixed already, aware UTC.
    """
    portal = plan.portal
    started_at = _seconds(started_at or clock.now())
    today = started_at.astimezone(portal.zone_info).date()
    parser = portal.system
    views: tuple[View, ...] = ()
    try:
        system = require_system(portal.system)
        parser = f"{system.name}/{system.version}"
        window = window_of(system, today, plan.weeks)
        outcome, reason, views = await _read(
            system, session, Ask(portal, window, plan.known), started_at
        )
    except AmtspulsError as error:
        outcome, reason = Outcome(error.outcome), str(error)
    except Exception as error:  # noqa: BLE001 - the one task boundary: a bug in one parser must not end the round
        get_log().exception("snapshot_crashed", portal=portal.id, system=portal.system)
        outcome, reason = Outcome.CHANGED, f"internal error, please report it: {error!r}"
    return Snapshot(
        portal_id=portal.id,
        taken_at=started_at,
        finished_at=max(started_at, _seconds(clock.now())),
        outcome=outcome,
        views=views,
        requests=session.requests,
        bytes=session.bytes,
        period_s=plan.period_s,
        parser=parser,
        reason=reason,
    )


def parser_of(portal: Portal) -> str:
    """Return system and version of the parser, e.g. ``tempus/1``; the system alone if nobody brings it."""
    try:
        system = require_system(portal.system)
    except ConfigError:
        return portal.system
    return f"{system.name}/{system.version}"


def window_of(system: System, today: date, weeks: int | None) -> Window:
    """Return the local days to ask about.

    Args:
        system: One that shows calendar weeks is asked for full ones (``FullWeeks``).
        today: In the portal's zone.
        weeks: None for everything, at most ``MAX_WEEKS`` from today.
    """
    if weeks is not None and isinstance(system, FullWeeks) and system.asks_full_weeks:
        return Window.full_weeks(today, weeks)
    return Window.weeks_ahead(today, weeks or MAX_WEEKS)


async def _read(
    system: System, session: PortalSession, ask: Ask, started_at: datetime
) -> tuple[Outcome, str, tuple[View, ...]]:
    system.check_portal(ask.portal)
    try:
        async with asyncio.timeout(LIMIT_S):
            reading = await system.fetch_portal(session, ask)
    except TimeoutError as error:
        raise UnreachableError(
            f"gave up after {LIMIT_S:.0f} seconds", url=ask.portal.url, host=ask.portal.url
        ) from error
    outcome, reason = judge_outcome(reading)
    views = merge_views(drop_past(view, ask.portal, started_at) for view in reading.views)
    require_plausible(ask.portal, outcome, (view.slots for view in views))
    return outcome, reason, views


def _seconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
