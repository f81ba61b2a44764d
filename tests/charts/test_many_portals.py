"""Pictures at one portal and at forty, and of archives with nothing to draw."""

from __future__ import annotations

import pytest

from amtspuls.analysis.selection import Selection
from amtspuls.charts.base import Options
from amtspuls.charts.registry import PICTURES, draw_picture
from amtspuls.charts.render import render_svg
from amtspuls.charts.words import Lang
from amtspuls.errors import AmtspulsError, ArchiveError
from support.pictures import texts_of
from support.tiny_archive import TinyPortal, TinyReader, TinySpan, TinyView, days, every, slot, utc

pytestmark = pytest.mark.slow

MINE = ("booking-times", "free-stock", "wait", "lead-time", "releases", "portals", "coverage")
COVERED = days("2026-01-26", "2026-02-04")


def portal(name: str) -> TinyPortal:
    spans = [
        TinySpan(1, slot("2026-01-28 08:00"), utc("2026-01-26 05:15"), utc("2026-01-26 06:00"))
    ]
    return TinyPortal(name, every("2026-01-26 05:00", 8), spans, covered=COVERED)


def drawn(reader: TinyReader, name: str, lang: Lang = Lang.EN) -> list[str]:
    return texts_of(
        render_svg(draw_picture(PICTURES[name], reader, Selection(), Options(lang=lang)))
    )


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("portals", [1, 40])
def test_pictures_name_every_portal_that_has_a_line(name: str, portals: int) -> None:
    ids = [f"portal-{number:02d}" for number in range(portals)]
    shown = drawn(TinyReader(*map(portal, ids)), name)
    if name in ("portals", "coverage"):
        assert [text for text in shown if text.startswith("portal-")] == ids
    assert any(text.startswith(f"{portals} portal") for text in shown)


@pytest.mark.parametrize("name", ["portals", "coverage"])
def test_lines_stay_apart_and_are_not_too_many(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def height(number: int) -> int:
        reader = TinyReader(*(portal(f"portal-{place:03d}") for place in range(number)))
        svg = render_svg(draw_picture(PICTURES[name], reader, Selection(), Options()))
        return int(svg.split(' height="')[1].split('"')[0])

    assert height(21) - height(20) >= 16
    monkeypatch.setattr(f"amtspuls.charts.{name}.MOST_ROWS", 10)
    assert height(12) - height(10) < 3 * 16
    many = TinyReader(*(portal(f"portal-{place:03d}") for place in range(12)))
    assert any("2 portals" in text and "not drawn" in text for text in drawn(many, name))


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("lang", Lang)
def test_a_portal_with_only_failures_is_drawn_as_unknown(name: str, lang: Lang) -> None:
    shots = every("2026-01-26 05:00", 3, views=(TinyView(1, "refused"),), outcome="refused")
    shown = drawn(TinyReader(TinyPortal("bonn", shots)), name, lang)
    unknown = {
        "booking-times": ("not or hardly observed", "nicht oder kaum beobachtet"),
        "free-stock": ("not known", "nicht bekannt"),
        "wait": ("not or hardly known", "nicht oder kaum bekannt"),
        "lead-time": (
            "covered 0 %, under 50 %: no figure",
            "zu 0 % beobachtet, unter 50 %: keine Zahl",
        ),
        "releases": ("not or hardly observed", "nicht oder kaum beobachtet"),
        "portals": ("unknown", "unbekannt"),
        "coverage": ("nothing", "nichts"),
    }[name][list(Lang).index(lang)]
    assert any(unknown in text for text in shown)
    assert any("0 %" in text for text in shown)


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("lang", Lang)
def test_estimates_and_measured_figures_say_which_they_are(name: str, lang: Lang) -> None:
    place = list(Lang).index(lang)
    estimate, measured = (
        ("estimate (rule typed", "Schätzung (Regel typed"),
        ("measured", "gemessen"),
    )
    shown = [
        fact for text in drawn(TinyReader(portal("bonn")), name, lang) for fact in text.split(" · ")
    ]
    estimated = name in ("booking-times", "lead-time", "releases")
    assert any(fact.startswith(estimate[place]) for fact in shown) is estimated
    counted = name in ("wait", "portals", "free-stock")
    assert any(fact.startswith(measured[place]) for fact in shown) is counted


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("views", [(), (TinyView(1, "partial", days("2026-01-27", "2026-01-27")),)])
def test_one_snapshot_is_enough_to_draw(name: str, views: tuple[TinyView, ...]) -> None:
    outcome = "partial" if views else "unreachable"
    shots = every("2026-01-26 05:00", 1, views=views, outcome=outcome)
    assert drawn(TinyReader(TinyPortal("bonn", shots)), name)


@pytest.mark.parametrize("name", MINE)
def test_an_empty_archive_and_an_unknown_portal_are_told(name: str) -> None:
    with pytest.raises(ArchiveError, match="holds no snapshot yet"):
        draw_picture(PICTURES[name], TinyReader(), Selection(), Options())
    with pytest.raises(AmtspulsError, match="nearest: bonn"):
        draw_picture(
            PICTURES[name], TinyReader(portal("bonn")), Selection(include=("bon",)), Options()
        )


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize(("first", "day"), [("2026-03-28 23:00", "29"), ("2026-10-24 22:00", "25")])
def test_weeks_with_a_clock_change_are_drawn(name: str, first: str, day: str) -> None:
    reader = TinyReader(
        TinyPortal("bonn", every(first, 60, minutes=30), covered=days("2026-01-01", "2026-12-31"))
    )
    shown = drawn(reader, name)
    assert not any("NaN" in text or "undefined" in text for text in shown)
    if name in ("free-stock", "wait", "releases", "coverage"):
        assert any(day in text.split() or f"{day}," in text.split() for text in shown)
