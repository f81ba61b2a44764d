"""Transitions: every opening and closing of a span with its kind, and the bookings and cancellations in them.

How a kind is told is explained in docs/reference/transitions.md; the work is done in ``analysis.typed``, on what
``analysis.behaviour`` learned of each calendar. Nothing but snapshots goes in.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.behaviour import Behaviour
from amtspuls.analysis.changes import Bools, Changes
from amtspuls.analysis.events import Events, Transitions
from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import order_by
from amtspuls.analysis.typed.find import RULE, Typing, type_changes
from amtspuls.analysis.typed.labels import Reason
from amtspuls.analysis.typed.scene import LONG_AGO
from amtspuls.analysis.typed.tally import (
    Tally,
    tally_bookings,
    tally_cancellations,
    tally_hidden,
)

T = TypeVar("T", np.bool_, np.float64, np.int64)

__all__ = ["RULE", "Events", "Transitions", "find_transitions", "transitions_of"]

REASONS = tuple(reason.text for reason in Reason)
"""What ``Changes.reason`` counts."""


def find_transitions(evidence: Evidence, behaviour: Behaviour | None = None) -> Transitions:
    """Say what happened in one portal.

    Args:
        evidence: The portal.
        behaviour: What was learned of its calendars; learned here, from whole weeks, when missing.
    """
    learned_from = evidence.in_whole_weeks if behaviour is None else evidence
    return transitions_of(type_changes(learned_from, behaviour), evidence)


def transitions_of(typing: Typing, asked: Evidence | None = None) -> Transitions:
    """Put together what the typed rule says, for the asked range.

    Args:
        typing: What it says.
        asked: The range, where that is a part of what the rule saw.
    """
    evidence = asked or typing.scene.evidence
    changes = _changes(typing, evidence)
    bookings, bookings_by_calendar = _both(typing, evidence, tally_bookings)
    cancellations, cancellations_by_calendar = _both(typing, evidence, tally_cancellations)
    hidden, hidden_by_calendar = _both(typing, evidence, tally_hidden)
    fresh = changes.of(Kind.HORIZON_ROLL, Kind.RELEASED)
    unseen = (typing.scene.open_seen_at == LONG_AGO) & evidence.in_range(typing.scene.opened_at)
    return Transitions(
        bookings=bookings,
        cancellations=cancellations,
        openings=_each(fresh),
        bookings_by_calendar=bookings_by_calendar,
        cancellations_by_calendar=cancellations_by_calendar,
        hidden=hidden,
        hidden_by_calendar=hidden_by_calendar,
        first_sight=int(unseen.sum()),
        changes=changes,
        rule=RULE,
        reasons=REASONS,
    )


class _Tallying(Protocol):
    """Counts something, once or once for each calendar."""

    def __call__(self, typing: Typing, *, each_calendar: bool = False) -> Tally: ...


def _both(typing: Typing, evidence: Evidence, tally: _Tallying) -> tuple[Events, Events]:
    """Events counted once, and once for each calendar: the same where no two are over the same desks."""
    once = _events(evidence, tally(typing))
    if typing.scene.apart:
        return once, once
    return once, _events(evidence, tally(typing, each_calendar=True))


def _events(evidence: Evidence, tally: Tally) -> Events:
    found = Events(
        tally.calendar,
        tally.slot,
        tally.at,
        tally.seen_at,
        tally.start_s - tally.at,
        tally.timed,
        tally.weight,
        tally.doubt,
    )
    return found.only(evidence.in_range(found.at))


def _each(changes: Changes) -> Events:
    """Every change as an event of its own."""
    count = len(changes.slot)
    return Events(
        changes.calendar,
        changes.slot,
        changes.at,
        changes.seen_at,
        changes.start_s - changes.at,
        changes.timed,
        np.ones(count),
        np.zeros(count),
    )


def _changes(typing: Typing, evidence: Evidence) -> Changes:
    scene = typing.scene
    seen = scene.open_seen_at > LONG_AGO
    closed = np.flatnonzero((typing.closings.side.kind >= 0) & evidence.in_range(scene.closed_at))
    opened = np.flatnonzero(seen & (typing.openings.kind >= 0) & evidence.in_range(scene.opened_at))
    # Spans ascend by (calendar, slot), so it is enough to put closings first and to keep what has the same instant.
    at = np.concatenate((scene.closed_at[closed], scene.opened_at[opened]))
    order = order_by(at)
    rows, opening = np.concatenate((closed, opened)).take(order), order >= len(closed)
    final_until = int(scene.taken_at[-1]) if len(scene.taken_at) else 0
    wait_s = (typing.closings.holds.longest + 1) * scene.step_s
    found = _columns(typing, rows, opening, at.take(order))
    return found._replace(
        final=_is_final(found, final_until - wait_s),
        episode=_episodes(opening, found.episode),
    )


def _columns(typing: Typing, rows: Ints, opening: Bools, at: Ints) -> Changes:
    """What is known of the begins and ends of some spans."""
    scene, ends, begins = typing.scene, typing.closings.side, typing.openings
    place = rows + len(scene.slot) * opening

    def either(closing: NDArray[T], opening: NDArray[T]) -> NDArray[T]:
        return np.concatenate((closing, opening)).take(place)

    return Changes(
        calendar=scene.spans.calendar.take(rows),
        slot=scene.slot.take(rows),
        at=at,
        seen_at=either(scene.close_seen_at, scene.open_seen_at),
        start_s=scene.start_s.take(rows),
        opening=opening,
        timed=either(scene.close_timed, scene.open_timed),
        kind=either(ends.kind, begins.kind),
        reason=either(ends.reason, begins.reason),
        confidence=either(ends.confidence, begins.confidence),
        final=np.zeros(len(rows), np.bool_),
        episode=either(ends.block, begins.block),
    )


def _is_final(changes: Changes, before_s: int) -> Bools:
    """What vanished may still come back from a hold; all else is said once and for all."""
    booked, withdrawn = CODES[Kind.BOOKED], CODES[Kind.WITHDRAWN]
    may_change = (changes.kind == booked) | (changes.kind == withdrawn)
    found: Bools = ~may_change | (changes.at <= before_s)
    return found


def _episodes(opening: Bools, block: Ints) -> Ints:
    """Number the blocks of both sides together; a change without a block is an episode of its own."""
    found = np.empty(len(block), np.int64)
    alone = (block < 0).nonzero()[0]
    # The last one first, as if they were numbers less than those of the blocks.
    found[alone] = np.arange(len(alone) - 1, -1, -1)
    together = (block >= 0).nonzero()[0]
    keys = 2 * block[together] + opening[together]
    known = np.zeros(int(keys.max(initial=-1)) + 1, np.int64)
    known[keys] = 1
    found[together] = (len(alone) - 1 + np.cumsum(known)).take(keys)
    return found
