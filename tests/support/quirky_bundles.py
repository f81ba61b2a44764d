"""Weekly bundles with every quirk that old ones have, or might have."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st

from amtspuls.archive.week import IsoWeek
from support.bundles import csv_text
from support.weeks import BERLIN, WEEKS

KEYS = ("1/2", "1/10", "-/7", "auskunft-ausza14ge", "bürgeramt", "Z", "a b")


@dataclass(frozen=True)
class QuirkyPortal:
    """One CSV: rows are (date, key, free columns)."""

    portal_id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]

    @property
    def csv(self) -> bytes:
        return csv_text(self.portal_id, self.columns, self.rows).encode()

    def groups(self) -> list[list[tuple[str, str, tuple[str, ...]]]]:
        """Rows that follow one another with one date."""
        groups: list[list[tuple[str, str, tuple[str, ...]]]] = []
        for row in self.rows:
            if not groups or groups[-1][0][0] != row[0]:
                groups.append([])
            groups[-1].append(row)
        return groups


def members_of(path: Path) -> dict[str, bytes]:
    """Members of a bundle in their order."""
    found = {}
    with tarfile.open(path) as tar:
        for member in tar:
            stream = tar.extractfile(member)
            found[member.name] = (stream or io.BytesIO()).read()
    return found


@st.composite
def quirky_weeks(draw: st.DrawFn) -> tuple[IsoWeek, Sequence[QuirkyPortal]]:
    """A week, and its portals in the order of the members."""
    week = IsoWeek.parse(draw(st.sampled_from(WEEKS)))
    ids = draw(
        st.lists(
            st.sampled_from(["amt", "amt-2", "bau", "impfthueringen"]),
            unique=True,
            min_size=1,
            max_size=2,
        )
    )
    return week, [draw(quirky_portals(portal_id, week)) for portal_id in ids]


@st.composite
def quirky_portals(draw: st.DrawFn, portal_id: str, week: IsoWeek) -> QuirkyPortal:
    """One portal: blank columns, no columns, no rows, rows twice, out of order, begun slots."""
    days = [week.start + timedelta(days=day) for day in (0, 1, 6, 8)]
    grid = [f"{day} {time}:00" for day in days for time in ("00:00", "02:30", "08:07", "23:59")]
    columns = tuple(sorted(draw(st.sets(st.sampled_from(grid), max_size=8))))
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1, max_size=3))
    rows = []
    for date in draw(_dates(week)):
        shown = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=4))
        if draw(st.booleans()):
            shown = sorted(set(shown), key=str.encode)
        for key in shown:
            free = draw(st.sets(st.sampled_from(columns), max_size=5)) if columns else set()
            rows.append((date, key, tuple(sorted(free))))
    return QuirkyPortal(portal_id, columns, tuple(rows))


@st.composite
def _dates(draw: st.DrawFn, week: IsoWeek) -> list[str]:
    """Local dates of snapshots in their order; in the predecessor's files sorted by wall clock."""
    from_at, until_at = week.bounds(BERLIN)
    at = draw(st.sampled_from([from_at, until_at - timedelta(hours=24)]))
    dates = []
    for step_s in draw(st.lists(st.integers(1, 3000) | st.just(90_000), max_size=10)):
        at += timedelta(seconds=step_s)
        if at < until_at:
            dates.append(f"{at.astimezone(BERLIN):%Y-%m-%d %H:%M:%S}")
    return sorted(dates) if draw(st.booleans()) else dates


def a_busy_week(week: IsoWeek, portal_ids: Sequence[str]) -> Mapping[str, str]:
    """Members of a week in which slots come and go, for trials that need some work to do."""
    first = datetime.combine(week.start, datetime.min.time()) + timedelta(minutes=3)
    columns = [
        f"{first.date() + timedelta(days=day)} {hour:02}:{minute:02}:00"
        for day in range(1, 9)
        for hour in range(8, 16)
        for minute in (0, 30)
    ]
    members = {}
    for nth, portal_id in enumerate(portal_ids):
        rows = [
            (
                f"{first + timedelta(minutes=15 * step)}",
                key,
                [
                    c
                    for n, c in enumerate(columns)
                    if (n * 7 + step * (nth + 3)) % (5 + calendar) < 2
                ],
            )
            for step in range(40)
            for calendar, key in enumerate(("1/1", "1/2", "2/1"))
        ]
        members[f"{portal_id}.csv"] = csv_text(portal_id, columns, rows)
    return members
