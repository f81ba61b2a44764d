"""``amtspuls card``: one portal on one screen, unknown said as unknown."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.model import Outcome, Snapshot
from support.command import run_command, run_well
from support.measure_archive import KIEL, make_archive, make_empty_archive
from support.planted import Plan, snapshots
from support.tiny_archive import utc

WEEK = ("--from", "2026-01-27", "--until", "2026-02-02")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A week of two calendars of one desk, and one of another."""
    folder = tmp_path_factory.mktemp("planted")
    plans = [Plan(key="a"), Plan(key="b"), Plan(key="c", desk="2", grid_min=30)]
    taken = list(snapshots(plans, step_s=3600))
    with closing(open_writer(folder)) as writer:
        for one in taken:
            writer.store(KIEL, replace(one, portal_id=KIEL.id))
    return str(folder)


def card(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_well("card", *words, "--format", "json").out)
    return found


def test_a_card_says_what_the_portal_does(planted: str) -> None:
    shown = run_well("card", KIEL.id, "--archive", planted).out
    assert "slots stay until they begin" in shown
    assert "28 days ahead, a day at a time at 00:00" in shown
    assert "groups: 1 of 2 calendars" in shown
    assert "Mon to Fri" in shown
    assert re.search(r"\d+ bookings? \(\d+ to \d+\), \d+ cancellations? \(\d+ to \d+\)", shown)
    assert re.search(r"data [0-9a-f]{12}; amtspuls card " + KIEL.id, shown)


def test_json_has_every_calendar_and_where_it_comes_from(planted: str) -> None:
    found = card(KIEL.id, "--archive", planted, *WEEK)
    assert [row["calendar"] for row in found["calendars"]] == ["a", "b", "c"]
    first, _, last = found["calendars"]
    assert (first["grid_min"], last["grid_min"]) == (20, 30)
    assert first["shares_desks_with"] == ["b"]
    assert first["release_times"] == ["00:00"]
    assert set(found["figures"]) == {"coverage", "mirrors", "wait", "hold-time", "activity"}
    assert found["provenance"]["weeks"] == ["2026-05"]
    assert found["provenance"]["command"].startswith("amtspuls card kielsw --from 2026-01-27")


def test_unknown_is_said_as_unknown(tmp_path: Path) -> None:
    archive = str(make_archive(tmp_path / "archive"))
    found = card("bonn", "--archive", archive)
    lines = {line["about"]: line["value"] for line in found["lines"]}
    assert lines["notice"] == lines["horizon"] == lines["page"] == "unknown"
    row = found["calendars"][0]
    assert row["notice_s"] is row["horizon_s"] is None


def test_one_snapshot_does_not_say_how_steady_a_page_is(tmp_path: Path, planted: str) -> None:
    first = next(iter(snapshots([Plan(key="a")], step_s=3600)))
    with closing(open_writer(tmp_path)) as writer:
        writer.store(KIEL, replace(first, portal_id=KIEL.id))
    found = card(KIEL.id, "--archive", str(tmp_path))
    lines = {line["about"]: line["value"] for line in found["lines"]}
    assert lines["flaky"] == "unknown"
    assert found["calendars"][0]["flaky_share"] is None
    assert lines["seen ahead"].startswith("at least ")
    steady = card(KIEL.id, "--archive", planted)
    assert {row["flaky_share"] for row in steady["calendars"]} == {0.0}


def test_a_portal_of_failures_only_has_a_card_without_calendars(tmp_path: Path) -> None:
    failed = Snapshot(
        KIEL.id, utc("2026-01-26 05:00"), utc("2026-01-26 05:01"), Outcome.UNREACHABLE
    )
    with closing(open_writer(tmp_path)) as writer:
        writer.store(KIEL, failed)
    found = card(KIEL.id, "--archive", str(tmp_path))
    lines = {line["about"]: line["value"] for line in found["lines"]}
    assert lines["watched"].startswith("0 %")
    assert {lines[name] for name in ("starts", "grid", "notice", "page")} == {"unknown"}
    assert {lines[name] for name in ("flaky", "shared desks")} == {"unknown"}
    assert lines["bookings"] == "covered 0 %, under 50 %: no figure"
    assert found["calendars"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kil",), "nearest: kielsw"),
        (("*",), "name one"),
        (("kielsw", "--from", "2026-02-02", "--until", "2026-01-01"), "exchange the two"),
    ],
)
def test_what_cannot_be_shown_is_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    archive = str(make_archive(tmp_path / "archive"))
    shown = run_command("card", *words, "--archive", archive)
    assert shown.code != 0
    assert said in shown.err


def test_an_empty_archive_has_no_card(tmp_path: Path) -> None:
    shown = run_command("card", "kiel", "--archive", str(make_empty_archive(tmp_path / "archive")))
    assert shown.code == 1
    assert "no snapshot yet" in shown.err


def test_a_portal_that_is_not_there_is_named_without_filters_that_nobody_gave(
    planted: str,
) -> None:
    found = run_command("card", "kielswx", "--archive", planted)
    said = " ".join(found.err.split())
    assert (found.code, found.out) == (2, "")
    assert f"no portal in the archive matches 'kielswx'; nearest: {KIEL.id}" in said
    filtered = run_command("estimate", "--archive", planted, "-e", "*")
    assert "passes the filters -i, -e and --system" in " ".join(filtered.err.split())
