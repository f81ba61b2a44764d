from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.portal import AskedService
from amtspuls.catalogue.services import (
    COMMON_SERVICES,
    MOST_SERVICES,
    NAMES_DE,
    CommonService,
    choose_services,
    common_service,
)
from conftest import ROOT
from support.portals import a_portal, unhurried

NAMES: dict[CommonService, tuple[str, ...]] = {
    "id_card": (
        "Personalausweis",
        "Personalausweis-Antrag",
        "Abholung Pässe, Ausweise und eID",
        "Ausweisdokument ohne (feste) Wohnung beantragen",
        "Ausweis-/Passbeantragung nach Einbürgerung",
        "PIN setzen",
        "e-ID Karte für EU – Bürgerinnen und Bürger",
        "Verlustmeldung Ausweis- oder Passdokument",
    ),
    "passport": ("REISEPASS", "Zweitpass beantragen", "Pässe", "Wohnortänderung im Reisepass"),
    "residence_registration": (
        "An-/Ummeldung",
        "Abmeldung pro Person",
        "Anmeldung bei Umzug in LU mit Änderung Kfz-Schein",
        "Anmeldung ohne Fahrzeugummeldung (pro Person)",
        "Ummeldung von Wohnsitz und KFZ innerhalb von Bonn",
        "Umzug innerhalb Remscheids (mit KFZ)",
        "Zuzug nach Kiel innerhalb Deutschlands",
        "Statuswechsel Haupt- und Nebenwohnung",
    ),
    "vehicle": (
        "Abmeldung / Außerbetriebsetzung eines Kraftfahrzeugs",
        "Ausserbetriebsetzung",
        "Anschriftenänderung in den Fahrzeugpapieren (nur bei Umzug)",
        "KFZ-Scheinänderung nach Umzug innerhalb Kiels",
        "Kfz-Zulassungsangelegenheiten, Führerscheine (außer Führerschein Pflichtumtausch)",
        "Umschreibung innerhalb von Deutschland",
        "Abholung ZB II",
    ),
    "driving_licence": (
        "Umtausch Führerschein",
        "Fuehrerscheinumtausch",
        "Umschreibung eines ausländischen Führerscheins",
        "FS - Verlängerung der Klassen C oder D",
        "Beantragung eines neuen Führerscheins wegen Namensänderung",
    ),
    "foreigners": (
        "Abholung elektronischer Aufenthaltstitel",
        "Einbürgerung Info-Veranstaltung",
        "Verpflichtungserklärung (Einladung) beantragen",
    ),
    "registry": (
        "Vorbereitung einer Eheschließung",
        "Geburtsurkunden für private Zwecke (nicht für Neugeborene)",
        "Bei Eheschließung ab 2009 - Beglaubigte Abschrift Eheregister (für Heirat)",
        "Namenserklärung",
    ),
    "other": (
        "Familienpass",
        "Moers-Pass",
        "Bewohnerparkausweis",
        "Kfz - Bewohnerparkausweise",
        "Schwerbehindertenausweis",
        "Reitkennzeichen",
        "Gewerbeanmeldung",
        "Anmeldung zur Jägerprüfung",
        "Ehejubiläum - Anmeldung",
        "Beglaubigung Zeugnisse / Ausweise / Pässe",
        "Meldebescheinigung /Aufenthaltsbescheinigung",
        "Untersuchungsberechtigungsschein",
        "",
        "???",
    ),
}


@pytest.mark.parametrize(
    ("name", "common"), [(name, common) for common, names in NAMES.items() for name in names]
)
def test_what_a_name_means(name: str, common: CommonService) -> None:
    assert common_service(name) == common
    assert common_service(f"  {name.upper()}\u00ad ") == common


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["Abholung Personalausweis", "Personalausweis"], ["Personalausweis"]),
        (
            ["Personalausweis und Reisepass", "Reisepass", "Personalausweis"],
            ["Reisepass", "Personalausweis"],
        ),
        (["Anmeldung (Familie)", "Anmeldung (Einzelperson)"], ["Anmeldung (Einzelperson)"]),
        (
            ["Umzug mit Familie", "Umzug ohne Familie", "Abmeldung ins Ausland"],
            ["Umzug ohne Familie"],
        ),
        (
            ["Feinstaubplakette", "Personalausweis / vorläufiger Personalausweis", "PIN"],
            ["Personalausweis / vorläufiger Personalausweis"],
        ),
        (["vorläufiger Reisepass", "Beantragung (vorläufiger) Reisepass"], ["Beantragung (vorl"]),
        (["Beantragung Ausweise und eID", "PIN Personalausweis"], ["Beantragung Ausweise und eID"]),
        (["Ausgabe  Aufenthaltsdokument", "Fundsachen"], ["Ausgabe  Aufenthaltsdokument"]),
        (["Fischereischein", "Hundesteuer"], ["Fischereischein"]),
        (["Abmeldung", "Abholung"], ["Abmeldung"]),
        ([], []),
    ],
)
def test_what_is_chosen_by_name(names: list[str], chosen: list[str]) -> None:
    found = [names[index] for index in choose_services(names)]
    assert [name[: len(wanted)] for name, wanted in zip(found, chosen, strict=True)] == chosen


def test_what_another_unit_was_asked_for_is_left_out_if_there_is_more() -> None:
    names = ["Personalausweis", "Reisepass", "Kfz-Zulassung"]
    assert choose_services(names, have={"id_card", "vehicle"}) == (1,)
    assert choose_services(names, have=COMMON_SERVICES) == (0,)
    assert choose_services(names, most=2) == (0, 1)
    assert choose_services(names, most=0) == ()


@unhurried
@given(
    st.lists(st.sampled_from([name for names in NAMES.values() for name in names]), max_size=40),
    st.integers(0, 9),
    st.sets(st.sampled_from(COMMON_SERVICES)),
)
def test_a_choice_is_small_and_of_one_name_for_each_common_service(
    names: list[str], most: int, have: set[CommonService]
) -> None:
    found = choose_services(names, most, have)
    assert list(found) == sorted(set(found))
    assert len(found) <= min(most, MOST_SERVICES)
    assert bool(found) == bool(names and most)
    commons = [common_service(names[index]) for index in found]
    assert len(set(commons)) == len(commons)
    assert len(found) == 1 or not {*have, "other"} & set(commons)
    # Nothing but the names decides.
    assert [names[index] for index in choose_services(list(names), most, have)] == [
        names[index] for index in found
    ]


@unhurried
@given(st.text(max_size=200))
def test_any_text_has_a_common_service(name: str) -> None:
    assert common_service(name) in COMMON_SERVICES


def test_every_common_service_has_a_german_name_and_is_documented() -> None:
    assert [*NAMES_DE] == [*COMMON_SERVICES]
    page = (ROOT / "docs" / "reference" / "catalogue.md").read_text("utf-8")
    for service, name in NAMES_DE.items():
        assert f"| `{service}` | {name} |" in page


def test_an_entry_says_what_a_name_means_here() -> None:
    asked = (
        AskedService(common="passport", name="Antrag A"),
        AskedService(common="vehicle", id="12"),
    )
    portal = a_portal().model_copy(update={"services": asked})
    assert portal.common_service("antrag  a") == "passport"
    assert portal.common_service("Personalausweis") == "id_card"
    assert [one.fits("12", "Antrag A") for one in asked] == [True, True]
    assert [one.fits("1", "Antrag B") for one in asked] == [False, False]
    assert a_portal().model_copy(update={"services": "all"}).listed_services == ()


def test_the_tenants_of_2026(shared: Path) -> None:
    """What about 800 names come to: most portals compare in the three papers of a citizen office."""
    chosen: dict[str, set[CommonService]] = {}
    told: list[CommonService] = []
    for file in sorted((shared / "data/tenants_2026").glob("*/appointment_type.json")):
        names = [*json.loads(file.read_text(encoding="utf-8"))]
        told += [common_service(name) for name in names]
        chosen[file.parent.name] = {
            common_service(names[index]) for index in choose_services(names)
        }
    assert len(chosen) == 38
    assert len(told) > 780
    assert told.count("other") < 0.4 * len(told)
    papers: set[CommonService] = {"id_card", "passport", "residence_registration"}
    assert sum(papers <= found for found in chosen.values()) == 27
    assert chosen["muenster-standesamt"] == {"registry"}
    assert chosen["leipzig-abh"] == {"foreigners"}
    assert chosen["saarbruecken"] == papers | {"vehicle", "driving_licence"}
    assert sum(map(len, chosen.values())) < 4 * len(chosen)
