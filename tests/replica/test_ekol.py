"""Each page of docs/systems/ekol.md, every skin of the replica, and what a session remembers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.clock import SimulatedClock
from amtspuls.errors import ConfigError
from amtspuls.model import Slot, slot_from_local
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.portals import ekol_map, make_pages
from amtspuls.replica.server import ReplicaServer
from amtspuls.replica.town import make_town
from support.practice import NOW, Offer, Offers, slots
from support.practice_ekol import EkolVisitor, ekol, read_ekol, visit_ekol

BERLIN = ZoneInfo("Europe/Berlin")
SEE = ("1222936509", "Bürgeramt Süd-Ost & See", ("Reisepaß <neu>", "Ummeldung"))
BAHN = ("1279700237", "Kfz-Zulassungsbehörde", ("Ummeldung",))
NORD = ("77", "Bürgeramt Nord", ())
FREE = slots("2026-01-27 08:10", "2026-01-27 09:15", "2026-03-07 12:00")
SKINS = sorted(ekol_map.SKINS)
TUESDAY = date(2026, 1, 27)
DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "practise-on-replicas.md"


@st.composite
def cases(draw: st.DrawFn) -> tuple[datetime, Offer]:
    now = draw(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
    today = now.astimezone(BERLIN).date()
    midnight = slot_from_local(datetime(today.year, today.month, today.day))
    offer = {}
    for key in draw(st.sets(st.sampled_from([SEE[0], BAHN[0], NORD[0]]))):
        chosen = draw(
            st.lists(st.tuples(st.integers(0, 120), st.integers(0, 1439)), max_size=4, unique=True)
        )
        offer[key] = tuple(sorted(Slot(midnight + 1440 * day + minute) for day, minute in chosen))
    return now, offer


VARIANTS = st.fixed_dictionaries(
    {
        "skin": st.sampled_from(SKINS),
        "comments": st.booleans(),
        "heads": st.booleans(),
        "closed_days": st.booleans(),
        "window_months": st.sampled_from([None, 1, 2, 4]),
        "horizon_days": st.sampled_from([14, 94]),
    }
)


@settings(max_examples=40, deadline=None)
@given(cases(), VARIANTS)
def test_all_that_is_offered_is_shown(
    case: tuple[datetime, Offer], variant: dict[str, object]
) -> None:
    now, offer = case
    visitor = visit_ekol(ekol(SEE, BAHN, NORD, variant=variant), offer, now=now)
    assert read_ekol(visitor) == {key: offer.get(key) for key in (SEE[0], BAHN[0], NORD[0])}


# --- the pages in order -----------------------------------------------------------------------------


def test_the_way_to_the_calendar_and_back() -> None:
    visitor = visit_ekol(ekol(SEE, BAHN), {SEE[0]: FREE})
    titles = [_title(visitor.start())]
    titles.append(_title(visitor.to_offices()))
    (button, _) = visitor.tree()
    assert "TERMNEW" not in visitor.page, "all branches are closed at first"
    titles.append(_title(visitor.press(button)))
    assert visitor.page.count('id="action_officeselect_termnew_prefix') == 1
    titles.append(_title(visitor.press(f"ACTION_OFFICESELECT_TERMNEW_PREFIX{SEE[0]}")))
    assert '<label for="id_1337592181">Reisepaß &lt;neu&gt;</label>' in visitor.raw
    titles.append(_title(visitor.press("ACTION_CONCERNSELECT_NEXT", **{"1337592182": "1"})))
    assert '<div class="mdg_key">Ummeldung</div>' in visitor.page
    titles.append(_title(visitor.press("ACTION_CONCERNCOMMENTS_NEXT")))
    back = ("CALENDARSELECT", "CONCERNCOMMENTS", "CONCERNSELECT", "OFFICESELECT")
    titles += [_title(visitor.press(f"ACTION_{page}_PREVIOUS")) for page in back]
    assert titles == [
        "Allgemeine Informationen", "Termin vereinbaren bei", "Termin vereinbaren bei",
        "Auswahl des Anliegens", "Zusatzinformationen zu den Anliegen", "Auswahl des Termins",
        "Zusatzinformationen zu den Anliegen", "Auswahl des Anliegens", "Termin vereinbaren bei",
        "Allgemeine Informationen",
    ]  # fmt: skip


def _title(page: str) -> str:
    (title,) = re.findall(r'<h2 class="ekolStepBox2">([^<]*)</h2>', page)
    return str(title)


def test_heads_of_groups_look_like_offices() -> None:
    visitor = visit_ekol(ekol(SEE), {})
    names = re.findall(r'title="öffnen">([^<]*)<', visitor.to_offices())
    assert names == ["Bürgerämter", "Ordnungsamt", "Bürgeramt Süd-Ost & See"]
    head = re.findall(r'name="([^"]*EXPAND[^"]*)"', visitor.page)[0]
    assert "TERMNEW" not in visitor.press(head)
    assert 'id="id_buergerauswahldienststelle_tree-office"' in visitor.page


@pytest.mark.parametrize(
    ("page", "button", "said"),
    [
        ("info", "ACTION_INFOPAGE_NEXT", "Bitte stimmen Sie zu."),
        ("offices", f"ACTION_OFFICESELECT_TERMNEW_PREFIX{SEE[0]}", "Bitte wählen Sie eine Dienst"),
        ("concerns", "ACTION_CONCERNSELECT_NEXT", "Bitte wählen Sie mindestens ein Anliegen."),
        ("info", "ACTION_CALENDARSELECT_PREVIOUS", ""),
    ],
)
@pytest.mark.parametrize("skin", ["leipzig-2021", "potsdam-2022"])
def test_what_is_missing_is_said_and_the_page_stays(
    skin: str, page: str, button: str, said: str
) -> None:
    visitor = visit_ekol(ekol(SEE, variant={"skin": skin}), {})
    visitor.start()
    if page != "info":
        visitor.to_offices()
    if page == "concerns":
        visitor.press(next(iter(visitor.tree())))
        visitor.press(f"ACTION_OFFICESELECT_TERMNEW_PREFIX{SEE[0]}")
    before = re.findall(r'name="(ACTION_[A-Z]+_(?:NEXT|PREVIOUS))"', visitor.page)
    visitor.press(button)
    assert re.findall(r'name="(ACTION_[A-Z]+_(?:NEXT|PREVIOUS))"', visitor.page) == before
    assert said in visitor.page
    assert ("26.01.2026 07:30:00: " in visitor.page) is bool(said)
    box = '<ul id="warnmsglist">' if skin == "potsdam-2022" else '<div id="uimsgcontainer"><ul>'
    assert (box in visitor.page) is bool(said)


# --- the calendar in each skin ------------------------------------------------------------------------


def test_a_cell_of_each_skin() -> None:
    cells = {}
    for skin in SKINS:
        visitor = visit_ekol(ekol(SEE, variant={"skin": skin}), {SEE[0]: FREE})
        visitor.to_offices()
        visitor.to_calendar(SEE[0])
        found = re.findall(r'<td class="[^"]*InRange">.*?</td>', visitor.page)
        cells[skin] = re.sub(r' (name|id)="[^"]*"', "", found[1])
    a = '<td class="eKOLCalendarCellInRange"><button class="eKOLCalendarButtonDayFreeX">'
    free = '<div class="ekolCalendarFreeTimeContainer">2 frei</div></button></td>'
    number = '<div class="ekolCalendarDayNumberInRange">'
    assert cells == {
        "leipzig-2021": f"{a}{number}27</div>{free}",
        "potsdam-2020": f"{a}{number}27<span>.1.</span></div>{free}",
        "potsdam-2022": f"{a}{number}27<span>.1.</span></div>{free}",
        "potsdam-2024": '<td class="ekolCalendar_CellInRange"><b class="ui-table-cell-label">Di</b>'
        '<button class="ekolCalendar_ButtonDayFreeX"><div class="ekolCalendar_DayNumberInRange">27'
        '<span class="conMonthNr">.01.</span></div><div class="ekolCalendar_FreeTimeContainer">2 frei'
        "</div></button></td>",
    }


@pytest.mark.parametrize(
    ("skin", "ids"),
    [
        ("leipzig-2021", []),
        ("potsdam-2022", [f"monthTable{place}" for place in range(4)]),
        ("potsdam-2024", ["monthtable0", "monthtable1"]),
    ],
)
def test_months_on_a_page(skin: str, ids: list[str]) -> None:
    visitor = visit_ekol(ekol(SEE, variant={"skin": skin}), {SEE[0]: FREE})
    visitor.to_offices()
    visitor.to_calendar(SEE[0])
    assert re.findall(r'id="(month[tT]able\d)"', visitor.page) == ids
    assert len(visitor.days()) == {2: 34}.get(len(ids), 95), "today and 94 days more"
    assert ("eKOLCalendarCellKwValue" in visitor.page) is (skin == "potsdam-2022")
    assert visitor.page.count("<caption>") == (len(ids) or 4)
    assert visitor.page.count('disabled="disabled"') == (1 if skin == "potsdam-2024" else 2)
    assert visitor.days()[date(2026, 1, 31)][1] == "0 frei"


def test_the_window_moves_and_stops_at_its_ends() -> None:
    visitor = visit_ekol(ekol(SEE, variant={"window_months": 1}), {SEE[0]: FREE})
    visitor.to_offices()
    visitor.to_calendar(SEE[0])
    seen = []
    for verb in ("BACKWARD", "FORWARD", "FORWARD", "FORWARD", "FORWARD", "BACKWARD"):
        visitor.press(f"ACTION_CALENDARVIEW1||{verb}")
        seen += re.findall("<caption>([^<]*)<", visitor.page)
    assert seen == [
        "Januar 2026", "Februar 2026", "März 2026", "April 2026", "April 2026", "März 2026",
    ]  # fmt: skip


def test_weekends_may_be_closed_and_every_day_in_range_has_a_button() -> None:
    offer = {SEE[0]: slots("2026-01-31 08:00")}
    visitor = visit_ekol(ekol(SEE, variant={"closed_days": True}), offer)
    visitor.to_offices()
    visitor.to_calendar(SEE[0])
    texts = [visitor.days()[date(2026, 1, day)][1] for day in (30, 31)]
    assert [*texts, visitor.days()[date(2026, 2, 1)][1]] == ["0 frei", "1 frei", "geschlossen"]
    visitor.press(visitor.days()[date(2026, 2, 1)][0])
    assert visitor.times(date(2026, 2, 1)) == ()
    assert "0 freie Termine" in visitor.page


def test_the_message_box_stands_beside_the_calendar() -> None:
    visitor = visit_ekol(ekol(SEE), {SEE[0]: FREE})
    visitor.to_offices()
    visitor.to_calendar(SEE[0])
    button, _ = visitor.days()[TUESDAY]
    assert button.endswith("||1769468400000"), "local midnight"
    visitor.press(button)
    assert visitor.times(TUESDAY) == FREE[:2]
    assert '<option value="">- - -</option><option value="1769497800000">08:10<' in visitor.page
    assert visitor.days()[TUESDAY] == (button, "2 frei")
    for nonsense in ("x", "9" * 30):
        visitor.press(f"ACTION_CALENDARVIEW1||DAY_SELECT||{nonsense}")
        assert visitor.times(TUESDAY) == FREE[:2]
    close = re.findall(r'class="messagebox_buttonclose" name="([^"]*)"', visitor.page)
    visitor.press(close[0])
    assert "ekolstaticpopup" not in visitor.page
    assert "2 frei" in visitor.press("ACTION_REFRESH")


def test_only_a_chosen_time_reserves() -> None:
    visitor = visit_ekol(ekol(SEE), {SEE[0]: FREE})
    visitor.to_offices()
    visitor.to_calendar(SEE[0])
    visitor.press(visitor.days()[TUESDAY][0])
    ok = re.findall(r'name="([^"]*POPUP_TIME_OK[^"]*)"', visitor.page)[0]
    visitor.press(ok, ekolCalendarTimeSelect="")
    before = visitor.answer.reserving
    visitor.press(ok, ekolCalendarTimeSelect="1769497800000")
    assert (before, visitor.answer.reserving) == (False, True)
    assert "captcha_userinput" in visitor.page


# --- sessions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("skin", SKINS)
def test_tokens_and_session_look_as_they_should(skin: str) -> None:
    visitor = visit_ekol(ekol(SEE, variant={"skin": skin}), {})
    visitor.start()
    forms = visitor.page.count("<form ")
    assert forms == (3 if skin in {"potsdam-2022", "potsdam-2024"} else 1)
    assert visitor.page.count('name="PGUTSMSC"') == forms
    action, page_token, context_token = visitor.form()
    assert re.fullmatch(r"bgr;jsessionid=[0-9A-F]{32}", action)
    assert re.fullmatch(r"[A-Za-z0-9;-]{180,200}::", page_token)
    assert re.fullmatch(r"_A[\w-]{48}", context_token)
    assert ("&#xfc;" in visitor.raw) is (forms == 3)


def test_used_or_foreign_tokens_begin_anew() -> None:
    visitor = visit_ekol(ekol(SEE, variant={"skin": "potsdam-2022"}), {})
    visitor.start()
    action, page_token, context_token = visitor.form()
    menu = re.findall(r'name="(?:PGUTSMSC|TCSID)" value="([^"]*)"', visitor.page)[:2]
    path = f"/tnv/{action}"
    fields = {"AGREEMENT_ACCEPT": "on", "ACTION_INFOPAGE_NEXT": ""}

    def post(*tokens: str, to: str = path) -> bool:
        visitor.post(to, {"PGUTSMSC": tokens[0], "TCSID": tokens[1], **fields})
        assert ("Ihre Sitzung ist abgelaufen" in visitor.page) is ("INFOPAGE_NEXT" in visitor.page)
        return "tree-office" in visitor.page

    assert not post(*menu), "those of the first form belong to the menu"
    assert visitor.form()[0] != action
    assert post(page_token, context_token)
    assert not post(page_token, context_token), "used up"
    assert not post(*visitor.form()[1:], to="/tnv/bgr;jsessionid=0123")


def test_a_session_can_be_named_by_its_cookie_alone() -> None:
    portal = ekol(SEE)
    visitor = visit_ekol(portal, {})
    visitor.start()
    _, page_token, context_token = visitor.form()
    (cookie,) = (value for name, value in visitor.answer.headers if name == "set-cookie")
    from urllib.parse import urlencode

    from amtspuls.replica.wire import Asked

    fields = {
        "PGUTSMSC": page_token, "TCSID": context_token, "AGREEMENT_ACCEPT": "on",
        "ACTION_INFOPAGE_NEXT": "",
    }  # fmt: skip
    headers = {"cookie": cookie.partition(";")[0]}
    asked = Asked("POST", "/tnv/bgr", "", headers, urlencode(fields).encode())
    assert b"tree-office" in visitor.pages.answer(asked).body


def test_an_idle_session_is_forgotten() -> None:
    portal, clock = ekol(SEE), SimulatedClock(NOW)
    visitor = EkolVisitor(make_pages(portal, Offers(portal), clock), portal.url)
    visitor.to_offices()
    clock.set(NOW + timedelta(minutes=30))
    assert "tree-office" in visitor.press("ACTION_REFRESH")
    clock.set(NOW + timedelta(minutes=60, seconds=1))
    assert "Ihre Sitzung ist abgelaufen" in visitor.press("ACTION_REFRESH")


def test_an_office_named_by_the_address_comes_first() -> None:
    url = "https://egov.example/tnv/?START_OFFICE=buergerservice"
    visitor = visit_ekol(ekol(SEE, url=url, variant={"skin": "potsdam-2024"}), {SEE[0]: FREE})
    visitor.start()
    assert visitor.page.count("termnew_prefix") == 1
    assert read_ekol(visitor) == {SEE[0]: FREE}
    assert "termnew_prefix" in visitor.press("ACTION_OFFICESELECT_PREVIOUS")
    assert "termnew_prefix" in visitor.start("https://egov.example/tnv/bgr")
    plain = visit_ekol(ekol(SEE, BAHN), {})
    assert f"termnew_prefix{BAHN[0]}" in plain.start(f"{plain.url}?START_OFFICE={BAHN[0]}")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"variant": {"skin": "bonn"}}, "skin cannot be 'bonn'"),
        ({"calendars": [("meldewesen", "x", ())]}, "keys like 1222936509"),
        ({"calendars": []}, "at least one office"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given_: dict[str, Any], said: str) -> None:
    calendars = given_.pop("calendars", [SEE])
    with pytest.raises(ConfigError, match=said):
        visit_ekol(ekol(*calendars, **given_), {})


def test_every_switch_is_described() -> None:
    text = DOCS.read_text("utf-8")
    for word in {*ekol_map.VARIANTS, *SKINS}:
        assert f"`{word}`" in text, word


# --- on a server --------------------------------------------------------------------------------------


async def test_portals_of_one_host_and_their_faults() -> None:
    here = "https://termine.example/?START_OFFICE="
    portals = (
        ekol(NORD, id="all", url="https://termine.example/"),
        ekol(SEE, id="kfz", url=f"{here}KFZZUL"),
        ekol(BAHN, id="amt", url=f"{here}AMT"),
        ekol(NORD, id="leipzig", url="https://tnv.example/tnv"),
    )
    async with (
        ReplicaServer(Offers(*portals), SimulatedClock(NOW)) as server,
        httpx2.AsyncClient() as client,
    ):
        urls = {key: httpx2.URL(entry["url"]) for key, entry in server.portals.items()}
        first = await client.get(urls["amt"], headers={"Host": "termine.example"})
        assert f"termnew_prefix{BAHN[0]}" in first.text
        action = urls["amt"].join("/" + re.findall("bgr;jsessionid=[0-9A-F]*", first.text)[0])
        client.cookies.clear()
        tokens = dict(re.findall(r'name="(PGUTSMSC|TCSID)" value="([^"]*)"', first.text))
        field = {f"ACTION_OFFICESELECT_TERMNEW_PREFIX{BAHN[0]}": ""}
        server.faults.set("amt", Fault(FaultName.CHANGED, where="POST "))
        changed = await client.post(action, data={**tokens, **field})
        assert "Auswahl des Anliegens" in changed.text
        assert 'class="ekolStepBox2"' not in changed.text
        server.faults.set("amt", Fault(FaultName.SESSION_LOST))
        assert "abgelaufen" not in (await client.get(urls["amt"])).text
        assert "Ihre Sitzung ist abgelaufen" in (await client.post(action)).text
        lost = await client.post(urls["leipzig"].join("/tnv/bgr;jsessionid=AB"))
        assert "Allgemeine Informationen" in lost.text
        assert (await client.get(urls["leipzig"])).status_code == 200
        assert (await client.get(urls["leipzig"].join("/else"))).status_code == 404
        await client.get(urls["kfz"].join("/?START_OFFICE=none"))
        asked = [entry.portal_id for entry in server.log.requests]
        assert asked == ["amt", "amt", "amt", "amt", "leipzig", "leipzig", "", "all"]


def test_the_town_has_an_ekol_page() -> None:
    town = make_town(7, start=date(2026, 3, 23), days=3, portal_ids=["seehausen"])
    at = town.first_at + timedelta(hours=34)
    offer = town.offer("seehausen", at)
    assert len(offer) == 2
    assert read_ekol(visit_ekol(town.portals["seehausen"], offer, now=at)) == offer
