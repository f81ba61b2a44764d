"""Which hours and weekdays people want: booked slots as a share of what was offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.base import (
    REFUSED,
    Column,
    Figures,
    Measure,
    Row,
    Unit,
    count_of,
    measured_in,
)
from amtspuls.analysis.evidence import NO_SLOT, Evidence
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import Ints, hour_of, weekday_of
from amtspuls.analysis.once import once
from amtspuls.analysis.ordering import distinct
from amtspuls.analysis.transitions import RULE


def compute_wanted_times(watched: Sequence[Watched], by: By) -> Figures:
    """Count offered and booked slots by the hour or weekday of the slot.

    A slot counts once however often it was booked. A slot is offered when it was free at some moment
    of the range.
    """
    found = [find_wanted(one) for one in watched]
    offered, booked = (
        _by(by, np.sum([getattr(one, name) for one in found], axis=0)) for name in Wanted._fields
    )
    return {
        ("", key): {
            "offered": int(offered[key]),
            "booked": int(booked[key]),
            "booked_share": _ratio(booked[key], offered[key]),
            "share_of_offered": _ratio(offered[key], offered.sum()),
            "share_of_booked": _ratio(booked[key], booked.sum()),
        }
        for key in range(len(offered))
    }


class Wanted(NamedTuple):
    """Different slots of one portal by weekday and hour of the slot; shape (7, 24).

    Attributes:
        offered: Those that were free at some moment of the range.
        booked: Those that were booked in it.
    """

    offered: Ints
    booked: Ints


@once
def find_wanted(one: Watched) -> Wanted:
    """Count offered and booked slots of a portal; worked out once."""
    booked = one.transitions.changes.of(Kind.BOOKED)
    return Wanted(_count(*_offered(one.evidence)), _count(booked.calendar, booked.slot))


def _by(by: By, counts: Ints) -> Ints:
    """Sums of the rows of a grouping."""
    axis = {By.HOUR: 0, By.WEEKDAY: 1}.get(by)
    return np.atleast_1d(np.sum(counts, axis=axis)).astype(np.int64)


def _offered(evidence: Evidence) -> tuple[Ints, Ints]:
    """Calendars and slots of the spans that were open in the range, its first moment included."""
    spans = evidence.spans
    open_then = spans.closed_at >= evidence.asked.from_s
    open_then &= spans.opened_at < evidence.asked.until_s
    open_then &= evidence.span_start_s > evidence.asked.from_s
    return spans.calendar[open_then], spans.slot[open_then]


def _count(calendar: Ints, slot: Ints) -> Ints:
    local_s = distinct(calendar * NO_SLOT + slot) % NO_SLOT * 60
    cells = weekday_of(local_s) * 24 + hour_of(local_s)
    return np.bincount(cells, minlength=7 * 24).reshape(7, 24)


def _ratio(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def _say(row: Row) -> str:
    if not row["offered"]:
        return f"no slot was offered, {measured_in(row)}"
    return (
        f"{count_of(row['booked'], 'slot')} of {count_of(row['offered'], 'slot')} on offer "
        f"were booked ({100 * row['booked_share']:.0f} %), {measured_in(row)}"
    )


MEASURE = Measure(
    name="wanted-times",
    question="Which hours and weekdays do people want: booked slots among those offered.",
    by=(By.HOUR, By.WEEKDAY, By.ALL),
    columns=(
        Column("offered", "offered slots", Unit.COUNT),
        Column("booked", "booked slots", Unit.COUNT, estimated=True),
        Column("booked_share", "booked, % of offered", Unit.SHARE, estimated=True),
        Column("share_of_offered", "% of all offered", Unit.SHARE),
        Column("share_of_booked", "% of all booked", Unit.SHARE, estimated=True),
        REFUSED,
    ),
    compute=compute_wanted_times,
    say=_say,
    rule=RULE,
    about_slots=True,
    formula=(
        "booked share = different slots booked in the range / different slots that were free at some moment of it\n"
        "share of offered, share of booked = slots of the row / slots of all rows"
    ),
    source=(
        "Booked share of what was offered as in the vaccination studies of U.S. Digital Response (slots seen free and gone "
        "before their start); docs/reference/measures.md#wanted-times."
    ),
    caveats=(
        "What was never seen free is in neither number: hours that are gone at once look less wanted than they are.",
        "Slots ahead of the end of the range may still be booked: the share is a lower bound for them.",
    ),
)
