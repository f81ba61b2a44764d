"""``amtspuls score`` as a user runs it."""

from __future__ import annotations

import json
from datetime import date

from amtspuls import __version__
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score_rules import RULES
from amtspuls.analysis.score_truth import true_changes
from amtspuls.cli.scoring import prepare_scenario, start_of
from support.command import run_command, run_well


def test_scores_of_a_scenario_as_json() -> None:
    out = run_well(
        "score", "--scenario", "quiet-village", "--weeks", "1", "--seed", "3", "--format", "json"
    ).out
    rows = json.loads(out)

    by_rule = {row["rule"]: row for row in rows}
    assert list(by_rule) == [rule.name for rule in RULES]
    assert {row["scenario"] for row in rows} == {"quiet-village"}
    assert {row["seed"] for row in rows} == {3}
    assert len({row["bookings_truth"] for row in rows}) == 1
    spans = by_rule["span-1"]
    assert 0.5 < spans["bookings_recall"] <= 1
    assert set(spans["kinds"]) == {"booked", "cancelled", "horizon_roll"}
    assert spans["kinds"]["booked"]["precision"] == spans["bookings_precision"]
    assert spans["kinds"]["horizon_roll"]["recall"] > 0.9
    again = "amtspuls score --scenario quiet-village --seed 3 --weeks 1 --format json"
    assert {(row["weeks"], row["version"], row["command"]) for row in rows} == {
        (1, __version__, again)
    }


def test_csv_has_plain_columns_only() -> None:
    out = run_well("score", "--scenario", "quiet-village", "--weeks", "1", "--format", "csv").out
    head, *lines = out.splitlines()

    assert len(lines) == len(RULES)
    assert "kinds" not in head
    assert {line.count(",") for line in lines} == {head.count(",")}


def test_scores_for_people_and_the_same_twice() -> None:
    asked = ("score", "--scenario", "slow-updater", "--scenario", "slow-updater", "--weeks", "1")
    first, second = run_well(*asked), run_well(*asked)

    assert first.out == second.out
    assert first.out.count("legacy-clipped") == 1
    assert "%" in first.out
    assert "seed 1, 1 weeks" in first.err
    again = "--scenario slow-updater --scenario slow-updater --seed 1 --weeks 1"
    assert f"1 simulated week; amtspuls {__version__}; amtspuls score {again}" in first.out


def test_wrong_input_is_named() -> None:
    unknown = run_command("score", "--scenario", "quiet")
    assert unknown.code == 2
    assert "did you mean quiet-village" in unknown.err
    assert run_command("score", "--weeks", "0").code == 2
    assert run_command("score", "--seed", "-1").code == 2


def test_seeds_in_a_row_are_weeks_of_one_year() -> None:
    assert start_of(0) == start_of(52) == date(2026, 1, 5)
    assert start_of(1) == date(2026, 1, 12)
    assert start_of(1000).weekday() == 0


def test_random_offices_are_scored_side_by_side_and_in_order() -> None:
    asked = ("score", "--draws", "2", "--weeks", "1", "--seed", "37")
    rows = json.loads(run_well(*asked, "--format", "json").out)

    assert [row["offices"] for row in rows] == [2] * len(rows)
    assert [row["rule"] for row in rows] == [rule.name for rule in RULES]
    truths = []
    for seed in (37, 38):
        changes = true_changes(prepare_scenario("random", seed, 1)[1])
        truths.append(sum(one.kind is Kind.BOOKED for one in changes))
    assert truths[0] > truths[1]
    assert rows[0]["bookings_judged"] == sum(truth >= 20 for truth in truths)
    assert rows[0]["bookings_truth"] == sum(truth for truth in truths if truth >= 20)


def test_one_random_office_for_people() -> None:
    shown = run_well("score", "--draws", "1", "--weeks", "1", "--seed", "37")

    assert "seeds 37 to 37" in shown.err
    assert shown.out.count("legacy-clipped") == 1
    assert " to " in shown.out, "quartiles"


def test_draws_are_random_offices_only() -> None:
    refused = run_command("score", "--draws", "2", "--scenario", "flapper")

    assert refused.code == 2
    assert "--draws" in refused.err
    assert run_command("score", "--draws", "0").code == 2
