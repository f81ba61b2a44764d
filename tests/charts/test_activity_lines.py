from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import PortalRecord
from amtspuls.charts.base import Options
from amtspuls.charts.registry import PICTURES, draw_picture
from amtspuls.charts.render import render_png, render_svg
from amtspuls.charts.style import BLUE, GREY, ORANGE, Chart
from amtspuls.charts.words import Lang
from amtspuls.errors import ConfigError
from support.courses import FIRST, Course, portal_of
from support.pictures import all_rows, pixels_of, places_of, texts_of
from support.tiny_archive import TinyPortal, TinyReader

BOOKED: Course = [frozenset({1, 2, 3, 4}), frozenset({1, 4}), frozenset({1, 2, 4})]
OFFERS: Course = [frozenset({5}), frozenset({9}), frozenset({9}), frozenset({12})]


class UnitedReader(TinyReader):
    """Rows of the portal ``impfen`` are unions of several snapshots."""

    def portals(self) -> list[PortalRecord]:
        return [replace(one, aggregated=one.portal_id == "impfen") for one in super().portals()]


def named(portal_id: str, course: Course, *, sampled: bool = False) -> TinyPortal:
    return replace(portal_of([course], sampled=sampled), portal_id=portal_id)


def draw(
    reader: TinyReader, rule: str, *, lang: Lang = Lang.EN, selection: Selection | None = None
) -> Chart:
    options = Options(lang=lang, rule=rule, command="amtspuls plot activity")
    return draw_picture(PICTURES["activity"], reader, selection or Selection(), options)


def numbers(chart: Chart) -> dict[tuple[str, str], int]:
    rows: list[dict[str, Any]] = [row for row in all_rows(chart) if "number" in row]
    return {(row["start"], row["what"]): row["number"] for row in rows if row["number"]}


def test_the_seeds_figure_sums_changes_by_local_hour() -> None:
    chart = draw(TinyReader(named("bonn", BOOKED), named("dresden", BOOKED)), "seed")
    assert numbers(chart) == {
        ("2026-01-26T06:00:00Z", "appointments"): 4,
        ("2026-01-26T06:00:00Z", "cancellations"): 2,
    }
    shown = texts_of(render_svg(chart))
    assert "Appointments and cancellations per hour, by the seed's rule" in shown
    said = "4 appointments in all · 2 cancellations in all · most in one hour: bonn 2, dresden 2"
    assert said in shown
    assert any(text.endswith("· amtspuls plot activity") for text in shown)


def test_what_is_left_out_is_listed() -> None:
    reader = TinyReader(named("bonn", BOOKED), named("dresden", BOOKED), named("jena", BOOKED))
    chart = draw(reader, "seed", selection=Selection(exclude=("dres*", "jena")))
    assert "left out: dresden, jena" in texts_of(render_svg(chart))


def test_unions_are_named_among_what_the_seeds_figure_leaves_out() -> None:
    reader = UnitedReader(named("bonn", BOOKED), named("impfen", BOOKED), named("jena", BOOKED))
    chart = draw(reader, "seed", lang=Lang.DE, selection=Selection(exclude=("jena",)))
    shown = texts_of(render_svg(chart))
    assert "ohne: jena; impfen (vereinte Viertelstunden)" in shown
    assert "1 Portal: bonn · Woche 2026-05 · Ortszeit" in shown


def test_a_later_offer_books_the_one_before() -> None:
    reader = TinyReader(named("impfen", OFFERS, sampled=True), named("bonn", BOOKED, sampled=True))
    shown = texts_of(render_svg(draw(reader, "successor", lang=Lang.DE)))
    assert "Termine je Stunde: ein späteres Angebot bucht das vorige" in shown
    assert "insgesamt 2 Termine · 1 Ort" in shown
    assert "ohne: bonn (mehrere Zeiten je Tag)" in shown


def test_unions_are_drawn_by_the_successor_rule_alone_and_say_so() -> None:
    reader = UnitedReader(named("impfen", BOOKED, sampled=True))
    shown = texts_of(render_svg(draw(reader, "successor")))
    assert any("quarter-hour unions of one-minute snapshots: an upper count" in t for t in shown)
    with pytest.raises(ConfigError, match="quarter-hour unions"):
        draw(reader, "seed")


def test_portals_that_show_several_slots_a_day_are_an_error_that_says_so() -> None:
    with pytest.raises(ConfigError, match="these show more: bonn"):
        draw(TinyReader(named("bonn", BOOKED, sampled=True)), "successor")


def test_a_portal_that_never_answered_does_not_show_more() -> None:
    lost, bonn = named("jena", [None, None]), named("bonn", BOOKED, sampled=True)
    with pytest.raises(ConfigError, match=r"choose them with -i: these never answered: jena$"):
        draw(TinyReader(lost), "successor")
    with pytest.raises(ConfigError, match=r"these show more: bonn; these never answered: jena$"):
        draw(TinyReader(lost, bonn), "successor")
    reader = TinyReader(named("impfen", OFFERS, sampled=True), lost, bonn)
    shown = texts_of(render_svg(draw(reader, "successor", lang=Lang.DE)))
    assert "ohne: bonn (mehrere Zeiten je Tag); jena (ohne Antwort)" in shown


def test_lines_break_where_nothing_was_observed() -> None:
    gap: list[frozenset[int] | None] = [None] * 16
    chart = draw(TinyReader(named("bonn", [*BOOKED, *gap, *BOOKED])), "seed")
    rows = all_rows(chart)
    assert {row["start"] for row in rows if row["what"] == "not observed"}
    pieces = {row["piece"] for row in rows if "piece" in row}
    assert len(pieces) == 2


def test_a_single_hour_is_a_point() -> None:
    until = FIRST + timedelta(minutes=45)
    chart = draw(TinyReader(named("bonn", BOOKED)), "seed", selection=Selection(until_at=until))
    marks = [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    assert marks == ["line", "point"]


def test_an_unknown_rule_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="--rule takes seed or successor"):
        draw(TinyReader(named("bonn", BOOKED)), "sead")


def test_without_title_the_figure_carries_no_small_print() -> None:
    options = Options(rule="seed", titled=False)
    reader = TinyReader(named("bonn", BOOKED))
    chart = draw_picture(PICTURES["activity"], reader, Selection(), options)
    assert "title" not in chart.to_dict()


def test_the_pixels_show_lines_and_a_band_on_white() -> None:
    gap: list[frozenset[int] | None] = [None] * 16
    reader = TinyReader(named("bonn", [*BOOKED, *gap, *BOOKED]))
    options = Options(width=120, height=60, titled=False, rule="seed")
    chart = draw_picture(PICTURES["activity"], reader, Selection(), options)
    pixels = pixels_of(render_png(chart))
    assert pixels[0, 0, :3].tolist() == [255, 255, 255]
    band = places_of(pixels, GREY)
    assert len(band) > 5000
    for colour in (BLUE, ORANGE):
        line = places_of(pixels, colour)
        assert len(line) > 100
        assert line[:, 1].min() < band[band[:, 0] > 80][:, 1].min()


def test_lines_cross_so_that_dashes_tell_them_apart_too() -> None:
    specification = draw(TinyReader(named("bonn", BOOKED)), "seed").to_dict()
    (line,) = (one for one in specification["layer"] if one["mark"]["type"] == "line")
    dashes = line["encoding"]["strokeDash"]["scale"]
    assert dashes["domain"] == line["encoding"]["color"]["scale"]["domain"]
    assert dashes["range"][0] != dashes["range"][1]


@pytest.mark.parametrize("rule", ["seed", None])
def test_one_snapshot_tells_no_change_and_no_zero(rule: str | None) -> None:
    """Nobody saw that nothing changed: the picture says so, and a second snapshot ends it."""
    said = "no two answers to compare: no figure"
    for course, expected in ((BOOKED[:1], True), (BOOKED, False)):
        reader = TinyReader(named("bonn", course))
        chart = draw_picture(PICTURES["activity"], reader, Selection(), Options(rule=rule))
        assert (said in " · ".join(texts_of(render_svg(chart)))) is expected
