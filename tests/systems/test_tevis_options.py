from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.systems.tevis import SYSTEM
from amtspuls.systems.tevis.concerns import Concern
from amtspuls.systems.tevis.options import FILTER_PAGES, Wanted, parse_options

BASE = {"id": "x", "name": "X", "system": "tevis", "url": "https://t.example/"}


def portal(**options: Any) -> Portal:
    return Portal.model_validate(BASE | {"options": options})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"service": "all"}, "unknown option 'service'"),
        ({"services": ["Pass"]}, "unknown option 'services'"),
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
    assert parse_options(portal()).filter_pages == FILTER_PAGES
    assert parse_options(portal(filter_pages=0)).filter_pages == 0


def concerns(*names: str) -> list[Concern]:
    return [Concern(f"cnc-{n}", name, "1") for n, name in enumerate(names, start=1)]


def names(chosen: tuple[Concern, ...]) -> list[str]:
    return [concern.name for concern in chosen]


CITIZENS = concerns("Abholung", "Personalausweis", "Reisepass", "Ummeldung")
CARS = concerns("Kurzzeitkennzeichen", "Neuzulassung", "Personalausweis")
MORE = concerns("Personalausweis", "Reisepass beantragen")


def test_by_name_each_common_service_is_asked_in_the_first_unit_that_has_it() -> None:
    wanted = Wanted(portal())
    assert names(wanted.take(CITIZENS, units_after=2)) == [
        "Personalausweis",
        "Reisepass",
        "Ummeldung",
    ]
    assert names(wanted.take(CARS, units_after=1)) == ["Neuzulassung"]
    # A unit that has nothing new is represented by its best.
    assert names(wanted.take(MORE)) == ["Personalausweis"]
    assert not wanted.nothing_left


def test_by_name_no_more_than_eight_are_asked_and_every_unit_gets_one_as_long_as_that_lasts() -> (
    None
):
    wanted = Wanted(portal())
    assert names(wanted.take(CITIZENS, units_after=9)) == ["Personalausweis"]
    assert names(wanted.take(CITIZENS, units_after=8)) == ["Reisepass"]
    for left in range(6, 0, -1):
        assert len(wanted.take(CITIZENS, units_after=left)) == 1
    assert (wanted.is_spent, wanted.nothing_left) == (True, True)
    assert wanted.take(CITIZENS) == ()


def test_calendars_that_are_shown_are_all_asked() -> None:
    shown = [replace(one, calendars=(str(n),)) for n, one in enumerate(CITIZENS)]
    wanted = Wanted(portal())
    assert wanted.take(shown, by_calendar=True) == tuple(shown)
    assert names(wanted.take(CITIZENS, by_calendar=True)) == ["Personalausweis"]
    assert not wanted.is_spent


def test_an_entry_decides() -> None:
    entry = [
        {"common": "other", "name": "abholung"},
        {"common": "vehicle", "id": 2},
        {"common": "other", "name": "Hund"},
    ]
    given = portal().model_copy(
        update={"services": Portal.model_validate(BASE | {"services": entry}).services}
    )
    wanted = Wanted(given)
    assert names(wanted.take(CITIZENS)) == ["Abholung", "Personalausweis"]
    assert [one.wire for one in wanted.missing] == ["Hund"]
    before = wanted.nothing_left
    assert names(wanted.take(concerns("Hund"))) == ["Hund"]
    assert (before, wanted.nothing_left) == (False, True)
    every = Wanted(portal().model_copy(update={"services": "all"}))
    assert every.take(CITIZENS) == tuple(CITIZENS)
    assert not every.nothing_left
