"""Probing pages of replicas and of a small server that behaves badly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from amtspuls.catalogue.load import load_catalogue, portal_from_mapping
from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.collect.probing import Prober
from amtspuls.collect.proposing import commented_table
from amtspuls.collect.take import Plan, take_snapshot
from amtspuls.errors import (
    ConfigError,
    PageChangedError,
    RefusedError,
    SkippedError,
    UnreachableError,
)
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import Gates
from amtspuls.model import Outcome
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.server import ReplicaServer
from amtspuls.replica.town import Town, make_town
from amtspuls.systems.registry import load_systems, require_system
from support.fetching import AGENT, LIMITS
from support.http_server import HttpServer, Reply, page, redirect

NOW = datetime(2026, 1, 26, 6, tzinfo=UTC)


@asynccontextmanager
async def prober(*known: Portal, **barred: str) -> AsyncIterator[Prober]:
    clock = SimulatedClock(NOW)
    async with Fetcher(clock, Gates(clock, {}, {}), AGENT, limits=LIMITS) as fetcher:
        yield Prober(clock, fetcher, load_systems(), known, barred, weeks=1)


@cache
def town() -> Town:
    return make_town(7, start=date(2026, 1, 26), days=1, horizon_days=3)


@asynccontextmanager
async def replica() -> AsyncIterator[ReplicaServer]:
    async with ReplicaServer(town(), SimulatedClock(NOW)) as server:
        yield server


@pytest.mark.sim
async def test_the_table_of_each_replica_portal_loads_and_is_read(tmp_path: Path) -> None:
    systems = set()
    async with replica() as server, prober() as one:
        for key, entry in server.portals.items():
            table = portal_from_mapping(entry["portal"], source="replica")
            found = await one.probe(table.url)
            assert found.portal is not None, (key, found.missing)
            assert found.snapshot is not None
            assert found.candidates[0].system == table.system
            assert found.portal.options == table.options
            assert found.requests > found.snapshot.requests

            file = tmp_path / f"{key}.toml"
            file.write_text(commented_table(found.portal, found.snapshot), "utf-8")
            overlay = load_catalogue(
                [file], check=lambda p: require_system(p.system).check_portal(p)
            )
            loaded = overlay.require(found.portal.id)
            assert loaded == found.portal
            assert (loaded.status, loaded.last_seen) == ("active", date(2026, 1, 26))
            async with one.fetcher.session(loaded) as session:
                again = await take_snapshot(Plan(loaded, 1), session, one.clock)
            assert again.outcome is Outcome.OK
            assert again.views == found.snapshot.views
            systems.add(loaded.system)
    assert systems >= {"ekol", "etermin", "impfthueringen", "netappoint", "tempus", "tevis"}


@pytest.mark.sim
async def test_a_known_portal_keeps_its_id_and_one_that_is_off_is_not_asked() -> None:
    async with replica() as server:
        entry = server.portals["birkenfurt"]["portal"]
        known = portal_from_mapping(
            entry | {"id": "mine", "status": "silent", "note": "moved; probed 2025-01-01: x"},
            source="x",
        )
        async with prober(known) as one:
            found = await one.probe(f"{known.url}&sna=")
            assert found.known_as == "mine"
            assert found.portal is not None
            assert found.portal.note == "moved; probed 2026-01-26: ok, 1 calendar"
        before = len(server.log.requests)
        async with prober(known, mine="the office asked us") as one:
            with pytest.raises(SkippedError, match="mine is not asked: the office asked us"):
                await one.probe(known.url)
        assert len(server.log.requests) == before


@pytest.mark.sim
@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (FaultName.CAPTCHA, RefusedError, "captcha"),
        (FaultName.FORBIDDEN, RefusedError, "ask the office"),
        (FaultName.MAINTENANCE, UnreachableError, "maintenance"),
    ],
)
async def test_a_page_that_cannot_be_had_says_why(
    fault: FaultName, error: type[Exception], says: str
) -> None:
    async with replica() as server, prober() as one:
        server.faults.set("rosenau", Fault(fault))
        with pytest.raises(error, match=says):
            await one.probe(server.portals["rosenau"]["url"])


TEVIS = '<html><title>Termine Stadt Aue</title><body class="TEVISWEB"><p>{}</p></body></html>'


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (redirect("https://other.example/termine"), PageChangedError, "probe that address"),
        (Reply(404, b"none"), PageChangedError, "404"),
        (
            Reply(body=b"%PDF", headers=(("Content-Type", "application/pdf"),)),
            PageChangedError,
            "application/pdf, which is no page",
        ),
        (page("<form><input type=password></form>"), RefusedError, "login"),
        (page("<div class='g-recaptcha'></div>"), RefusedError, "captcha"),
        (page("<body class=TEVISWEB><div class='g-recaptcha'></div>"), RefusedError, "as tevis"),
        (page("<h1>Wegen Wartungsarbeiten geschlossen</h1>"), UnreachableError, "maintenance"),
    ],
)
async def test_pages_of_no_use(reply: Reply, error: type[Exception], says: str) -> None:
    async with HttpServer({"/x": reply}) as server, prober() as one:
        with pytest.raises(error, match=says):
            await one.probe(server.url("/x"))
        assert len(server.pages()) == 1


async def test_a_known_portal_may_lead_to_its_other_hosts() -> None:
    answers = {"/y": page(TEVIS.format("Guten Tag"))}
    async with (
        HttpServer(answers, host="localhost") as other,
        HttpServer({"/x": redirect(other.url("/y"))}) as server,
    ):
        url = server.url("/x")
        known = Portal(id="aue", name="Aue", system="tevis", url=url, hosts=("localhost",))
        async with prober(known) as one:
            found = await one.probe(url)
    assert found.known_as == "aue"
    assert found.candidates[0].system == "tevis"


async def test_robots_txt_is_obeyed() -> None:
    rules = page("User-agent: *\nDisallow: /")
    async with HttpServer({"/robots.txt": rules, "/x": page("<p>")}) as server, prober() as one:
        with pytest.raises(RefusedError, match=r"robots\.txt"):
            await one.probe(server.url("/x"))
        assert server.paths() == ["/robots.txt"]


@pytest.mark.parametrize("url", ["stadt.example/termine", "ftp://a.example/", "", "http://a b/"])
async def test_what_is_no_address_is_not_asked(url: str) -> None:
    async with prober() as one:
        with pytest.raises(ConfigError, match="is no address"):
            await one.probe(url)


async def test_a_known_system_without_a_client() -> None:
    body = page("<main id=tl_form></main>")
    async with HttpServer({"/x": body}) as server, prober() as one:
        found = await one.probe(server.url("/x"))
    assert found.portal is None
    assert "recognised as Terminland" in found.missing
    assert "new-system terminland" in found.advice
    assert found.requests == 2


async def test_a_page_of_nothing_that_is_known() -> None:
    async with HttpServer({"/x": page("<div id=divFields></div>")}) as server, prober() as one:
        found = await one.probe(server.url("/x"))
    assert found.missing == "no booking system that is known; perhaps etermin"
    assert "add-a-system" in found.advice


async def test_a_city_page_leads_on() -> None:
    url = "https://tempus-termine.com/termine/index.php?anlagennr=7"
    answers = {"/x": page(f'<iframe src="{url}"></iframe>')}
    async with HttpServer(answers) as server, prober() as one:
        found = await one.probe(server.url("/x"))
    assert [lead.url for lead in found.leads] == [url]
    assert url in found.advice


async def test_a_recognised_page_that_cannot_be_read_says_what_to_do() -> None:
    async with HttpServer({"/x": page(TEVIS.format("Guten Tag"))}) as server, prober() as one:
        found = await one.probe(server.url("/x"))
    assert found.portal is None
    assert found.snapshot is not None
    assert found.missing.startswith("changed: ")
    assert "docs/systems/tevis.md" in found.advice


async def test_an_address_that_lacks_what_the_system_needs_is_told() -> None:
    answers = {"/x": page('<form action="?anr=39" id=f></form>')}
    async with HttpServer(answers) as server, prober() as one:
        found = await one.probe(server.url("/x"))
    assert "anlagennr" in found.missing
    assert found.missing.startswith("skipped: ")
