"""The predecessor's numbers beside ours: by whatever grouping they add up to the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.analysis.estimate_table import CITY, GROUPINGS, tabulate
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.legacy.counts import LegacyPortals, count_weeks
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.archive.live import open_reader
from amtspuls.archive.sealed.manifest import LIVE
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.model import slot_from_local
from support.legacy_weeks import PlainRow, seal_rows

WEEK = IsoWeek(2026, 5)
MONDAY = datetime(2026, 1, 26)
TAKEN = {"1": (9, 9, 15, 33), "2": (9, 40)}
"""By calendar, hours after Monday 0 h at whose begin one start time more is gone."""
NAMES = (
    "legacy_bookings",
    "legacy_bookings_clipped",
    "legacy_cancellations",
    "legacy_cancellations_clipped",
)


def rows_of(portal_id: str) -> list[PlainRow]:
    """Two days of quarters of an hour; start times of the week after, the first of which stays: others count."""
    return [
        PlainRow(
            MONDAY + timedelta(minutes=15 * step),
            key,
            [
                slot_from_local(MONDAY + timedelta(days=7, hours=8 + number))
                for number in range(9)
                if number == 0 or sum(hour * 4 <= step for hour in taken) < number
            ],
        )
        for step in range(2 * 96)
        for key, taken in TAKEN.items()
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Watched, ...], LegacyPortals]:
    folder = tmp_path_factory.mktemp("archive")
    portals = [seal_rows(portal_id, rows_of(portal_id)) for portal_id in ("amt", "burg")]
    write_week(folder / WEEKS_NAME, WEEK, portals, LIVE)
    legacy = count_weeks(folder / WEEKS_NAME, [WEEK], ("amt", "burg"))
    assert legacy is not None
    return load_watched(open_reader(folder), Selection()), legacy


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_adds_up_to_the_same(
    found: tuple[tuple[Watched, ...], LegacyPortals], by: str
) -> None:
    watched, legacy = found
    (whole,) = tabulate(watched, By.ALL, {}, legacy)
    rows = tabulate(watched, by, {"amt": "Musterstadt"}, legacy)
    for name in NAMES:
        assert sum(row[name] for row in rows) == whole[name]
    # The predecessor does not see the two at 9 h as two: that is what its clip is.
    booked = sum(map(len, TAKEN.values()))
    assert whole["legacy_bookings"] == 2 * booked
    assert whole["legacy_bookings_clipped"] == 2 * (booked - 1)


def test_hours_and_days_are_those_of_the_snapshots(
    found: tuple[tuple[Watched, ...], LegacyPortals],
) -> None:
    watched, legacy = found
    by_hour = {
        row["hour"]: row["legacy_bookings"] for row in tabulate(watched, By.HOUR, {}, legacy)
    }
    assert {hour: number for hour, number in by_hour.items() if number} == {9: 8, 15: 2, 16: 2}
    by_day = {row["day"]: row["legacy_bookings"] for row in tabulate(watched, By.DAY, {}, legacy)}
    monday = MONDAY.date()
    assert by_day[str(monday)] == 8
    assert by_day[str(monday + timedelta(days=1))] == 4


def test_weeks_that_are_not_sealed_have_none(
    found: tuple[tuple[Watched, ...], LegacyPortals], tmp_path: Path
) -> None:
    watched, _ = found
    assert count_weeks(tmp_path, [WEEK], ("amt",)) is None
    for by in (By.HOUR, CITY):
        assert all(row[name] is None for row in tabulate(watched, by, {}, None) for name in NAMES)
