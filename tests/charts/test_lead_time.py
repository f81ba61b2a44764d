"""The picture of lead times tells no more than the measure does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.charts import lead_time
from amtspuls.charts.base import Options
from amtspuls.charts.lead_time import draw_lead_time, read_lead_times
from amtspuls.charts.registry import PICTURES, draw_picture
from amtspuls.charts.render import render_svg
from amtspuls.charts.words import Lang
from support.measure_cases import morning
from support.pictures import all_rows, texts_of
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


@pytest.mark.parametrize(
    ("days", "right"), [((1.0, 2.0, 3.0), 0), ((1.0, 40.5, 42.1), 2), ((41.0, 41.5, 42.0), 3)]
)
def test_no_line_runs_through_a_text(
    days: tuple[float, float, float], right: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text to the right of its line passes over shorter ones only, a text to the left of it too."""
    watched = load_watched(morning(), WHOLE)
    known = replace(
        read_lead_times(watched), bookings=np.ones(44), offered=np.ones(44), quantiles=days
    )
    monkeypatch.setattr(lead_time, "read_lead_times", lambda _: known)
    rows = {row["from"]: row for row in all_rows(draw_lead_time(watched)) if "side" in row}
    marks = [rows[at] for at in sorted(rows)]
    assert [row["from"] for row in marks] == list(days)
    assert sum(row["side"] == "right" for row in marks) == right
    for at, mark in enumerate(marks):
        passed = marks[at + 1 :] if mark["side"] == "left" else marks[:at]
        same = [other for other in passed if other["side"] == mark["side"]]
        assert all(other["share"] < mark["share"] for other in same)
