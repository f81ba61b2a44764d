"""One round: a snapshot of each of many portals, concurrent across hosts, stored as they come in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from amtspuls.archive.base import ArchiveWriter, Stop, Stored
from amtspuls.catalogue.portal import HostRule, Portal
from amtspuls.catalogue.render import portal_mapping
from amtspuls.clock import Clock
from amtspuls.collect.plan import host_of
from amtspuls.collect.take import Plan, parser_of, take_snapshot
from amtspuls.errors import ArchiveError, OutputError
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.tape.layout import About
from amtspuls.fetch.tape.record import Recorder
from amtspuls.log import get_log
from amtspuls.model import Outcome, Snapshot

DEFAULT_PARALLEL = 16
_DEFAULT_CONCURRENCY = 1


@dataclass(frozen=True, slots=True)
class Taken:
    """One finished snapshot of a round; ``stored`` is None in a dry run."""

    portal: Portal
    snapshot: Snapshot
    stored: Stored | None


@dataclass(slots=True)
class Round:
    """Everything that a round needs; reusable from round to round.

    Attributes:
        clock: The clock.
        fetcher: Client with its gates.
        archive: Where snapshots go; None in a dry run.
        rules: Gates that differ, by host name: as many portals of a host are read at a time.
        weeks: Weeks to look ahead; None for everything, at most nine.
        parallel: Portals read at a time over all hosts.
        periods: Planned period in seconds by portal id; portals not in it have none.
        tape: What portals send is recorded on it.
    """

    clock: Clock
    fetcher: Fetcher
    archive: ArchiveWriter | None = None
    rules: Mapping[str, HostRule] = field(default_factory=dict)
    weeks: int | None = None
    parallel: int = DEFAULT_PARALLEL
    periods: Mapping[str, int] = field(default_factory=dict)
    tape: Recorder | None = None

    async def run(
        self, portals: Sequence[Portal], on_taken: Callable[[Taken], None] = lambda taken: None
    ) -> list[Taken]:
        """Take and store one snapshot of each portal.

        One portal's failure touches no other. Portals of one host are read one after the other (or as
        many at a time as its rule allows), hosts beside each other.

        Args:
            portals: Whom to ask; ids are unique.
            on_taken: Called after each snapshot, in the order in which they finish.

        Returns:
            The snapshots in the order of ``portals``.

        Raises:
            ArchiveError: The archive cannot be written; what it held and the snapshots stored before
                are safe.
            OutputError: The tape cannot be written; as above.
        """
        self.fetcher.gates.new_round()
        slots = asyncio.Semaphore(self.parallel)
        lanes: dict[str, asyncio.Semaphore] = {}
        stops = self.archive.stops() if self.archive else {}
        taken: dict[str, Taken] = {}

        async def read(portal: Portal) -> None:
            lane = lanes.setdefault(host_of(portal), asyncio.Semaphore(self._concurrency(portal)))
            async with lane, slots:
                taken[portal.id] = await self._one(portal, stops)
            on_taken(taken[portal.id])

        try:
            async with asyncio.TaskGroup() as group:
                for portal in portals:
                    group.create_task(read(portal))
        except* (ArchiveError, OutputError) as broken:
            raise broken.exceptions[0] from broken
        finally:
            self._remember_hosts()
        return [taken[portal.id] for portal in portals]

    def _concurrency(self, portal: Portal) -> int:
        rule = self.rules.get(host_of(portal).partition(":")[0])
        return rule.concurrency if rule else _DEFAULT_CONCURRENCY

    async def _one(self, portal: Portal, stops: Mapping[str, Stop]) -> Taken:
        if portal.off or portal.id in stops:
            snapshot = self._skipped(portal, stops.get(portal.id))
            if self.tape:
                plan = Plan(portal, self.weeks, snapshot.period_s)
                self.tape.leave_out(self._about(plan, snapshot.taken_at), snapshot)
        else:
            known = self.archive.known_calendars(portal.id) if self.archive else ()
            plan = Plan(portal, self.weeks, self.periods.get(portal.id), known)
            started_at = self.clock.now().replace(microsecond=0)
            line = self.tape.begin(self._about(plan, started_at)) if self.tape else None
            async with self.fetcher.session(portal, line) as session:
                snapshot = await take_snapshot(plan, session, self.clock, started_at=started_at)
                refused = session.refusal is not None or snapshot.outcome is Outcome.REFUSED
            if snapshot.outcome is Outcome.THROTTLED:
                self._remember_hosts()  # at once: a host that asked for silence gets it, come what may
            if refused:
                self._stop(portal, snapshot, str(session.refusal or snapshot.reason))
            if line:
                line.end(snapshot)  # only now: a full disk must not make us forget a refusal
        stored = self.archive.store(portal, snapshot) if self.archive else None
        get_log().info(
            "snapshot_taken",
            portal=portal.id,
            system=portal.system,
            host=host_of(portal),
            outcome=str(snapshot.outcome),
            requests=snapshot.requests,
        )
        return Taken(portal, snapshot, stored)

    def _about(self, plan: Plan, taken_at: datetime) -> About:
        return About(
            portal=portal_mapping(plan.portal),
            taken_at=taken_at,
            parser=parser_of(plan.portal),
            limits=self.fetcher.limits,
            weeks=plan.weeks,
            period_s=plan.period_s,
            known=plan.known,
        )

    def _remember_hosts(self) -> None:
        """Keep budgets, silences and robots.txt for the next process, interrupted rounds included."""
        if self.archive:
            self.archive.save_host_states(self.fetcher.gates.states().values())

    def _skipped(self, portal: Portal, stop: Stop | None) -> Snapshot:
        now = self.clock.now().replace(microsecond=0)
        reason = portal.off or "off"
        if stop:
            reason = (
                f"stopped since {stop.since:%Y-%m-%d %H:%M} UTC ({stop.reason}); "
                f"ask the office, then: amtspuls stops --lift {portal.id}"
            )
        return Snapshot(
            portal.id,
            now,
            now,
            Outcome.SKIPPED,
            period_s=self.periods.get(portal.id),
            reason=reason,
        )

    def _stop(self, portal: Portal, snapshot: Snapshot, reason: str) -> None:
        get_log().warning("portal_stopped", portal=portal.id, host=host_of(portal), reason=reason)
        if self.archive:
            self.archive.stop(Stop(portal.id, snapshot.taken_at, reason))


def count_outcomes(taken: Iterable[Taken]) -> dict[Outcome, int]:
    """Count snapshots by outcome, those that occur, in the order of ``Outcome``."""
    outcomes = [one.snapshot.outcome for one in taken]
    return {outcome: outcomes.count(outcome) for outcome in Outcome if outcome in outcomes}
