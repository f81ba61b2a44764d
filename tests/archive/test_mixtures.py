"""Live, sealed and imported weeks in any order: spans, single moments and SQL say the same, and what is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from amtspuls.analysis.sql.session import SqlSession
from amtspuls.analysis.sql.sources import open_sources
from amtspuls.archive.base import STILL_OPEN
from amtspuls.archive.live import open_whole, open_writer
from amtspuls.archive.reader import Reader
from amtspuls.archive.sealed.manifest import Source
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.sealing import seal_weeks
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Slot,
    Snapshot,
    View,
    day_of_slot,
    slot_from_local,
    utc_from_slot,
)
from support.histories import PORTAL, effort, scratch

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 1, 26)
KEYS = ("k", "l")
# One in each of the first weeks, and two that are ahead for all of them.
DAYS = tuple(MONDAY + timedelta(days=n) for n in (4, 11, 18, 60, 61))
SLOTS = tuple(slot_from_local(datetime.combine(day, time(9))) for day in DAYS)
EVER = datetime(2026, 6, 1, tzinfo=UTC)

Kind = Literal["live", "import"]
Span = tuple[str, int, int, int]


@dataclass(frozen=True)
class Week:
    """A week of the archive: where it comes from, and its snapshots."""

    kind: Kind
    week: IsoWeek
    snapshots: tuple[Snapshot, ...]


@st.composite
def _views(draw: st.DrawFn) -> tuple[View, ...]:
    found = []
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True)):
        if draw(st.integers(0, 5)) == 0:
            found.append(View(Calendar(key, key), Outcome.REFUSED, reason="no"))
            continue
        days = draw(st.just(set(DAYS)) | st.sets(st.sampled_from(DAYS)))
        slots = tuple(slot for slot in SLOTS if day_of_slot(slot) in days and draw(st.booleans()))
        found.append(View(Calendar(key, key), Outcome.OK, Covered.from_days(days), slots))
    return tuple(found)


@st.composite
def mixtures(draw: st.DrawFn) -> list[Week]:
    """Up to seven weeks, some of them missing."""
    found = []
    for number in range(7):
        kinds: list[Kind | None] = ["live", "import", "import", None]
        kind = draw(st.sampled_from(kinds))
        if kind is None:
            continue
        week = IsoWeek.of(MONDAY + timedelta(weeks=number))
        hours = sorted(draw(st.sets(st.integers(0, 7 * 24 - 1), min_size=1, max_size=3)))
        begin = week.bounds(BERLIN)[0]
        snapshots = []
        for hour in hours:
            at = begin + timedelta(hours=hour)
            snapshots.append(Snapshot(PORTAL.id, at, at, Outcome.OK, draw(_views())))
        found.append(Week(kind, week, tuple(snapshots)))
    return found


def _write(folder: Path, weeks: Sequence[Week], sealed: int) -> None:
    """Store the weeks; of those that are live the last ones that no import follows may stay unsealed."""
    with scratch() as place:
        with closing(open_writer(Path(place))) as writer:
            # Each under a name of its own: a bundle knows nothing of the weeks before it.
            for week in (week for week in weeks if week.kind == "import"):
                for shot in week.snapshots:
                    alone = PORTAL.model_copy(update={"id": str(week.week)})
                    writer.store(alone, replace(shot, portal_id=alone.id))
            seal_weeks(writer, EVER)
        for week in (week for week in weeks if week.kind == "import"):
            portal = open_week(Path(place) / WEEKS_NAME, week.week).portal(str(week.week))
            portal = replace(portal, record=replace(portal.record, portal_id=PORTAL.id))
            source = Source("import", f"{week.week}.tar.gz", "0" * 64, (PORTAL.id,))
            write_week(folder / WEEKS_NAME, week.week, [portal], source)
    with closing(open_writer(folder)) as writer:
        for number, week in enumerate(week for week in weeks if week.kind == "live"):
            for shot in week.snapshots:
                writer.store(PORTAL, shot)
            if number < sealed:
                seal_weeks(writer, EVER)


def _start_s(slot: Slot) -> int:
    return int(utc_from_slot(slot, BERLIN).timestamp())


@dataclass
class Truth:
    """The rules of ``archive/joining.py``, slot by slot and snapshot by snapshot."""

    open_at: dict[tuple[str, Slot], int] = field(default_factory=dict)
    live: set[tuple[str, Slot]] = field(default_factory=set)
    spans: list[Span] = field(default_factory=list)

    def close(self, key: tuple[str, Slot], at: int) -> None:
        opened_at = self.open_at.pop(key)
        self.spans.append((*key, opened_at, max(opened_at, at)))

    def take(self, kind: Kind, snapshot: Snapshot, *, begins: bool) -> None:
        at = int(snapshot.taken_at.timestamp())
        for key in [key for key in self.open_at if _start_s(key[1]) <= at]:
            self.close(key, _start_s(key[1]))
        self.live = {key for key in self.live if _start_s(key[1]) > at}
        if kind == "live" and begins:
            for key in self.live:
                self.open_at.setdefault(key, at)
        for view in snapshot.views:
            for slot in SLOTS:
                if day_of_slot(slot) in view.covered and _start_s(slot) > at:
                    self._see(kind, (view.calendar.key, slot), at, shown=slot in view.slots)

    def _see(self, kind: Kind, key: tuple[str, Slot], at: int, *, shown: bool) -> None:
        if shown:
            self.open_at.setdefault(key, at)
        elif key in self.open_at:
            self.close(key, at)
        if kind == "live":
            (self.live.add if shown else self.live.discard)(key)


def truth_of(weeks: Sequence[Week]) -> list[Span]:
    truth = Truth()
    for week in weeks:
        for number, snapshot in enumerate(week.snapshots):
            truth.take(week.kind, snapshot, begins=number == 0)
    still = [(*key, opened_at, STILL_OPEN) for key, opened_at in truth.open_at.items()]
    return sorted([*truth.spans, *still])


def spans_of(
    reader: Reader, from_at: datetime | None = None, until_at: datetime | None = None
) -> list[Span]:
    keys = {record.number: record.calendar.key for record in reader.calendars(PORTAL.id)}
    columns = (column.tolist() for column in reader.spans(PORTAL.id, from_at, until_at))
    return sorted((keys[number], *rest) for number, *rest in zip(*columns, strict=True))


def _sql_spans(folder: Path) -> Iterator[Span]:
    query = (
        "SELECT calendar, epoch(slot)::BIGINT // 60 AS slot, epoch(opened_at)::BIGINT AS opened,"
        " epoch(closed_at)::BIGINT AS closed FROM spans"
    )
    with open_sources(folder, tuple) as sources, SqlSession(sources) as session:
        for row in session.run(query).to_dicts():
            closed = STILL_OPEN if row["closed"] is None else row["closed"]
            yield row["calendar"], row["slot"], row["opened"], closed


def _last_import(weeks: Sequence[Week]) -> int:
    """How many live weeks come before the last imported one: these are always sealed."""
    last = max((n for n, week in enumerate(weeks) if week.kind == "import"), default=-1)
    return sum(week.kind == "live" for week in weeks[: last + 1])


def _reaches(span: Span, from_at: datetime | None, until_at: datetime | None) -> bool:
    _, slot, opened_at, closed_at = span
    ends = min(closed_at, _start_s(Slot(slot))) if closed_at == STILL_OPEN else closed_at
    return (from_at is None or ends >= from_at.timestamp()) and (
        until_at is None or opened_at < until_at.timestamp()
    )


@settings(
    max_examples=effort(8),
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.generate),
)
@given(mixtures().filter(bool), st.data())
def test_every_way_to_ask_a_mixture_of_weeks_says_what_is_right(
    weeks: list[Week], data: st.DataObject
) -> None:
    sealed = data.draw(st.integers(_last_import(weeks), len(weeks)), label="sealed")
    taken = [snapshot.taken_at for week in weeks for snapshot in week.snapshots]
    whens = st.sampled_from([at + timedelta(hours=n) for at in taken for n in (-30, -1, 0, 1, 200)])
    with scratch() as place:
        folder = Path(place)
        _write(folder, weeks, sealed)
        right = truth_of(weeks)
        with closing(open_whole(folder)) as reader:
            assert spans_of(reader) == right
            for _ in range(4):
                limits = sorted(data.draw(st.tuples(whens, whens)))
                from_at, until_at = (data.draw(st.sampled_from([at, None])) for at in limits)
                if from_at is None or until_at is None or from_at < until_at:
                    wanted = [span for span in right if _reaches(span, from_at, until_at)]
                    assert spans_of(reader, from_at, until_at) == wanted
            for at in data.draw(st.lists(whens, min_size=3, max_size=3)):
                _check_moment(reader, right, at)
        assert sorted(_sql_spans(folder)) == right


def _check_moment(reader: Reader, right: Sequence[Span], at: datetime) -> None:
    at_s = int(at.timestamp())
    views = reader.views(PORTAL.id, None, at + timedelta(seconds=1))
    seen = len(np.unique(views.calendar))
    states = reader.state(PORTAL.id, at)
    assert len(states) == seen
    free = {
        (key, slot)
        for key, slot, opened_at, closed_at in right
        if opened_at <= at_s < closed_at and _start_s(Slot(slot)) > at_s
    }
    assert {
        (state.calendar.key, slot) for state in states for slot in (*state.slots, *state.unknown)
    } == free
    for state in states:
        assert all(day_of_slot(slot) in state.covered for slot in state.slots)
