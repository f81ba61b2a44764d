from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import altair as alt
import pytest

from amtspuls import __version__
from amtspuls.analysis.estimate import bounds_of
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import HOUR_S
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.timeline import Bin, Timeline
from amtspuls.charts import activity
from amtspuls.charts.activity import draw_activity
from amtspuls.charts.base import Options
from amtspuls.charts.render import render_png, render_svg
from amtspuls.charts.words import Lang
from support.measure_cases import morning, with_gap
from support.relabelled import watch_by_spans
from support.tiny_archive import TinyPortal, TinyReader, TinySpan, every, seconds, slot, utc

pytestmark = pytest.mark.slow


def texts(svg: str) -> list[str]:
    return re.findall(r">([^<>]+)</t(?:ext|span)>", svg)


def rows_of_first_layer(chart: alt.LayerChart) -> list[dict[str, Any]]:
    specification = chart.to_dict()
    rows: list[dict[str, Any]] = specification["datasets"][
        specification["layer"][0]["data"]["name"]
    ]
    return rows


def test_the_picture_says_what_it_shows() -> None:
    shown = texts(render_svg(draw_activity(load_watched(morning(), Selection()))))
    assert "Bookings and cancellations per hour" in shown
    assert "1 portal: bonn · week 2026-05 · local time" in shown
    rule = load_watched(morning(), Selection())[0].transitions.rule
    below = f"Observed in 100 % of the time · estimate (rule {rule}) · amtspuls {__version__}"
    assert below in shown
    assert {"bookings", "cancellations"} <= set(shown)
    assert "not or hardly observed" not in shown
    assert "0.5" not in shown


def shown_as(monkeypatch: pytest.MonkeyPatch, timeline: Timeline) -> alt.LayerChart:
    """The picture of a course of which we know what happened, whatever rule would find."""

    def read(watched: Sequence[Watched]) -> Timeline:
        assert watched
        return timeline

    monkeypatch.setattr(activity, "read_timeline", read)
    return draw_activity(load_watched(morning(), Selection()))


def hours(*bins: Bin, untimed: int = 0) -> Timeline:
    """Hours one after the other from 06:00 local time of 26 January 2026."""
    first = seconds("2026-01-26 06:00")
    return Timeline(HOUR_S, {first + HOUR_S * n: one for n, one in enumerate(bins)}, untimed)


def test_bookings_go_up_and_cancellations_down_in_local_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy = Bin(bookings=2.5, cancellations=1, covered_s=HOUR_S, asked_s=HOUR_S)
    quiet = Bin(bookings=1, covered_s=HOUR_S, asked_s=HOUR_S)
    rows = rows_of_first_layer(shown_as(monkeypatch, hours(quiet, busy)))
    assert [(row["start"], row["what"], row["number"]) for row in rows] == [
        ("2026-01-26T06:00:00Z", "bookings", 1),
        ("2026-01-26T07:00:00Z", "bookings", 2.5),
        ("2026-01-26T07:00:00Z", "cancellations", -1),
    ]


@pytest.mark.parametrize(
    ("untimed", "said"),
    [(0, None), (1, "1 change across gaps not drawn"), (2000, "2\u202f000 changes across gaps")],
)
def test_changes_across_gaps_are_named(
    monkeypatch: pytest.MonkeyPatch, untimed: int, said: str | None
) -> None:
    whole = Bin(covered_s=HOUR_S, asked_s=HOUR_S)
    shown = " ".join(texts(render_svg(shown_as(monkeypatch, hours(whole, untimed=untimed)))))
    assert ("across gaps" in shown) == (said is not None)
    assert (said or "") in shown


def test_gaps_are_bands() -> None:
    snapshots = [*every("2026-01-26 05:00", 4), *every("2026-01-26 09:00", 4)]
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 09:00"))
    ]
    watched = load_watched(TinyReader(TinyPortal("bonn", snapshots, spans)), Selection())
    chart = draw_activity(watched)
    bands = rows_of_first_layer(chart)
    assert bands == [
        {
            "start": "2026-01-26T07:00:00Z",
            "end": "2026-01-26T10:00:00Z",
            "what": "not or hardly observed",
        }
    ]


def test_a_gap_at_the_end_is_a_band_too() -> None:
    selection = Selection(until_at=utc("2026-01-26 12:00"))
    chart = draw_activity(load_watched(with_gap(), selection), options=Options(titled=False))
    bands = rows_of_first_layer(chart)
    assert [band["end"] for band in bands] == ["2026-01-26T13:00:00Z"]
    assert "title" not in chart.to_dict()


@pytest.mark.parametrize(
    ("days", "form"),
    [(1, "%a %d, %H:%M"), (7, "%a %d %b"), (40, "%d %b"), (200, "%b %Y")],
)
def test_the_axis_fits_the_range(days: int, form: str) -> None:
    reader = TinyReader(TinyPortal("bonn", every("2026-01-26 00:00", days + 1, minutes=1440)))
    chart = draw_activity(load_watched(reader, Selection()))
    axis = next(
        layer["encoding"]["x"]["axis"]
        for layer in chart.to_dict()["layer"]
        if "x" in layer["encoding"]
    )
    assert axis["format"] == form
    assert 1 <= len(axis["values"]) <= 12
    assert axis["values"] == sorted(axis["values"])


def test_an_archive_without_changes_gives_a_picture_all_the_same() -> None:
    quiet = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 4)))
    assert "</svg>" in render_svg(draw_activity(load_watched(quiet, Selection())))


def test_the_same_archive_gives_the_same_picture() -> None:
    first, second = (draw_activity(load_watched(morning(), Selection())) for _ in range(2))
    assert render_svg(first) == render_svg(second)
    assert render_png(first) == render_png(second)


def test_a_german_picture_is_german_in_words_numbers_and_days() -> None:
    watched = load_watched(with_gap(), Selection(until_at=utc("2026-01-26 12:00")))
    shown = texts(render_svg(draw_activity(watched, options=Options(lang=Lang.DE))))
    assert "Buchungen und Absagen je Stunde" in shown
    assert {"Buchungen", "Absagen", "nicht oder kaum beobachtet", "je Stunde"} <= set(shown)
    assert "1 Portal: bonn · Woche 2026-05 · Ortszeit" in shown
    assert any(text.startswith("Mo 26., ") for text in shown)
    assert any("% der Zeit beobachtet · Schätzung (Regel " in text for text in shown)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (Lang.EN, "bookings in all: 2 ({} to {}) · cancellations in all: 1 ({} to {})"),
        (Lang.DE, "Buchungen insgesamt: 2 ({} bis {}) · Absagen insgesamt: 1 ({} bis {})"),
    ],
)
def test_the_picture_says_between_which_numbers_the_truth_lies(lang: Lang, said: str) -> None:
    chart = draw_activity(watch_by_spans(morning(), Selection()), options=Options(lang=lang))
    bounds = [round(bound) for n in (2, 1) for bound in (bounds_of(n).low, bounds_of(n).high)]
    assert chart.title.subtitle[1] == said.format(*bounds)


def test_a_picture_of_too_little_has_no_totals() -> None:
    rare = load_watched(morning(), Selection(until_at=utc("2026-01-26 08:00")))
    subtitle = draw_activity(rare).title.subtitle
    assert len(subtitle) == 2
    assert not any("in all" in line for line in subtitle)


def test_options_set_the_size() -> None:
    chart = draw_activity(
        load_watched(morning(), Selection()), options=Options(width=400, height=99)
    )
    assert (chart.width, chart.height) == (400, 99)
