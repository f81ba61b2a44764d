from __future__ import annotations

import importlib
import pkgutil
from datetime import date

import pytest

import amtspuls.charts
from amtspuls.charts.words import (
    WORDS,
    Lang,
    Texts,
    require_lang,
    say_day,
    say_number,
    say_portals,
    say_share,
    say_weeks,
    short_weekdays,
    speaker,
    vega_locale,
)
from amtspuls.errors import ConfigError
from support.pictures import placeholders


def tables() -> list[tuple[str, Texts]]:
    found: list[tuple[str, Texts]] = [("words", WORDS)]
    for module in pkgutil.iter_modules(amtspuls.charts.__path__):
        loaded = importlib.import_module(f"amtspuls.charts.{module.name}")
        if hasattr(loaded, "TEXTS"):
            found.append((module.name, loaded.TEXTS))
    return found


def test_every_text_is_in_both_languages_with_the_same_values() -> None:
    assert len(tables()) >= 2
    for name, table in tables():
        for key, (english, german) in table.items():
            assert english, (name, key)
            assert german, (name, key)
            assert placeholders(english) == placeholders(german), (name, key)


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert say_number(1234567.25, Lang.EN, 1) == "1\u202f234\u202f567.2"
    assert say_number(1234567.25, Lang.DE, 1) == "1.234.567,2"
    assert say_number(999, Lang.DE) == "999"


@pytest.mark.parametrize(
    ("share", "english", "german"),
    [
        (None, "an unknown share", "Unbekannter Anteil"),
        (0.0, "0 %", "0 %"),
        (0.001, "under 1 %", "unter 1 %"),
        (0.5, "50 %", "50 %"),
        (0.999, "over 99 %", "über 99 %"),
        (1.0, "100 %", "100 %"),
    ],
)
def test_shares_are_never_rounded_to_all_or_nothing(
    share: float | None, english: str, german: str
) -> None:
    assert say_share(share, Lang.EN) == english
    assert say_share(share, Lang.DE) == german


def test_days_weeks_and_portals() -> None:
    assert say_day(date(2021, 3, 1), Lang.EN) == "Mon 1 Mar 2021"
    assert say_day(date(2021, 3, 1), Lang.DE) == "Mo 1. März 2021"
    assert say_weeks([], Lang.DE) == "keine Woche"
    assert say_weeks(["2021-28"], Lang.DE) == "Woche 2021-28"
    assert say_weeks(["2021-28", "2021-29"], Lang.EN) == "weeks 2021-28 to 2021-29"
    assert say_portals(["a", "b"], Lang.EN) == "2 portals: a, b"
    assert say_portals([*"abcde"], Lang.DE) == "5 Portale: a, b, c, d und weitere"
    assert short_weekdays(Lang.DE)[0] == "Mo"


def test_vega_starts_its_week_on_sunday() -> None:
    time = vega_locale(Lang.DE)["time"]
    assert (time["days"][0], time["shortDays"][0]) == ("Sonntag", "So")
    assert len(time["months"]) == len(time["shortMonths"]) == 12


def test_an_unknown_language_is_an_error_that_lists_the_known() -> None:
    assert require_lang("DE") is Lang.DE
    with pytest.raises(ConfigError, match="'fr': --lang takes en or de"):
        require_lang("fr")


def test_a_table_may_use_the_shared_words() -> None:
    say = speaker({"own": ("own {x}", "eigen {x}")}, Lang.DE)
    assert say("own", x=1) == "eigen 1"
    assert say("hour") == "Stunde"
