"""Histories whose changes have kinds drawn at random, as a rule may tell that knows more of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from amtspuls.analysis.events import Events, Transitions
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.span_rule import find_by_spans
from support.measure_cases import portals
from support.tiny_archive import TinyReader

_OPENING = (Kind.CANCELLED, Kind.HOLD_EXPIRED, Kind.RELEASED, Kind.HORIZON_ROLL, Kind.RETURNED)
_CLOSING = (Kind.BOOKED, Kind.BOOKED, Kind.HELD, Kind.WITHDRAWN, Kind.NOTICE_CUTOFF, Kind.UNKNOWN)


def stays(kind: Kind, back: Kind | None) -> bool:
    """Whether a closing ends something, given its kind and that of the slot's next opening."""
    if kind is Kind.HELD:
        return False
    return kind is Kind.BOOKED or back not in (Kind.HOLD_EXPIRED, Kind.RETURNED)


@st.composite
def relabelled(draw: st.DrawFn, portal_id: str = "bonn") -> Watched:
    """A random portal; each of its changes gets a kind that fits its direction."""
    (one,) = load_watched(TinyReader(draw(portals(portal_id))), Selection())
    found = find_by_spans(one.evidence)
    size = len(found.changes.at)
    opened = draw(st.lists(st.sampled_from(_OPENING), min_size=size, max_size=size))
    closed = draw(st.lists(st.sampled_from(_CLOSING), min_size=size, max_size=size))
    kinds = np.where(
        found.changes.opening, [CODES[kind] for kind in opened], [CODES[kind] for kind in closed]
    ).astype(np.int64)
    sure = draw(st.lists(st.sampled_from([0.0, 0.9]), min_size=size, max_size=size))
    changes = found.changes._replace(kind=kinds, confidence=np.array(sure, np.float64))
    again = changes.of(Kind.CANCELLED)
    weights = draw(
        st.lists(st.sampled_from([1.0, 1.0, 0.5]), min_size=len(again.at), max_size=len(again.at))
    )
    cancellations = Events(
        again.calendar,
        again.slot,
        again.at,
        again.seen_at,
        lead_s=again.start_s - again.at,
        timed=again.timed,
        weight=np.array(weights, np.float64),
        doubt=np.zeros(len(again.at)),
    )
    return with_transitions(
        one,
        replace(
            found,
            changes=changes,
            cancellations=cancellations,
            cancellations_by_calendar=cancellations,
        ),
    )


def watch_by_spans(reader: TinyReader, selection: Selection | None = None) -> list[Watched]:
    """Portals of which every vanished slot is a booking, and every slot that came back a cancellation."""
    watched = load_watched(reader, selection or Selection())
    return [with_transitions(one, find_by_spans(one.evidence)) for one in watched]


def with_transitions(one: Watched, transitions: Transitions) -> Watched:
    """The same portal with other transitions."""
    other = Watched(one.evidence)
    # Where the cached property keeps what it once worked out.
    other.__dict__["transitions"] = transitions
    return other


def busier(one: Watched, times: float) -> Watched:
    """The same portal where every booking and every cancellation stands for so many."""
    found = one.transitions
    return with_transitions(
        one,
        replace(
            found,
            bookings=_heavier(found.bookings, times),
            cancellations=_heavier(found.cancellations, times),
            bookings_by_calendar=_heavier(found.bookings_by_calendar, times),
            cancellations_by_calendar=_heavier(found.cancellations_by_calendar, times),
        ),
    )


def _heavier(events: Events, times: float) -> Events:
    return events._replace(weight=events.weight * times)
