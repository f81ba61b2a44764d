from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Place
from amtspuls.catalogue.render import portal_table
from amtspuls.settings import ENVIRONMENT
from amtspuls.tomlfile import parse_toml
from support.portals import a_portal, run

ROOT = Path(__file__).resolve().parents[2]
UNREAD = {"status": "unverified", "note": "found on its page"}
HOW_TO = ROOT / "docs/how-to/add-a-portal.md"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in [*ENVIRONMENT, "AMTSPULS_CONFIG"]:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    code, out, err = run(capsys, "list", "--format", "csv", *arguments)
    assert (code, err) == (0, "")
    return list(csv.DictReader(io.StringIO(out)))


def test_csv_lists_every_portal(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys)
    assert [*rows[0]] == [
        *("id", "name", "system", "url", "status", "last_seen"),
        *("kind", "city", "state", "latitude", "longitude", "replaced_by", "note"),
    ]
    assert [tuple(row.values())[:6] for row in rows] == [
        (one.id, one.name, one.system, one.url, one.status, str(one.last_seen or ""))
        for one in load_catalogue().portals.values()
    ]


def test_filters_narrow_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    active = listed(capsys, "--status", "active", "--system", "netappoint")
    assert [row["id"] for row in active] == ["wuppertalgeo", "wuppertalgw"]
    both = listed(capsys, "--match", "wuppertal*", "--match", "bonn", "--system", "netappoint")
    assert [row["id"] for row in both] == ["bonn", "wuppertalgeo", "wuppertalgw"]
    alive = listed(capsys, "--status", "active", "--status", "silent", "--system", "tempus")
    assert len(alive) == 35
    foreigners = listed(capsys, "--kind", "foreigners_office", "--match", "*bielefeld*")
    assert [row["id"] for row in foreigners] == ["bielefeldaus"]
    assert listed(capsys, "--match", "bonn", "--status", "active") == []


def test_json_says_the_same_as_csv(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys, "--system", "netappoint")
    _, out, _ = run(capsys, "list", "--system", "netappoint", "--format", "json")
    said = [
        {key: "" if one[key] is None else str(one[key]) for key in one} for one in json.loads(out)
    ]
    assert said == rows


def test_place_kind_and_what_became_of_an_office_are_listed(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    place = Place(city="Bönen", state="Nordrhein-Westfalen", latitude=51.59865, longitude=7.75869)
    moved = {"kind": "health", "place": place, "replaced_by": "bonn", "note": "it moved"}
    demo = a_portal("demo", "tempus").model_copy(update=moved)
    (empty_folder / "offices.toml").write_text(portal_table(demo), encoding="utf-8")
    arguments = ["--catalogue", "offices.toml", "--kind", "health", "--match", "demo"]
    (row,) = listed(capsys, *arguments)
    assert (row["latitude"], row["longitude"]) == ("51.59865", "7.75869")
    assert (row["city"], row["kind"], row["replaced_by"]) == ("Bönen", "health", "bonn")
    _, out, _ = run(capsys, "list", "--format", "json", *arguments)
    (same,) = json.loads(out)
    assert (same["latitude"], same["state"], same["note"]) == (51.59865, place.state, "it moved")
    assert listed(capsys, "--kind", "vaccination", *arguments[:2], "--match", "demo") == []


def test_the_table_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "list", "--match", "wuppertal*")
    assert code == 0
    assert f"4 of {len(load_catalogue().portals)} portals" in out
    assert re.search(r"^ ?id +name +system +status +last seen *$", out, re.MULTILINE)
    assert re.search(r"wuppertalgw +Stadt Wuppertal Gewerbecenter +netappoint +active +2026", out)


def test_markdown_is_sorted_by_name_and_links(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "--format", "markdown")
    lines = out.splitlines()
    assert lines[0] == "| name | scraper | url |"
    names = [line.split(" | ")[0] for line in lines[2:]]
    assert names == sorted(names)
    assert len(names) == len(load_catalogue().portals)
    assert (
        "| Stadt Beckum | tempus | [tempus-termine.com/termine/...]"
        "(https://tempus-termine.com/termine/index.php?anlagennr=99) |"
    ) in lines


def test_markdown_equals_the_published_table(
    capsys: pytest.CaptureFixture[str], shared: Path
) -> None:
    text = (shared / "SEED.md").read_text(encoding="utf-8")
    theirs = re.findall(r"^\| (\S.*?) +\| ([a-z]+) +\| (\[.+?) *\|$", text, re.MULTILINE)
    _, out, _ = run(capsys, "list", "--format", "markdown")
    ours = re.findall(r"^\| (.+?) \| ([a-z]+) \| (.+?) \|$", out, re.MULTILINE)
    assert len(theirs) == 104
    # Two portals had a scraper of their own, which the published table calls custom.
    named = [row for row in theirs if row[1] != "custom"]
    assert len(named) == 102
    assert [row for row in ours if row in named] == named


def test_systems_that_no_client_reads_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys, "--system", "smartcjm", "--match", "bonn*")
    assert [(row["id"], row["status"]) for row in rows] == [("bonn-dlz", "unverified")]
    assert rows[0]["note"].startswith("no client for this system yet")


def test_asking_a_portal_that_no_client_reads_says_so_and_fails_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMTSPULS_CONTACT", "mail@example.org")
    ask = ["snapshot", "-i", "bonn-dlz", "--dry-run", "--format", "table"]
    code, _, err = run(capsys, *ask)
    assert code == 2
    assert "portal 'bonn-dlz' is unverified: add --include-retired" in err
    code, out, err = run(capsys, *ask, "--include-retired")
    assert (code, err.strip()) == (0, "1 skipped")
    assert "no system is called 'smartcjm'" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--system", "tempis"], 'no system is called "tempis"; there are: '),
        (["--status", "alive"], 'no status is called "alive"; there are: active, silent, retired'),
        (["--kind", "zoo"], 'no kind is called "zoo"; there are: citizen_office, vehicle_reg'),
        (["--match", "bon"], 'no portal id matches "bon"; did you mean "bonn"'),
        (["--catalogue", "none.toml"], "none.toml: cannot be read: No such file"),
        (["--config", "none.toml"], "none.toml: cannot be read: No such file"),
        (["--format", "xml"], "'xml' is not one of"),
    ],
)
def test_wrong_arguments_are_explained(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, out, err = run(capsys, "list", *arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())


def test_offices_of_the_user_are_listed(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    table = portal_table(a_portal("demo", "tempus").model_copy(update=UNREAD))
    (empty_folder / "offices.toml").write_text(table, encoding="utf-8")
    packaged = load_catalogue().portals
    assert len(listed(capsys, "--catalogue", "offices.toml")) == len(packaged) + 1
    (empty_folder / "amtspuls.toml").write_text('catalogue = ["offices.toml"]', encoding="utf-8")
    unread = {row["id"] for row in listed(capsys, "--status", "unverified")}
    assert unread == {"demo", *(key for key, one in packaged.items() if one.status == "unverified")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tempus", "tempis"), "offices.toml:4: no system is called 'tempis'; there are: "),
        (("tempus", "netappoint"), "offices.toml:2: portal demo: the url needs a company"),
        (("active", 'active"\noptions.x = "1'), "offices.toml:2: portal demo: tempus has no opti"),
    ],
)
def test_offices_that_their_system_cannot_use_are_shown_with_their_line(
    capsys: pytest.CaptureFixture[str],
    empty_folder: Path,
    change: tuple[str, str],
    message: str,
) -> None:
    text = portal_table(a_portal("demo", "tempus")).replace(*change)
    (empty_folder / "offices.toml").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "list", "--catalogue", "offices.toml")
    assert (code, out) == (2, "")
    assert err.startswith(f"amtspuls: {message}")


def how_to_blocks(language: str) -> list[str]:
    text = HOW_TO.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_how_to_works_as_written(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    office, settings, calendar, host = how_to_blocks("toml")
    file = empty_folder / "offices.toml"
    file.write_text(office + calendar + host, encoding="utf-8")
    ran = 0
    for line in "".join(how_to_blocks("sh")).splitlines():
        words = [word.strip('"') for word in line.split()]
        assert words[0] == "amtspuls"
        if words[1] in {"list", "init"}:
            assert run(capsys, *words[1:])[0] == 0
            ran += 1
    assert ran == 4
    (empty_folder / "amtspuls.toml").write_text(settings, encoding="utf-8")
    assert listed(capsys, "--match", "musterstadt")[0]["status"] == "unverified"
    assert parse_toml(settings, "settings").data == {"catalogue": ["offices.toml"]}


def test_the_mistake_of_the_how_to_is_real(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    wrong = how_to_blocks("toml")[0].replace("system =", "sytem =")
    (empty_folder / "offices.toml").write_text(wrong, encoding="utf-8")
    _, _, err = run(capsys, "list", "--catalogue", "offices.toml")
    shown = " ".join(HOW_TO.read_text(encoding="utf-8").split())
    assert err.removeprefix("amtspuls: ").strip() in shown
