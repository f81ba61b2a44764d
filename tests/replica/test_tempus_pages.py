"""Each flow of docs/systems/tempus.md, step by step, and every variant of the replica."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from amtspuls.errors import ConfigError
from amtspuls.replica.wire import Asked
from support.practice import (
    read_tempus,
    slots,
    tempus,
    tempus_days,
    tempus_form,
    tempus_offices,
    tempus_skip_notices,
    tempus_times,
    tempus_url,
    visit,
)

NORD = ("278/3294", "Nord: Meldewesen", ("Anmeldung", "Abmeldung"))
SUED = ("279/3294", "Süd: Meldewesen", ())
SONST = ("278/3295", "Sonstiges", ("Beglaubigung",))
ONLY = ("144/1180", "default", ("Ausweis", "Reisepass"))
FREE = slots("2026-01-27 08:10", "2026-01-27 09:15", "2026-04-07 12:00")
SOLD_OUT = "Leider sind derzeit alle Termine ausgebucht."
NOWHERE = "Leider können wir Ihnen im Moment an keinem Standort einen Termin anbieten."
SNA = re.compile(r"^T[0-9a-f]{32}$")


def test_layout_a_has_categories_with_named_options() -> None:
    visitor = visit(tempus(NORD, SUED, SONST), {"278/3294": FREE})
    page = visitor.get(visitor.url)
    action, controls = tempus_form(page)
    assert controls == {
        "Meldewesen": ["Anmeldung-3294-mittermin", "Abmeldung-3294001-mittermin"],
        "Sonstiges": ["Beglaubigung-3295-mittermin"],
    }
    assert re.fullmatch(
        r"index\.php\?anr=901&sna=T[0-9a-f]{32}&action=open&page=standortauswahl", action
    )
    assert "<li><h3>Meldewesen</h3>\n" in page, "the category is the first text line of its li"
    assert "<li><span>Anmeldung</span>" in page
    assert '<option value="2">2&nbsp;&nbsp; Personen</option>' in page
    assert '<input type="submit" value="Weiter zur Terminauswahl »">' in page


def test_option_labels_that_history_glued_to_a_name_stand_inside_it_again() -> None:
    service = "Gewerbe 01\xa0\xa0 Antrag2\xa0\xa0 Anträge"
    visitor = visit(tempus(("1/2", "Amt", (service, "Zähler 01", "PKW 2001"))), {"1/2": ()})
    page = visitor.get(visitor.url)
    spans = re.findall(r"<span>(.*?)</span>", page)
    seen = [re.sub(r"<[^>]*>", "", span).replace("&nbsp;", "\xa0") for span in spans]
    assert seen == [service, "Zähler 01", "PKW 2001"]


def test_names_can_stand_in_another_element() -> None:
    visitor = visit(tempus(NORD, variant={"names": "anliegen"}), {})
    assert '<div class="anliegen">Abmeldung</div><select' in visitor.get(visitor.url)


@pytest.mark.parametrize(
    ("controls", "expected"),
    [
        ("select", '<li><select id="Ausweis-1180-mittermin"'),
        ("radio", '<li><input type="radio" name="anliegen" value="Ausweis-1180-mittermin">'),
        ("checkbox", '<li><input type="checkbox" name="anliegen[]" value="Ausweis-1180-mittermin"'),
    ],
)
def test_layout_b_is_one_nameless_category(controls: str, expected: str) -> None:
    visitor = visit(tempus(ONLY, variant={"controls": controls}), {"144/1180": FREE})
    page = visitor.get(visitor.url)
    assert expected in page
    assert "untermenuepunkt" not in page
    assert '<div class="liContent">Reisepass</div>' in page


@pytest.mark.parametrize(
    "fields",
    [
        {"Ausweis-1180-mittermin": "1", "Reisepass-1180001-mittermin": "0"},
        {"Reisepass-1180001-mittermin": "1"},
        {"anliegen": "Ausweis-1180-mittermin"},
        {"anliegen[]": "Reisepass-1180001-mittermin", "chkDatenschutz": "1"},
    ],
)
def test_radio_buttons_are_understood_by_value_and_by_name(fields: dict[str, str]) -> None:
    visitor = visit(tempus(ONLY, variant={"controls": "radio"}), {"144/1180": FREE})
    page = visitor.post(visitor.url, fields)
    assert list(tempus_days(page)) == [date(2026, 1, 27), date(2026, 4, 7)]


def test_layout_c_is_made_of_labels_that_all_have_a_class() -> None:
    variant = {"layout": "C", "privacy_checkbox": True}
    visitor = visit(tempus(NORD, SONST, variant=variant), {})
    page = visitor.get(visitor.url)
    assert '<label class="menuepunkt">Sonstiges</label>\n<label class="untermenuepunkt">' in page
    assert "<ul" not in page
    assert page.count("<label") == page.count("<label class=")
    assert 'id="chkDatenschutz"' in page


def test_layout_c_without_categories_has_options_as_its_menu() -> None:
    visitor = visit(tempus(ONLY, variant={"layout": "C"}), {"144/1180": FREE})
    page = visitor.get(visitor.url)
    assert '<label class="menuepunkt"><span>Reisepass</span>\n<select' in page
    assert "untermenuepunkt" not in page
    assert read_tempus(visitor) == {"144/1180": FREE}


def test_nothing_chosen_shows_the_form_again() -> None:
    visitor = visit(tempus(NORD), {"278/3294": FREE})
    assert 'id="formular"' in visitor.post(visitor.url, {"Anmeldung-3294-mittermin": "0"})
    assert 'id="formular"' in visitor.get(f"{visitor.url}&page=tagesauswahl&tasks=77")
    assert 'id="formular"' in visitor.get(f"{visitor.url}&page=unbekannt&tasks=3294")


def test_each_post_mints_a_session_and_any_or_none_is_accepted() -> None:
    visitor = visit(tempus(SONST), {"278/3295": FREE})
    fields = {"Beglaubigung-3295-mittermin": "1"}
    action = tempus_url(visitor, tempus_form(visitor.get(visitor.url))[0])

    def session_of(link: str) -> str:
        return str(re.findall(r"sna=([^&]*)", link)[0])

    links = [next(iter(tempus_days(visitor.post(action, fields)).values())) for _ in range(2)]
    sessions = {session_of(action), *map(session_of, links)}
    assert len(sessions) == 3
    assert all(SNA.match(session) for session in sessions)
    for stale in ("sna=Told", "sna=a%26b", "x=y"):
        link = re.sub(r"sna=[^&]*", stale, tempus_url(visitor, links[0]))
        assert tempus_times(visitor.get(link)) == ["08:10", "09:15"]
    assert visitor.cookies == {}


def test_links_carry_the_entry_parameters_on() -> None:
    url = "https://tempus.example/termine/index.php?anlagennr=21&anwendung=332&standort=B%C3%BCro"
    visitor = visit(tempus(SONST, url=url), {"278/3295": FREE})
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    for day, link in tempus_days(page).items():
        assert link.startswith("?anr=21&anwendung=332&standort=B%C3%BCro&sna=T")
        assert "&action=open&page=tagesauswahl&tasks=3295&kuerzel=Beglaubigung&schlangen=" in link
        assert link.endswith(f"&standortrowid=278&standortanzahl=1&datum={day}")


@pytest.mark.parametrize(
    ("notices", "before_list", "before_calendar"), [(0, 0, 0), (1, 1, 1), (2, 1, 2)]
)
@pytest.mark.parametrize("after_office", [False, True])
def test_notices_come_after_the_form_and_after_an_office(
    notices: int, before_list: int, before_calendar: int, after_office: bool
) -> None:
    variant = {"notices": notices, "notice_after_office": after_office}
    visitor = visit(
        tempus(NORD, SUED, SONST, variant=variant), {"278/3294": FREE, "278/3295": FREE}
    )
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    assert ("<h1>Wichtiger Hinweis</h1>" in page) is bool(notices)
    page, count = tempus_skip_notices(visitor, page)
    assert (count, len(tempus_days(page))) == (before_calendar, 2)
    page = visitor.post(visitor.url, {"Anmeldung-3294-mittermin": "1"})
    page, count = tempus_skip_notices(visitor, page)
    assert (count, list(tempus_offices(page))) == (before_list, ["Nord"])
    page = visitor.get(tempus_url(visitor, tempus_offices(page)["Nord"]))
    page, count = tempus_skip_notices(visitor, page)
    assert (count, len(tempus_days(page))) == (int(after_office), 2)


def test_the_button_that_goes_on_is_the_first_and_its_onclick_ends_as_known() -> None:
    visitor = visit(tempus(SONST, variant={"notices": 1}), {"278/3295": FREE})
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    buttons = re.findall(r'<input type="button"[^>]*>', page)
    assert len(buttons) == 2
    assert 'value="Ich habe die Hinweise zur Kenntnis genommen"' in buttons[0]
    (onclick,) = re.findall(r'onclick="([^"]*)"', buttons[0])
    assert onclick.startswith("location.href='?anr=901&amp;")
    assert onclick.endswith("';")


def test_the_office_list_shows_offices_with_and_without_a_link() -> None:
    visitor = visit(tempus(NORD, SUED), {"278/3294": FREE})
    page = visitor.post(visitor.url, {"Anmeldung-3294-mittermin": "1"})
    assert "Standorte und frühestmögliche Termine" in page
    assert list(tempus_offices(page)) == ["Nord"]
    assert ">Dienstag, 27.01.2026, 08:10 Uhr</a></p></li>" in page
    assert "<li>Süd\n<p>Keine Termine verfügbar</p></li>" in page
    assert 'id="nav_menu2"' in page


def test_an_office_with_marked_days_only_has_a_link_without_an_earliest_slot() -> None:
    visitor = visit(tempus(NORD, SUED), {"279/3294": ()})
    page = visitor.post(visitor.url, {"Anmeldung-3294-mittermin": "1"})
    assert list(tempus_offices(page)) == ["Süd"]
    assert "Uhr" not in page
    assert read_tempus(visitor) == {"279/3294": ()}


def test_no_office_at_all_is_a_page_of_its_own() -> None:
    visitor = visit(tempus(NORD, SUED), {})
    page = visitor.post(visitor.url, {"Anmeldung-3294-mittermin": "1"})
    assert NOWHERE in page
    assert "nav_menu2" not in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("standorte-br", "Standorte und<br/>frühestmögliche Termine"),
        ("buergerbueros", "Bürgerbüros und frühestmögliche Termine"),
        ("buergerbueros-br", "Bürgerbüros und<br/>frühestmögliche Termine"),
        ("buergeraemter-br", "Bürgerämter und<br/>frühestmögliche Termine"),
        ("zulassungsstelle-br", "Zulassungsstelle und<br/>frühestmögliche Termine"),
        ("baeder-br", "Bäder und<br/>frühestmögliche Schwimmzeit"),
        ("stadtweit", "Der stadtweit früheste Termin ist"),
    ],
)
def test_the_office_list_is_announced_in_many_words(text: str, shown: str) -> None:
    visitor = visit(tempus(NORD, SUED, variant={"list_text": text}), {"278/3294": FREE})
    assert shown in visitor.post(visitor.url, {"Anmeldung-3294-mittermin": "1"})
    office = "&page=tagesauswahl&tasks=3294&standortrowid=278"
    assert "rühest" not in visitor.get(visitor.url + office), "no such words on a calendar page"


def test_a_single_office_may_be_listed() -> None:
    visitor = visit(tempus(SONST, variant={"office_list": "always"}), {"278/3295": FREE})
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    assert list(tempus_offices(page)) == ["Gemeinde Auwinkel"]
    bath = visit(tempus(("293/3652", "Bad: default", ())), {"293/3652": FREE})
    _, controls = tempus_form(bath.get(bath.url))
    page = bath.post(bath.url, {controls["default"][0]: "1"})
    assert list(tempus_offices(page)) == ["Bad"]


def test_a_colon_in_the_only_offices_category_is_part_of_its_name() -> None:
    visitor = visit(tempus(("1/2", "Achtung: nur Abholung", ())), {"1/2": FREE})
    _, controls = tempus_form(visitor.get(visitor.url))
    assert list(controls) == ["Achtung: nur Abholung"]
    assert read_tempus(visitor) == {"1/2": FREE}


def test_an_office_that_one_name_lacks_is_known_from_another_calendar() -> None:
    calendars = (("191/1", "Abmeldung", ()), ("480/1", "Oase: Abmeldung", ()))
    more = (("191/2", "Forum: Zahlung", ()), ("500/1", "Zusatz", ()), ("600/1", "Oase: Rest", ()))
    offer = {key: FREE for key, _, _ in calendars + more}
    visitor = visit(tempus(*calendars, *more), offer)
    _, controls = tempus_form(visitor.get(visitor.url))
    page = visitor.post(visitor.url, {controls["Abmeldung"][0]: "1"})
    assert list(tempus_offices(page)) == ["Forum", "Oase", "Gemeinde Auwinkel", "Oase (600)"]
    assert read_tempus(visitor) == offer


@pytest.mark.parametrize(
    ("kind", "tables", "text"), [("text", 0, SOLD_OUT), ("tables", 3, ""), ("appointment", 0, "")]
)
def test_a_missing_calendar_is_sold_out(kind: str, tables: int, text: str) -> None:
    visitor = visit(tempus(SONST, variant={"sold_out": kind}), {})
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    assert page.count('<table class="cal">') == tables
    assert page.count('<table class="appointment">') == (kind == "appointment")
    assert (SOLD_OUT in page) is bool(text)
    assert tempus_days(page) == {}


def test_a_blank_calendar_marks_tomorrow_and_the_day_has_an_empty_table() -> None:
    now = datetime(2026, 3, 31, 21, 0, tzinfo=UTC)  # 23:00, so tomorrow is in the next month
    visitor = visit(tempus(SONST, variant={"horizon_months": 0}), {"278/3295": ()}, now=now)
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    ((day, link),) = tempus_days(page).items()
    assert day == date(2026, 4, 1)
    assert tempus_times(visitor.get(tempus_url(visitor, link))) == []


def test_any_date_can_be_asked_and_always_has_its_table() -> None:
    visitor = visit(tempus(SONST), {"278/3295": FREE})
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    link = tempus_url(visitor, tempus_days(page)[date(2026, 4, 7)])
    assert tempus_times(visitor.get(link)) == ["12:00"]
    for other in ("2026-04-08", "2031-01-01", "2020-02-29"):
        assert tempus_times(visitor.get(link.replace("2026-04-07", other))) == []
    assert 'class="cal"' in visitor.get(link.replace("2026-04-07", "irgendwann"))


def test_calendars_have_one_table_a_month_each_on_one_line() -> None:
    visitor = visit(tempus(SONST), {"278/3295": slots("2026-01-27 08:10")})
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    tables = [line for line in page.splitlines() if 'class="cal"' in line]
    months = re.findall(r'<th class="monatslabel" colspan="7">([^<]*)</th>', page)
    assert months == ["Januar 2026", "Februar 2026", "März 2026"]
    assert [line.endswith("</table>") for line in tables] == [True, True, True]
    assert 'title="Termine am  27. Januar">27</a></td>' in tables[0], "two blanks, no year"
    assert re.findall(r"<td>(\d+)</td>", tables[1]) == [str(day) for day in range(1, 29)]


@pytest.mark.parametrize("css_class", ["monatevent", "actualdate"])
def test_today_may_be_marked_in_its_own_way(css_class: str) -> None:
    visitor = visit(
        tempus(SONST, variant={"today": css_class}), {"278/3295": slots("2026-01-26 12:00")}
    )
    page = visitor.post(visitor.url, {"Beglaubigung-3295-mittermin": "1"})
    assert f'<td class="{css_class}"><a href=' in page
    assert read_tempus(visitor) == {"278/3295": slots("2026-01-26 12:00")}


def test_an_unknown_office_is_sold_out() -> None:
    visitor = visit(tempus(NORD, SUED), {"278/3294": FREE})
    link = f"{visitor.url}&page=tagesauswahl&tasks=3294&standortrowid=999"
    assert SOLD_OUT in visitor.get(link)
    without = visitor.get(f"{visitor.url}&page=tagesauswahl&tasks=3294")
    assert list(tempus_offices(without)) == ["Nord"]


def test_of_two_categories_with_one_name_the_one_in_the_offer_is_drawn() -> None:
    old, new = ("281/3564", "Gewerbe", ("Karte",)), ("281/3592", "Gewerbe", ("Fest",))
    for key in ("281/3564", "281/3592"):
        visitor = visit(tempus(old, new, SONST), {key: FREE})
        assert read_tempus(visitor) == {key: FREE, "Sonstiges": None}
    nothing = visit(tempus(old, new), {})
    assert tempus_form(nothing.get(nothing.url))[1] == {"Gewerbe": ["Karte-3564-mittermin"]}


def test_nameless_categories_of_different_years_keep_layout_b() -> None:
    visitor = visit(
        tempus(("167/1529", "default", ()), ("167/8419", "default", ())), {"167/8419": FREE}
    )
    assert "untermenuepunkt" not in visitor.get(visitor.url)
    assert read_tempus(visitor) == {"167/8419": FREE}


def test_a_time_link_leads_to_a_form_that_counts_as_reserving() -> None:
    visitor = visit(tempus(SONST), {"278/3295": FREE})
    page = visitor.get(f"{visitor.url}&page=tagesauswahl&tasks=3295&datum=2026-01-27")
    assert not visitor.answer.reserving
    link = re.findall(r'<td><a href="([^"]*)"', page)[0].replace("&amp;", "&")
    assert "Nachname" in visitor.get(tempus_url(visitor, link))
    assert visitor.answer.reserving


def test_a_lost_session_shows_the_form_again_except_at_the_start() -> None:
    visitor = visit(tempus(SONST), {"278/3295": FREE})
    assert visitor.pages.session_lost(Asked("GET", "/", "anlagennr=901")) is None
    for asked in (Asked("POST", "/"), Asked("GET", "/", "page=tagesauswahl")):
        lost = visitor.pages.session_lost(asked)
        assert lost is not None
        assert b"Ihre Sitzung ist abgelaufen" in lost.body


def test_unreadable_setups_are_refused() -> None:
    with pytest.raises(ConfigError, match="layout B shows one category only, it has 2"):
        visit(tempus(NORD, SONST, variant={"layout": "B"}), {})
    with pytest.raises(ConfigError, match="keys like 280/4409, not 'meldewesen'"):
        visit(tempus(("meldewesen", "Meldewesen", ())), {})
    with pytest.raises(ConfigError, match="sold_out cannot be 'no_tables'"):
        visit(tempus(NORD, variant={"sold_out": "no_tables"}), {})
