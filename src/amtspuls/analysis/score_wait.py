"""Lead time and wait as a page could have told them, against those of a rule and of the measure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from statistics import median

import numpy as np

from amtspuls.analysis.grouping import By
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import DAY_S
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.score_truth import Change, Starts, TruthRecord
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.wait import MEASURE as WAIT

_WAIT_EVERY_S = 300


def lead_error_days(
    truth: Sequence[Change], found: Sequence[Change], record: TruthRecord
) -> float | None:
    """Median days from booking to appointment, found minus true; None where either has none."""
    starts = Starts(record.zone)
    true_days, found_days = _leads(truth, starts), _leads(found, starts)
    if not true_days or not found_days:
        return None
    return median(found_days) - median(true_days)


def _leads(changes: Sequence[Change], starts: Starts) -> list[float]:
    """Days from each booking to the first start time that it closed."""
    leads = []
    for change in changes:
        if change.kind is Kind.BOOKED:
            slots = [slot for _, slot in change.cells if slot is not None]
            if slots:
                leads.append((starts[min(slots)] - change.at_s) / DAY_S)
    return leads


def wait_error_days(archive: ScoreArchive, record: TruthRecord) -> float | None:
    """Median wait for the first free slot, measured minus true; None where it is beyond the horizon."""
    watched = load_watched(archive, Selection())
    (row,) = WAIT.compute(watched, By.ALL).values()
    measured, true = row["median_first_days"], true_wait_days(record)
    if not isinstance(measured, float) or not np.isfinite(true):
        return None
    return measured - true


def true_wait_days(record: TruthRecord) -> float:
    """Median days from any moment to the first free slot of any calendar, looked at every five minutes.

    Moments without a slot are longer waits than all others, never left out: the result may be infinite.
    """
    begins_s = Starts(record.zone)
    free = {key: [begins_s[slot] for slot in slots] for key, slots in record.shown.items()}
    for line in record.lines:
        free.setdefault(line.calendar, [])
    lines = sorted((line for line in record.lines if line.effect), key=lambda line: line.at_s)
    waits: list[float] = []
    done = 0
    for at_s in range(record.from_s, record.until_s, _WAIT_EVERY_S):
        while done < len(lines) and lines[done].at_s <= at_s:
            line = lines[done]
            starts = free[line.calendar]
            for slot in line.slots:
                if line.effect > 0:
                    insort(starts, begins_s[slot])
                else:
                    del starts[bisect_left(starts, begins_s[slot])]
            done += 1
        waits += [(starts[0] - at_s) / DAY_S if starts else np.inf for starts in free.values()]
    return float(np.median(waits)) if waits else np.inf
