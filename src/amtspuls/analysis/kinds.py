"""Why a start time appeared on a page or vanished from it: the words of all rules and of the truth."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """One reason; docs/reference/transitions.md says what each means and how it is told."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    HELD = "held"
    HOLD_EXPIRED = "hold_expired"
    RELEASED = "released"
    HORIZON_ROLL = "horizon_roll"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    NOTICE_CUTOFF = "notice_cutoff"
    EXPIRED = "expired"
    GRID_SHIFT = "grid_shift"
    UNKNOWN = "unknown"


KINDS = tuple(Kind)
"""All kinds; columns of kinds hold places in it."""

CODES = {kind: place for place, kind in enumerate(KINDS)}
"""Place of each kind in ``KINDS``."""
