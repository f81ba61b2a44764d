"""Figures for people: no digit is noise, and something is never rounded to nothing."""

from __future__ import annotations

from typing import Any

import pytest

from amtspuls.analysis.base import Column, Unit
from amtspuls.analysis.display import show_figures
from amtspuls.analysis.measures import MEASURES

HOLD = MEASURES["hold-time"].columns


def shown(unit: Unit, value: Any, key: str = "figure") -> Any:
    return show_figures([Column(key, "title", unit)], [{key: value}])[0][key]


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        (Unit.SHARE, 0.0, 0.0),
        (Unit.SHARE, 0.0002, "< 0.1"),
        (Unit.SHARE, 0.0025, 0.2),
        (Unit.SHARE, 0.9996, "> 99.9"),
        (Unit.SHARE, 1.0, 100.0),
        (Unit.HOURS, 0.02, "< 0.1"),
        (Unit.HOURS, 0.05, 0.1),
        (Unit.DAYS, 0.98, 1.0),
        (Unit.DAYS, 41.83, 41.8),
        (Unit.DAYS, 0.0, 0.0),
        (Unit.DAYS, "> 40", "> 40"),
        (Unit.PER_HOUR, 0.034, 0.03),
        (Unit.PER_HOUR, 0.004, "< 0.01"),
        (Unit.NONE, 1160.3, 1160),
        (Unit.NONE, 43.0, 43),
        (Unit.NONE, 42.7, 42.7),
        (Unit.COUNT, 8900.4, 8900),
        (Unit.COUNT, 12, 12),
        (Unit.COUNT, None, None),
    ],
)
def test_figures_are_as_exact_as_they_can_be_meant(unit: Unit, value: Any, said: Any) -> None:
    assert shown(unit, value) == said


def test_hours_of_the_day_are_times() -> None:
    assert shown(Unit.NONE, 7, "hour") == "07:00"
    assert shown(Unit.NONE, 0, "usual_hour") == "00:00"
    assert shown(Unit.NONE, None, "usual_hour") is None


@pytest.mark.parametrize(
    ("median", "high", "said"),
    [(15.02, 30.03, 15), (10.0, 25.0, "under 1 step (15 min)"), (30.0, 45.0, 30)],
)
def test_holds_are_whole_minutes_and_nothing_below_a_step(
    median: float, high: float, said: int | str
) -> None:
    columns = [column for column in HOLD if column.key.endswith("_min")]
    row = {"median_min": median, "low_min": 0.02, "high_min": high}
    (told,) = show_figures(columns, [row])
    assert (told["median_min"], told["low_min"], told["high_min"]) == (said, 0, round(high))


@pytest.mark.parametrize("name", MEASURES)
def test_no_two_columns_of_a_table_have_the_same_heading(name: str) -> None:
    titles = [column.title for column in MEASURES[name].columns]
    assert len(titles) == len(set(titles))
    assert not {"at least", "at most"} & set(titles)
