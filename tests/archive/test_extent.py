"""How far an archive reaches, told without reading all of it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.selection import Selection
from amtspuls.archive.extent import Extent, count_weeks
from amtspuls.archive.live import open_reader, open_writer
from amtspuls.archive.sealing import seal_weeks
from amtspuls.archive.shelf import Shelf
from amtspuls.archive.week import IsoWeek
from support.histories import PORTAL, effort
from support.memory_archive import MemoryArchive
from support.weeks import a_snapshot, a_view

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 25, 20, tzinfo=UTC)
STEPS_MIN = (15, 15, 15, 60, 600, 5_000, 10_080, 60_000)


def _store(archive: MemoryArchive, times: list[datetime]) -> Extent:
    for at in times:
        archive.store(PORTAL, a_snapshot(PORTAL.id, at, a_view("k", at)))
    return Extent.of(archive, archive.portals()[0])


@st.composite
def _times(draw: st.DrawFn) -> list[datetime]:
    steps = draw(st.lists(st.sampled_from(STEPS_MIN), min_size=1, max_size=25))
    return [START + timedelta(minutes=sum(steps[: n + 1])) for n in range(len(steps))]


@settings(max_examples=effort(20), deadline=None)
@given(_times(), st.data())
def test_what_is_read_is_what_lies_around(times: list[datetime], data: st.DataObject) -> None:
    extent = _store(MemoryArchive(), times)
    seconds = np.array([int(at.timestamp()) for at in times], dtype=np.int64)
    weeks = [IsoWeek.of(at.astimezone(BERLIN).date()) for at in times]
    assert count_weeks(seconds, BERLIN) == extent.counts
    assert list(extent.counts.items()) == [(week, weeks.count(week)) for week in sorted({*weeks})]
    assert (extent.first_at, extent.last_at) == (times[0], times[-1])
    around = [at + timedelta(minutes=n) for at in times for n in (-20_000, -1, 0, 1, 20_000)]
    whens = st.none() | st.sampled_from(around)
    from_at, until_at = data.draw(st.tuples(whens, whens))
    found = extent.around(from_at, until_at).taken_at
    assert len(found)
    assert set(found.tolist()) <= set(seconds.tolist())
    if from_at is None or until_at is None or from_at < until_at:
        low = -np.inf if from_at is None else from_at.timestamp()
        high = np.inf if until_at is None else until_at.timestamp()
        assert set(seconds[(seconds >= low) & (seconds < high)].tolist()) <= set(found.tolist())
        # The nearest one on either side is there too.
        assert (found < low).any() == (seconds < low).any()
        assert (found >= high).any() == (seconds >= high).any()
    at = data.draw(st.sampled_from(around))
    newest = extent.newest_until(at).taken_at.tolist()
    assert newest == seconds[seconds <= at.timestamp()][-1:].tolist()


def test_the_usual_distance_is_that_of_the_middle_week() -> None:
    quarters = [START + timedelta(days=3, minutes=15 * n) for n in range(40)]
    sparse = [START + timedelta(weeks=weeks, days=days) for weeks in (2, 3) for days in (1, 4)]
    assert _store(MemoryArchive(), quarters + sparse).usual_distance_s == 900
    alone = [START + timedelta(weeks=n) for n in range(3)]
    assert _store(MemoryArchive(), alone).usual_distance_s == 7 * 86_400
    assert _store(MemoryArchive(), alone[:1]).usual_distance_s is None


def test_nothing_is_counted_where_there_is_nothing(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    with closing(open_reader(tmp_path)) as reader:
        assert reader.week_counts("nobody") == {}


def test_a_question_about_one_week_reads_the_weeks_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_writer(tmp_path)) as writer:
        for number in range(24):
            for hour in (30, 31):
                at = START + timedelta(weeks=number, hours=hour)
                day = (at + timedelta(days=2)).date()
                writer.store(PORTAL, a_snapshot(PORTAL.id, at, a_view("k", at, [f"{day} 09:00"])))
        seal_weeks(writer, START + timedelta(weeks=22, days=2))
    opened: set[IsoWeek] = set()
    portal = Shelf.portal

    def counted(shelf: Shelf, week: IsoWeek, portal_id: str) -> object:
        opened.add(week)
        return portal(shelf, week, portal_id)

    monkeypatch.setattr(Shelf, "portal", counted)
    begin = IsoWeek(2026, 15)
    from_at, until_at = begin.bounds(BERLIN)
    with closing(open_reader(tmp_path)) as reader:
        (evidence,) = load_evidence(reader, Selection(from_at=from_at, until_at=until_at))
        assert len(evidence.spans.slot) > 0
        assert len(reader.week_counts(PORTAL.id)) == 24
    # Its own and three or four on either side: the week before is remembered, the edges of zones may have moved.
    near = {IsoWeek.of(begin.start + timedelta(weeks=n)) for n in range(-4, 4)}
    # And the one that tells the usual distance of snapshots without a plan, with its neighbours.
    assert len(opened - near) <= 3, sorted(map(str, opened))
