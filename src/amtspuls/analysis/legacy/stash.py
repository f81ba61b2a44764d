"""What the predecessor's loop remembered from one week to the next, where one process did both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.legacy.rows import LegacyRows
from amtspuls.analysis.legacy.runs import Ints

BUCKET_MIN = 15
"""Metrics are summed in quarter hours."""


class Remembered(NamedTuple):
    """What is remembered of one location.

    Attributes:
        free: Slots regarded as free: those of its last row, and those of earlier weeks that were free
            to the end and are no columns any more; ascending.
        taken: Slots that were free once and are not now, ascending.
        bucket: Quarter hour of its last row, in naive local minutes since 1970.
    """

    free: Ints
    taken: Ints
    bucket: int


@dataclass(frozen=True, slots=True)
class Stash:
    """What is remembered of all locations, by ``portal/calendar key``; empty at a fresh start."""

    locations: Mapping[str, Remembered] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, weeks_rows: LegacyRows) -> Stash:
        """The stash when the rows of one portal's week have been walked."""
        known = dict(self.locations)
        starts, ends = weeks_rows.starts.tolist(), weeks_rows.ends.tolist()
        for number, name in enumerate(location_names(weeks_rows)):
            known[name] = _walk(
                weeks_rows, number, range(starts[number], ends[number]), known.get(name)
            )
        return Stash(MappingProxyType(known))


def location_names(rows: LegacyRows) -> list[str]:
    """``portal/calendar key`` of each location, as the columns of the metrics are called."""
    return [f"{rows.portal_id}/{key}" for key in rows.locations]


def buckets_of(local_s: Ints) -> Ints:
    """Quarter hours that moments lie in, in naive local minutes."""
    return local_s // (60 * BUCKET_MIN) * BUCKET_MIN


def _walk(rows: LegacyRows, number: int, mine: range, before: Remembered | None) -> Remembered:
    runs = rows.runs
    own = slice(*np.searchsorted(runs.location, [number, number + 1]).tolist())
    free = runs.slot[own][runs.end[own] == mine.stop]
    ever = runs.slot[own]
    if before is not None:
        free = np.union1d(free, np.setdiff1d(before.free, rows.columns))
        ever = np.concatenate([ever, before.free, before.taken])
    bucket = int(buckets_of(rows.local_s[mine.stop - 1 : mine.stop])[0])
    return Remembered(free, np.setdiff1d(ever, free), bucket)
