"""Floating grids: start times that move are neither booked nor cancelled."""

from __future__ import annotations

import numpy as np
import pytest

from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score_truth import true_changes
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.transitions import transitions_of
from amtspuls.analysis.typed.find import Typing, type_changes
from amtspuls.analysis.typed.floating import join_floating, reach_of_floating
from amtspuls.analysis.typed.shifts import find_shifts
from amtspuls.cli.scoring import prepare_scenario

pytestmark = pytest.mark.slow


def _typed(name: str, seed: int) -> tuple[Typing, int]:
    archive, record = prepare_scenario(name, seed, 2)
    (evidence,) = load_evidence(archive, Selection())
    truth = sum(change.kind is Kind.BOOKED for change in true_changes(record))
    return type_changes(evidence), truth


# One desk or two, one length or several; of 4 and 8 calendars over one desk show other start times, of 20 few move.
@pytest.mark.parametrize("seed", [2, 3, 4, 8, 20])
def test_where_start_times_move_only_what_was_taken_is_booked(seed: int) -> None:
    typing, truth = _typed("floating-grid", seed)
    found = transitions_of(typing)
    moved = found.changes.of(Kind.GRID_SHIFT)
    assert len(moved.slot) > truth
    assert found.bookings.weight.sum() == pytest.approx(truth, rel=0.15)


@pytest.mark.parametrize("seed", [10, 32])
def test_appointments_of_two_steps_float_too_and_flaps_hide_it_not(seed: int) -> None:
    """Seed 10: 20 minutes on a grid of ten beside a calendar that cannot float; 32: a page that flaps all day."""
    typing, truth = _typed("random", seed)
    shifts = find_shifts(typing.scene)
    assert shifts.length.tolist() == {10: [0, 20], 32: [40, 40, 60]}[seed]
    assert transitions_of(typing).bookings.weight.sum() == pytest.approx(truth, rel=0.25)


def test_calendars_of_different_lengths_over_one_desk_are_joined() -> None:
    """Seed 4: two desks with two calendars each, of 20 and 15 and of 15 and 30 minutes."""
    typing, _ = _typed("floating-grid", 4)
    assert typing.scene.groups.tolist() == [0, 0, 1, 1]
    assert typing.closings.reach.tolist() == [3, 5]
    shifts = find_shifts(typing.scene)
    assert shifts.length.tolist() == [20, 15, 15, 30]
    assert join_floating(typing.scene, shifts) is typing.scene


def test_on_a_fixed_grid_nothing_moves() -> None:
    typing, _ = _typed("busy-city", 1)
    shifts = find_shifts(typing.scene)
    assert not any(np.any(column) for column in shifts)
    assert join_floating(typing.scene, shifts) is typing.scene
    assert not np.any(reach_of_floating(typing.scene, shifts))
