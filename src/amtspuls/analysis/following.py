"""What became of start times: their next change, and until when they were watched, for whole columns at once."""

from __future__ import annotations

import numpy as np

from amtspuls.analysis.changes import Changes
from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import number_rows, number_values, order_by

_BOOKED, _HELD = CODES[Kind.BOOKED], CODES[Kind.HELD]
_AGAIN = (CODES[Kind.HOLD_EXPIRED], CODES[Kind.RETURNED])


def pair_codes(*pairs: tuple[Ints, Ints]) -> tuple[Ints, ...]:
    """Number pairs of integers so that equal pairs have equal numbers in all columns.

    Args:
        pairs: Two columns each; numbers go from 0 in the order of the pairs.

    Returns:
        One column of numbers for each two.
    """
    first, second = (np.concatenate(column) for column in zip(*pairs, strict=True))
    edges = np.cumsum([len(one) for one, _ in pairs])[:-1]
    return tuple(np.split(number_rows(first, second), edges))


def next_rows(codes: Ints, at: Ints, wanted: Ints, after: Ints) -> Ints:
    """Find for each wanted code its earliest row later than an instant.

    Args:
        codes: Code of each row.
        at: Instant of each row.
        wanted: Codes to look for.
        after: Instant beside each of them.

    Returns:
        Index of a row for each wanted code; -1 where there is none.
    """
    if len(codes) == 0:
        return np.full(len(wanted), -1, np.int64)
    moments, ranks = number_values(at)
    keys = codes * (len(moments) + 1) + ranks
    order = order_by(keys)
    least = np.searchsorted(moments, after, "right")
    place = np.searchsorted(keys[order], wanted * (len(moments) + 1) + least)
    row = order[np.minimum(place, len(codes) - 1)]
    return np.where((place < len(codes)) & (codes[row] == wanted), row, -1).astype(np.int64)


def lasting_closings(changes: Changes) -> Changes:
    """Closings that end something: bookings, and all but holds and what the page lost for a while."""
    closings, openings = changes.only(~changes.opening), changes.only(changes.opening)
    wanted, codes = pair_codes(
        (closings.calendar, closings.slot), (openings.calendar, openings.slot)
    )
    row = next_rows(codes, openings.at, wanted, closings.at)
    back = np.isin(np.append(openings.kind, -1)[row], _AGAIN) | (closings.kind == _HELD)
    return closings.only(~back | (closings.kind == _BOOKED))


def last_seen(evidence: Evidence, calendar: Ints) -> Ints:
    """Instant of the newest answered view in the asked range of each calendar; its begin without one."""
    views = evidence.views
    chosen = evidence.view_answered & evidence.in_range(views.taken_at)
    # By place, not by number: numbers of calendars of sealed weeks begin at millions.
    known, place = number_values(np.append(calendar, views.calendar[chosen]))
    newest = np.full(len(known), evidence.asked.from_s, np.int64)
    np.maximum.at(newest, place[len(calendar) :], views.taken_at[chosen])
    return newest[place[: len(calendar)]]
