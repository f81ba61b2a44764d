"""Every recorded Tevis page; the values were written down by reading the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.catalogue.services import choose_services
from amtspuls.errors import AmtspulsError, SessionLostError
from amtspuls.fetch.page import Page
from amtspuls.systems.tevis import parse
from conftest import ROOT
from support.fake_session import make_page

BASE = "https://termine.example/amt/"


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Path:
    return shared / "recorded" / "tevis"


def page(folder: Path, name: str, address: str = "") -> Page:
    return make_page((folder / name).read_bytes(), BASE + address)


def test_all_recorded_pages_are_read_here(recorded: Path) -> None:
    text = (ROOT / "tests" / "systems" / "test_tevis_recorded.py").read_text("utf-8")
    names = sorted(path.name for path in recorded.iterdir())
    assert len(names) == 7
    assert [name for name in names if name not in text] == []


def test_units_of_nuernberg(recorded: Path) -> None:
    entry = parse.parse_entry(page(recorded, "nuernberg-2026-02-start.html"))
    assert isinstance(entry, parse.StartPage)
    assert [(unit.md, unit.name) for unit in entry.units] == [
        ("5", "Ausweis-, Pass- und Meldeangelegenheiten"),
        ("19", "Bauen, Stadt- und Verkehrsplanung"),
        ("23", "Bildung, Kultur und Freizeit"),
        ("2", "Führerscheine und Fahrerlaubnisse"),
        ("29", "Gesundheit und Pflege"),
        ("16", "Gewerbe, Ordnung und Sicherheit"),
        ("17", "Jugend, Familie und Soziales"),
        ("8", "Kfz-Zulassung"),
        ("21", "Schulen, Aus- und Weiterbildung"),
        ("15", "Standesamtswesen, Vaterschaftsanerkennung und Grabstätten"),
    ]
    assert entry.units[0].url == BASE + "select2?md=5"


AACHEN = [
    (299, "Abholung Aufenthaltserlaubnis", 5, "134"),
    (300, "Abholung Reiseausweis", 5, "134"),
    (337, "Aufenthalt - Nachname: A - Z", 30, "133"),
    (313, "Fiktionsbescheinigung (Erteilung/Verlängerung)", 20, "150"),
    (284, "Übertrag Aufenthalts-/Niederlassungserlaubnis", 30, "144"),
    (315, "Reiseausweis für Flüchtlinge und Übertrag Niederlassungserlaubnis", 30, "144"),
    (312, "Grenzgängerkarte", 20, "150"),
    (317, "Integrationskurs (Beratung/Verpflichtung)", 30, "152"),
    (310, "Infostelle", 20, "150"),
    (283, "Verpflichtungserklärung/ Einladung (Antragstellung vor Ort)", 30, "136"),
    (329, "Abholung Verpflichtungserklärung/ Einladung (vorheriger Onlineantrag)", 15, "135"),
    (309, "Visaverlängerung/ medizinische Behandlung", 20, "150"),
    (287, "Daueraufenthaltsbescheinigung", 30, "146"),
    (286, "RWTH Studenten", 30, "142"),
    (289, "RWTH Familienangehörige", 30, "142"),
    (292, "RWTH Mitarbeitende & Forschende bzw. PhD", 30, "142"),
    (332, "FH Studenten", 30, "137"),
    (330, "FH Familienangehörige", 30, "137"),
    (331, "FH Mitarbeitende & Forschende bzw. PhD", 30, "137"),
    (311, "Schülersammelliste", 20, "150"),
    (327, "Duldung", 30, "131"),
    (335, "Aufenthaltsgestattung", 30, "131"),
]


def test_concerns_of_aachen(recorded: Path) -> None:
    shown = parse.parse_concerns(page(recorded, "aachen-2025-06-select2.html", "select2?md=1"))
    assert (shown.unit, shown.generation) == ("Aufenthaltsangelegenheiten", parse.Generation.V3)
    assert [(int(c.id), c.name, c.duration_min, *c.calendars) for c in shown.concerns] == AACHEN
    assert {c.mdt for c in shown.concerns} == {"94"}
    chosen = choose_services([concern.name for concern in shown.concerns])
    assert "337" in {shown.concerns[index].id for index in chosen}


def test_the_one_location_of_aachen(recorded: Path) -> None:
    address = "location?mdt=94&select_cnc=1&cnc-286=1"
    shown = parse.parse_answer(page(recorded, "aachen-2025-06-location.html", address))
    assert shown == parse.Locations(
        BASE + address,
        (
            parse.Location(
                "42",
                "Ausländeramt Aachen - Außenstelle RWTH",
                (
                    ("loc", "42"),
                    ("gps_lat", "50.77858"),
                    ("gps_long", "6.07867"),
                    ("select_location", "Weiter"),
                ),
            ),
        ),
    )


DRESDEN = [
    ("61", "Bürgerbüro Blasewitz (Teilweise barrierefrei)", 14),
    ("63", "Bürgerbüro Klotzsche (Teilweise barrierefrei)", 14),
    ("71", "Meldestelle Langebrück (barrierefrei)", 14),
    ("68", "Bürgerbüro Prohlis (barrierefrei)", 14),
    ("73", "Meldestelle Weixdorf", 14),
    ("66", "Bürgerbüro Pieschen", 14),
    ("62", "Bürgerbüro Cotta (Teilweise barrierefrei)", 14),
    ("65", "Bürgerbüro Neustadt (barrierefrei)", 14),
    ("69", "Junioramt", 14),
    ("60", "Bürgerbüro Altstadt (barrierefrei)", 14),
    ("64", "Bürgerbüro Leuben", 14),
    ("70", "Meldestelle Cossebaude (barrierefrei)", 14),
    ("72", "Meldestelle Schönfeld-Weißig (barrierefrei)", 15),
    ("67", "Bürgerbüro Plauen (Teilweise barrierefrei)", 20),
]


def test_the_many_locations_of_dresden(recorded: Path) -> None:
    shown = parse.parse_answer(page(recorded, "dresden-2026-07-location.html", "location?x=1"))
    assert isinstance(shown, parse.Locations)
    assert [(place.loc, place.name, place.next_on) for place in shown.locations] == [
        (loc, name, date(2026, 7, day)) for loc, name, day in DRESDEN
    ]
    assert [dict(place.form)["select_location"] for place in shown.locations] == [
        f"Weiter mit {number}" for number in range(1, 15)
    ]
    first = dict(shown.locations[0].form)
    assert (first["loc"], first["gps_lat"], first["gps_long"]) == ("61", "51.05268", "13.806035")
    assert not any(place.none_free for place in shown.locations)


def test_nothing_is_free_in_aachen(recorded: Path) -> None:
    shown = parse.parse_answer(page(recorded, "aachen-2025-06-suggest-none-free.html", "suggest"))
    assert shown == parse.NoneFree("Ausländeramt Aachen - Außenstelle RWTH")


def test_the_one_time_of_aachen(recorded: Path) -> None:
    name = "aachen-2025-07-suggest-one-day-fragment.html"
    shown = parse.parse_answer(page(recorded, name, "suggest"))
    # 09:00 is free, 09:30 is taken; the fragment has neither filter nor location.
    assert shown == parse.Times("", (parse.Offer(date(2025, 8, 27), 540, 570, "169"),), None)


def test_the_error_page_of_nuernberg(recorded: Path) -> None:
    lost = page(recorded, "nuernberg-2026-02-error-no-session.html", "location")
    for read in (parse.parse_answer, parse.parse_concerns, parse.parse_entry):
        with pytest.raises(SessionLostError, match=r"Kein gültiger Mandant gefunden\. \(0\)"):
            read(lost)


SMALL = [
    "aachen-2025-06-location.html",
    "aachen-2025-06-suggest-none-free.html",
    "aachen-2025-07-suggest-one-day-fragment.html",
    "dresden-2026-07-location.html",
    "nuernberg-2026-02-start.html",
]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_recorded_pages_give_a_model_or_a_typed_error(
    recorded: Path, data: st.DataObject
) -> None:
    whole = page(recorded, data.draw(st.sampled_from(SMALL)))
    at = data.draw(st.integers(0, len(whole.body)))
    length = data.draw(st.integers(0, 3000))
    other = data.draw(st.sampled_from([b"", b"<", b'"', b"</form>", b"0", b"\xff"]))
    damaged = replace(whole, body=whole.body[:at] + other + whole.body[at + length :])
    for read in (parse.parse_answer, parse.parse_concerns, parse.parse_entry):
        failed: AmtspulsError | None = None
        try:
            assert type(read(damaged)).__module__.startswith("amtspuls.systems.tevis")
        except AmtspulsError as error:
            failed = error
        assert failed is None or failed.context["url"] == BASE
