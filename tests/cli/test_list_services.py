"""`amtspuls list --services`: what is asked, and by whose choice."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.finding import Found
from amtspuls.bundle.importing import import_bundle, load_metadata
from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Portal
from amtspuls.catalogue.render import portal_table
from amtspuls.cli.taken import SnapshotFormat, print_taken
from amtspuls.collect.round import Taken
from amtspuls.model import Calendar, Outcome, Snapshot, View
from amtspuls.settings import ENVIRONMENT
from support.bundles import write_bundle
from support.portals import run
from support.quirky_bundles import a_busy_week

AT = datetime(2026, 1, 26, 6, tzinfo=UTC)
URL = "https://demo.example/select2?md=1"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in [*ENVIRONMENT, "AMTSPULS_CONFIG"]:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def demo(folder: Path, **changes: Any) -> Portal:
    """A portal of the user in ``offices.toml``."""
    given = {"id": "demo", "name": "Demo", "system": "tevis", "url": URL}
    portal = Portal.model_validate(given | changes)
    (folder / "offices.toml").write_text(portal_table(portal), encoding="utf-8")
    return portal


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    words = ["list", "--services", "--format", "json", "--match", "demo"]
    code, out, err = run(capsys, *words, "--catalogue", "offices.toml", *arguments)
    assert (code, err) == (0, "")
    rows: list[dict[str, str]] = json.loads(out)
    return rows


def short(rows: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(row["common"], row["service"], row["source"]) for row in rows]


def store(folder: Path, portal: Portal, at: datetime, *asked: str) -> None:
    view = View(Calendar("1", "Mitte"), Outcome.REFUSED, asked=asked)
    with closing(open_writer(folder)) as writer:
        writer.store(portal, Snapshot(portal.id, at, at, Outcome.REFUSED, (view,)))


def test_an_entry_is_told_as_it_stands(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    asked = [
        {"common": "passport", "name": "Pass"},
        {"common": "id_card", "id": 7},
    ]
    demo(empty_folder, services=asked)
    rows = told(capsys)
    assert short(rows) == [("passport", "Pass", "entry"), ("id_card", "7", "entry")]
    assert [row["common_de"] for row in rows] == ["Reisepass", "Personalausweis"]
    demo(empty_folder, services="all")
    assert short(told(capsys)) == [("", "all", "entry")]


@pytest.mark.parametrize(("system", "source"), [("tevis", "name"), ("ekol", "calendar")])
def test_a_choice_is_told_by_the_newest_snapshot(
    capsys: pytest.CaptureFixture[str], empty_folder: Path, system: str, source: str
) -> None:
    portal = demo(empty_folder, system=system)
    assert short(told(capsys)) == [("", "", source)]
    archive = empty_folder / "elsewhere"
    store(archive, portal, AT, "Hund")
    store(archive, portal, AT.replace(hour=7), "Reisepass", "Ummeldung")
    assert short(told(capsys, "--archive", str(archive))) == [
        ("passport", "Reisepass", source),
        ("residence_registration", "Ummeldung", source),
    ]
    archive.rename(empty_folder / "amtspuls-archive")
    assert len(told(capsys)) == 2


def test_the_table_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "list", "--services", "--match", "kiel", "--match", "beckum")
    assert code == 0
    assert "Zuzug nach Kiel innerhalb Deutschlands" in out
    assert "1 portal has no entry and no snapshot yet" in err


def test_all_live_portals_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "--services", "--format", "json")
    live = {
        one.id
        for one in load_catalogue().portals.values()
        if one.status in {"active", "silent"} and not one.off
    }
    assert {row["id"] for row in json.loads(out)} >= live


@pytest.mark.parametrize("what", ["--services", "--cost"])
def test_sealed_weeks_alone_tell_nothing_and_are_no_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, what: str
) -> None:
    week = IsoWeek(2026, 5)
    bundle = write_bundle(tmp_path / f"{week}.tar.gz", a_busy_week(week, ("kiel",)))
    import_bundle(Found(bundle, week), tmp_path / WEEKS_NAME, load_metadata(None))
    asked = ["list", what, "--match", "kiel", "--format", "json"]
    code, out, err = run(capsys, *asked, "--archive", str(tmp_path))
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(run(capsys, *asked)[1])


def test_an_archive_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "list", "--services", "--archive", "nowhere")
    assert code == 1
    assert "nowhere" in err


def test_a_snapshot_as_json_says_what_its_services_are_in_every_city(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    portal = demo(empty_folder, services=[{"common": "vehicle", "name": "Schild"}])
    view = View(Calendar("1", "Mitte"), Outcome.REFUSED, asked=("Schild", "Reisepass"))
    shot = Snapshot("demo", AT, AT, Outcome.REFUSED, (view,))
    print_taken([Taken(portal, shot, None)], SnapshotFormat.JSON)
    ((calendar,),) = (one["calendars"] for one in json.loads(capsys.readouterr().out))
    assert calendar["asked"] == ["Schild", "Reisepass"]
    assert calendar["common"] == ["vehicle", "passport"]
