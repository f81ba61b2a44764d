"""Histories whose changes have kinds drawn at random, as a rule may tell that knows more of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from amtspuls.analysis.changes import Changes
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.transitions import Events
from support.measure_cases import portals
from support.tiny_archive import TinyReader

_OPENING = (Kind.CANCELLED, Kind.HOLD_EXPIRED, Kind.RELEASED, Kind.HORIZON_ROLL, Kind.RETURNED)
_CLOSING = (Kind.BOOKED, Kind.BOOKED, Kind.HELD, Kind.WITHDRAWN, Kind.NOTICE_CUTOFF, Kind.UNKNOWN)


@st.composite
def relabelled(draw: st.DrawFn, portal_id: str = "bonn") -> Watched:
    """A random portal; each of its changes gets a kind that fits its direction."""
    (one,) = load_watched(TinyReader(draw(portals(portal_id))), Selection())
    found = one.transitions
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
    cancellations = found.cancellations._replace(
        calendar=again.calendar,
        slot=again.slot,
        at=again.at,
        seen_at=again.seen_at,
        lead_s=again.start_s - again.at,
        timed=again.timed,
        weight=np.array(weights, np.float64),
    )
    return with_transitions(one, changes=changes, cancellations=cancellations)


def with_transitions(one: Watched, *, changes: Changes, cancellations: Events) -> Watched:
    """The same portal with other transitions."""
    other = Watched(one.evidence)
    found = replace(one.transitions, changes=changes, cancellations=cancellations)
    # Where the cached property keeps what it once worked out.
    other.__dict__["transitions"] = found
    return other
