"""What one snapshot changes in one calendar: pure, on sorted arrays, work proportional to the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.times import Ints, begun, starts_of
from amtspuls.errors import ArchiveError
from amtspuls.model import Calendar, Covered, View

EMPTY: Ints = np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class CalendarMemory:
    """What the writer remembers of a calendar between two snapshots.

    Attributes:
        number: Number of its row; 0 before it has one.
        calendar: Key, name and services as stored.
        slots: Slots of its open spans, ascending.
        opened_at: When each of them opened; same shape.
        capacities: Places last shown, by slot, of open spans that have any.
    """

    number: int
    calendar: Calendar
    slots: Ints = field(default_factory=EMPTY.copy)
    opened_at: Ints = field(default_factory=EMPTY.copy)
    capacities: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalendarChanges:
    """What becomes of a calendar; arrays of one group have one shape.

    Attributes:
        opened: Slots whose spans open.
        closed: Slots whose spans close.
        closed_opened_at: When those had opened.
        closed_at: When they close.
        slots: Open afterwards, ascending.
        opened_at: When each of those opened.
        free: Slots shown that had not begun; None when the calendar gave no answer.
        capacity_changes: Slot and places (None: no longer shown), where they changed.
        capacities: Places known afterwards.
    """

    opened: Ints
    closed: Ints
    closed_opened_at: Ints
    closed_at: Ints
    slots: Ints
    opened_at: Ints
    free: int | None
    capacity_changes: tuple[tuple[int, int | None], ...]
    capacities: dict[int, int]


def changes_of(
    memory: CalendarMemory, view: View | None, taken_at: int, zone: ZoneInfo
) -> CalendarChanges | None:
    """Compare what is open with what a snapshot shows.

    Args:
        memory: What is open.
        view: The calendar's view; None when the snapshot has none.
        taken_at: Start of the snapshot, Unix seconds.
        zone: Zone of the slots.

    Returns:
        The changes; None when the calendar gave no answer and none of its slots has begun.

    Raises:
        ArchiveError: The slots are not ascending and unique, or one lies on a day not covered.
    """
    if view is not None and not view.outcome.answered:
        view = None
    over = begun(memory.slots, taken_at, zone)
    if view is None and not over.any():
        return None
    shown = EMPTY if view is None else _shown(view)
    shown = shown[~begun(shown, taken_at, zone)]
    covered = on_covered_days(memory.slots, Covered() if view is None else view.covered)
    gone = over | (covered & ~_among(memory.slots, shown))
    opened = shown[~_among(shown, memory.slots)]
    slots, opened_at = _open_afterwards(memory, gone, opened, taken_at)
    places = _places(view, shown)
    changed, capacities = _capacities(
        memory.capacities, memory.slots[over], memory.slots[covered & ~over], places
    )
    closed_at = np.where(over, starts_of(memory.slots, zone), taken_at) if over.any() else taken_at
    return CalendarChanges(
        opened=opened,
        closed=memory.slots[gone],
        closed_opened_at=memory.opened_at[gone],
        # Only where the portal's zone was corrected meanwhile can a start lie before the opening.
        closed_at=np.maximum(closed_at, memory.opened_at)[gone],
        slots=slots,
        opened_at=opened_at,
        free=None if view is None else len(shown),
        capacity_changes=changed,
        capacities=capacities,
    )


def _open_afterwards(
    memory: CalendarMemory, gone: NDArray[np.bool_], opened: Ints, taken_at: int
) -> tuple[Ints, Ints]:
    """Return what is open when ``gone`` is closed and ``opened`` is opened, ascending by slot."""
    slots = np.concatenate((memory.slots[~gone], opened))
    opened_at = np.concatenate((memory.opened_at[~gone], np.full_like(opened, taken_at)))
    order = np.argsort(slots, kind="stable")
    return slots[order], opened_at[order]


def _places(view: View | None, shown: Ints) -> Mapping[int, int]:
    """Return the free places of the slots shown, where the portal shows any."""
    if view is None or not view.capacities:
        return {}
    return {slot: view.capacities[slot] for slot in view.capacities.keys() & set(shown.tolist())}


def on_covered_days(slots: Ints, covered: Covered) -> NDArray[np.bool_]:
    """Return which of the ascending ``slots`` lie on covered days."""
    mask = np.zeros(len(slots), dtype=np.bool_)
    for first, until in covered.slot_bounds():
        low, high = np.searchsorted(slots, (first, until))
        mask[low:high] = True
    return mask


def _among(slots: Ints, others: Ints) -> NDArray[np.bool_]:
    """Return which of ``slots`` are among ``others``; both ascending and unique."""
    if not len(others):
        return np.zeros(len(slots), dtype=np.bool_)
    places = np.searchsorted(others, slots)
    places[places == len(others)] = 0
    found: NDArray[np.bool_] = others[places] == slots
    return found


def _shown(view: View) -> Ints:
    slots = np.array(view.slots, dtype=np.int64)
    if len(slots) and not (
        bool(np.all(slots[1:] > slots[:-1])) and bool(on_covered_days(slots, view.covered).all())
    ):
        raise ArchiveError(
            f"calendar {view.calendar.key!r}: its slots are not ascending and unique, or one is on a day"
            " that was not covered: report this as a fault of the booking system's reader",
            calendar=view.calendar.key,
        )
    return slots


def _capacities(
    known: Mapping[int, int], over: Ints, asked_about: Ints, now: Mapping[int, int]
) -> tuple[tuple[tuple[int, int | None], ...], dict[int, int]]:
    """Compare places per slot.

    Args:
        known: Places last shown.
        over: Slots that have begun: forgotten without a word.
        asked_about: Open slots on covered days.
        now: Places shown now.

    Returns:
        What changed, ascending by slot, and all places known afterwards.
    """
    if not known and not now:
        return (), {}
    after = {slot: known[slot] for slot in known.keys() - set(over.tolist())}
    changed: dict[int, int | None] = dict.fromkeys(
        (after.keys() & set(asked_about.tolist())) - now.keys()
    )
    for slot in changed:
        del after[slot]
    changed.update((slot, places) for slot, places in now.items() if known.get(slot) != places)
    after.update(now)
    return tuple(sorted(changed.items())), after
