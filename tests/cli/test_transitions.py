"""``amtspuls transitions`` tells portals without changes from portals that nobody asked."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.archive.sealed.manifest import LIVE
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Covered, Outcome, Snapshot, View, slot_from_local
from support.command import run_well
from support.histories import PORTAL
from support.legacy_weeks import PlainRow, seal_rows


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portal that stood still in week 5, another that was asked in week 6 only."""
    folder = tmp_path_factory.mktemp("archive")
    slots = [slot_from_local(datetime(2026, 2, 27, 10))]
    for week, name in ((5, "early"), (6, "late")):
        begin = datetime(2026, 1, 26, 5, 3) + (week - 5) * timedelta(days=7)
        rows = [PlainRow(begin + step * timedelta(minutes=15), "1", slots) for step in range(8)]
        write_week(
            folder / "weeks", IsoWeek.parse(f"2026-{week:02d}"), [seal_rows(name, rows)], LIVE
        )
    return folder


def test_a_portal_that_nobody_asked_has_no_row_of_zeros(archive: Path) -> None:
    week_5 = ("--from", "2026-01-26", "--until", "2026-02-02")
    said = run_well("transitions", "--archive", archive, "--format", "json", *week_5)
    (row,) = json.loads(said.out)
    assert (row["portal"], row["booked"]) == ("early", 0)
    assert "not asked in this range: 1 portal of the archive" in said.err


@pytest.mark.parametrize(
    ("answers", "known"), [((False, False), False), ((True,), False), ((True, True), True)]
)
def test_where_no_two_answers_can_be_compared_nothing_is_known(
    tmp_path: Path, answers: tuple[bool, ...], known: bool
) -> None:
    """Not even that nothing changed: 0 is for who was seen to stand still."""
    view = View(Calendar("k", "Bürgeramt"), Outcome.OK, Covered.from_days([date(2026, 1, 30)]))
    with closing(open_writer(tmp_path / "archive")) as writer:
        for step, answered in enumerate(answers):
            at = datetime(2026, 1, 26, 8, tzinfo=UTC) + step * timedelta(minutes=15)
            outcome = Outcome.OK if answered else Outcome.UNREACHABLE
            views = (view,) if answered else ()
            writer.store(PORTAL, Snapshot(PORTAL.id, at, at, outcome, views, period_s=900))
    archive = ("--archive", tmp_path / "archive")
    (row,) = json.loads(run_well("transitions", *archive, "--format", "json").out)
    assert {row[kind] for kind in ("booked", "cancelled", "withdrawn")} == {0 if known else None}
    assert ("nothing is known of changes" in run_well("transitions", *archive).err) is not known
