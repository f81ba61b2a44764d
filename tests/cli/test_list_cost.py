"""`amtspuls list --cost`, and schedules that politeness refuses."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.render import portal_table
from amtspuls.model import HostState, Outcome, Snapshot
from amtspuls.settings import ENVIRONMENT
from amtspuls.systems.cost import USUAL, estimate_requests
from support.portals import a_portal, run

NOW = datetime(2026, 1, 26, 6, tzinfo=UTC)
CONTACT = 'contact = "mail@example.org"\n'


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in [*ENVIRONMENT, "AMTSPULS_CONFIG"]:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def costs(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, str]]:
    code, out, err = run(capsys, "list", "--cost", "--format", "csv", *arguments)
    assert (code, err) == (0, "")
    return {row["id"]: row for row in csv.DictReader(io.StringIO(out))}


def store(folder: Path, portal_id: str, requests: int, *states: HostState) -> None:
    writer = open_writer(folder)
    portal = load_catalogue().portals[portal_id]
    writer.store(portal, Snapshot(portal_id, NOW, NOW, Outcome.OK, requests=requests))
    writer.save_host_states(states)
    writer.close()


def test_it_lists_what_a_live_command_asks(capsys: pytest.CaptureFixture[str]) -> None:
    live = {
        one.id: one
        for one in load_catalogue().portals.values()
        if one.status in {"active", "silent"} and not one.off
    }
    rows = costs(capsys)
    assert rows.keys() == live.keys()
    for portal_id, row in rows.items():
        assert int(row["requests"]) == estimate_requests(live[portal_id])
        assert row["source"] == "estimated"
        assert 1 <= int(row["alone_min"]) <= int(row["host_min"])
    # All of tempus-termine.com share its gate: 0.432 s of the day's budget for each request.
    shared = [row for row in rows.values() if row["host"] == "tempus-termine.com"]
    requests = sum(int(row["requests"]) for row in shared)
    assert {row["host_requests"] for row in shared} == {str(requests)}
    assert {row["host_min"] for row in shared} == {str(-int(-requests * 0.432 // 60))}
    assert {(row["at_a_time"], row["pause_s"]) for row in shared} == {("3", "0.2")}


def test_the_status_chooses_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(costs(capsys, "--status", "retired", "--match", "bonn")) == ["bonn"]
    # Portals on systems that nobody can read cost nothing.
    assert {row["system"] for row in costs(capsys, "--status", "unverified").values()} <= {*USUAL}
    code, _, err = run(capsys, "list", "--cost", "--match", "bonn")
    assert code == 2
    assert "no portal is left" in err


def test_a_portal_that_is_off_costs_nothing(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    quiet = a_portal("quiet", "tempus")
    tables = portal_table(quiet) + portal_table(quiet.model_copy(update={"id": "asked"}))
    off = tables.replace('id = "quiet"', 'id = "quiet"\noff = "the office asked us to"')
    (empty_folder / "offices.toml").write_text(off, encoding="utf-8")
    assert list(costs(capsys, "--catalogue", "offices.toml", "--match", "*quiet*")) == []
    assert list(costs(capsys, "--catalogue", "offices.toml", "--match", "asked")) == ["asked"]


def test_an_archive_tells_requests_and_pauses(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    (kiel,) = costs(capsys, "--match", "kiel").values()
    assert (kiel["source"], kiel["pause_s"]) == ("estimated", "0.5")
    robots = "User-agent: *\nCrawl-delay: 9\n"
    origin = HostState("https://terminvergabe.kiel.de:443", 200, robots, NOW)
    store(empty_folder / "mine", "kiel", 140, origin)
    (kiel,) = costs(capsys, "--match", "kiel", "--archive", "mine").values()
    assert (kiel["requests"], kiel["source"]) == ("140", "measured")
    assert (kiel["pause_s"], kiel["alone_min"]) == ("9.0", "21")
    # The usual folder is looked into when it is there.
    store(empty_folder / "amtspuls-archive", "kiel", 70)
    (kiel,) = costs(capsys, "--match", "kiel").values()
    assert (kiel["requests"], kiel["alone_min"]) == ("70", "3")
    code, _, err = run(capsys, "list", "--cost", "--archive", "nowhere")
    assert code == 1
    assert "nowhere" in err


def test_people_get_portals_and_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    offices = [one for one in load_catalogue().select(["muenster*"]) if one.status == "active"]
    total = sum(map(estimate_requests, offices))
    minutes = -int(-total * 1.728 // 60)
    code, out, err = run(capsys, "list", "--cost", "--match", "muenster*")
    assert code == 0
    assert err == "7 portals have no snapshot yet: their requests are estimated\n"
    assert f"7 portals, {total} requests a round" in out
    assert "1 hosts" in out
    assert re.search(
        rf"termine\.stadt-muenster\.de +7 +{total} +1 +0\.5 +50\u202f000 +{minutes}", out
    )
    _, out, _ = run(capsys, "list", "--cost", "--match", "muenster*", "--format", "markdown")
    assert "| muenster | tevis | termine.stadt-muenster.de |" in out
    assert f"| termine.stadt-muenster.de | 7 | {total} | 1 | 0.5 | 50\u202f000 | {minutes} |" in out


def test_json_says_the_same_as_csv(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "--cost", "--format", "json", "--system", "etermin")
    said = {row["id"]: {key: str(row[key]) for key in row} for row in json.loads(out)}
    assert said == costs(capsys, "--system", "etermin")


# --- A schedule that is too short ---------------------------------------------------------------


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code, out, err = run(capsys, "snapshot", *arguments)
    assert (code, out) == (2, "")
    return " ".join(err.split())


def test_a_schedule_that_is_too_short_is_refused_before_the_first_request(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    store(empty_folder / "amtspuls-archive", "kiel", 70)
    settings = empty_folder / "amtspuls.toml"
    settings.write_text(CONTACT + "[schedule]\nperiod_min = 2\n", encoding="utf-8")
    text = refused(capsys, "-i", "kiel")
    assert "portal 'kiel': a snapshot every 2 min is more than terminvergabe.kiel.de" in text
    assert "the shortest period is 3 min (70 requests a snapshot, its newest snapshot" in text
    settings.write_text(CONTACT + "[schedule.portals]\nkiel = 1\n", encoding="utf-8")
    assert "Write kiel = 3 (or more) under [schedule.portals]" in refused(capsys, "-i", "kiel")


def test_a_period_of_an_unknown_portal_is_refused(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    text = CONTACT + "[schedule.portals]\nkeil = 30\n"
    (empty_folder / "amtspuls.toml").write_text(text, encoding="utf-8")
    assert 'no portal has the id "keil"; did you mean "kiel"' in refused(capsys, "-i", "kiel")


def test_costs_and_services_are_two_lists(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "list", "--services", "--cost")
    assert (code, out) == (2, "")
    assert "--cost and --services are two lists: name one of them" in err
