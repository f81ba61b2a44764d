"""Weeks one after another: what is carried, from which week, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from amtspuls.analysis.legacy.series import calculate_series, require_weeks, week_before
from amtspuls.analysis.legacy.week import LegacyWeek
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ConfigError
from amtspuls.model import slot_from_local
from support.legacy_reference import Memory, Sheet, run_week
from support.legacy_weeks import PlainRow, seal_rows

WEEKS = [IsoWeek(2026, number) for number in range(1, 10)]
SLOT = slot_from_local(datetime(2026, 6, 1, 8))


def _slots(week: IsoWeek) -> list[int]:
    """One slot of all weeks, one of odd and one of even ones."""
    return [SLOT - 60, SLOT] if week.week % 2 else [SLOT, SLOT + 60]


def _rows(week: IsoWeek) -> list[PlainRow]:
    """Free in the first quarter hour, gone in the last."""
    monday = datetime.combine(week.start, datetime.min.time())
    sunday = monday + timedelta(days=7) - timedelta(minutes=15)
    return [PlainRow(monday, "k", _slots(week)), PlainRow(sunday, "k", [])]


def _load(week: IsoWeek) -> Sequence[SealedPortal]:
    return [seal_rows("amt", _rows(week))]


def _returned(legacy: LegacyWeek) -> int:
    """Cancellations of Monday's row."""
    return int(legacy.tables.values["cancellations"][0, 0])


def _loop(*weeks: IsoWeek) -> int:
    """The same of the last week, by the loop in one process."""
    memory = Memory()
    found = [run_week([Sheet("amt", _slots(week), _rows(week))], memory) for week in weeks]
    return next(iter(found[-1].values()))["amt/k"]["cancellations"]


def test_weeks_that_follow_one_another_are_one_process_from_the_week_before_on() -> None:
    found = list(calculate_series(WEEKS[3:6], _load, carry=True))
    assert [legacy.week for legacy in found] == WEEKS[3:6]
    assert [_returned(legacy) for legacy in found] == [1, 2, 2]
    assert [_loop(*WEEKS[2:until]) for until in (4, 5, 6)] == [1, 2, 2]


def test_a_week_apart_begins_with_its_own_week_before_alone() -> None:
    _, apart = calculate_series([WEEKS[1], WEEKS[4]], _load, carry=True)
    assert _returned(apart) == _loop(*WEEKS[3:5]) == 1
    assert _loop(WEEKS[1], WEEKS[4]) == 0


def test_without_carry_every_week_begins_afresh_and_each_is_done_once() -> None:
    found = list(calculate_series([WEEKS[4], WEEKS[3], WEEKS[4]], _load, carry=False))
    assert [legacy.week for legacy in found] == WEEKS[3:5]
    assert [_returned(legacy) for legacy in found] == [0, 0]


def test_the_week_before_the_first_one_is_the_last_of_the_year_before() -> None:
    assert week_before(IsoWeek(2026, 1)) == IsoWeek(2025, 52)
    assert week_before(IsoWeek(2021, 1)) == IsoWeek(2020, 53)


def test_weeks_that_are_not_sealed_are_refused() -> None:
    require_weeks([WEEKS[1]], WEEKS[:2], carry=True)
    require_weeks([WEEKS[0]], WEEKS[:2], carry=False)
    with pytest.raises(ConfigError, match="week 2026-01 begins with what week 2025-52 left"):
        require_weeks([WEEKS[0]], WEEKS[:2], carry=True)
    with pytest.raises(ConfigError, match="week 2026-03 is not sealed"):
        require_weeks([WEEKS[1], WEEKS[2]], WEEKS[:2], carry=False)
    with pytest.raises(ConfigError, match="--carry needs --week"):
        require_weeks([], WEEKS, carry=True)
