"""The picture of lead times tells no more than the measure does."""

from __future__ import annotations

import pytest

from amtspuls.analysis.selection import Selection
from amtspuls.charts.base import Options
from amtspuls.charts.registry import PICTURES, draw_picture
from amtspuls.charts.render import render_svg
from amtspuls.charts.words import Lang
from support.measure_cases import morning
from support.pictures import texts_of
from support.tiny_archive import utc

pytestmark = pytest.mark.slow

WHOLE, LITTLE = Selection(), Selection(until_at=utc("2026-01-26 09:00"))


def facts(selection: Selection, lang: Lang = Lang.EN) -> set[str]:
    chart = draw_picture(PICTURES["lead-time"], morning(), selection, Options(lang=lang))
    return {fact for text in texts_of(render_svg(chart)) for fact in text.split(" · ")}


@pytest.mark.parametrize(
    ("lang", "refused", "half"),
    [
        (Lang.EN, "covered 31 %, under 50 %: no figure", "half within "),
        (Lang.DE, "zu 31 % beobachtet, unter 50 %: keine Zahl", "Hälfte bis "),
    ],
)
def test_what_was_covered_too_little_has_no_bookings(lang: Lang, refused: str, half: str) -> None:
    whole, little = facts(WHOLE, lang), facts(LITTLE, lang)
    assert refused in little
    assert refused not in whole
    assert any(fact.startswith(half) for fact in whole)
    assert not any(fact.startswith(half) for fact in little)
    assert not any(
        fact.endswith((" bookings", " Buchungen")) and fact[0].isdigit() for fact in little
    )


def test_no_share_is_more_than_all() -> None:
    """All bookings in one bar leave room above it, but no mark of more than all."""
    shares = {
        int(fact[:-2]) for fact in facts(WHOLE) if fact.endswith(" %") and fact[:-2].isdigit()
    }
    assert max(shares) <= 100
