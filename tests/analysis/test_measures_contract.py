"""What every measure owes to whoever asks it: a clear answer, never a traceback, never 0 for unknown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from amtspuls.analysis import provenance
from amtspuls.analysis.base import REFUSED, Answer, Measure
from amtspuls.analysis.display import shown_columns
from amtspuls.analysis.estimate import LEAST_COVERAGE, estimate, refusal, refusal_of
from amtspuls.analysis.explain import explain_text
from amtspuls.analysis.grouping import By
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.measures import MEASURES, load_watched, measure_archive, take_measure
from amtspuls.analysis.observed import Observed
from amtspuls.analysis.selection import Selection
from amtspuls.archive.live import open_writer
from amtspuls.errors import ArchiveError, ConfigError
from amtspuls.model import Outcome, Snapshot
from support.command import run_command
from support.measure_archive import BONN, KIEL, make_archive, make_empty_archive
from support.measure_cases import COVERED, morning_portal
from support.relabelled import busier, watch_by_spans
from support.tiny_archive import (
    TinyPortal,
    TinyReader,
    TinySpan,
    TinyView,
    days,
    every,
    slot,
    utc,
)

pytestmark = pytest.mark.slow

ALL_NAMES = pytest.mark.parametrize("name", MEASURES)
WEEK_HOURS = {"spring": ("2026-03-22 23:00", 167), "autumn": ("2026-10-18 22:00", 169)}


def answers(reader: TinyReader, name: str, selection: Selection | None = None) -> Iterator[Answer]:
    """The answers by all groupings of a measure; each must be printable and finite."""
    watched = load_watched(reader, selection or Selection())
    for by in MEASURES[name].by:
        answer = take_measure(MEASURES[name], watched, by)
        for row in (*answer.rows, answer.total):
            assert all(isinstance(v, str | int | float | bool | None) for v in row.values())
            assert all(math.isfinite(v) for v in row.values() if isinstance(v, int | float))
        assert "measured in" in answer.sentence or answer.total["refused"] == answer.sentence
        assert "None" not in answer.sentence
        yield answer


def figures(answer: Answer, row: Any) -> dict[str, Any]:
    """What a row says beyond how much was watched."""
    return {one.key: row[one.key] for one in answer.measure.columns if not one.always}


def failing(portal_id: str = "bonn") -> TinyPortal:
    """A portal whose every snapshot failed, some before a calendar was known, some after."""
    snapshots = [
        *every("2026-01-26 05:00", 2, views=(), outcome="unreachable"),
        *every("2026-01-26 05:30", 2, views=(TinyView(1, "refused"),), outcome="refused"),
    ]
    return TinyPortal(portal_id, snapshots)


@ALL_NAMES
def test_an_empty_archive_says_how_to_fill_it(name: str) -> None:
    with pytest.raises(ArchiveError, match="holds no snapshot yet: take one with"):
        measure_archive(TinyReader(), name, Selection())


@ALL_NAMES
def test_a_portal_with_only_failures_is_unknown_and_not_empty(name: str) -> None:
    for answer in answers(TinyReader(failing()), name):
        for row in (*answer.rows, answer.total):
            assert set(figures(answer, row).values()) <= {None}
            assert row["coverage"] in (0.0, None)
        if figures(answer, answer.total):
            assert "nothing is known, no page answered" in answer.sentence


@ALL_NAMES
def test_a_failing_portal_beside_another_changes_none_of_its_figures(name: str) -> None:
    alone = measure_archive(TinyReader(morning_portal()), name, Selection())
    beside = measure_archive(TinyReader(morning_portal(), failing("zero")), name, Selection())
    if MEASURES[name].about_slots or "portal" not in alone.rows[0]:
        assert figures(beside, beside.total) == figures(alone, alone.total)
        return
    kept = [row for row in beside.rows if row["portal"] == "bonn"]
    assert kept == list(alone.rows)


@ALL_NAMES
def test_a_single_snapshot_shows_what_is_free_and_no_change(name: str) -> None:
    spans = [TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"))]
    reader = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 1), spans))
    for answer in answers(reader, name):
        known = set(figures(answer, answer.total).values()) - {None}
        if answer.measure.about_changes:
            assert not known, answer.total
            assert "one snapshot shows no change" in answer.sentence
        elif figures(answer, answer.total):
            assert known
        assert answer.total["snapshots"] == 1


@ALL_NAMES
def test_one_calendar_says_the_same_as_its_portal_and_as_all(name: str) -> None:
    reader = TinyReader(morning_portal())
    found = {answer.by: answer for answer in answers(reader, name)}
    # A portal alone may be known for what all together are not: inhabitants of its town.
    for by in {By.PORTAL, By.CALENDAR} & set(found) if By.CALENDAR in found else ():
        (row,) = found[by].rows
        expected = figures(found[by], found[by].total)
        assert figures(found[by], row) == expected


@ALL_NAMES
@pytest.mark.parametrize("season", WEEK_HOURS)
def test_a_week_with_a_clock_change_has_each_hour_once_and_all_its_time(
    name: str, season: str
) -> None:
    first, hours = WEEK_HOURS[season]
    at = utc(first)
    last = at + timedelta(hours=hours)
    # Slots in the missing and in the repeated hour, and some that come and go around it.
    spans = [
        TinySpan(1, slot(f"{day} {hour}:30"), at + timedelta(hours=step), end)
        for day in ("2026-03-29", "2026-10-25", "2026-10-26", "2026-03-30")
        for hour in ("01", "02", "03")
        for step, end in ((0, at + timedelta(hours=3)), (5, None))
        if at.date().isoformat()[:7] <= day[:7] and slot(f"{day} {hour}:30") * 60 > at.timestamp()
        if abs((utc(f"{day} 12:00") - last).days) < 3
    ]
    assert spans
    reader = TinyReader(
        TinyPortal(
            "bonn",
            every(first, hours, minutes=60, period_s=3600),
            spans,
            covered=days("2026-01-01", "2026-12-31"),
        )
    )
    for answer in answers(reader, name):
        assert answer.total["coverage"] is not None
        if answer.by is By.HOUR:
            assert [row["hour"] for row in answer.rows] == list(range(24))
        if answer.by is By.DAY:
            assert len(answer.rows) == 7
        if answer.by is By.WEEK and not answer.measure.about_slots:
            assert len(answer.rows) == 1


@ALL_NAMES
def test_an_unknown_portal_is_told_with_the_nearest(name: str) -> None:
    with pytest.raises(ConfigError, match="nearest: bonn"):
        measure_archive(TinyReader(morning_portal()), name, Selection(include=("bon",)))


@ALL_NAMES
def test_a_range_without_a_snapshot_says_which_there_are(name: str) -> None:
    later = Selection(from_at=utc("2027-01-01 00:00"), until_at=utc("2027-01-02 00:00"))
    with pytest.raises(ArchiveError, match="the archive holds them from 2026-01-26 06:00"):
        measure_archive(TinyReader(morning_portal()), name, later)


@ALL_NAMES
def test_an_office_that_nobody_asked_in_the_range_is_unknown(name: str) -> None:
    later = TinyPortal("later", every("2026-03-02 05:00", 5), covered=COVERED)
    since = Selection(from_at=utc("2026-03-02 05:00"))
    for answer in answers(TinyReader(morning_portal(), later), name, since):
        if answer.by in (By.PORTAL, By.CALENDAR):
            rows = [row for row in answer.rows if row["portal"] == "bonn"]
            assert all(set(figures(answer, row).values()) <= {None} for row in rows)


@ALL_NAMES
def test_no_column_has_the_name_of_another(name: str) -> None:
    watched = load_watched(TinyReader(morning_portal()), Selection())
    for by in MEASURES[name].by:
        answer = take_measure(MEASURES[name], watched, by)
        keys = [column.key for column in (*answer.columns, *provenance.COLUMNS)]
        assert len(set(keys)) == len(keys)


@ALL_NAMES
def test_explaining_is_complete(name: str) -> None:
    text = explain_text(MEASURES[name])
    for title in ("formula", "columns", "where the definition comes from", "mind before", "--by"):
        assert re.search(f"^  {title}", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= 130


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Archives on disk, as commands meet them."""
    base = tmp_path_factory.mktemp("archives")
    failed = base / "failed"
    with closing(open_writer(failed)) as writer:
        for step in range(3):
            at = utc("2026-01-26 05:00") + timedelta(minutes=15 * step)
            writer.store(KIEL, Snapshot("kielsw", at, at, Outcome.REFUSED, period_s=900))
    single = base / "single"
    with closing(open_writer(single)) as writer:
        at = utc("2026-01-26 05:00")
        writer.store(BONN, Snapshot("bonn", at, at, Outcome.OK, period_s=900))
    return {
        "empty": make_empty_archive(base / "empty"),
        "failed": failed,
        "single": single,
        "usual": make_archive(base / "usual"),
    }


def check(folder: Path, name: str, *options: str, code: int, said: str) -> None:
    """Run the command; it says what is the matter, and prints figures only when it is well."""
    shown = run_command("measure", name, "--archive", folder, *options)
    assert shown.code == code
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert "None" not in shown.out
    assert bool(shown.out) == (code == 0)


@ALL_NAMES
def test_the_command_never_ends_in_a_traceback(name: str, folders: dict[str, Path]) -> None:
    check(folders["empty"], name, code=1, said="holds no snapshot yet")
    check(folders["failed"], name, code=0, said="0 % of the time")
    check(folders["single"], name, code=0, said="measured in")


@pytest.mark.parametrize("name", ["activity", "coverage", "offered-hours"])
def test_wrong_input_is_told_with_a_way_out(name: str, folders: dict[str, Path]) -> None:
    usual = folders["usual"]
    backwards = ("--from", "2026-01-27", "--until", "2026-01-26")
    check(usual, name, code=0, said="measured in")
    check(usual, name, "-i", "kielws", code=2, said="nearest: kielsw")
    check(usual, name, *backwards, code=2, said="is not before")
    check(usual, name, "--from", "2027-01-01", code=1, said="the archive holds them from")
    check(usual, name, "--by", "moon", code=2, said="it can by")


def of_estimates(measure: Measure) -> set[str]:
    """Columns that rest on bookings or cancellations."""
    return {column.key for column in measure.columns if column.estimated}


RESTING = [name for name, measure in MEASURES.items() if of_estimates(measure)]
BY_LITTLE = Selection(until_at=utc("2026-01-26 09:00"))
TOO_LITTLE = "covered 31 %, under 50 %: no figure"


def test_these_measures_rest_on_bookings_or_cancellations() -> None:
    assert set(RESTING) == {
        *("activity", "lead-time", "wanted-times", "booking-times"),
        *("cancellation-rate", "refill", "per-inhabitants"),
    }


@ALL_NAMES
def test_what_changes_with_bookings_or_cancellations_is_known_as_an_estimate(name: str) -> None:
    (one,) = watch_by_spans(TinyReader(morning_portal()))
    for by in MEASURES[name].by:
        rows = [
            take_measure(MEASURES[name], [busier(one, times)], by).rows for times in (1.0, 50.0)
        ]
        for before, after in zip(*rows, strict=True):
            changed = {key for key in before if before[key] != after[key]}
            assert changed <= of_estimates(MEASURES[name]) | {"refused"}


@pytest.mark.parametrize("name", RESTING)
def test_a_figure_that_estimate_refuses_is_refused_by_every_measure(name: str) -> None:
    measure = MEASURES[name]
    watched = load_watched(TinyReader(morning_portal()), BY_LITTLE)
    for by in measure.by:
        answer = take_measure(measure, watched, by)
        refused = {
            label for label, found in estimate(watched, Kind.BOOKED, by).items() if not found
        }
        assert refused
        if not measure.about_slots:
            assert sum(bool(row["refused"]) for row in answer.rows) == len(refused)
        for row in (*answer.rows, answer.total):
            too_little = row["coverage"] is None or row["coverage"] < LEAST_COVERAGE
            assert row["refused"] == refusal(row["coverage"]) or not too_little
            known = {key for key in of_estimates(measure) if row[key] is not None}
            assert not known or not too_little
        assert answer.total["refused"] == answer.sentence == TOO_LITTLE
        assert REFUSED in shown_columns(answer)


def test_the_count_of_refused_snapshots_is_shown_whatever_it_is() -> None:
    """It is called as the reason why a figure is missing, which is left out where none is."""
    answer = measure_archive(TinyReader(morning_portal()), "coverage", Selection(), By.ALL)
    keys = [column.key for column in shown_columns(answer)]
    assert keys[keys.index("throttled") + 1] == "refused"
    assert answer.total["refused"] == 0


@pytest.mark.parametrize("name", RESTING)
def test_what_is_watched_enough_is_refused_nothing(name: str) -> None:
    answer = measure_archive(TinyReader(morning_portal()), name, Selection(), By.ALL)
    assert "covered" not in answer.total["refused"]


def test_refusals_read_alike_and_never_look_like_enough() -> None:
    assert refusal(0.4999) == "covered 49.9 %, under 50 %: no figure"
    assert refusal(None) == "not asked: no figure"
    assert refusal(LEAST_COVERAGE) == ""
    assert refusal_of(Observed(covered_s=1, asked_s=1)) == "no two answers to compare: no figure"
