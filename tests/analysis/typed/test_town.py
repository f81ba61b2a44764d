"""The typed rule on simulated offices, whose truth is known; seeds below 1000 only, on which it was tuned.

How good it is on other seeds is in docs/accuracy.md. Here it must not get worse unnoticed.
"""

from __future__ import annotations

from functools import cache

import pytest

from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score import Score, score_rules
from amtspuls.analysis.score_typed import TYPED
from amtspuls.cli.scoring import prepare_scenario

pytestmark = pytest.mark.slow

SEEDS = (7, 8)
QUICK = ("quiet-village", "short-notice")
HEAVY = ("long-services", "batch-releaser", "slow-updater", "shared-desks")
FEW = 20
"""Of fewer a share says little."""
CASES = [
    *((name, seed) for name in QUICK for seed in SEEDS),
    *(pytest.param(name, seed, marks=pytest.mark.slow) for name in HEAVY for seed in SEEDS),
]


@cache
def scored(name: str, seed: int) -> Score:
    (score,) = score_rules(*prepare_scenario(name, seed, 2), (TYPED,))
    return score


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_counts_are_near_the_truth_and_their_bounds_hold_it(name: str, seed: int) -> None:
    for kind, most in ((Kind.BOOKED, 0.15), (Kind.CANCELLED, 0.25)):
        found = scored(name, seed).kind(kind)
        assert found.truth or kind is Kind.CANCELLED, "nothing to find"
        assert found.found.low <= found.truth <= found.found.high
        if found.truth >= FEW:
            assert found.error is not None
            assert abs(found.error) <= most


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_single_bookings_are_found(name: str, seed: int) -> None:
    booked = scored(name, seed).kind(Kind.BOOKED)
    assert booked.precision is not None
    assert booked.recall is not None
    assert min(booked.precision, booked.recall) >= (0.7 if name == "slow-updater" else 0.9)
