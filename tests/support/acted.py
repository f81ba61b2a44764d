"""Pages on which every change is told beforehand, so that it is known which kind each of them is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from amtspuls.analysis.evidence import Evidence, load_evidence
from amtspuls.analysis.kinds import KINDS, Kind
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.transitions import Transitions, find_transitions
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Slot,
    Snapshot,
    View,
    slot_from_local,
    utc_from_slot,
)
from support.planted import MONDAY, RECORD, ZONE

QUARTER = timedelta(minutes=15)


def at(day: int, wall: str, first: date = MONDAY) -> datetime:
    """An instant from the number of a day and local wall time; of two of one wall time the first."""
    local = datetime.combine(first + timedelta(days=day), time.fromisoformat(wall), ZONE)
    return local.astimezone(UTC)


def start(day: int, wall: str, first: date = MONDAY) -> Slot:
    """A slot from the number of its day and local wall time."""
    return slot_from_local(datetime.combine(first + timedelta(days=day), time.fromisoformat(wall)))


def office_hours(
    days: Iterable[int], grid_min: int = 15, first: date = MONDAY, hours: int = 4
) -> list[Slot]:
    """All start times from 8 o'clock on of some days."""
    return [
        Slot(start(day, "08:00", first) + minute)
        for day in days
        for minute in range(0, 60 * hours, grid_min)
    ]


def around(slot: Slot, steps: int, grid_min: int = 15) -> list[Slot]:
    """A start time and those up to so many steps before and after it."""
    return [Slot(slot + grid_min * step) for step in range(-steps, steps + 1)]


@cache
def _begin(slot: Slot) -> datetime:
    return utc_from_slot(slot, ZONE)


@dataclass
class Page:
    """A portal that shows what it is told to.

    Attributes:
        keys: Its calendars.
        days: How long it is watched.
        step: Distance of snapshots.
        first: First day; watching begins at its midnight, local time.
        ahead: Days that views cover.
        period_s: Planned period; ``step`` when missing.
    """

    keys: tuple[str, ...] = ("a",)
    days: int = 14
    step: timedelta = QUARTER
    first: date = MONDAY
    ahead: int = 60
    period_s: int | None = None
    _acts: dict[str, list[tuple[datetime, Slot, bool]]] = field(default_factory=dict)
    _blind: list[tuple[datetime, datetime]] = field(default_factory=list)

    def show(
        self, slots: Iterable[Slot], when: datetime | None = None, *, keys: Sequence[str] = ()
    ) -> None:
        """Show slots from an instant on; from the begin when it is missing."""
        self._act(slots, when or datetime(2000, 1, 1, tzinfo=UTC), keys, shown=True)

    def hide(self, slots: Iterable[Slot], when: datetime, *, keys: Sequence[str] = ()) -> None:
        """Hide them from an instant on."""
        self._act(slots, when, keys, shown=False)

    def hold(self, slots: Sequence[Slot], when: datetime, minutes: float) -> None:
        """Hide them for some minutes."""
        self.hide(slots, when)
        self.show(slots, when + timedelta(minutes=minutes))

    def fail(self, from_at: datetime, until_at: datetime) -> None:
        """Answer nothing for a while."""
        self._blind.append((from_at, until_at))

    def _act(
        self, slots: Iterable[Slot], when: datetime, keys: Sequence[str], *, shown: bool
    ) -> None:
        for key in keys or self.keys:
            mine = self._acts.setdefault(key, [])
            mine.extend((when, slot, shown) for slot in slots)

    def snapshots(self) -> Iterator[Snapshot]:
        """What was seen of it."""
        acts = {key: sorted(self._acts.get(key, []), key=lambda act: act[0]) for key in self.keys}
        shown: dict[str, set[Slot]] = {key: set() for key in self.keys}
        done = dict.fromkeys(self.keys, 0)
        covered = Covered.from_ranges(
            [(self.first - timedelta(days=1), self.first + timedelta(days=self.ahead))]
        )
        now = at(0, "00:00", self.first) + timedelta(minutes=2)
        end = at(self.days, "00:00", self.first)
        while now < end:
            for key in self.keys:
                while done[key] < len(acts[key]) and acts[key][done[key]][0] <= now:
                    _, slot, free = acts[key][done[key]]
                    (shown[key].add if free else shown[key].discard)(slot)
                    done[key] += 1
            yield self._taken(now, shown, covered)
            now += self.step

    def _taken(self, now: datetime, shown: Mapping[str, set[Slot]], covered: Covered) -> Snapshot:
        outcome, views = Outcome.OK, []
        if any(from_at <= now < until_at for from_at, until_at in self._blind):
            outcome = Outcome.UNREACHABLE
        else:
            for key in self.keys:
                slots = sorted(slot for slot in shown[key] if _begin(slot) > now)
                views.append(View(Calendar(key, key), Outcome.OK, covered, tuple(slots)))
        period_s = self.period_s or int(self.step.total_seconds())
        return Snapshot("planted", now, now, outcome, tuple(views), period_s=period_s)

    def evidence(self, selection: Selection | None = None) -> Evidence:
        """What is known of it."""
        archive = ScoreArchive(RECORD, self.snapshots())
        (found,) = load_evidence(archive, selection or Selection())
        return found

    def transitions(self, selection: Selection | None = None) -> Transitions:
        """What the typed rule says."""
        return find_transitions(self.evidence(selection))


Told = dict[tuple[int, Slot, bool], list[tuple[Kind, str]]]


def told(found: Transitions) -> Told:
    """Kinds and reasons by (calendar, slot, opening), in the order of time."""
    kinds: Told = {}
    changes = found.changes
    for calendar, slot, opening, kind, reason in zip(
        changes.calendar.tolist(),
        changes.slot.tolist(),
        changes.opening.tolist(),
        changes.kind.tolist(),
        changes.reason.tolist(),
        strict=True,
    ):
        told_of = kinds.setdefault((calendar, Slot(slot), opening), [])
        told_of.append((KINDS[kind], found.reasons[reason]))
    return kinds


def kinds_of(found: Transitions, slot: Slot, *, opening: bool = False) -> list[Kind]:
    """Kinds of the changes of a slot of the first calendar, in the order of time."""
    return [kind for kind, _ in told(found).get((min(found.changes.calendar), slot, opening), [])]
