"""Each answer of docs/systems/etermin.md, every variant of the replica, and who is meant on a shared host."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.clock import SimulatedClock
from amtspuls.errors import ConfigError
from amtspuls.model import Slot, slot_from_local
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.portals import etermin_map
from amtspuls.replica.server import ReplicaServer
from amtspuls.replica.town import make_town
from amtspuls.replica.wire import Asked
from support.practice import NOW, Offer, Offers, slots
from support.practice_etermin import EterminVisitor, etermin, read_etermin, visit_etermin

BERLIN = ZoneInfo("Europe/Berlin")
PASS = ("90709", "Schalter 1", ("Reisepaß & <b>Ausweis</b>", "Meldebescheinigung"))
MELDE = ("90710", "Schalter 1", ("Meldebescheinigung",))
NAMELESS = ("7", "Zimmer 7", ())
FREE = slots("2026-01-27 08:10", "2026-01-27 09:15", "2026-02-03 12:00")
TODAY = date(2026, 1, 26)
DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "practise-on-replicas.md"


@pytest.fixture
def visitor() -> EterminVisitor:
    return visit_etermin(etermin(PASS, MELDE), {"90709": FREE, "90710": FREE[:1]})


def service_id(visitor: EterminVisitor, title: str) -> str:
    rows = visitor.api("servicegroupservice", cache="1", v="413", lang="de")
    return str(next(row["sid"] for row in rows if row["s"] == title))


# --- what is offered is shown -----------------------------------------------------------------------


@st.composite
def cases(draw: st.DrawFn) -> tuple[datetime, Offer]:
    now = draw(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
    today = now.astimezone(BERLIN).date()
    offer = {}
    for key in draw(st.sets(st.sampled_from(["90709", "90710", "7"]))):
        chosen = draw(
            st.lists(st.tuples(st.integers(0, 90), st.integers(1, 1438)), max_size=6, unique=True)
        )
        midnight = slot_from_local(datetime(today.year, today.month, today.day))
        offer[key] = tuple(sorted(Slot(midnight + 1440 * day + minute) for day, minute in chosen))
    return now, offer


VARIANTS = st.fixed_dictionaries(
    {
        "slot_form": st.sampled_from(["2021", "2026"]),
        "priming": st.sampled_from(["none", "page", "site", "site-all"]),
        "decoys": st.booleans(),
        "placeholder": st.booleans(),
        "full_days": st.sampled_from(["absent", "zero", "bare"]),
        "calendar_list": st.sampled_from(["rows", "comma"]),
        "groups": st.sampled_from(["named", "html", "null"]),
        "group_only_rows": st.booleans(),
        "ids": st.sampled_from(["numbers", "strings"]),
        "durations": st.sampled_from([(10,), (None, 20), (5, 30, None)]),
        "cap": st.integers(1, 4),
    }
)


@settings(max_examples=60, deadline=None)
@given(cases(), VARIANTS)
def test_all_that_is_offered_is_shown(
    case: tuple[datetime, Offer], variant: dict[str, object]
) -> None:
    now, offer = case
    visitor = visit_etermin(etermin(PASS, MELDE, NAMELESS, variant=variant), offer, now=now)
    visitor.prime()
    read = read_etermin(visitor, now.astimezone(BERLIN).date())
    assert read == {key: set(offer.get(key, ())) for key in ("90709", "90710", "7")}


# --- resources --------------------------------------------------------------------------------------


def test_settings_are_one_row_that_reaches_the_last_free_day() -> None:
    far = visit_etermin(etermin(PASS), {"90709": slots("2026-06-30 10:00")})
    (row,) = far.api("settingbs", t="")
    assert row["appfuture"] == 155
    assert (row["defaultlanguage"], row["timezone"]) == ("de", "W. Europe Standard Time")
    (usual,) = visit_etermin(etermin(PASS), {}).api("settingbs", t="")
    assert (usual["appfuture"], usual["vservices"]) == (63, 413)
    (told,) = visit_etermin(etermin(PASS, variant={"appfuture": 21}), {}).api("settingbs", t="")
    assert told["appfuture"] == 21


def test_a_row_per_group_and_service(visitor: EterminVisitor) -> None:
    rows = visitor.api("servicegroupservice", cache="1", w="gemeindeausfeld", vlang="de")
    assert [(row["sg"], row["s"], row["duration"]) for row in rows] == [
        ("Schalter 1", PASS[2][0], 10),
        ("Schalter 1", "Meldebescheinigung", 10),
        ("Schalter 1", "Meldebescheinigung", 10),
    ]
    assert [row["sgid"] for row in rows] == [65001, 65001, 65002]
    assert rows[1]["sid"] == rows[2]["sid"] != rows[0]["sid"]
    only = visitor.api("servicegroupservice", servicegroupid="65002,1")
    assert [row["sgid"] for row in only] == [65002]


def test_groups_may_be_coloured_nameless_or_alone_on_a_row() -> None:
    variant = {"groups": "html", "group_only_rows": True, "ids": "strings", "durations": (None, 5)}
    rows = visit_etermin(etermin(PASS, variant=variant), {}).api("servicegroupservice")
    assert [(row["s"], row["duration"], row["captype"]) for row in rows] == [
        ("", None, -1), (PASS[2][0], None, -1), ("Meldebescheinigung", 5, 0),
    ]  # fmt: skip
    assert {row["sg"] for row in rows} == {"<font color=005e4f>Schalter 1</font><br>"}
    assert rows[1]["sid"] == "160001"
    nameless = visit_etermin(etermin(PASS, variant={"groups": "null"}), {})
    assert [row["sg"] for row in nameless.api("servicegroupservice")] == [None, None]


def test_calendars_of_a_service_are_text_ids_even_as_a_comma_list(visitor: EterminVisitor) -> None:
    both = service_id(visitor, "Meldebescheinigung")
    rows = visitor.api("calendar", availablecal="1", serviceid=both, calendarid="undefined")
    assert rows == [
        {"calendarid": "90709", "calendarname": "Schalter 1"},
        {"calendarid": "90710", "calendarname": "Schalter 1"},
    ]
    assert visitor.api("calendar", serviceid="1", calendarid="undefined") == []
    assert visitor.api("calendar", calendarid="90710", companydataonly="1")[0]["street"]
    joined = visit_etermin(etermin(PASS, MELDE, variant={"calendar_list": "comma"}), {})
    (row,) = joined.api("calendar", serviceid=both, calendarid="undefined")
    assert row["calendarid"] == "90709,90710"


def test_a_range_search_goes_to_the_end_of_the_month_and_jumps_where_nothing_is(
    visitor: EterminVisitor,
) -> None:
    service = service_id(visitor, PASS[2][0])
    first = [{"start": "2026-01-27T00:00:00", "available": 2}]
    later = [{"start": "2026-02-03T00:00:00", "available": 1}]
    assert visitor.days(service, "", TODAY) == first
    assert visitor.days(service, "90709", date(2026, 1, 28)) == later
    assert visitor.days(service, "90709", date(2026, 1, 28), appfuture="8") == later
    assert visitor.days(service, "90709", date(2026, 1, 28), appfuture="7") == []
    assert visitor.days(f"{service},1", "90709", TODAY) == [], "nobody offers the second service"
    assert visitor.days(service, "", TODAY, end="2026-02-28") == first + later
    assert visitor.days(service, "", date(2026, 2, 4)) == []
    assert visitor.days(service, "90710", TODAY) == [], "that calendar does not offer the service"
    assert visitor.days(f"{service},160002", "90709,90710", TODAY) == first
    assert visitor.days("", "", TODAY) == []
    assert visitor.api("timeslots", rangesearch="1", serviceid=service, date="bald") == []


def test_a_free_last_day_keeps_the_search_in_its_month() -> None:
    visitor = visit_etermin(etermin(PASS), {"90709": slots("2026-01-31 08:00", "2026-02-01 08:00")})
    found = visitor.days("160001", "", TODAY)
    assert [day["start"][:10] for day in found] == ["2026-01-31"]


def test_slots_are_counted_over_all_calendars_that_are_asked(visitor: EterminVisitor) -> None:
    service = service_id(visitor, "Meldebescheinigung")
    counts = {key: visitor.days(service, key, TODAY)[0]["available"] for key in ("", "90710")}
    assert counts == {"": 3, "90710": 1}
    assert visitor.days(service, "90709,90710", TODAY)[0]["available"] == 3


def test_the_times_of_a_day_have_the_fields_of_the_vendor(visitor: EterminVisitor) -> None:
    service = service_id(visitor, PASS[2][0])
    first, second = visitor.times(service, "90709", "2026-01-27")
    assert first == {
        "start": "2026-01-27T08:10:00", "end": "2026-01-27T08:20:00", "calendarid": 90709,
        "calendarname": "Schalter 1", "cap": 1, "capmax": 1, "available": 1, "ecap": False,
        "ads": "", "adw": 0, "wl": 0, "wlstart": 0, "wlend": 0, "f": True,
        "idandtimeslot": f"90709|2026-01-27 08:10|2026-01-27 08:20|{PASS[2][0]}|0",
        "hv": first["hv"],
    }  # fmt: skip
    assert re.fullmatch(r"[0-9a-f]{8}", first["hv"])
    assert first["hv"] != second["hv"]
    assert visitor.times(service, "90709", "2026-01-28") == []
    old = visit_etermin(etermin(PASS, variant={"slot_form": "2021"}), {"90709": FREE})
    assert not {"f", "hv"} & set(old.times(service, "", "2026-01-27")[0])


def test_rows_that_nobody_can_book_stand_among_the_free_ones() -> None:
    visitor = visit_etermin(etermin(PASS, variant={"decoys": True, "cap": 3}), {"90709": FREE})
    rows = visitor.times("160001", "", "2026-01-27")
    seen = [(row["start"][11:16], row["f"], bool(row["hv"]), row["cap"]) for row in rows]
    assert seen[:4] == [
        ("08:10", True, True, 3), ("08:11", False, False, 0),
        ("08:11", True, False, 3), ("08:11", False, True, 3),
    ]  # fmt: skip


def test_full_days_may_be_listed_with_zero_or_without_a_number() -> None:
    for form, shown in (("zero", {"available": 0}), ("bare", {})):
        visitor = visit_etermin(etermin(PASS, variant={"full_days": form}), {"90709": FREE})
        days = visitor.days("160001", "", TODAY)
        assert [day["start"][8:10] for day in days] == ["26", "27", "28", "29", "30"]
        assert days[0] == {"start": "2026-01-26T00:00:00", **shown}
        assert days[1]["available"] == 2


@pytest.mark.parametrize("form", ["2021", "2026"])
def test_a_marked_day_without_times_has_nothing_or_a_placeholder_at_midnight(form: str) -> None:
    variant = {"placeholder": True, "slot_form": form}
    plain = visit_etermin(etermin(PASS), {"90709": ()})
    visitor = visit_etermin(etermin(PASS, variant=variant), {"90709": ()})
    tomorrow = [{"start": "2026-01-27T00:00:00", "available": 1}]
    assert plain.days("160001", "", TODAY) == visitor.days("160001", "", TODAY) == tomorrow
    assert plain.times("160001", "", "2026-01-27") == []
    (row,) = visitor.times("160001", "", "2026-01-27")
    assert (row["start"], row["available"]) == ("2026-01-27T00:00:00", 0)
    assert row.get("f", False) is False


def test_stubs_that_a_reader_does_not_need(visitor: EterminVisitor) -> None:
    assert visitor.ask("/limitreached", {"startdate": "x"}) == "0"
    assert "<input" in visitor.ask("/api/field", {"output": "html"})
    harmless = visitor.answer
    visitor.ask("/api/appointment", method="POST")
    assert (harmless.reserving, visitor.answer.reserving) == (False, True)
    visitor.ask("/api/appointments")
    assert visitor.answer.status == 404


# --- tenants and visitors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "tenant", "found"),
    [
        ({"webid": "gemeindeausfeld"}, "any", True),
        ({"webid": "GemeindeAusfeld", "host": "www.etermin.net"}, "webid", True),
        ({"referer": "https://www.etermin.net/GemeindeAusfeld"}, "any", True),
        ({"referer": "http://127.0.0.1:81/o/gemeindeausfeld?calendarid=1"}, "referer", True),
        ({"referer": "https://www.etermin.net/gemeindeausfeld/serviceid/9"}, "any", True),
        ({"webid": "other", "referer": "https://www.etermin.net/gemeindeausfeld"}, "any", False),
        ({"webid": "gemeindeausfeld"}, "referer", False),
        ({"referer": "https://www.etermin.net/gemeindeausfeld"}, "webid", False),
        ({}, "any", False),
    ],
)
def test_webid_or_else_the_referer_names_the_tenant(
    headers: dict[str, str], tenant: str, *, found: bool
) -> None:
    portal = etermin(PASS, variant={"tenant": tenant})
    visitor = visit_etermin(portal, {"90709": FREE}, headers=headers)
    assert bool(visitor.api("settingbs")) is found
    assert bool(visitor.days("160001", "", TODAY)) is found


def test_a_tenant_may_ignore_whom_it_does_not_know() -> None:
    def known(priming: str, *steps: str) -> bool:
        visitor = visit_etermin(etermin(PASS, variant={"priming": priming}), {"90709": FREE})
        for step in steps:
            if step == "page":
                assert "Online Termin buchen" in visitor.ask("/GemeindeAusfeld")
            else:
                assert visitor.ask("/site", {"pageidx": step}, "POST") == "1"
        return bool(visitor.api("servicegroupservice"))

    assert known("none")
    assert [known("page"), known("page", "page"), known("page", "1")] == [False, True, True]
    assert [known("site", "page"), known("site", "1"), known("site", "1", "2")] == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(("priming", "told"), [("page", 0), ("site", 1), ("site-all", 0)])
def test_settings_name_the_account_for_the_posts(priming: str, told: int) -> None:
    visitor = visit_etermin(etermin(PASS, variant={"priming": priming}), {"90709": FREE})
    settings_ = visitor.api("settingbs")
    assert len(settings_) == told
    assert all(40_000 <= row["z"] < 50_000 for row in settings_)
    assert visitor.api("servicegroupservice") == []


def test_a_made_up_cookie_is_a_stranger() -> None:
    visitor = visit_etermin(etermin(PASS, variant={"priming": "page"}), {"90709": FREE})
    visitor.cookie = "ASP.NET_SessionId=me-0"
    assert visitor.api("settingbs") == []
    assert visitor.pages.session_lost(Asked("GET", "/GemeindeAusfeld")) is None
    assert visit_etermin(etermin(PASS), {}).pages.session_lost(Asked("GET", "/api/x")) is None


def test_too_many_range_searches_are_answered_with_400() -> None:
    portal = etermin(PASS, variant={"range_limit": 2})
    visitor = visit_etermin(portal, {"90709": FREE})

    def status(cookie: str = "") -> int:
        visitor.cookie = cookie
        visitor.days("160001", "", TODAY)
        return visitor.answer.status

    assert [status() for _ in range(3)] == [200, 200, 400]
    assert json.loads(visitor.answer.body) == [], "the body is JSON all the same"
    assert status(f"ASP.NET_SessionId={'a' * 24}-0") == 200, "another visitor"
    visitor.times("160001", "", "2026-01-27")
    assert visitor.answer.status == 200, "single days are not counted"


def test_range_searches_are_forgotten_after_a_while() -> None:
    portal = etermin(PASS, variant={"range_limit": 1})
    clock = SimulatedClock(NOW)
    pages = _pages(portal, clock)
    asked = Asked(
        "GET", "/api/timeslots", "rangesearch=1&serviceid=160001", {"webid": "gemeindeausfeld"}
    )
    assert [pages.answer(asked).status for _ in range(2)] == [200, 400]
    clock.set(NOW + timedelta(minutes=10))
    assert pages.answer(asked).status == 200


def _pages(portal: Any, clock: SimulatedClock) -> Any:
    from amtspuls.replica.portals import make_pages

    return make_pages(portal, Offers(portal), clock)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"variant": {"priming": "twice"}}, "priming cannot be 'twice'"),
        ({"url": "https://www.etermin.net/"}, "names no eTermin page"),
        ({"calendars": ("meldewesen", "x", ())}, "keys like 90709"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given_: dict[str, Any], said: str) -> None:
    calendar = given_.pop("calendars", PASS)
    with pytest.raises(ConfigError, match=said):
        visit_etermin(etermin(calendar, **given_), {})


def test_every_switch_is_described() -> None:
    text = DOCS.read_text("utf-8")
    values = {value for known in etermin_map.VARIANTS.values() for value in known or ()}
    for word in {*etermin_map.VARIANTS, *(one for one in values if isinstance(one, str))}:
        assert re.search(rf"[`\"]{re.escape(word)}[`\"]", text), word


# --- on a server ------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def server() -> AsyncIterator[ReplicaServer]:
    portals = (
        etermin(PASS, variant={"priming": "page"}),
        etermin(MELDE, id="lehrte", url="https://www.etermin.net/o/StadtLehrte"),
        etermin(MELDE, id="aachen", url="https://www.qtermin.de/qtermin-aachen"),
    )
    availability = Offers(*portals)
    availability.now = {portal.id: {"90709": FREE, "90710": FREE[:1]} for portal in portals}
    async with ReplicaServer(availability, SimulatedClock(NOW)) as running:
        yield running


async def test_tenants_share_a_host_and_its_cookies(server: ReplicaServer) -> None:
    urls = {key: httpx2.URL(entry["url"]) for key, entry in server.portals.items()}
    assert urls["ausfeld"].port == urls["lehrte"].port != urls["aachen"].port
    api = urls["lehrte"].join("/api/servicegroupservice")
    async with httpx2.AsyncClient() as client:
        page = await client.get(urls["lehrte"])
        assert "Gemeinde Ausfeld" in page.text, "both have one name here"
        first = await client.get(api, headers={"webid": "gemeindeausfeld"})
        assert len(first.json()) == 2, "the cookie of one tenant's page primes the other"
        second = await client.get(api, headers={"Referer": str(urls["lehrte"]), "Host": "x.y"})
        assert len(second.json()) == 1
        assert (await client.get(api, headers={"webid": "nobody"})).json() == []
        assert (await client.get(urls["lehrte"].join("/nobody"))).status_code == 404
        settings_ = (
            await client.get(
                urls["lehrte"].join("/api/settingbs"), headers={"webid": "stadtlehrte"}
            )
        ).json()
        await client.post(urls["lehrte"].join(f"/site?pageidx=1&z={settings_[0]['z']}"))
    assert [entry.portal_id for entry in server.log.requests] == [
        "lehrte", "ausfeld", "lehrte", "ausfeld", "", "lehrte", "lehrte",
    ]  # fmt: skip


async def test_faults_know_json(server: ReplicaServer) -> None:
    url = httpx2.URL(server.portals["aachen"]["url"]).join("/api/settingbs")
    headers = {"webid": "qtermin-aachen"}
    async with httpx2.AsyncClient() as client:
        usual = (await client.get(url, headers=headers)).json()
        server.faults.set("aachen", Fault(FaultName.CHANGED))
        (changed,) = (await client.get(url, headers=headers)).json()
        assert list(changed.values()) == list(usual[0].values())
        assert set(changed) == {f"neu_{key[::-1]}" for key in usual[0]}
        server.faults.set("aachen", Fault(FaultName.CAPTCHA))
        assert 'name="captcha_code"' in (await client.get(url, headers=headers)).text
        server.faults.set("aachen", Fault(FaultName.SESSION_LOST))
        assert (await client.get(url, headers=headers)).json() == usual, "no session, none lost"
        server.faults.set("ausfeld", Fault(FaultName.SESSION_LOST))
        entry = httpx2.URL(server.portals["ausfeld"]["url"])
        await client.get(entry)
        lost = await client.get(entry.join("/api/settingbs"), headers={"webid": "gemeindeausfeld"})
        assert lost.json() == []


def test_the_town_has_an_etermin_page() -> None:
    town = make_town(7, start=date(2026, 3, 23), days=3, portal_ids=["ausfeld"])
    at = town.first_at + timedelta(hours=34)
    offer = town.offer("ausfeld", at)
    assert len(offer) == 2
    visitor = visit_etermin(town.portals["ausfeld"], offer, now=at)
    assert read_etermin(visitor, date(2026, 3, 24)) == {
        key: set(free) for key, free in offer.items()
    }
