from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.wait import find_waits
from amtspuls.charts.base import Options
from amtspuls.charts.portals import read_compared
from amtspuls.charts.render import render_svg
from amtspuls.charts.wait import draw_wait
from amtspuls.charts.wait_data import read_course
from support.measure_cases import morning, portals
from support.pictures import all_rows, texts_of
from support.tiny_archive import TinyPortal, TinyReader, TinySpan, TinyView, days, every, slot, utc


def slow_median(pairs: list[tuple[float, float]]) -> float:
    """The least value at or below which half of the weight lies."""
    total, heaped = sum(weight for _, weight in pairs), 0.0
    for value, weight in sorted(pairs):
        heaped += weight
        if heaped >= total / 2:
            return value
    return math.nan


@settings(max_examples=20, deadline=None)
@given(portals())
def test_the_course_is_that_of_every_piece(portal: TinyPortal) -> None:
    (one,) = load_watched(TinyReader(portal), Selection())
    course, waits = read_course([one], 40), find_waits(one)
    edges = course.pieces.edges_s.tolist()
    for piece, (low, high) in enumerate(pairwise(edges)):
        first, third, known_s, none_s = [], [], 0.0, 0.0
        for row in range(len(waits.at)):
            begin = int(waits.at[row])
            seconds = min(high, begin + int(waits.weight_s[row])) - max(low, begin)
            if seconds <= 0:
                continue
            if not math.isnan(waits.first_days[row]):
                first.append((float(waits.first_days[row]), seconds))
                known_s += seconds
                none_s += seconds * math.isinf(waits.first_days[row])
            if not math.isnan(waits.third_days[row]):
                third.append((float(waits.third_days[row]), seconds))
        if known_s >= 0.5 * (high - low) * len(one.calendars):
            assert course.first_days[piece] == slow_median(first)
            assert course.third_days[piece] == slow_median(third)
            assert course.none_share[piece] == pytest.approx(none_s / known_s)
        else:
            assert math.isnan(course.first_days[piece])
            assert math.isnan(course.none_share[piece])


def test_moments_without_a_slot_stand_at_the_top_and_gaps_are_grey() -> None:
    shots = [
        *every("2026-01-26 05:00", 4),
        *every("2026-01-26 06:00", 4, views=(TinyView(1, "refused"),)),
        *every("2026-01-26 07:00", 4),
    ]
    spans = [
        TinySpan(1, slot("2026-01-29 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 07:00"))
    ]
    portal = TinyPortal("bonn", shots, spans, covered=days("2026-01-26", "2026-02-04"))
    chart = draw_wait(load_watched(TinyReader(portal), Selection()))
    rows = all_rows(chart)
    grey = [row for row in rows if row.get("what") == "not or hardly known"]
    assert [(row["until"] - row["from"]) // 60 for row in grey] == [60]
    strips = [row for row in rows if "until" in row and row["what"] == "first free slot"]
    begin = utc("2026-01-26 07:00").timestamp()
    assert [(row["from"] - begin, row["until"] - begin) for row in strips] == [(0, 3600)]
    axis_top = chart.to_dict()["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    assert strips[0]["days"] < axis_top
    assert strips[0]["days"] > 9
    assert "&gt; horizon" in texts_of(render_svg(chart))
    lines = [row for row in rows if "part" in row and row["what"] == "first free slot"]
    assert max(row["days"] for row in lines) == pytest.approx(3 + 2 / 24, abs=0.02)


def test_the_line_of_the_third_slot_is_beyond_where_there_are_only_two() -> None:
    watched = load_watched(morning(), Selection())
    course = read_course(watched, 40)
    assert np.isinf(course.third_days[-1])
    assert not np.isinf(course.first_days[0])
    assert "title" not in draw_wait(watched, options=Options(titled=False)).to_dict()


def test_portals_are_compared_the_shortest_wait_first_and_the_unknown_last() -> None:
    def portal(name: str, day: str | None, outcome: str = "ok") -> TinyPortal:
        spans = [] if day is None else [TinySpan(1, slot(day), utc("2026-01-26 05:00"))]
        shots = every("2026-01-26 05:00", 4, views=(TinyView(1, outcome),))
        return TinyPortal(name, shots, spans, covered=days("2026-01-26", "2026-02-04"))

    reader = TinyReader(
        portal("a-none", None),
        portal("b-long", "2026-01-30 09:00"),
        portal("c-refused", "2026-01-27 09:00", "refused"),
        portal("d-short", "2026-01-27 09:00"),
    )
    found = read_compared(load_watched(reader, Selection()))
    assert [one.name for one in found] == ["d-short", "b-long", "a-none", "c-refused"]
    assert found[0].median == pytest.approx(1 + 3 / 24 - 0.5 / 24, abs=1e-9)
    assert (found[2].median, found[2].beyond) == (math.inf, "> 9")
    assert math.isnan(found[3].median)
    assert found[3].coverage == 0
