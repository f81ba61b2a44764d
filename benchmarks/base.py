"""How a claim is measured: median of several runs, both sides of a ratio in one process and in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One measured claim.

    Attributes:
        what: What was measured.
        measured: The figure for people.
        target: What it should be.
        holds: Whether it is.
    """

    what: str
    measured: str
    target: str
    holds: bool


def cpu_s(work: Callable[[], object], runs: int = 5) -> float:
    """Median CPU seconds of a run, after one that is not counted."""
    work()
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times)


def ratio_in_turn(slow: Callable[[], object], fast: Callable[[], object], runs: int = 7) -> float:
    """Median of slow / fast, measured in turn, so that a machine that changes speed does not matter."""
    slow()
    fast()
    ratios = []
    for _ in range(runs):
        began = time.process_time()
        slow()
        middle = time.process_time()
        fast()
        ratios.append((middle - began) / max(time.process_time() - middle, 1e-9))
    return statistics.median(ratios)
