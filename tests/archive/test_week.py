from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ConfigError

BERLIN = ZoneInfo("Europe/Berlin")


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2200, 1, 1)))
def test_a_week_holds_its_days_and_is_found_by_its_name(day: date) -> None:
    week = IsoWeek.of(day)

    assert week.start <= day < week.end
    assert week.start.weekday() == 0
    assert week.end - week.start == timedelta(days=7)
    assert IsoWeek.parse(str(week)) == week
    assert week < week.following == IsoWeek.of(week.end)


def test_weeks_belong_to_the_iso_year() -> None:
    assert str(IsoWeek.of(date(2027, 1, 3))) == "2026-53"
    assert IsoWeek.parse("2026-01").start == date(2025, 12, 29)


@pytest.mark.parametrize(
    "text", ["2026-5", "2026-00", "2025-53", "2026-54", "2026-W05", "26-05", "0000-01", "", "heute"]
)
def test_what_is_no_week_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=f"'{text}' is no week"):
        IsoWeek.parse(text)


def test_bounds_are_local_midnights() -> None:
    assert IsoWeek.parse("2026-13").bounds(BERLIN) == (
        datetime(2026, 3, 22, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
    )
