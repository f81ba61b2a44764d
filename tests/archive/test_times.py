from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import numpy as np
import pytest

from amtspuls.archive.times import begun, instant_of, seconds_from, seconds_of, starts_of
from amtspuls.model import Slot, slot_from_local, utc_from_slot
from support.histories import BERLIN

MONDAY = date(2026, 1, 26)


def test_starts_are_those_of_the_model_on_every_day_of_the_year() -> None:
    first = slot_from_local(datetime(2026, 1, 1))
    slots = np.arange(first, first + 366 * 1440, 10, dtype=np.int64)
    expected = [int(utc_from_slot(Slot(one), BERLIN).timestamp()) for one in slots.tolist()]
    assert starts_of(slots, BERLIN).tolist() == expected
    for day, hour in product((date(2026, 3, 29), date(2026, 10, 25), MONDAY), range(6)):
        instant = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)
        near = slots[abs(slots - slot_from_local(instant.replace(tzinfo=None))) < 3000]
        assert begun(near, seconds_of(instant), BERLIN).tolist() == [
            utc_from_slot(Slot(one), BERLIN) <= instant for one in near.tolist()
        ]


def test_instants_round_to_the_side_that_loses_nothing() -> None:
    half = instant_of(10) + timedelta(milliseconds=500)
    assert (seconds_of(half), seconds_from(half)) == (10, 11)
    assert seconds_of(instant_of(10)) == seconds_from(instant_of(10)) == 10
    with pytest.raises(ValueError, match="without a zone"):
        seconds_of(datetime(2026, 1, 26))
