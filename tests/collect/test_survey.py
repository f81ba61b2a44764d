"""What a survey makes of snapshots, without asking anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.collect.probing import without_probe
from amtspuls.collect.round import Round
from amtspuls.collect.survey import (
    Survey,
    Surveyor,
    choose_portals,
    find,
    overlay_of,
)
from amtspuls.collect.survey_report import report_of
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import Gates
from amtspuls.model import Calendar, Covered, Outcome, Slot, Snapshot, View
from amtspuls.systems.registry import load_systems
from support.fetching import AGENT, LIMITS, unhurried
from support.http_server import HttpServer, Reply

AT = datetime(2026, 1, 25, 23, 30, tzinfo=UTC)
"""Already the 26th in Berlin."""


def portal(name: str = "aue", **fields: object) -> Portal:
    made = {
        "id": name,
        "name": "Aue",
        "system": "tempus",
        "url": f"https://{name}.example/?anlagennr=1",
    }
    return Portal.model_validate(made | fields)


def shot(outcome: Outcome, reason: str = "", portal_id: str = "aue") -> Snapshot:
    views: tuple[View, ...] = ()
    if outcome.answered:
        day = date(2026, 1, 27)
        slots = (Slot(29_500_000),)
        views = (View(Calendar("1", "Amt"), Outcome.OK, Covered.from_days([day]), slots),)
    return Snapshot(portal_id, AT, AT, outcome, views, requests=4, bytes=2500, reason=reason)


@pytest.mark.parametrize("status", ["active", "silent", "unverified", "retired"])
def test_who_answers_is_active(status: str) -> None:
    was = portal(status=status, note="because")
    now = find(was, shot(Outcome.OK)).now
    assert (now.status, now.last_seen) == ("active", date(2026, 1, 26))
    kept = "because; " if status in {"active", "silent"} else ""
    assert now.note == f"{kept}probed 2026-01-26: ok, 1 calendar"


@pytest.mark.parametrize("outcome", [one for one in Outcome if not one.answered])
@pytest.mark.parametrize("status", ["active", "silent", "unverified", "retired"])
def test_nobody_is_retired_by_one_failure(outcome: Outcome, status: str) -> None:
    was = portal(status=status, note="because", last_seen=date(2025, 1, 1))
    found = find(was, shot(outcome, "no answer"))
    assert (found.now.status, found.now.last_seen) == (was.status, was.last_seen)
    if outcome is Outcome.SKIPPED:
        assert found.now is was
        assert not found.has_failed
    else:
        assert found.now.note == f"because; probed 2026-01-26: {outcome}: no answer"
        assert found.has_failed


def test_a_second_probe_replaces_the_word_of_the_first() -> None:
    once = find(portal(note="moved"), shot(Outcome.REFUSED, "captcha")).now
    twice = find(once, shot(Outcome.CHANGED, "404")).now
    assert twice.note == "moved; probed 2026-01-26: changed: 404"
    assert without_probe(find(portal(), shot(Outcome.OK)).now.note) == ""


def test_retired_portals_only_when_wanted() -> None:
    statuses = ("active", "silent", "unverified", "retired")
    portals = [portal(name, status=name, note="x") for name in statuses]
    chosen = [one.id for one in choose_portals(portals, include_retired=False)]
    assert chosen == ["active", "silent", "unverified"]
    assert choose_portals(portals, include_retired=True) == portals


@unhurried
@given(
    reason=st.text(max_size=500),
    outcome=st.sampled_from([one for one in Outcome if one is not Outcome.SKIPPED]),
)
def test_overlay_and_report_hold_any_reason(
    tmp_path_factory: pytest.TempPathFactory, reason: str, outcome: Outcome
) -> None:
    found = find(portal(), shot(outcome, reason))
    survey = Survey((found,), 1)
    file: Path = tmp_path_factory.mktemp("overlay") / "overlay.toml"
    file.write_text(overlay_of(survey, "Written by a test."), "utf-8", newline="\n")
    assert load_catalogue([file]).require("aue").note == found.now.note
    report = report_of(survey, version="1", command="amtspuls probe", at=AT)
    (row,) = [line for line in report.splitlines() if line.startswith("| aue ")]
    assert row.replace("\\|", "").count("|") == 9


def test_the_report_counts_and_sorts() -> None:
    found = [
        find(portal("b"), shot(Outcome.OK, portal_id="b")),
        find(portal("c", status="silent"), shot(Outcome.OK, portal_id="c")),
        find(portal("d", system="tevis"), shot(Outcome.UNREACHABLE, "a|b <i>", "d")),
    ]
    unread = portal("e", system="smartcjm", status="unverified", note="x")
    survey = Survey(tuple(found), 4, (unread,))
    text = report_of(survey, version="1.2", command="amtspuls probe --catalogue", at=AT)
    assert "Amtspuls 1.2, 2026-01-25 23:30 UTC: `amtspuls probe --catalogue`" in text
    assert "**Interrupted: 3 of 4 portals were read.**" in text
    assert "3 portals asked, 12 requests, 7 kB received." in text
    assert "Status changed: 1 silent → active." in text
    assert "## tempus: 2 of 2 answer" in text
    assert "| c | silent | active | ok |  | 1 | 1 | 4 |" in text
    assert "| d | active | active | unreachable | a\\|b \\<i\\> |  |  | 4 |" in text
    assert "| e | smartcjm | unverified |" in text


async def test_stopped_portals_and_systems_without_client_are_not_asked() -> None:
    clock = SimulatedClock(AT)
    async with (
        HttpServer({"/": Reply(body=b"<p>x")}) as server,
        Fetcher(clock, Gates(clock, {}, {}), AGENT, limits=LIMITS) as fetcher,
    ):
        portals = [
            portal("stopped", url=server.url("/?anlagennr=1")),
            portal("foreign", url=server.url("/"), system="smartcjm"),
            portal("asked", url=server.url("/?anlagennr=2")),
        ]
        surveyor = Surveyor(Round(clock, fetcher), {"tempus"}, {"stopped": "by the office"})
        heard: list[str] = []
        await surveyor.run(portals, lambda taken: heard.append(taken.portal.id))
        survey = surveyor.survey(portals)
        assert {one.target for one in server.pages()} == {"/?anlagennr=2"}
    assert sorted(heard) == ["asked", "stopped"]
    outcomes = {one.was.id: one.snapshot.outcome for one in survey.findings}
    assert outcomes == {"asked": Outcome.CHANGED, "stopped": Outcome.SKIPPED}
    assert [one.id for one in survey.unread] == ["foreign"]
    assert survey.is_whole
    stopped = next(one for one in survey.findings if one.was.id == "stopped")
    assert stopped.snapshot.reason == "by the office"
    assert stopped.now == portals[0]
    assert not replace(survey, asked=3).is_whole


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.UNREACHABLE])
def test_an_overlay_of_the_whole_catalogue_loads_and_passes_every_system(
    outcome: Outcome, tmp_path: Path
) -> None:
    known = load_catalogue().portals
    systems = load_systems()
    readable = [one for one in known.values() if one.system in systems]
    findings = tuple(find(one, shot(outcome, "no answer", one.id)) for one in readable)
    file = tmp_path / "overlay.toml"
    file.write_text(overlay_of(Survey(findings, len(findings)), "Written by a test."), "utf-8")
    loaded = load_catalogue([file], check=lambda one: systems[one.system].check_portal(one))
    assert len(readable) > 200
    assert {one.id: loaded.portals[one.id] for one in readable} == {
        found.was.id: found.now for found in findings
    }
    assert set(loaded.portals) == set(known)
