from __future__ import annotations

import csv
import json
import re
import tomllib
import unicodedata
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import pytest

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.places import FOLDER, STATES, kind_of
from amtspuls.catalogue.portal import Kind, Portal
from amtspuls.catalogue.services import COMMON_SERVICES, common_service
from amtspuls.systems.registry import load_systems, require_system
from amtspuls.tomlfile import read_toml

pytestmark = pytest.mark.slow

FILES = sorted(
    entry.name.removesuffix(".toml")
    for entry in (resources.files("amtspuls.catalogue") / "data").iterdir()
)
OTHER = "other"
"""The file of systems that have a portal or two and no client."""

ONE_UNIT = {"muenster": "select2?md=1"}
"""Portals whose published address leads to units that are portals of their own here."""

SYSTEM_OF_CUSTOM = {"impfthueringen": "impfthueringen", "leipzig": "ekol"}
"""What the published lists call ``custom``, by id."""

STATUSES = ["active", "silent", "retired", "unverified"]
ACTIVE_SINCE = date(2026, 7, 1)
SILENT_SINCE = date(2025, 7, 19)
ANSWERED_IN_AUGUST = date(2026, 8, 31)
PORTALS = load_catalogue().portals
REVIEWED = read_toml(FOLDER / "places.toml", "places.toml").data


def packaged_tables(name: str) -> list[dict[str, Any]]:
    folder = resources.files("amtspuls.catalogue") / "data"
    tables = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))["portal"]
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
    """The published rows by id, with the newest last snapshot of both files and the older address."""
    rows: dict[str, dict[str, str]] = {}
    for name in ("portals_reference.csv", "portals_seed.csv"):
        with (shared / "data" / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                earlier = rows.get(row["source_id"], row)["last_snapshot"]
                row["last_snapshot"] = max(row["last_snapshot"], earlier)
                rows[row["source_id"]] = row
    assert len(rows) == 223
    return rows


def tenants(shared: Path, vendor: str) -> dict[str, dict[str, Any]]:
    """What a public catalogue of August 2026 says of the portals of a vendor, by its ids."""
    files = (shared / "data/tenants_2026").glob("*/scraper_config.json")
    found = {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}
    return {name: one for name, one in found.items() if one["vendor"] == vendor}


def test_files_hold_their_own_system_and_no_id_twice() -> None:
    tables = [(name, table) for name in FILES for table in packaged_tables(name)]
    own = {name for name in FILES if name != OTHER}
    assert all(table["system"] == name for name, table in tables if name != OTHER)
    assert not {table["system"] for name, table in tables if name == OTHER} & own
    ids = [table["id"] for _, table in tables]
    assert len(ids) == len(set(ids)) == len(PORTALS)
    assert [*PORTALS] == sorted(ids)


@pytest.mark.parametrize("name", FILES)
def test_files_are_sorted_by_status_and_id(name: str) -> None:
    keys = [(STATUSES.index(table["status"]), table["id"]) for table in packaged_tables(name)]
    assert keys == sorted(keys)
    assert keys


@pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS)
def test_status_agrees_with_the_last_sign_of_life(portal: Portal) -> None:
    if portal.last_seen is None:
        assert portal.status in {"retired", "unverified"}
    else:
        assert portal.status == status_on(portal.last_seen)


@pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS)
def test_its_system_can_use_it_or_it_is_unverified(portal: Portal) -> None:
    if portal.system in load_systems():
        require_system(portal.system).check_portal(portal)
    else:
        assert portal.status == "unverified"
        assert portal.note.startswith("no client for this system yet")


@pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS)
def test_it_is_in_a_known_place_or_has_a_reason_to_be_in_none(portal: Portal) -> None:
    place = portal.place
    if place is None:
        assert REVIEWED["nowhere"][portal.id]
        return
    assert portal.id not in REVIEWED["nowhere"]
    assert place.state in STATES.values()
    assert 46.3 < place.latitude < 55.1
    assert 5.8 < place.longitude < 17.2


@pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS)
def test_its_kind_is_the_one_of_the_rule(portal: Portal) -> None:
    assert portal.kind == kind_of(portal, REVIEWED)


def test_the_reviewed_table_speaks_of_portals_that_exist() -> None:
    assert set(REVIEWED) == {"place", "nowhere", "kind"}
    for table, entries in REVIEWED.items():
        assert entries
        assert set(entries) <= set(PORTALS), table
    assert set(REVIEWED["kind"].values()) <= set(get_args(Kind))
    for portal_id, known in REVIEWED["place"].items():
        place = PORTALS[portal_id].place
        assert place is not None
        assert known.items() <= place.model_dump().items()


def test_one_town_has_one_position() -> None:
    positions: dict[tuple[str, str], set[tuple[float, float]]] = {}
    for portal in PORTALS.values():
        if portal.place:
            town = (portal.place.city, portal.place.state)
            positions.setdefault(town, set()).add((portal.place.latitude, portal.place.longitude))
    assert len(positions) > 150
    assert all(len(found) == 1 for found in positions.values())


def test_what_moved_moved_to_a_portal_that_was_seen_later() -> None:
    moved = [portal for portal in PORTALS.values() if portal.replaced_by]
    assert {"bonn", "kielema", "koeln", "mainz"} <= {portal.id for portal in moved}
    for portal in moved:
        successor = PORTALS[portal.successor_id]
        assert portal.status == "retired"
        assert successor.status in {"active", "unverified"}
        assert successor.place == portal.place


def test_all_published_portals_are_there_letter_for_letter(shared: Path) -> None:
    for portal_id, row in published(shared).items():
        portal = PORTALS[portal_id]
        assert portal.name == row["name"]
        assert portal.system == SYSTEM_OF_CUSTOM.get(portal_id, row["system"])
        address = f"{row['url']}/{ONE_UNIT[portal_id]}" if portal_id in ONE_UNIT else row["url"]
        # Addresses of folders end in a slash, which the newer list leaves out.
        assert portal.url in {address, f"{address}/"}
        if portal.last_seen != ANSWERED_IN_AUGUST:
            assert str(portal.last_seen or "") == row["last_snapshot"][:10]


def test_the_tevis_portals_of_august_are_active(shared: Path) -> None:
    seen = [portal for portal in PORTALS.values() if portal.last_seen == ANSWERED_IN_AUGUST]
    expected = tenants(shared, "tevis")
    assert len(expected) == len(seen) == 32
    for one in expected.values():
        base, unit = one["base_url"].rstrip("/"), f"md={one['md']}"
        mine = [
            portal
            for portal in seen
            if portal.url == f"{base}/select2?{unit}"
            or (portal.url.rstrip("/") == base and portal.note.endswith(f"unit {unit}"))
        ]
        assert [portal.status for portal in mine] == ["active"]
        assert mine[0].system == "tevis"


def test_the_tevis_portals_of_august_ask_services_of_their_own_lists(shared: Path) -> None:
    expected = tenants(shared, "tevis")
    asked = 0
    for name, one in expected.items():
        base = one["base_url"].rstrip("/")
        (mine,) = (
            portal
            for portal in PORTALS.values()
            if portal.last_seen == ANSWERED_IN_AUGUST
            and (
                portal.url == f"{base}/select2?md={one['md']}"
                or (portal.url.rstrip("/") == base and portal.note.endswith(f"md={one['md']}"))
            )
        )
        file = shared / "data/tenants_2026" / name / "appointment_type.json"
        offered = json.loads(file.read_text(encoding="utf-8"))
        services = mine.listed_services
        assert 1 <= len(services) <= 8
        assert [service.name for service in services if service.name not in offered] == []
        commons = [service.common for service in services]
        assert commons == sorted(commons, key=COMMON_SERVICES.index)
        assert commons == [common_service(service.name) for service in services]
        asked += len(services)
    assert asked == 96


def test_the_smartcjm_portals_of_august_are_known(shared: Path) -> None:
    ours = {portal.url for portal in PORTALS.values() if portal.system == "smartcjm"}
    theirs = {
        f"{one['base_url']}/?uid={one['uid']}" for one in tenants(shared, "smartcjm").values()
    }
    assert len(theirs) == 6
    assert theirs < ours


def test_ids_of_ours_are_slugs() -> None:
    assert {"luebeck", "moenchengladbach", "muenster-einbuergerung"} <= set(PORTALS)


def test_the_sources_of_places_are_credited() -> None:
    for name in FILES:
        text = (FOLDER / "data" / f"{name}.toml").read_text(encoding="utf-8")
        assert "GeoNames (https://www.geonames.org)" in text
        assert "CC BY 4.0" in text


def test_every_misread_calendar_key_has_an_alias(shared: Path) -> None:
    metadata = json.loads(
        (shared / "data/office-schedule-data/raw/metadata.json").read_text(encoding="utf-8")
    )
    checked = 0
    for portal in PORTALS.values():
        if portal.system != "netappoint" or portal.status == "unverified":
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


def test_shared_vendor_hosts_have_a_gate_of_their_own() -> None:
    rules = load_catalogue().hosts
    for host in ("www.etermin.net", "termine-reservieren.de"):
        rule = rules[host]
        assert (rule.concurrency, rule.pause_s, rule.requests_per_day) == (3, 0.2, 200_000)
        assert sum(host in portal.allowed_hosts for portal in PORTALS.values()) > 30
    # 600 answers in a quarter of an hour were all that this one gave in 2021.
    assert rules["tevis.ekom21.de"].requests_per_day <= 600 * 96
    assert rules["tevis.ekom21.de"].concurrency == 1


def test_no_host_rule_is_left_without_portals() -> None:
    hosts = {host for portal in PORTALS.values() for host in portal.allowed_hosts}
    assert set(load_catalogue().hosts) <= hosts
