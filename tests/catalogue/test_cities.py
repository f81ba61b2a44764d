from __future__ import annotations

import pytest

from amtspuls.catalogue.cities import (
    KINDS,
    City,
    cities_of,
    city_of,
    require_city,
    require_kind,
    require_service,
)
from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.services import COMMON_SERVICES, NAMES_DE, offered_services
from amtspuls.errors import ConfigError

KNOWN = (
    City("Frankfurt am Main", "Hessen"),
    City("Fürth", "Bayern"),
    City("Fürth", "Hessen"),
    City("Halle (Saale)", "Sachsen-Anhalt"),
    City("Köln", "Nordrhein-Westfalen"),
    City("Münster", "Nordrhein-Westfalen"),
    City("Neu-Isenburg", "Hessen"),
    City("Groß-Umstadt", "Hessen"),
)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("köln", "Köln"),
        ("KOELN", "Köln"),
        (" muenster ", "Münster"),
        ("Frankfurt", "Frankfurt am Main"),
        ("halle", "Halle (Saale)"),
        ("Halle (Saale)", "Halle (Saale)"),
        ("neu isenburg", "Neu-Isenburg"),
        ("gross-umstadt", "Groß-Umstadt"),
        ("Köln (Nordrhein-Westfalen)", "Köln"),
        ("frankfurt, hessen", "Frankfurt am Main"),
    ],
)
def test_cities_are_found_as_people_type_them(typed: str, name: str) -> None:
    assert require_city(typed, KNOWN).name == name


@pytest.mark.parametrize("typed", ["Fürth, Bayern", "fuerth (Bayern)", "Fürth,bayern"])
def test_a_state_says_which_of_several(typed: str) -> None:
    assert require_city(typed, KNOWN) == City("Fürth", "Bayern")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "Fürth",
            'several cities are called "Fürth": say which of "Fürth, Bayern", "Fürth, Hessen"',
        ),
        ("Kölln", "nearest: Köln"),
        ("Fürth, Sachsen", "nearest: Fürth"),
        ("xyzzy", "there are: Frankfurt am Main, Fürth, Groß-Umstadt, Halle"),
        ("", "no city is called"),
    ],
)
def test_a_city_that_is_not_one_is_told_with_the_nearest(typed: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        require_city(typed, KNOWN)


def test_without_any_city_that_is_said() -> None:
    with pytest.raises(ConfigError, match="there is none"):
        require_city("Bonn", ())


def test_every_city_of_the_catalogue_finds_itself() -> None:
    portals = load_catalogue().portals.values()
    cities = cities_of(portals)
    assert len(cities) > 100
    assert list(cities) == sorted(cities)
    for city, own in cities.items():
        assert require_city(f"{city.name}, {city.state}", cities) == city
        assert require_city(str(city), cities) == city
        assert own
        assert all(city_of(portal) == city for portal in own)
    assert sum(map(len, cities.values())) == sum(portal.place is not None for portal in portals)


@pytest.mark.parametrize("typed", ["citizen office", "Citizen-Office", "citizen_office"])
def test_kinds_are_found_however_they_are_joined(typed: str) -> None:
    assert require_kind(typed) == "citizen_office"
    assert [require_kind(kind) for kind in KINDS] == list(KINDS)


def test_an_unknown_kind_or_service_is_told_with_all() -> None:
    with pytest.raises(ConfigError, match="there are: citizen_office, vehicle_registration"):
        require_kind("moon office")
    with pytest.raises(ConfigError, match=r"id_card \(Personalausweis\)"):
        require_service("Mondfahrt")


@pytest.mark.parametrize("service", COMMON_SERVICES)
def test_a_service_has_three_names(service: str) -> None:
    german = {str(key): name for key, name in NAMES_DE.items()}[service]
    typed = (service, service.replace("_", " "), service.upper(), german, german.upper())
    assert {require_service(text) for text in typed} == {service}


def test_an_offices_own_name_of_a_service_is_understood() -> None:
    assert require_service("Reisepass beantragen") == "passport"
    assert require_service("Umzug melden") == "residence_registration"


@pytest.mark.parametrize(
    ("names", "offered"),
    [
        (["Personalausweis beantragen", "Abholung Reisepass"], {"id_card"}),
        (["Abholung Personalausweis/Reisepass"], set()),
        (["Verlust Personalausweis", "Anmeldung"], {"residence_registration"}),
        (["Fischereischein"], {"other"}),
        ([], set()),
    ],
)
def test_only_plain_names_offer_a_service(names: list[str], offered: set[str]) -> None:
    assert offered_services(names) == offered
