"""Tevis pages step by step: what is where, what a session does, what goes wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amtspuls.clock import SimulatedClock
from amtspuls.errors import ConfigError
from amtspuls.replica.faults import Fault, FaultName, faulty_answer
from amtspuls.replica.portals import make_pages
from amtspuls.replica.wire import Asked
from support.practice import NOW, Offer, Offers, Visitor, slots, visit
from support.practice_tevis import (
    choose,
    concerns,
    days_listed,
    error_of,
    filter_dates,
    form_link,
    go,
    heading,
    listed,
    panels,
    tevis,
    units,
)

MELDE = ("197", "Bürgerbüro / Rathaus", ("Anmeldung", "Ausweis & Paß"))
NORD = ("198", "Bürgerbüro / Ortsamt, Nord", ("Anmeldung",))
KFZ = ("77", "Kfz-Zulassung", ("Ummeldung",))
BASE = "/termine/rosenau/"
OFFER: Offer = {
    "197": slots("2026-01-27 08:30", "2026-01-27 09:00", "2026-01-29 10:00"),
    "198": slots("2026-01-26 14:00"),
    "77": slots("2026-02-02 07:45"),
}


def visitor(offer: Offer = OFFER, **variant: Any) -> Visitor:
    return visit(tevis(MELDE, NORD, KFZ, variant=variant), offer)


def at_locations(there: Visitor, unit: str, service: str) -> tuple[str, str]:
    """Page of step 3 for a service, and its link."""
    page = go(there, units(there.get(BASE))[unit])
    link = form_link(page, concerns(page)[service])
    return go(there, link), link


def at_times(there: Visitor, unit: str = "Kfz-Zulassung", service: str = "Ummeldung") -> str:
    page, link = at_locations(there, unit, service)
    return choose(there, link, panels(page)[0])


@pytest.mark.parametrize("release", ["2026", "2025"])
def test_units_are_listed_as_buttons_or_links(release: str) -> None:
    page = visitor(release=release).get(BASE)
    assert heading(page) == (1, 6, "Auswahl der Funktionseinheit")
    assert units(page) == {"Bürgerbüro": "select2?md=1", "Kfz-Zulassung": "select2?md=2"}
    assert ("<button onclick" in page) == (release == "2026")
    assert "details_infobox" not in page
    assert "Schritt" not in page[: page.index("</title>")]


@pytest.mark.parametrize("chosen_by", ["number", "checkbox", "hidden"])
def test_services_are_chosen_by_number_or_checkbox(chosen_by: str) -> None:
    there = visitor(concerns=chosen_by)
    page = go(there, "select2?md=1")
    assert heading(page) == (2, 6, "Bürgerbüro - Auswahl des Anliegens")
    assert concerns(page) == {"Anmeldung": "cnc-1001", "Ausweis & Paß": "cnc-1002"}
    assert ('type="number"' in page) == (chosen_by == "number")
    assert ('id="span-cnc-1001"' in page) == (chosen_by != "number")
    alone = go(there, "select2?md=2")
    assert ('<input type="hidden" class="cnc-item" name="cnc-2001" value="1"' in alone) == (
        chosen_by == "hidden"
    )


def test_the_internal_number_of_a_unit_is_another_one_than_the_public() -> None:
    there = visitor()
    assert form_link(go(there, "select2?md=1"), "cnc-1001").startswith("location?mdt=307&")
    assert form_link(go(there, "select2?md=2"), "cnc-2001").startswith("location?mdt=314&")


def test_the_older_release_names_calendars_and_locations_on_step_2() -> None:
    old = go(visitor(release="2025"), "select2?md=1")
    assert 'data-tevis-locations="41|42" data-tevis-calendars="197|198"' in old
    assert "data-tevis-calendars" not in go(visitor(), "select2?md=1")


def test_groups_of_services_have_a_heading() -> None:
    named, single = (go(visitor(groups=kind), "select2?md=1") for kind in ("named", "single"))
    assert re.findall(r'<h3 id="header_(\S+)">([^<]*)</h3>\s*<div id="content_\1">', named) == [
        ("concerns_accordion-10001", "Bürgerbüro")
    ]
    assert '<div id="singleConcerns_accordion"' in single
    assert ">Sonstiges</h3>" in single


def test_several_locations_stand_in_an_accordion_the_earliest_first() -> None:
    page, _ = at_locations(visitor(), "Bürgerbüro", "Anmeldung")
    assert heading(page) == (3, 6, "Terminvorschläge - Standortauswahl")
    assert '<div class="content content--location" id="inhalt">' in page
    assert [panel.rows["Nächster Termin"] for panel in panels(page)] == [
        "ab 26.01.2026, 14:00 Uhr",
        "ab 27.01.2026, 08:30 Uhr",
    ]
    assert [panel.fields["loc"] for panel in panels(page)] == ["42", "41"]
    assert panels(page)[1].fields["select_location"] == "Weiter mit 2"
    assert (
        '<h3 title="Ortsamt, Nord, Termine ab 26.01.2026, 14:00 Uhr"><b>1: </b>'
        '<span class="cnw_skip_translation">Ortsamt, Nord</span>, Termine ab 26.01.2026, 14:00 Uhr'
        "</h3>"
    ) in page
    assert page.count('id="zurueck"') == 1


def test_a_location_without_times_says_so_and_stands_last() -> None:
    page, _ = at_locations(visitor({"197": OFFER["197"]}), "Bürgerbüro", "Anmeldung")
    assert [panel.rows["Nächster Termin"] for panel in panels(page)] == [
        "ab 27.01.2026, 08:30 Uhr",
        "Keine Zeiten verfügbar",
    ]
    assert '<h3 title="Ortsamt, Nord, Keine Zeiten verfügbar">' in page


def test_earliest_times_can_be_left_out() -> None:
    page, _ = at_locations(visitor(next_date=False), "Bürgerbüro", "Anmeldung")
    assert [panel.rows["Name"] for panel in panels(page)] == ["Rathaus", "Ortsamt, Nord"]
    assert "Nächster Termin" not in page
    assert '<h3 title="Rathaus"><b>1: </b>' in page


def test_one_location_stands_alone() -> None:
    page, _ = at_locations(visitor(), "Kfz-Zulassung", "Ummeldung")
    (panel,) = panels(page)
    assert 'id="suggest_location_content"' in page
    assert panel.fields["select_location"] == "Weiter"
    assert panel.rows["Name"] == "Kfz-Zulassung"


def test_the_location_is_answered_with_a_redirect_to_the_times() -> None:
    there = visitor()
    page, link = at_locations(there, "Kfz-Zulassung", "Ummeldung")
    there.post(BASE + link, panels(page)[0].fields)
    assert (there.answer.status, there.answer.headers) == (302, (("location", "suggest"),))
    times = go(there, "suggest")
    assert heading(times) == (4, 6, "Terminvorschläge - Auswahl der Zeit")
    assert listed(times) == [("77", slots("2026-02-02 07:45")[0])]
    assert go(there, "suggest") == times, "it may be asked again"
    assert "historyGoBack('location?mdt=314&select_cnc=1&cnc-2001=1');" in times
    assert 'value="Kfz-Zulassung<br/>Beispielweg 43<br/>12345 Musterstadt"' in times


def test_one_location_can_be_skipped() -> None:
    page, _ = at_locations(visitor(skip_location=True), "Kfz-Zulassung", "Ummeldung")
    assert heading(page)[0] == 4
    assert len(listed(page)) == 1


@pytest.mark.parametrize("generation", ["v3", "v2"])
def test_personal_data_can_come_first(generation: str) -> None:
    there = visitor(data_first=True, generation=generation)
    page, _ = at_locations(there, "Kfz-Zulassung", "Ummeldung")
    assert heading(page)[2] == "Eingabe der persönlichen Daten"
    assert 'class="content content--personaldata"' in page
    assert not there.answer.reserving
    assert "suggest_btn" not in page


def test_one_day_and_several_days_have_other_containers() -> None:
    one = at_times(visitor())
    assert list(days_listed(one)) == ["Montag, 02.02.2026"]
    assert 'id="panel_1769986800"' in one  # 2026-02-02 00:00 in Berlin
    several = at_times(visitor(), "Bürgerbüro", "Ausweis & Paß")
    tables = days_listed(several)
    assert '<div id="sugg_accordion">' in several
    assert list(tables) == ["Dienstag, 27.01.2026", "Donnerstag, 29.01.2026"]
    assert [len(listed(table)) for table in tables.values()] == [2, 1]


def test_cells_stand_on_a_grid_and_taken_ones_are_disabled() -> None:
    page = at_times(visitor({"77": slots("2026-02-02 08:15", "2026-02-02 09:00")}, grid_min=15))
    rows = re.findall(r'<span aria-hidden="true">(\d\d:00 - \d\d:00)</span>(.*?)</tr>', page, re.S)
    cells = {hour: re.findall(r"(disabled)?>(\d\d:\d\d)</button", row) for hour, row in rows}
    assert cells == {
        "08:00 - 09:00": [("disabled", "08:00"), ("", "08:15"), ("disabled", "08:30"),
                          ("disabled", "08:45")],
        "09:00 - 10:00": [("", "09:00"), ("disabled", "09:15"), ("disabled", "09:30"),
                          ("disabled", "09:45")],
    }  # fmt: skip
    assert '<input type="hidden" name="block" value="2" />' in page


@pytest.mark.parametrize(("release", "there"), [("2026", True), ("2025", False)])
def test_newer_releases_have_a_check_sum_and_a_proof_of_work(release: str, there: bool) -> None:
    page = at_times(visitor(release=release, grid_min=15))
    assert (re.search(r'name="checksum" value="[0-9a-f]{64}"', page) is not None) == there
    assert ('<dialog id="pow_dialog">' in page) == there
    assert ('disabled title="' in page) == (not there)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kein-freier", "Kein freier Termin verfügbar"),
        ("ausgebucht", "Derzeit sind alle verfügbaren Termine ausgebucht."),
        ("leider", "Aktuell sind leider keine Termine frei"),
    ],
)
@pytest.mark.parametrize("offer", [{}, {"77": ()}])
def test_nothing_free(offer: Offer, text: str, says: str) -> None:
    page = at_times(visitor(offer, empty_text=text))
    assert heading(page) == (4, 6, "Terminvorschläge - Keine Zeiten verfügbar")
    assert says in page
    assert "suggest_btn" not in page
    assert "suggest_filter_form" not in page
    assert 'id="loc_details_hidden"' in page
    assert "Kein freier Termin" not in at_times(visitor(empty_text=text))


# --- filter -------------------------------------------------------------------------------------


FILTERED = {
    "77": slots("2026-01-27 08:00", "2026-01-28 08:00", "2026-01-28 13:30", "2026-02-04 09:00")
}


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", [0, 1, 2, 3]),
        ("filter_date_from=28.01.2026", [1, 2, 3]),
        ("filter_date_from=28.01.2026&filter_date_to=28.01.2026", [1, 2]),
        ("filter_timespan[]=08&filter_timespan[]=09", [0, 1, 3]),
        ("filter_day[]=2", [1, 2, 3]),
        ("filter_day[]=2&filter_timespan[]=13", [2]),
        ("filter_date_from=rabbit&filter_date_to=", [0, 1, 2, 3]),
        ("filter_date_from=04.02.2026&filter_date_to=27.01.2026", []),
    ],
)
def test_the_filter(query: str, places: list[int]) -> None:
    there = visitor(FILTERED)
    at_times(there)
    page = go(there, f"suggest?loc=43&mdt=0&cnc-2001=1&{query}&suggest_filter=Filtern")
    assert [FILTERED["77"].index(slot) for _, slot in listed(page)] == places


def test_the_filter_form_shows_its_days_hours_and_weekdays() -> None:
    there = visitor(FILTERED)
    page = at_times(there)
    assert filter_dates(page) == {
        "filter_date_from": "26.01.2026",
        "filter_date_to": "04.02.2026",
    }
    assert re.findall(r'type="checkbox" value="(\d+)"', page) == ["08", "09", "13", "1", "2"]
    assert '<label for="filter_timespan-08">08:00 - 9:00</label>' in page
    assert 'title="Dienstag" name="filter_day[]"' in page
    assert '<input type="hidden" name="mdt" value="0" />' in page
    further = go(there, "suggest?filter_date_from=28.01.2026&filter_date_to=31.03.2026")
    assert list(filter_dates(further).values()) == ["28.01.2026", "31.03.2026"]


@pytest.mark.parametrize(
    ("variant", "places"),
    [({"page_slots": 2}, [0, 1]), ({"page_days": 2}, [0, 1, 2]), ({"span_days": 2}, [0, 1, 2])],
)
def test_a_list_can_be_cut_off(variant: dict[str, int], places: list[int]) -> None:
    there = visitor(FILTERED, **variant)
    page = at_times(there)
    assert [FILTERED["77"].index(slot) for _, slot in listed(page)] == places
    to = "28.01.2026" if "span_days" in variant else "04.02.2026"
    assert filter_dates(page)["filter_date_to"] == to
    later = go(there, "suggest?filter_date_from=29.01.2026&filter_date_to=31.03.2026")
    assert [FILTERED["77"].index(slot) for _, slot in listed(later)] == [3]


def test_the_first_free_day_is_shown_however_short_the_span() -> None:
    page = at_times(visitor(span_days=2))
    assert len(listed(page)) == 1
    assert filter_dates(page)["filter_date_to"] == "02.02.2026"


# --- sessions -----------------------------------------------------------------------------------


def test_the_cookie_comes_with_the_first_page() -> None:
    there = visitor()
    there.get(BASE)
    ((name, cookie),) = there.answer.headers
    assert name == "set-cookie"
    assert re.fullmatch(r"tvo_session=[a-z0-9]{26}; path=/termine/rosenau/", cookie)
    go(there, "select2?md=1")
    assert there.answer.headers == ()


def test_without_a_cookie_only_steps_1_and_2_are_shown() -> None:
    there = visitor()
    page = go(there, "select2?md=1")
    link = form_link(page, "cnc-1001")
    there.cookies.clear()
    assert error_of(go(there, link)) == "Kein gültiger Mandant gefunden. (0)"
    assert there.answer.status == 200
    there.cookies.clear()
    assert error_of(go(there, "suggest")) == "Kein gültiger Standort gefunden."
    assert error_of(go(there, "select2?md=99")) == "Kein gültiger Mandant gefunden. (0)"


def test_a_link_that_goes_deep_needs_what_comes_before() -> None:
    there = visitor()
    page, link = at_locations(there, "Kfz-Zulassung", "Ummeldung")
    assert error_of(go(there, "suggest")) == "Kein gültiger Standort gefunden."
    fields = {**panels(page)[0].fields, "loc": "41"}
    assert error_of(there.post(BASE + link, fields)) == "Kein gültiger Standort gefunden."


def test_a_session_asks_one_service_after_the_other() -> None:
    there = visitor()
    page = go(there, "select2?md=1")
    first, second = (form_link(page, field) for field in ("cnc-1001", "cnc-1002"))
    choose(there, first, panels(go(there, first))[1])
    (panel,) = panels(go(there, second))
    assert error_of(go(there, "suggest")) == "Kein gültiger Standort gefunden."
    assert {key for key, _ in listed(choose(there, second, panel))} == {"197"}


def test_services_can_be_chosen_together() -> None:
    there = visitor()
    page = go(there, "select2?md=1")
    link = form_link(page, "cnc-1001", "cnc-1002") + "&cnc-1003=0"
    (panel,) = panels(there.get(BASE + link))
    assert panel.fields["loc"] == "41"
    assert heading(go(there, "location?mdt=307&select_cnc=1&cnc-1001=0"))[0] == 2


def test_an_idle_session_is_forgotten() -> None:
    offers = Offers(tevis(KFZ))
    offers.now["rosenau"] = OFFER
    clock = SimulatedClock(NOW)
    there = Visitor(make_pages(offers.portals["rosenau"], offers, clock), BASE)
    link = form_link(go(there, "select2?md=1"), "cnc-1001")
    clock.set(NOW + timedelta(seconds=1440))
    assert len(panels(go(there, link))) == 1
    clock.set(NOW + timedelta(seconds=2881))
    assert error_of(go(there, link)) == "Kein gültiger Mandant gefunden. (0)"
    assert there.answer.headers, "with a new cookie"


def test_a_budget_is_renewed_after_a_minute() -> None:
    offers = Offers(tevis(KFZ, variant={"budget_per_min": 2}))
    clock = SimulatedClock(NOW)
    there = Visitor(make_pages(offers.portals["rosenau"], offers, clock), BASE)
    assert heading(there.get(BASE))[0] == heading(there.get(BASE))[0] == 1
    assert error_of(there.get(BASE)) == "Prozess fehlgeschlagen."
    assert there.answer.status == 200
    clock.set(NOW + timedelta(seconds=60))
    assert heading(there.get(BASE))[0] == 1


def test_rs_starts_a_new_session() -> None:
    there = visitor()
    link = form_link(go(there, "select2?md=1"), "cnc-1001")
    before = dict(there.cookies)
    assert heading(there.get(f"{BASE}?rs"))[0] == 1
    assert there.cookies != before
    assert error_of(go(there, link)).startswith("Kein gültiger Mandant")


def test_an_address_without_its_slash_is_sent_on() -> None:
    there = visitor()
    there.get("/termine/rosenau?rs")
    assert there.answer.status == 301
    assert there.answer.headers == (("location", "/termine/rosenau/?rs"),)


def test_choosing_a_time_is_reserving() -> None:
    there = visitor()
    at_times(there)
    page = there.post(f"{BASE}suggest", {"start": "465", "date": "20260202", "cal": "77"})
    assert there.answer.reserving
    assert error_of(page) == "Prozess fehlgeschlagen."
    old = visitor(release="2025")
    at_times(old)
    page = old.post(f"{BASE}suggest", {"start": "465", "date": "20260202", "cal": "77"})
    assert old.answer.reserving
    assert heading(page) == (5, 6, "Eingabe der persönlichen Daten")
    there.post(f"{BASE}personaldata?cal=77", {})
    assert there.answer.reserving


# --- faults and mistakes ------------------------------------------------------------------------


def test_faults_change_every_page() -> None:
    there = visitor()
    at_times(there)
    asked = Asked(
        "GET", f"{BASE}suggest", "", {"cookie": f"tvo_session={there.cookies['tvo_session']}"}
    )
    lost = faulty_answer(Fault(FaultName.SESSION_LOST), asked, there.pages)
    changed = faulty_answer(Fault(FaultName.CHANGED), asked, there.pages)
    captcha = faulty_answer(Fault(FaultName.CAPTCHA), asked, there.pages)
    assert lost
    assert error_of(lost.body.decode()) == "Kein gültiger Standort gefunden."
    assert changed
    assert b"suggestion_form" not in changed.body
    assert captcha
    assert b"captcha_code" in captcha.body
    assert len(listed(go(there, "suggest"))) == 1, "the session itself is still there"


def test_steps_1_and_2_need_no_session() -> None:
    pages = visitor().pages
    for path, query in ((BASE, ""), (f"{BASE}select2", "md=1"), (BASE.rstrip("/"), "")):
        assert pages.session_lost(Asked("GET", path, query)) is None
    lost = pages.session_lost(Asked("GET", f"{BASE}location", "mdt=307"))
    assert lost
    assert error_of(lost.body.decode()).startswith("Kein gültiger Mandant")


@pytest.mark.parametrize(
    ("calendar", "variant", "says"),
    [
        (("a/1", "Amt", ()), {}, "a tevis calendar key is a calendar id"),
        (("0", "Amt", ()), {}, "not '0'"),
        (KFZ, {"page_slots": 0}, "variant page_slots cannot be 0"),
        (KFZ, {"generation": "v4"}, "variant generation cannot be 'v4'"),
        (KFZ, {"colour": "red"}, "unknown variant 'colour'"),
    ],
)
def test_mistakes_are_named(
    calendar: tuple[str, str, tuple[str, ...]], variant: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        visit(tevis(calendar, variant=variant), {})


def test_names_are_escaped_everywhere() -> None:
    name = 'Amt "A" <b> & Söhne'
    there = visit(tevis(("5", f"{name} / {name}", (name,))), {"5": OFFER["77"]})
    page = there.get(BASE)
    assert list(units(page)) == [name]
    page = go(there, "select2?md=1")
    assert list(concerns(page)) == [name]
    page = go(there, form_link(page, "cnc-1001"))
    assert panels(page)[0].rows["Name"] == name


# --- beside recorded pages ----------------------------------------------------------------------


_TAG = re.compile(r"<([a-z]\w*)((?:\s[^<>]*)?)>")


def marks(page: str) -> set[tuple[str, str, str]]:
    """Elements with an id or a class, numbers left out."""
    inner = page[page.index('<div class="content') : page.index("<footer")]
    inner = re.sub(r"<script.*?</script>", "", inner, flags=re.DOTALL)
    found = set()
    for tag, attributes in _TAG.findall(inner):
        id_ = re.search(r"""\sid=["']([^"']*)["']""", attributes)
        class_ = re.search(r"""\sclass=["']([^"']*)["']""", attributes)
        if id_ or class_:
            classes = " ".join(sorted((class_[1] if class_ else "").split()))
            found.add((tag, re.sub(r"\d+", "N", id_[1]) if id_ else "", classes))
    return found


@pytest.mark.parametrize(
    ("recorded", "release", "unit"),
    [
        ("nuernberg-2026-02-start.html", "2026", ""),
        ("nuernberg-2026-02-error-no-session.html", "2026", "error"),
        ("aachen-2025-06-location.html", "2025", "Kfz-Zulassung"),
        ("dresden-2026-07-location.html", "2026", "Bürgerbüro"),
        ("aachen-2025-06-suggest-none-free.html", "2025", "empty"),
    ],
)
def test_ids_and_classes_are_those_of_recorded_pages(
    shared: Path, recorded: str, release: str, unit: str
) -> None:
    there = visitor({} if unit == "empty" else OFFER, release=release)
    if unit == "":
        page = there.get(BASE)
    elif unit == "error":
        page = go(there, "location?mdt=307")
    elif unit == "empty":
        page = at_times(there)
    else:
        page = at_locations(there, unit, "Anmeldung" if unit == "Bürgerbüro" else "Ummeldung")[0]
    real = (shared / "recorded" / "tevis" / recorded).read_text("utf-8")
    assert marks(page) <= marks(real), marks(page) - marks(real)
    assert len(marks(page)) >= 1


def test_instants_are_local() -> None:
    """Late in the evening, UTC is a day behind."""
    there = visit(tevis(KFZ), OFFER, now=datetime(2026, 1, 26, 23, 30, tzinfo=UTC))
    assert filter_dates(at_times(there))["filter_date_from"] == "27.01.2026"
