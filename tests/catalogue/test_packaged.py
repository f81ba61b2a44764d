from __future__ import annotations

import csv
import json
import re
import tomllib
import unicodedata
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Portal
from amtspuls.systems.registry import require_system

SYSTEMS = ("netappoint", "tempus")
ACTIVE_SINCE = date(2026, 7, 1)
SILENT_SINCE = date(2025, 7, 19)
PORTALS = load_catalogue().portals


def packaged_tables(system: str) -> list[dict[str, Any]]:
    folder = resources.files("amtspuls.catalogue") / "data"
    tables = tomllib.loads((folder / f"{system}.toml").read_text(encoding="utf-8"))["portal"]
    assert isinstance(tables, list)
    return tables


def status_on(last_seen: date) -> str:
    if last_seen >= ACTIVE_SINCE:
        return "active"
    return "silent" if last_seen >= SILENT_SINCE else "retired"


def slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")


def published(shared: Path) -> dict[str, dict[str, str]]:
    """The published rows of our systems by id, with the newest last snapshot of both files."""
    rows: dict[str, dict[str, str]] = {}
    for name in ("portals_seed.csv", "portals_reference.csv"):
        with (shared / "data" / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["system"] in SYSTEMS:
                    earlier = rows.get(row["source_id"], row)["last_snapshot"]
                    row["last_snapshot"] = max(row["last_snapshot"], earlier)
                    rows[row["source_id"]] = row
    assert len(rows) == 95
    return rows


def test_files_hold_their_own_system_and_no_id_twice() -> None:
    tables = [(system, table) for system in SYSTEMS for table in packaged_tables(system)]
    assert all(table["system"] == system for system, table in tables)
    ids = [table["id"] for _, table in tables]
    assert len(ids) == len(set(ids)) == len(PORTALS)
    assert [*PORTALS] == sorted(ids)


@pytest.mark.parametrize("system", SYSTEMS)
def test_files_are_sorted_by_status_and_id(system: str) -> None:
    order = ["active", "silent", "retired"]
    keys = [(order.index(table["status"]), table["id"]) for table in packaged_tables(system)]
    assert keys == sorted(keys)
    assert keys


@pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS)
def test_status_agrees_with_the_last_sign_of_life(portal: Portal) -> None:
    assert portal.last_seen is not None
    assert portal.status == status_on(portal.last_seen)


@pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS)
def test_its_system_can_use_it(portal: Portal) -> None:
    require_system(portal.system).check_portal(portal)


def test_all_published_portals_are_there_letter_for_letter(shared: Path) -> None:
    ours = {
        portal.id: (portal.name, portal.system, portal.url, str(portal.last_seen))
        for portal in PORTALS.values()
    }
    theirs = {
        portal_id: (row["name"], row["system"], row["url"], row["last_snapshot"][:10])
        for portal_id, row in published(shared).items()
    }
    assert ours == theirs


def test_every_misread_calendar_key_has_an_alias(shared: Path) -> None:
    metadata = json.loads(
        (shared / "data/office-schedule-data/raw/metadata.json").read_text(encoding="utf-8")
    )
    checked = 0
    for portal in PORTALS.values():
        if portal.system != "netappoint":
            continue
        expected = {}
        for key, calendar in metadata[portal.id]["locations"].items():
            assert slug(calendar["name"]) == key
            try:
                name = calendar["name"].encode("latin-1").decode("utf-8")
            except UnicodeError:
                continue
            checked += name != calendar["name"]
            if slug(name) != key:
                expected[slug(name)] = key
        assert portal.calendar_aliases == expected
    assert checked == 10


def test_what_is_documented_of_single_portals() -> None:
    exceptions = {portal.id for portal in PORTALS.values() if portal.tls}
    assert exceptions == {"bonn", "bonnbau"}
    assert PORTALS["wuppertalgeo"].options == {"cur_cause": "0"}
    assert PORTALS["bochumzl"].url == PORTALS["bochumzl2"].url
    assert PORTALS["bochumzl2"].options == {"cur_cause": "10"}
    assert PORTALS["leipzigstandesamt"].options == {"cur_causes": "0|1|2"}
    assert (
        PORTALS["wuppertalgeo"].calendar_aliases["auskunft-auszuge-planungsrechtskarten"]
        == "auskunft-ausza14ge-planungsrechtskarten"
    )


def test_the_shared_vendor_host_has_its_own_gate() -> None:
    rule = load_catalogue().hosts["tempus-termine.com"]
    assert (rule.concurrency, rule.pause_s, rule.requests_per_day) == (3, 0.2, 200_000)
    assert sum("tempus-termine.com" in portal.allowed_hosts for portal in PORTALS.values()) > 60
