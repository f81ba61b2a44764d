from __future__ import annotations

import math
from dataclasses import replace

import pytest

from amtspuls.analysis.compare import compare_cities
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.offices import Wish, offices_by_city
from amtspuls.analysis.selection import Selection
from amtspuls.catalogue.cities import KINDS, city_of
from amtspuls.catalogue.load import load_catalogue
from amtspuls.charts.base import Options
from amtspuls.charts.cities import KINDS_DE, draw_cities, make_wish, read_cities
from amtspuls.charts.registry import PICTURES, draw_picture
from amtspuls.charts.render import render_svg
from amtspuls.charts.words import Lang
from amtspuls.errors import ConfigError
from amtspuls.model import Calendar
from support.pictures import all_rows, texts_of
from support.tiny_archive import TinyPortal, TinyReader, TinySpan, TinyView, days, every, slot, utc

TWO = {1: Calendar("1", "Mitte"), 2: Calendar("2", "Nord")}


def portal(name: str, *slots: tuple[int, str]) -> TinyPortal:
    """Two calendars that are watched for an hour; each free slot with its calendar."""
    spans = [TinySpan(number, slot(text), utc("2026-01-26 05:00")) for number, text in slots]
    shots = every("2026-01-26 05:00", 4, views=(TinyView(1), TinyView(2)))
    covered = days("2026-01-26", "2026-02-04")
    return TinyPortal(name, shots, spans, calendars=TWO, covered=covered)


def reader() -> TinyReader:
    return TinyReader(
        portal("bielefeldbb", (1, "2026-01-28 06:00"), (2, "2026-01-27 06:00")),
        portal("beckum", (1, "2026-01-26 18:00"), (2, "2026-01-30 06:00")),
        portal("rottenburg"),
        portal("bielefeldkfz", (1, "2026-01-26 10:00")),
        portal("kielsw", (1, "2026-01-26 10:00")),
        portal("nowhere", (1, "2026-01-26 10:00")),
    )


def watched() -> tuple[Watched, ...]:
    return load_watched(reader(), Selection())


def test_cities_stand_by_the_wait_of_whoever_takes_any_office() -> None:
    found = read_cities(reader(), watched(), Wish("citizen_office"))
    assert [one.name for one in found.lines] == ["Beckum", "Bielefeld", "Rottenburg"]
    beckum, bielefeld, rottenburg = found.lines
    assert 0.45 < beckum.median < beckum.high < 4
    assert bielefeld.low == bielefeld.median < bielefeld.high
    assert (rottenburg.median, rottenburg.beyond) == (math.inf, "> 9")
    assert found.without == ("Kiel",)
    assert found.offices == 6


def test_lines_are_those_of_the_command() -> None:
    portals, wish = load_catalogue().portals, Wish("citizen_office")
    own = [one for one in watched() if one.evidence.record.portal_id in ("bielefeldbb", "beckum")]
    cities = [city for one in own if (city := city_of(portals[one.evidence.record.portal_id]))]
    rows = compare_cities(offices_by_city(reader(), own, portals, cities, wish), own, wish).rows
    found = {one.name: one for one in read_cities(reader(), watched(), wish).lines}
    for row in rows:
        line = found[row["city"]]
        assert line.median == row["median_first_days"]
        assert (line.low, line.high) == (row["least_office_days"], row["most_office_days"])
        assert line.coverage == row["coverage"]


def test_kind_and_service_say_what_the_person_looks_for() -> None:
    assert make_wish(Options()) == Wish("citizen_office")
    assert make_wish(Options(service="Reisepass")) == Wish(None, "passport")
    wish = make_wish(Options(kind="Vehicle Registration"))
    assert wish == Wish("vehicle_registration")
    found = read_cities(reader(), watched(), wish)
    assert [one.name for one in found.lines] == ["Bielefeld"]
    with pytest.raises(ConfigError, match=r"no kind is called .nope."):
        make_wish(Options(kind="nope"))


def test_without_such_an_office_the_cities_that_there_are_get_named() -> None:
    with pytest.raises(
        ConfigError, match=r"no selected portal is registry office.*: Beckum, Biele"
    ):
        read_cities(reader(), watched(), Wish("registry_office"))
    lost = [one for one in watched() if one.evidence.record.portal_id == "nowhere"]
    with pytest.raises(ConfigError, match="none that the catalogue knows"):
        read_cities(reader(), lost, Wish("citizen_office"))


@pytest.mark.parametrize("lang", Lang)
def test_the_picture_says_whose_wait_it_is(lang: Lang) -> None:
    chart = draw_cities(reader(), watched(), options=Options(lang=lang))
    shown = texts_of(render_svg(chart))
    whose = ("person who takes any calendar: citizen office", "jeden Kalender nehmen: Bürgeramt")
    spread = ("quickest to slowest calendar", "schnellster bis langsamster Kalender")
    assert spread[list(Lang).index(lang)] in shown
    assert any(whose[list(Lang).index(lang)] in text for text in shown)
    assert any("Kiel" in text for text in shown)
    measured = ("measured", "gemessen")[list(Lang).index(lang)]
    assert any(measured in text.split(" · ") for text in shown)
    assert {"Beckum", "Bielefeld", "Rottenburg"} <= set(shown)
    assert any("> 9" in row["text"] for row in all_rows(chart) if "text" in row)


@pytest.mark.parametrize("lang", Lang)
def test_where_a_service_is_named_offices_are_meant(lang: Lang) -> None:
    options = Options(service="id_card", lang=lang)
    shown = texts_of(render_svg(draw_cities(reader(), watched(), options=options)))
    whose = ("person who takes any office: id card", "jedes Amt nehmen: Personalausweis")
    assert any(whose[list(Lang).index(lang)] in text for text in shown)
    spread = ("quickest to slowest office", "schnellstes bis langsamstes Amt")
    assert spread[list(Lang).index(lang)] in shown


@pytest.mark.parametrize("lang", Lang)
def test_systems_that_differ_are_named_below_the_title(lang: Lang) -> None:
    mixed = TinyReader(
        replace(portal("bielefeldbb", (1, "2026-01-27 06:00")), system="smartcjm"),
        portal("beckum", (1, "2026-01-26 18:00")),
    )
    options = Options(lang=lang)
    said = draw_cities(mixed, load_watched(mixed, Selection()), options=options).title.subtitle
    named = (
        "booking systems that show different things: smartcjm, tevis · 2 more make it hard",
        "Buchungssysteme, die Verschiedenes zeigen: smartcjm, tevis · 2 weitere Umstände",
    )[list(Lang).index(lang)]
    assert any(line.startswith(named) for line in said)
    same = draw_cities(reader(), watched(), options=options).title.subtitle
    assert not any("tevis" in line for line in same)


def test_where_every_wait_is_beyond_the_days_asked_the_axis_ends_there() -> None:
    sold_out = TinyReader(portal("bielefeldbb"), portal("beckum"))
    chart = draw_cities(sold_out, load_watched(sold_out, Selection())).to_dict()
    (dots,) = (layer for layer in chart["layer"] if layer["mark"]["type"] == "point")
    assert dots["encoding"]["x"]["scale"]["domain"][1] > 9
    assert max(dots["encoding"]["x"]["axis"]["values"]) == 9
    rows = [
        row
        for row in all_rows(draw_cities(sold_out, load_watched(sold_out, Selection())))
        if "what" in row
    ]
    assert all(row["days"] > 9 and row["text"].startswith("> 9 d") for row in rows)


def test_every_kind_has_a_german_name_and_other_pictures_take_none() -> None:
    assert set(KINDS_DE) == set(KINDS)
    with pytest.raises(ConfigError, match="the picture wait takes no --kind"):
        draw_picture(PICTURES["wait"], reader(), Selection(), Options(kind="other"))
