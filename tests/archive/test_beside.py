"""What an import may be put beside: a live part without snapshots in the week, or before it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.archive.beside import require_room, tell_weeks
from amtspuls.archive.live import open_writer
from amtspuls.archive.sealing import seal_weeks
from amtspuls.archive.week import IsoWeek
from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ArchiveError
from amtspuls.model import Outcome, Snapshot
from support.histories import OTHER, PORTAL

MONDAY = datetime(2026, 1, 26, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
BEFORE, FIRST, SECOND, THIRD, FOURTH = (IsoWeek(2026, number) for number in range(4, 9))
BOTH = {PORTAL.id, OTHER.id}


def _store(folder: Path, *days: datetime, portal: Portal = PORTAL) -> None:
    with closing(open_writer(folder)) as writer:
        for at in days:
            writer.store(portal, Snapshot(portal.id, at, at, Outcome.UNREACHABLE, reason="no"))


def _seal(folder: Path) -> None:
    with closing(open_writer(folder)) as writer:
        seal_weeks(writer, MONDAY + 5 * WEEK)


def test_beside_no_live_part_everything_goes(tmp_path: Path) -> None:
    require_room(tmp_path, FIRST, BOTH)


def test_a_week_with_live_snapshots_is_refused_whatever_its_portals(tmp_path: Path) -> None:
    _store(tmp_path, MONDAY)
    with pytest.raises(ArchiveError, match="live snapshots in week 2026-05"):
        require_room(tmp_path, FIRST, {OTHER.id})


def test_a_week_before_all_that_is_live_goes(tmp_path: Path) -> None:
    _store(tmp_path, MONDAY + WEEK)
    require_room(tmp_path, FIRST, BOTH)


def test_a_week_after_live_snapshots_of_its_portals_waits_for_seal(tmp_path: Path) -> None:
    """Between two live weeks too; a failed snapshot counts, since it closes what has begun."""
    _store(tmp_path, MONDAY, MONDAY + WEEK, MONDAY + 3 * WEEK)
    _store(tmp_path, MONDAY, portal=OTHER)
    with pytest.raises(ArchiveError) as refused:
        require_room(tmp_path, THIRD, BOTH)
    assert str(refused.value) == (
        f"{tmp_path} has snapshots before week 2026-07 that are not sealed, of demo in 2026-05..2026-06,"
        f" of other in 2026-05: run `amtspuls seal --until 2026-06 --archive {tmp_path}`, then import again"
    )
    require_room(tmp_path, BEFORE, BOTH)

    _seal(tmp_path)
    require_room(tmp_path, THIRD, BOTH)


def test_portals_that_the_week_lacks_do_not_keep_it_back(tmp_path: Path) -> None:
    _store(tmp_path, MONDAY, portal=OTHER)
    require_room(tmp_path, SECOND, {PORTAL.id})
    with pytest.raises(ArchiveError, match="of other in 2026-05:"):
        require_room(tmp_path, SECOND, {OTHER.id})


def test_a_week_is_that_of_the_portals_own_zone(tmp_path: Path) -> None:
    """Half an hour after midnight in Berlin it is still Sunday for a portal on UTC."""
    night = datetime(2026, 2, 1, 23, 30, tzinfo=UTC)
    _store(tmp_path, night, portal=OTHER)
    with pytest.raises(ArchiveError, match="of other in 2026-05:"):
        require_room(tmp_path, SECOND, BOTH)
    _store(tmp_path / "here", night)
    with pytest.raises(ArchiveError, match="live snapshots in week 2026-06"):
        require_room(tmp_path / "here", SECOND, BOTH)


def test_many_portals_are_counted() -> None:
    told = tell_weeks({key: [FIRST] for key in "abcde"} | {"a": [FIRST, FOURTH]})
    assert told == "of a in 2026-05..2026-08, of b in 2026-05, of c in 2026-05, and of 2 more"
    assert tell_weeks({"a": [FIRST]}) == "of a in 2026-05"
