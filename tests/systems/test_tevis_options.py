from __future__ import annotations

from typing import Any

import pytest

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.systems.tevis import SYSTEM
from amtspuls.systems.tevis.concerns import Concern
from amtspuls.systems.tevis.options import REPRESENTATIVES_DE, parse_options, representative
from conftest import ROOT


def portal(**options: Any) -> Portal:
    return Portal(id="x", name="X", system="tevis", url="https://t.example/", options=options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"service": "all"}, "unknown option 'service'"),
        ({"services": "Pass"}, 'must be "all" or a list'),
        ({"services": []}, 'must be "all" or a list'),
        ({"services": 5}, 'must be "all" or a list'),
        ({"services": list(range(1, 10))}, "names 9; at most 8"),
        ({"services": ["Pass", " "]}, "names or ids of concerns"),
        ({"services": ["Pass", True]}, "names or ids of concerns"),
        ({"services": [0]}, "names or ids of concerns"),
        ({"services": ["12", 12]}, "twice"),
        ({"filter_pages": -1}, "from 0 to 1000"),
        ({"filter_pages": True}, "from 0 to 1000"),
        ({"filter_pages": "9"}, "from 0 to 1000"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        SYSTEM.check_portal(portal(**options))
    assert caught.value.message.startswith("portal x: ")


def test_options_that_make_sense() -> None:
    SYSTEM.check_portal(portal())
    assert parse_options(portal()).services is None
    assert parse_options(portal(services="all")).services == "all"
    read = parse_options(portal(services=["  Reise   pass", 12], filter_pages=0))
    assert (read.services, read.filter_pages) == (("Reise pass", "12"), 0)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["Abholung Personalausweis", "Reisepass", "Personalausweis"], "Personalausweis"),
        (["Verlust von Ausweisen", "An-/Ummeldung", "Vorläufiger Reisepass"], "An-/Ummeldung"),
        (["Kurzkennzeichen", "ZULASSUNG Neufahrzeug", "Umschreibung"], "ZULASSUNG Neufahrzeug"),
        (["Fischereischein", "Hundesteuer"], "Fischereischein"),
        (["Abholung", "Abmeldung"], "Abholung"),
    ],
)
def test_the_concern_that_represents_a_unit(names: list[str], chosen: str) -> None:
    concerns = [Concern(f"cnc-{n}", name, "1") for n, name in enumerate(names, start=1)]
    assert representative(concerns).name == chosen


def test_the_docs_name_the_words_in_their_order() -> None:
    text = (ROOT / "docs" / "systems" / "tevis.md").read_text("utf-8").casefold()
    places = [text.index(f"`{word.casefold()}`") for word in REPRESENTATIVES_DE]
    assert places == sorted(places)
