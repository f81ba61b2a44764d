from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.localtime import (
    TimeRange,
    hour_of,
    local_cells,
    offsets_of,
    weekday_of,
)
from amtspuls.model import Slot, utc_from_slot
from support.tiny_archive import BERLIN, seconds

ZONES = ["Europe/Berlin", "UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"]
YEAR = TimeRange(seconds("2026-01-01 00:00"), seconds("2026-12-31 23:00"))


@given(st.integers(YEAR.from_s, YEAR.until_s), st.sampled_from(ZONES))
def test_local_seconds_are_those_of_the_standard_library(instant: int, name: str) -> None:
    zone = ZoneInfo(name)
    local = datetime.fromtimestamp(instant, zone).replace(tzinfo=UTC)
    assert offsets_of(zone, YEAR).to_local(np.array([instant]))[0] == local.timestamp()


@given(st.integers(YEAR.from_s // 60, YEAR.until_s // 60), st.sampled_from(ZONES))
def test_slots_start_when_the_model_says(wanted: int, name: str) -> None:
    zone = ZoneInfo(name)
    start = offsets_of(zone, YEAR).start_of_slots(np.array([wanted]))[0]
    assert start == utc_from_slot(Slot(wanted), zone).timestamp()


@pytest.mark.parametrize("years", [1, 20])
def test_columns_over_many_clock_changes_are_as_one_by_one(years: int) -> None:
    stretch = TimeRange(YEAR.from_s, YEAR.from_s + years * YEAR.seconds)
    offsets = offsets_of(BERLIN, stretch)
    instants = np.linspace(stretch.from_s, stretch.until_s, 997).astype(np.int64)
    for convert in (offsets.to_local, lambda values: offsets.start_of_slots(values // 60)):
        alone = [int(convert(instants[place : place + 1])[0]) for place in range(len(instants))]
        assert convert(instants).tolist() == alone
        assert convert(instants[:0]).tolist() == []
        assert (
            convert(instants[:996].reshape(4, -1)).tolist()
            == convert(instants[:996]).reshape(4, -1).tolist()
        )


@pytest.mark.parametrize("local", ["2026-03-29T02:30", "2026-10-25T02:30", "2026-10-25T03:00"])
def test_slots_of_the_clock_changes_start_when_the_model_says(local: str) -> None:
    wanted = int(datetime.fromisoformat(local).replace(tzinfo=UTC).timestamp()) // 60
    start = offsets_of(BERLIN, YEAR).start_of_slots(np.array([wanted]))[0]
    assert start == utc_from_slot(Slot(wanted), BERLIN).timestamp()


@pytest.mark.parametrize(
    ("first", "last", "hours", "hours_at_two"),
    [
        ("2026-03-28 23:00", "2026-03-29 22:00", 23, 0),
        ("2026-10-24 22:00", "2026-10-25 23:00", 25, 2),
        ("2026-01-25 23:00", "2026-01-26 23:00", 24, 1),
    ],
)
def test_a_day_has_the_hours_that_the_clocks_had(
    first: str, last: str, hours: int, hours_at_two: int
) -> None:
    cells = local_cells(TimeRange(seconds(first), seconds(last)), BERLIN)
    lengths = np.diff(cells.edges_s)
    assert lengths.sum() == hours * 3600
    assert lengths[hour_of(cells.local_s) == 2].sum() == hours_at_two * 3600


def test_weekdays_begin_on_monday() -> None:
    monday = int(datetime(2026, 1, 26, tzinfo=UTC).timestamp())
    assert weekday_of(np.array([monday, monday + 6 * 86_400])).tolist() == [0, 6]
