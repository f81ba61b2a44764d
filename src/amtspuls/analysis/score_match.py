"""Which found changes are true ones: each is used once; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence

from amtspuls.analysis.score_truth import Cell, Change


def count_matches(truth: Sequence[Change], found: Sequence[Change], step_s: int) -> int:
    """Count pairs of a true and a found change, each used once.

    A pair shares a start time (the calendar alone where a rule does not tell it), and the found instant
    lies within one step of the true one, or the true one in the interval that was found.
    """
    by_cell: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for number, change in enumerate(found):
        for cell in change.cells:
            by_cell[cell].append((change.at_s, number))
    for entries in by_cell.values():
        entries.sort()
    used: set[int] = set()
    for change in sorted(truth, key=lambda one: one.at_s):
        near = [
            (abs(found[number].at_s - change.at_s), number)
            for number in _candidates(change, by_cell, step_s)
            if number not in used and _is_near(change, found[number], step_s)
        ]
        if near:
            used.add(min(near)[1])
    return len(used)


def _candidates(
    change: Change, by_cell: dict[Cell, list[tuple[int, int]]], step_s: int
) -> Iterator[int]:
    """Found changes of the same start times, from a step before the true one to the next two after it.

    A found change that lies later has an interval that begins before the true one: across a gap, that is
    the next one of its cell.
    """
    for calendar, slot in change.cells:
        for cell in ((calendar, slot), (calendar, None)):
            entries = by_cell.get(cell, [])
            place = bisect_left(entries, (change.at_s - step_s, -1))
            while place < len(entries):
                at_s, number = entries[place]
                yield number
                place += 1
                if at_s > change.at_s + step_s:
                    break


def _is_near(truth: Change, found: Change, step_s: int) -> bool:
    if abs(found.at_s - truth.at_s) <= step_s:
        return True
    return found.since_s < truth.at_s <= found.at_s
