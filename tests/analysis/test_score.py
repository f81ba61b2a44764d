"""The truth as pages could tell it, the archive in memory, and the comparison of rules with the truth."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.legacy.rows import read_rows
from amtspuls.analysis.legacy.rule import judge
from amtspuls.analysis.legacy.stash import Stash
from amtspuls.analysis.score import KindScore, Score, score_rows, score_rules
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.score_calendars import WeekScore, pooled, score_weeks
from amtspuls.analysis.score_findings import Findings, Rule
from amtspuls.analysis.score_match import count_matches
from amtspuls.analysis.score_rules import RULES
from amtspuls.analysis.score_truth import (
    Change,
    TruthLine,
    TruthRecord,
    true_changes,
    true_weeks,
)
from amtspuls.analysis.score_wait import true_wait_days
from amtspuls.analysis.score_weeks import sealed_weeks
from amtspuls.archive.base import ArchiveReader, PortalRecord
from amtspuls.archive.live import open_writer
from amtspuls.archive.sealed.read import list_weeks, open_week
from amtspuls.archive.week import WEEKS_NAME
from amtspuls.catalogue.portal import Portal
from amtspuls.cli.scoring import truth_of
from amtspuls.model import Calendar, Covered, Outcome, Slot, Snapshot, View
from amtspuls.replica.town import SCENARIOS, Town, make_scenario, take_looks
from support.command import run_well
from support.memory_archive import MemoryArchive

pytestmark = pytest.mark.slow

BEGIN = datetime(2026, 3, 23, 8, tzinfo=UTC)
BEGIN_S = int(BEGIN.timestamp())
HOUR_S = 3600
SLOT = Slot(BEGIN_S // 60 + 60 * 26)
"""Local 10:00 of the next day: the zone is UTC here."""


# --- the estimand --------------------------------------------------------------------------------


def record(
    *lines: tuple[str, int, int, str, tuple[int, ...], int], hold_s: int = 900
) -> TruthRecord:
    """Lines as (kind, effect, seconds after the begin, calendar, slots, citizen)."""
    return TruthRecord(
        portal_id="p",
        zone="UTC",
        hold_s=hold_s,
        from_s=BEGIN_S,
        until_s=BEGIN_S + 7 * 86_400,
        shown={"a": (SLOT, SLOT + 10, SLOT + 20), "b": (SLOT,)},
        lines=tuple(
            TruthLine(kind, effect, BEGIN_S + at_s, calendar, slots, citizen)
            for kind, effect, at_s, calendar, slots, citizen in lines
        ),
    )


def kinds_of(changes: tuple[Change, ...]) -> list[tuple[Kind, int, int]]:
    return [(change.kind, change.at_s - BEGIN_S, len(change.cells)) for change in changes]


HELD_A = ("held", -1, 60, "a", (SLOT, SLOT + 10), 1)
HELD_B = ("held", -1, 60, "b", (SLOT,), 1)
BOOKED = ("booked", 0, 300, "a", (SLOT,), 1)


def test_one_booking_may_close_several_starts_in_several_calendars() -> None:
    changes = true_changes(record(HELD_A, HELD_B, BOOKED))

    assert kinds_of(changes) == [(Kind.BOOKED, 60, 3)]
    assert set(changes[0].cells) == {("a", SLOT), ("a", SLOT + 10), ("b", SLOT)}


def test_a_hold_that_expires_is_no_booking() -> None:
    expired = ("hold_expired", 1, 960, "a", (SLOT, SLOT + 10), 1)

    assert kinds_of(true_changes(record(HELD_A, expired))) == [
        (Kind.HELD, 60, 1),
        (Kind.HELD, 60, 1),
        (Kind.HOLD_EXPIRED, 960, 1),
        (Kind.HOLD_EXPIRED, 960, 1),
    ]


def test_a_booking_whose_starts_are_all_back_within_the_hold_is_not_visible() -> None:
    back = ("reappeared", 1, 60 + 900, "a", (SLOT, SLOT + 10), 0)
    later = ("reappeared", 1, 60 + 901, "a", (SLOT, SLOT + 10), 0)
    one_back = ("reappeared", 1, 200, "a", (SLOT,), 0)

    assert Kind.BOOKED not in {one.kind for one in true_changes(record(HELD_A, BOOKED, back))}
    assert Kind.BOOKED in {one.kind for one in true_changes(record(HELD_A, BOOKED, later))}
    (booking, *_) = true_changes(record(HELD_A, BOOKED, one_back))
    assert (booking.kind, booking.cells) == (Kind.BOOKED, (("a", SLOT + 10),))


def test_a_booking_beside_a_free_desk_is_not_visible() -> None:
    assert true_changes(record(BOOKED)) == ()


def test_what_happens_between_two_updates_of_the_page_is_not_visible() -> None:
    """Held and back at the same instant of the page: it never looked different."""
    cancelled = (("cancelled", 0, 60, "a", (SLOT,), 1), ("given_back", 1, 60, "a", (SLOT,), 1))
    held = ("held", -1, 60, "a", (SLOT,), 1)

    assert true_changes(record(held, BOOKED, *cancelled)) == ()


def test_two_bookings_of_one_vanishing_are_one() -> None:
    """Booked, given back, booked again, and one update of the page: the last one counts."""
    changes = true_changes(
        record(
            ("held", -1, 60, "a", (SLOT,), 1),
            ("booked", 0, 60, "a", (SLOT,), 1),
            ("given_back", 1, 60, "a", (SLOT,), 1),
            ("held", -1, 60, "a", (SLOT,), 2),
            ("booked", 0, 60, "a", (SLOT,), 2),
        )
    )

    assert kinds_of(changes) == [(Kind.BOOKED, 60, 1)]


def test_a_cancellation_is_visible_where_a_start_comes_back() -> None:
    given_back = ("given_back", 1, 7200, "a", (SLOT, SLOT + 10), 1)
    changes = true_changes(record(HELD_A, BOOKED, given_back))

    assert kinds_of(changes) == [(Kind.BOOKED, 60, 2), (Kind.CANCELLED, 7200, 2)]


def test_only_the_asked_time_counts() -> None:
    early = replace(record(HELD_A, BOOKED), from_s=BEGIN_S + 61)
    late = replace(record(HELD_A, BOOKED), until_s=BEGIN_S + 60)

    assert true_changes(early) == true_changes(late) == ()


@pytest.mark.parametrize(
    ("at_s", "kind"), [(26 * HOUR_S, Kind.EXPIRED), (25 * HOUR_S, Kind.NOTICE_CUTOFF)]
)
def test_a_slot_that_begins_expires_and_one_before_falls_under_the_notice(
    at_s: int, kind: Kind
) -> None:
    assert [one.kind for one in true_changes(record(("notice", -1, at_s, "b", (SLOT,), 0)))] == [
        kind
    ]


def test_every_kind_of_the_towns_log_has_a_place() -> None:
    """What changes a page is typed; what does not is no event of the page."""
    from amtspuls.analysis.score_truth import _KINDS
    from amtspuls.replica.town import TruthKind

    assert set(_KINDS) == {kind.value for kind in TruthKind if kind.effect}


def test_the_true_wait_counts_moments_without_a_slot_as_longest() -> None:
    gone = record(
        ("withdrawn", -1, 1, "a", (SLOT, SLOT + 10, SLOT + 20), 0),
        ("withdrawn", -1, 1, "b", (SLOT,), 0),
    )
    short = replace(record(), until_s=BEGIN_S + 600)

    assert true_wait_days(gone) == np.inf
    assert true_wait_days(short) == pytest.approx((26 * HOUR_S - 150) / 86_400)


# --- matching ------------------------------------------------------------------------------------


def change(at_s: int, *cells: tuple[str, int | None], since_s: int | None = None) -> Change:
    return Change(Kind.BOOKED, at_s, at_s if since_s is None else since_s, cells)


def test_a_found_change_matches_within_one_step_and_once() -> None:
    truth = [change(1000, ("a", 1), ("a", 2))]

    assert count_matches(truth, [change(1900, ("a", 2))], 900) == 1
    assert count_matches(truth, [change(1901, ("a", 2))], 900) == 0
    assert count_matches(truth, [change(1000, ("b", 1))], 900) == 0
    assert count_matches(truth, [change(1000, ("a", 1)), change(1000, ("a", 2))], 900) == 1
    assert count_matches(truth * 2, [change(1000, ("a", 1))], 900) == 1
    assert count_matches(truth, [change(1000, ("a", None))], 900) == 1


def test_across_a_gap_the_interval_decides() -> None:
    truth = [change(1000, ("a", 1))]

    assert count_matches(truth, [change(9000, ("a", 1), since_s=500)], 900) == 1
    assert count_matches(truth, [change(9000, ("a", 1), since_s=1000)], 900) == 0


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from("ab"), st.integers(0, 2)), max_size=20),
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from("ab"), st.integers(0, 2)), max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_matches_never_exceed_either_side_and_equal_sides_match_whole(
    truth: list[tuple[int, str, int]], found: list[tuple[int, str, int]]
) -> None:
    true = [change(at_s, (key, slot)) for at_s, key, slot in truth]
    seen = [change(at_s, (key, slot)) for at_s, key, slot in found]

    assert count_matches(true, seen, 3) <= min(len(true), len(seen))
    assert count_matches(true, true, 0) == len(true)


# --- the archive in memory -----------------------------------------------------------------------

PORTAL = Portal(id="p", name="P", system="etermin", url="https://p.example/")
RECORD = PortalRecord(PORTAL.id, PORTAL.name, PORTAL.system, PORTAL.url, PORTAL.zone)
DAYS = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]


def slots_of(day: date) -> list[Slot]:
    first = (day - date(1970, 1, 1)).days * 1440
    return [Slot(first + minute) for minute in (0, 120, 150, 600, 610)]


@st.composite
def histories(draw: st.DrawFn) -> list[Snapshot]:
    """Snapshots over the night in which the clocks go forward, gaps and failures among them."""
    at = datetime(2026, 3, 28, 20, tzinfo=UTC)
    snapshots = []
    for _ in range(draw(st.integers(1, 10))):
        at += timedelta(minutes=draw(st.sampled_from([15, 16, 300])))
        views = []
        for key in draw(st.lists(st.sampled_from(["10", "9"]), unique=True)):
            days = draw(st.lists(st.sampled_from(DAYS), unique=True))
            free = sorted(draw(st.sets(st.sampled_from([s for d in DAYS for s in slots_of(d)]))))
            covered = Covered.from_days(days)
            shown = tuple(slot for slot in free if any(slot in slots_of(day) for day in days))
            shown = tuple(slot for slot in shown if _start(slot) > at)
            outcome = Outcome.OK if len(days) == len(DAYS) else Outcome.PARTIAL
            views.append(View(Calendar(key, f"Schalter {key}"), outcome, covered, shown))
        outcome = Outcome.OK if views else Outcome.UNREACHABLE
        snapshots.append(Snapshot("p", at, at, outcome, tuple(views), 1, 2, 900))
    return snapshots


def _start(slot: Slot) -> datetime:
    from zoneinfo import ZoneInfo

    from amtspuls.model import utc_from_slot

    return utc_from_slot(slot, ZoneInfo("Europe/Berlin"))


def columns_of(reader: ArchiveReader, between: tuple[datetime, datetime] | None) -> list[object]:
    asked = between or (None, None)
    numbers = {one.number: one.calendar.key for one in reader.calendars("p")}
    spans = reader.spans("p", *asked)
    views = reader.views("p", *asked)
    return [
        [one.calendar for one in reader.calendars("p")],
        [column.tolist() for column in reader.snapshots("p", *asked)],
        [[numbers[n] for n in views.calendar.tolist()], *(c.tolist() for c in views[3:])],
        sorted(
            zip(
                [numbers[n] for n in spans.calendar.tolist()],
                *(column.tolist() for column in spans[1:]),
                strict=True,
            )
        ),
    ]


@given(histories(), st.integers(0, 600), st.integers(0, 600))
@settings(max_examples=25, deadline=None)
def test_the_archive_in_memory_answers_like_the_one_on_disk(
    snapshots: list[Snapshot], low: int, high: int
) -> None:
    """Through the plain model of the archive, to which the one on disk is held elsewhere."""
    reader = MemoryArchive()
    for snapshot in snapshots:
        reader.store(PORTAL, snapshot)
    quick = ScoreArchive(RECORD, snapshots)
    first = snapshots[0].taken_at
    between = (first + timedelta(minutes=low), first + timedelta(minutes=high))
    assert columns_of(quick, None) == columns_of(reader, None)
    assert columns_of(quick, between) == columns_of(reader, between)
    for at in between:
        assert list(quick.state("p", at)) == list(reader.state("p", at))
    assert list(quick.portals()) == list(reader.portals())
    assert quick.calendars("q") == []
    assert not len(quick.spans("q").slot)
    assert quick.stops() == {}
    quick.close()


# --- rules and scores ----------------------------------------------------------------------------

START = date(2026, 3, 23)


@cache
def town_of(name: str, days: int = 8) -> Town:
    return make_scenario(name, 1, start=START, days=days)


def archive_of(name: str, days: int = 8) -> ScoreArchive:
    town = town_of(name, days)
    (portal,) = town.portals.values()
    known = PortalRecord(portal.id, portal.name, portal.system, portal.url, portal.zone)
    return ScoreArchive(known, take_looks(SCENARIOS[name], 1, town))


def test_cut_weeks_are_those_that_seal_writes(tmp_path: Path) -> None:
    """The predecessor's rule counts the same in both, over the week in which the clocks change."""
    town = town_of("quiet-village", 8)
    (portal,) = town.portals.values()
    listed = Portal(id=portal.id, name=portal.name, system=portal.system, url=portal.url)
    folder = tmp_path / "archive"
    with closing(open_writer(folder)) as writer:
        for snapshot in take_looks(SCENARIOS["quiet-village"], 1, town):
            writer.store(listed, snapshot)
        late = town.last_at + timedelta(days=14)
        writer.store(listed, Snapshot(portal.id, late, late, Outcome.UNREACHABLE))
    run_well("seal", "--archive", folder, "--until", "2026-13")
    (week,) = list_weeks(folder / WEEKS_NAME)
    sealed = open_week(folder / WEEKS_NAME, week).portal(portal.id)
    ours = next(iter(sealed_weeks(archive_of("quiet-village", 8))))

    theirs, mine = read_rows(sealed), read_rows(ours)
    assert mine.locations == theirs.locations
    assert mine.local_s.tolist() == theirs.local_s.tolist()
    counted = judge(mine, Stash())
    assert counted.tolist() == judge(theirs, Stash()).tolist()
    assert counted.sum() > 0
    assert list(sealed_weeks(ScoreArchive(RECORD, []))) == []


@cache
def scores_of(name: str) -> tuple[Score, ...]:
    return score_rules(archive_of(name, 4), truth_of(town_of(name, 4)), RULES)


def test_todays_rules_are_scored_and_miss_what_they_are_known_to_miss() -> None:
    by_rule = {score.rule: score.kind(Kind.BOOKED) for score in scores_of("shared-desks")}
    spans, legacy, clipped = (by_rule[name] for name in ("span-1", "legacy", "legacy-clipped"))

    assert list(by_rule) == [rule.name for rule in RULES]
    assert spans.truth == legacy.truth > 30
    assert spans.recall is not None
    assert spans.recall > 0.95
    assert spans.error is not None
    assert spans.error > 2, "every calendar over the same desks counts each booking again"
    assert spans.found.central > legacy.found.central > clipped.found.central
    for score in scores_of("shared-desks"):
        assert (score.lead_error_days is None) == score.rule.startswith("legacy")
        assert score.wait_error_days == scores_of("shared-desks")[0].wait_error_days
        assert score.wait_error_days == pytest.approx(0, abs=0.05)


def _perfect(town: Town) -> Rule:
    changes = true_changes(truth_of(town))
    weeks = true_weeks(changes, "Europe/Berlin")[Kind.BOOKED]

    def find(_: ScoreArchive) -> Findings:
        count = sum(one.kind is Kind.BOOKED for one in changes)
        return Findings(
            changes,
            {Kind.BOOKED: Bounds(count - 3, count, count + 5)},
            {Kind.BOOKED: {key: Bounds(true - 2, true, true + 3) for key, true in weeks.items()}},
        )

    kinds = tuple(sorted({one.kind for one in changes}))
    return Rule("oracle", "knows the truth", kinds, tells_slots=True, find=find)


@pytest.mark.parametrize("name", ["quiet-village", "slow-updater", "long-services"])
def test_an_oracle_joins_as_one_more_rule_and_is_right(name: str) -> None:
    town = town_of(name)
    (score,) = score_rules(archive_of(name), truth_of(town), [_perfect(town)])

    assert len(score.kinds) >= 4
    for one in score.kinds:
        assert (one.precision, one.recall, one.error) == (1.0, 1.0, 0.0)
    booked = score.kind(Kind.BOOKED)
    assert (booked.found.low, booked.found.high) == (booked.truth - 3, booked.truth + 5)
    assert booked.weeks is not None
    assert booked.weeks.inside_share == 1.0
    assert booked.weeks.count >= 1
    assert all(0 < width <= 5 / 20 for width in booked.weeks.widths)
    assert score.lead_error_days == 0


def test_a_rule_sees_snapshots_only() -> None:
    """Equal snapshots and another truth: equal findings."""
    archive = archive_of("long-services")
    record = truth_of(town_of("long-services"))
    other = replace(record, hold_s=10**9, lines=record.lines[: len(record.lines) // 2])
    first, second = (score_rules(archive, truth, RULES) for truth in (record, other))

    for one, another in zip(first, second, strict=True):
        assert [(kind.found, kind.listed) for kind in one.kinds] == [
            (kind.found, kind.listed) for kind in another.kinds
        ]
        assert one.kind(Kind.BOOKED).truth > another.kind(Kind.BOOKED).truth
        assert one.kind(Kind.BOOKED).matched > another.kind(Kind.BOOKED).matched


def test_findings_are_those_of_the_snapshots_stored_in_any_archive() -> None:
    """What a rule gets holds nothing of the town; a copy from plain snapshots gives equal findings."""
    archive = archive_of("long-services")
    portal_id = archive.record.portal_id
    snapshots = list(take_looks(SCENARIOS["long-services"], 1, town_of("long-services")))
    stranger = replace(archive.record, name="another name", url="https://elsewhere.example/")
    copy = ScoreArchive(stranger, snapshots)

    assert not [one for one in reachable(archive) if type(one).__module__.startswith(REPLICA)]
    assert len(copy.snapshots(portal_id).taken_at) == len(archive.snapshots(portal_id).taken_at)
    for rule in RULES:
        assert rule.find(copy) == rule.find(archive), rule.name


REPLICA = "amtspuls.replica"


def reachable(start: object) -> list[object]:
    """Everything that hangs on an object, through attributes and containers; classes left out."""
    seen: dict[int, object] = {}
    queue = [start]
    while queue:
        one = queue.pop()
        if id(one) in seen or isinstance(one, type | ModuleType):
            continue
        seen[id(one)] = one
        queue += [other for other in gc.get_referents(one) if not callable(other)]
    return list(seen.values())


def test_shares_of_nothing_are_unknown_not_zero() -> None:
    nothing = KindScore(Kind.BOOKED, 0, Bounds(0, 0, 0), 0, 0)
    assert (nothing.error, nothing.precision, nothing.recall) == (None, None, None)
    empty = replace(truth_of(town_of("quiet-village")), lines=(), shown={})
    (score, *_) = score_rules(archive_of("quiet-village"), empty, RULES)
    booked = score.kind(Kind.BOOKED)
    assert (booked.truth, booked.recall, booked.precision) == (0, None, 0)
    assert score.lead_error_days is None
    assert score.wait_error_days is None


def test_a_booking_counts_in_each_calendar_it_closes_and_in_the_local_week() -> None:
    """Sunday 22:30 UTC is Monday in Berlin, and another week; the kinds are counted apart."""
    sunday_s = int(datetime(2026, 7, 5, 21, 59, tzinfo=UTC).timestamp())
    monday_s = sunday_s + 60
    changes = (
        Change(Kind.BOOKED, sunday_s, sunday_s, (("a", 1), ("a", 2), ("b", 1))),
        Change(Kind.BOOKED, monday_s, monday_s, (("a", 3),)),
        Change(Kind.BOOKED, monday_s, monday_s, (("a", 4),)),
        Change(Kind.CANCELLED, monday_s, monday_s, (("b", 1),)),
    )

    assert true_weeks(changes, "Europe/Berlin") == {
        Kind.BOOKED: {("a", "2026-27"): 1, ("b", "2026-27"): 1, ("a", "2026-28"): 2},
        Kind.CANCELLED: {("b", "2026-28"): 1},
    }
    assert true_weeks(changes, "UTC")[Kind.BOOKED] == {("a", "2026-27"): 3, ("b", "2026-27"): 1}


def test_intervals_are_judged_where_something_happened_or_was_said_to() -> None:
    week = "2026-05"
    truth = {("a", week): 40, ("b", week): 3, ("c", week): 2, ("d", week): 5, ("f", week): 20}
    found = {
        ("a", week): Bounds(30, 38, 50),
        ("b", week): Bounds(4, 5, 6),
        ("d", week): None,
        ("e", week): Bounds(0, 1, 2),
        ("f", week): Bounds(20, 20, 20),
        ("g", week): Bounds(0, 0, 9),
    }
    score = score_weeks(truth, found)

    # a, e and f hold; b and c, of which nothing is said, do not; d is refused; g: nothing on both sides.
    assert (score.count, score.refused, score.inside) == (5, 1, 3)
    assert score.inside_share == 0.6
    assert score.widths == (0.0, 0.5)
    assert score.median_width == 0.25
    twice = pooled([score, score])
    assert (twice.count, twice.refused, twice.inside, twice.median_width) == (10, 2, 6, 0.25)
    assert pooled([]) == WeekScore(0, 0, 0, ())
    assert (pooled([]).inside_share, pooled([]).median_width) == (None, None)


def rows() -> Iterator[dict[str, object]]:
    yield from score_rows("shared-desks", 1, scores_of("shared-desks"))


def test_rows_hold_all_figures() -> None:
    by_rule = {str(row["rule"]): row for row in rows()}
    spans = by_rule["span-1"]

    assert list(by_rule) == [rule.name for rule in RULES]
    assert (spans["scenario"], spans["seed"]) == ("shared-desks", 1)
    assert spans["bookings_low"] == spans["bookings_central"] == spans["bookings_high"]
    assert spans["bookings_weeks"] is spans["bookings_weeks_inside"] is None
    assert {"cancellations_precision", "lead_error_days", "wait_error_days"} <= spans.keys()
