"""A day that is asked alone is judged by its whole week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from amtspuls.analysis.estimate import estimate
from amtspuls.analysis.evidence import Evidence, load_evidence
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.archive.week import IsoWeek
from amtspuls.cli.scoring import prepare_scenario
from support.tiny_archive import TinyPortal, TinyReader, every, utc

BERLIN = ZoneInfo("Europe/Berlin")


def evidence_of(
    reader: TinyReader, from_at: datetime | None, until_at: datetime | None
) -> Evidence:
    return load_evidence(reader, Selection(from_at=from_at, until_at=until_at))[0]


def hourly(first: str, hours: int) -> TinyReader:
    return TinyReader(TinyPortal("bonn", every(first, hours, minutes=60, period_s=3600)))


@pytest.mark.parametrize(
    ("monday", "hours"), [("2026-01-25 23:00", 168), ("2026-03-22 23:00", 167)]
)
def test_a_day_is_judged_by_the_local_week_that_it_lies_in(monday: str, hours: int) -> None:
    start = utc(monday)
    reader = hourly((start - timedelta(days=2)).strftime("%Y-%m-%d %H:%M"), 24 * 14)
    day = evidence_of(reader, start + timedelta(hours=30), start + timedelta(hours=54))
    whole = day.in_whole_weeks
    assert whole.asked.from_s == start.timestamp()
    assert whole.asked.seconds == hours * 3600
    assert whole.in_whole_weeks is whole


def test_two_weeks_are_taken_where_a_range_lies_in_both() -> None:
    reader = hourly("2026-01-25 23:00", 24 * 14)
    weekend = evidence_of(reader, utc("2026-01-31 23:00"), utc("2026-02-02 23:00"))
    assert weekend.in_whole_weeks.asked.seconds == 14 * 24 * 3600


def test_who_asks_for_a_week_or_more_or_for_all_there_is_reads_nothing_twice() -> None:
    reader = hourly("2026-01-25 23:00", 24 * 14)
    for from_at, until_at in (
        (utc("2026-01-25 23:00"), utc("2026-02-01 23:00")),
        (utc("2026-01-28 23:00"), utc("2026-02-04 23:00")),
        (None, None),
    ):
        one = evidence_of(reader, from_at, until_at)
        assert one.in_whole_weeks is one
    short = hourly("2026-01-26 05:00", 20)
    one = evidence_of(short, utc("2026-01-26 00:00"), utc("2026-01-27 12:00"))
    assert one.in_whole_weeks is one


@pytest.fixture(scope="module")
def week() -> tuple[Watched, list[Watched]]:
    """The second week of a town, and its seven days, each asked alone."""
    archive, _ = prepare_scenario("busy-city", 3, 2)
    (all_of_it,) = load_evidence(archive, Selection())
    last = datetime.fromtimestamp(int(all_of_it.snapshots.taken_at[-1]), UTC) - timedelta(days=7)
    first, until = IsoWeek.of(last.astimezone(BERLIN).date()).bounds(all_of_it.zone)
    edges = [first + timedelta(days=day) for day in range(8)]
    assert edges[-1] == until
    days = [load_watched(archive, Selection(from_at=a, until_at=b))[0] for a, b in pairwise(edges)]
    return load_watched(archive, Selection(from_at=first, until_at=until))[0], days


@pytest.mark.parametrize("kind", [Kind.BOOKED, Kind.CANCELLED])
def test_days_asked_alone_add_up_to_their_week_and_lie_inside(
    week: tuple[Watched, list[Watched]], kind: Kind
) -> None:
    whole, days = week
    by_day = [bounds for _, bounds in sorted(estimate([whole], kind, By.DAY).items())]
    alone = [estimate([day], kind, By.ALL)["", 0] for day in days]
    total = estimate([whole], kind, By.ALL)["", 0]
    assert total is not None
    assert total.central > 20
    assert sum(one.central for one in alone if one) == pytest.approx(total.central)
    for single, known in zip(alone, by_day, strict=True):
        assert single is not None
        assert known is not None
        assert known.low <= single.central <= known.high


def test_every_change_of_a_day_has_the_kind_that_it_has_in_its_week(
    week: tuple[Watched, list[Watched]],
) -> None:
    whole, days = week
    joined = np.concatenate([day.transitions.changes.kind for day in days])
    assert joined.tolist() == whole.transitions.changes.kind.tolist()
