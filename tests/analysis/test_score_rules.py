"""What the rules that are scored hand over, and the truth about what begins before a page shows it gone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from functools import cache

import pytest

from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score import score_rules
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.score_findings import Findings
from amtspuls.analysis.score_rules import RULES
from amtspuls.analysis.score_truth import TruthLine, TruthRecord, true_changes
from amtspuls.analysis.score_typed import TYPED
from amtspuls.archive.base import PortalRecord
from amtspuls.cli.scoring import prepare_scenario
from amtspuls.replica.town import SCENARIOS, make_scenario, take_looks

pytestmark = pytest.mark.slow

START = date(2026, 5, 18)
QUARTER_S = 900


@cache
def found_by(rule: str, name: str, days: int) -> Findings:
    town = make_scenario(name, 1, start=START, days=days)
    (portal,) = town.portals.values()
    known = PortalRecord(portal.id, portal.name, portal.system, portal.url, portal.zone)
    archive = ScoreArchive(known, take_looks(SCENARIOS[name], 1, town))
    return next(one for one in RULES if one.name == rule).find(archive)


def test_the_clip_leaves_one_of_each_kind_in_a_calendar_and_quarter_of_an_hour() -> None:
    """On a page that is asked every minute several rows lie in one quarter."""
    numbers = {}
    for rule in ("legacy", "legacy-clipped"):
        changes = found_by(rule, "vaccination", 2).changes
        numbers[rule] = Counter((one.kind, one.cells, one.at_s // QUARTER_S) for one in changes)

    assert set(numbers["legacy-clipped"].values()) == {1}
    assert numbers["legacy-clipped"].keys() == numbers["legacy"].keys()
    assert max(numbers["legacy"].values()) > 1


@pytest.mark.parametrize("name", ["flapper", "shared-desks"])
def test_every_change_of_the_typed_rule_lies_between_two_snapshots(name: str) -> None:
    """Across a gap too: the snapshot before may be long ago, but is never the one that shows it."""
    changes = found_by("typed-1", name, 4).changes

    assert {Kind.BOOKED, Kind.CANCELLED, Kind.HELD} <= {one.kind for one in changes}
    assert all(one.since_s < one.at_s for one in changes)
    gaps = [one.at_s - one.since_s for one in changes if one.kind is Kind.BOOKED]
    assert min(gaps) < 2 * QUARTER_S


def test_calendar_weeks_of_the_typed_rule_hold_what_it_counted() -> None:
    """By calendar a booking counts in each: never less than in all, and in a watched week never refused."""
    found = found_by("typed-1", "shared-desks", 4)
    weeks = list(found.weeks[Kind.BOOKED].values())

    assert weeks
    known = [one for one in weeks if one is not None]
    assert len(known) == len(weeks)
    assert all(one.low <= one.central <= one.high for one in known)
    total = found.total(Kind.BOOKED).central
    assert sum(one.central for one in known) >= total > 10


@pytest.mark.parametrize(("before_s", "kind"), [(1, Kind.BOOKED), (0, Kind.HELD)])
def test_what_begins_before_the_page_is_renewed_was_never_seen_to_be_booked(
    before_s: int, kind: Kind
) -> None:
    """A copy shows it gone when it begins, as it would have been without the booking."""
    begin_s = int(datetime(2026, 3, 23, 8, tzinfo=UTC).timestamp())
    slot = begin_s // 60 + 120
    gone_s = begin_s + 7200 - before_s
    record = TruthRecord(
        portal_id="p",
        zone="UTC",
        hold_s=600,
        from_s=begin_s,
        until_s=begin_s + 86_400,
        shown={"a": (slot,)},
        lines=(
            TruthLine("held", -1, gone_s, "a", (slot,), 1),
            TruthLine("booked", 0, gone_s, "a", (slot,), 1),
        ),
    )

    assert [one.kind for one in true_changes(record)] == [kind]


@pytest.mark.parametrize(
    "name",
    [
        "busy-city",
        "flapper",
        "vaccination",
        "absent-when-sold-out",
        "narrow-view",
        "floating-grid",
    ],
)
def test_in_the_scenarios_that_are_hard_the_typed_rule_stays_as_good_as_it_is(name: str) -> None:
    """One week of a seed below 1000; the other scenarios are in typed/test_town.py."""
    (score,) = score_rules(*prepare_scenario(name, 7, 1), (TYPED,))
    booked, cancelled = score.kind(Kind.BOOKED), score.kind(Kind.CANCELLED)

    assert booked.truth > 40
    assert abs(booked.error or 0) <= 0.1
    assert min(booked.precision or 0, booked.recall or 0) >= 0.9
    for one in (booked, cancelled):
        assert one.found.low <= one.truth <= one.found.high
