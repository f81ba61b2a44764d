from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.selection import Selection
from amtspuls.clock import parse_local_time
from amtspuls.errors import ConfigError

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2021-07-19 11:33:50", "2021-07-19T09:33:50"),
        ("2021-07-19T11:33:50", "2021-07-19T09:33:50"),
        (" 2021-07-19 11:33 ", "2021-07-19T09:33:00"),
        ("2021-07-19", "2021-07-18T22:00:00"),
        ("2021-07-19T11:33:50Z", "2021-07-19T11:33:50"),
        # The repeated hour of autumn: its first pass, unless an offset says otherwise.
        ("2026-10-25 02:30", "2026-10-25T00:30:00"),
        ("2026-10-25 02:30+02:00", "2026-10-25T00:30:00"),
        ("2026-10-25 02:30+01:00", "2026-10-25T01:30:00"),
        # The hour that spring leaves out is read as if the change had not come yet.
        ("2026-03-29 02:30", "2026-03-29T01:30:00"),
    ],
)
def test_times_are_local_unless_they_name_an_offset(text: str, utc: str) -> None:
    assert parse_local_time(text, BERLIN) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gestern",
        "11:33",
        "2021-02-30",
        "2021-07-19 25:00",
        "0001-01-01",
        "9999-12-31T23:59-12:00",
    ],
)
def test_what_is_no_time_is_a_mistake_of_the_user(text: str) -> None:
    with pytest.raises(ConfigError, match="is no time: write it like"):
        parse_local_time(text, BERLIN)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.booleans())
def test_a_printed_instant_is_read_back(instant: datetime, offset: bool) -> None:
    whole = instant.replace(microsecond=0, tzinfo=UTC)
    local = whole.astimezone(BERLIN)
    text = local.isoformat() if offset else local.replace(tzinfo=None).isoformat(" ")
    missed = timedelta(hours=1) if local.fold and not offset else timedelta()
    assert parse_local_time(text, BERLIN) == whole - missed


@pytest.mark.parametrize("year", [1, 1970, 1998, 2101, 9999])
def test_a_range_that_ends_where_no_archive_can_be_is_a_mistake_of_the_user(year: int) -> None:
    far = datetime(year, 6, 1, tzinfo=UTC)
    for ends in ((far, None), (None, far)):
        with pytest.raises(ConfigError, match="between 2000 and 2100"):
            Selection(from_at=ends[0], until_at=ends[1])
    first = parse_local_time("2000-01-01", BERLIN)
    assert Selection(from_at=first).from_at == first
