"""What the protocols do not show but the file keeps: robots.txt, stops, and what was asked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from amtspuls.archive.base import Stop
from amtspuls.archive.live import open_writer
from amtspuls.model import Calendar, Covered, HostState, Outcome, Snapshot, View
from support.histories import PORTAL, made_up

NOON = datetime(2026, 1, 26, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


def _rows(folder: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "live.sqlite")) as database:
        return database.execute(question).fetchall()


def test_robots_txt_gets_a_row_per_change(tmp_path: Path) -> None:
    told = [(200, "a"), (200, "a"), (404, ""), (200, "a")]
    with closing(open_writer(tmp_path)) as writer:
        for hours, (status, text) in enumerate(told):
            at = NOON + timedelta(hours=hours)
            writer.save_host_states([HostState("https://a.example", status, text, at)])
            assert writer.host_states()["https://a.example"].robots_at == at
    assert _rows(
        tmp_path, "SELECT fetched_at - ?, status, text FROM robots".replace("?", str(NOON_S))
    ) == [
        (0, 200, "a"),
        (7200, 404, ""),
        (10800, 200, "a"),
    ]


def test_silence_is_never_shortened_by_rounding(tmp_path: Path) -> None:
    until = NOON + timedelta(milliseconds=1)
    with closing(open_writer(tmp_path)) as writer:
        writer.save_host_states([HostState("https://a.example", silent_until=until)])
        assert writer.host_states()["https://a.example"].silent_until == NOON + timedelta(seconds=1)


def test_stops_stay_as_history(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path)) as writer:
        for hours in (0, 5):
            since = NOON + timedelta(hours=hours)
            writer.stop(Stop("refuser", since, "captcha"))
            writer.lift_stop("refuser", since + timedelta(hours=1))
    assert _rows(tmp_path, f"SELECT since - {NOON_S}, lifted_at - {NOON_S} FROM stops") == [
        (0, 3600),
        (18000, 21600),
    ]


def test_what_was_asked_is_kept_with_the_view(tmp_path: Path) -> None:
    views = (
        View(
            Calendar("a", "A"),
            Outcome.OK,
            Covered.from_days([date(2026, 1, 27)]),
            asked=("Paß beantragen",),
            duration_min=20,
        ),
        View(Calendar("b", "B"), Outcome.REFUSED, reason="captcha"),
    )
    with closing(open_writer(tmp_path)) as writer:
        writer.store(PORTAL, Snapshot(PORTAL.id, NOON, NOON, Outcome.PARTIAL, views, reason="b"))
    assert _rows(
        tmp_path,
        "SELECT c.text, a.text, duration_min, free, reason FROM views"
        " JOIN texts c ON c.number = covered JOIN texts a ON a.number = asked ORDER BY calendar",
    ) == [
        ("2026-01-27", '["Paß beantragen"]', 20, 0, ""),
        ("", "[]", None, None, "captcha"),
    ]


def test_an_archive_does_not_grow_by_what_stays_the_same(tmp_path: Path) -> None:
    first, *_rest = made_up(1, slots=60)
    with closing(open_writer(tmp_path)) as writer:
        for step in range(200):
            at = first.taken_at + timedelta(minutes=step)
            writer.store(
                PORTAL, Snapshot(PORTAL.id, at, at, Outcome.OK, first.views, parser="tempus/1")
            )
    assert _rows(tmp_path, "SELECT count(*) FROM spans") == [
        (sum(len(view.slots) for view in first.views),)
    ]
    assert _rows(tmp_path, "SELECT count(*) FROM texts") == [(2,)]
