from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.base import (
    Answer,
    Measure,
    Unit,
    after_text,
    count_of,
    days_text,
    per_cent,
    range_of,
)
from amtspuls.analysis.cancellation_rate import LEAST_BOOKINGS
from amtspuls.analysis.estimate import bounds_of
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.measures import (
    MEASURES,
    load_watched,
    measure_archive,
    require_by,
    require_measure,
    take_measure,
)
from amtspuls.analysis.quantiles import weighted_quantile
from amtspuls.analysis.selection import Selection
from amtspuls.errors import ArchiveError, ConfigError
from amtspuls.model import Calendar
from support.histories import effort
from support.measure_cases import morning, morning_portal, portals, with_gap
from support.relabelled import busier, watch_by_spans
from support.tiny_archive import (
    TinyPortal,
    TinyReader,
    TinySnapshot,
    TinySpan,
    TinyView,
    days,
    every,
    slot,
    utc,
)

HOURS_PER_DAY = 24


def ask(
    reader: TinyReader, name: str, by: str | None = None, selection: Selection | None = None
) -> Answer:
    """An answer that rests on the plainest rule, so that it can be worked out on paper."""
    measure = require_measure(name)
    return take_measure(measure, watch_by_spans(reader, selection), require_by(measure, by))


def figures(row: Any, *keys: str) -> list[Any]:
    return [row[key] for key in keys]


def test_activity_counts_and_divides_by_covered_hours() -> None:
    row = ask(morning(), "activity").rows[0]
    counts = figures(row, "portal", "bookings", "cancellations", "openings")
    assert counts == ["bonn", 2, 1, 1]
    assert figures(row, "bookings_per_hour", "cancellations_per_hour") == [2 / 1.0, 1 / 1.0]
    assert figures(row, "coverage", "snapshots", "provisional") == [1.0, 5, True]
    assert row["from"] == "2026-01-26 06:00:00+01:00"
    assert row["until"] == "2026-01-26 07:15:00+01:00"


def test_activity_says_between_which_numbers_the_truth_lies() -> None:
    answer = ask(morning(), "activity")
    booked, cancelled = bounds_of(2), bounds_of(1)
    assert answer.sentence.startswith(
        f"2 bookings ({booked.low:.0f} to {booked.high:.0f}), "
        f"1 cancellation ({cancelled.low:.0f} to {cancelled.high:.0f}) and 1 opening ("
    )
    row = {"bookings": 8363.4, "bookings_low": 7624.2, "bookings_high": 11617.8}
    assert range_of(row, "bookings") == ("8\u202f363 bookings (7\u202f624 to 11\u202f618)")
    assert range_of({"bookings": 1.0}, "bookings") == "1 booking"


def test_a_total_counts_what_was_seen_of_a_portal_that_is_refused_by_itself() -> None:
    """Of bonn 75 minutes of 180 are covered, under half of them; with kielsw beside it more than half."""
    steady = TinyPortal("kielsw", every("2026-01-26 05:00", 12))
    reader = TinyReader(morning_portal(), steady)
    watched = watch_by_spans(reader, Selection(until_at=utc("2026-01-26 08:00")))
    answer = take_measure(MEASURES["activity"], watched, By.PORTAL)
    assert [row["bookings"] for row in answer.rows] == [None, 0]
    assert answer.rows[0]["refused"] == "covered 42 %, under 50 %: no figure"
    assert (answer.total["bookings"], answer.total["refused"]) == (2, "")


def test_activity_by_calendar_names_it_and_by_hour_has_all_hours() -> None:
    row = ask(morning(), "activity", "calendar").rows[0]
    assert figures(row, "calendar", "calendar_name") == ["197", "Führerscheinwesen"]
    rows = ask(morning(), "activity", "hour").rows
    assert [row["hour"] for row in rows] == list(range(24))
    assert figures(rows[6], "bookings", "cancellations", "openings", "coverage") == [2, 1, 1, 1.0]
    assert figures(rows[7], "bookings", "cancellations", "openings", "coverage") == [0, 0, 0, 1.0]
    assert figures(rows[8], "bookings", "coverage", "bookings_per_hour") == [None] * 3


def test_weeks_are_local_iso_weeks_also_where_years_and_clocks_change() -> None:
    for first, minutes, weeks in [
        ("2026-12-31 12:00", 24 * 60, ["2026-53", "2027-01"]),
        ("2026-03-29 21:45", 15, ["2026-13", "2026-14"]),
        ("2026-10-25 22:45", 15, ["2026-43", "2026-44"]),
    ]:
        count = 5 if minutes > 15 else 2
        reader = TinyReader(TinyPortal("bonn", every(first, count, minutes=minutes)))
        rows = ask(reader, "wait", "week").rows
        assert [row["week"] for row in rows] == weeks
        assert sum(row["snapshots"] for row in rows) == count
    (row,) = ask(morning(), "activity", "week").rows
    assert figures(row, "week", "bookings", "cancellations") == ["2026-05", 2, 1]


def test_rates_leave_out_what_was_found_across_a_gap() -> None:
    row = ask(with_gap(), "activity").rows[0]
    assert figures(row, "bookings", "bookings_per_hour", "coverage") == [2, 2.0, 0.5]


def test_lead_time_describes_days_from_booking_to_slot() -> None:
    row = ask(morning(), "lead-time").rows[0]
    short, long = 25.5 / HOURS_PER_DAY, 99 / HOURS_PER_DAY
    assert row["mean_days"] == pytest.approx((short + long) / 2)
    assert figures(row, "bookings", "p10_days", "median_days", "p90_days") == [
        2,
        short,
        short,
        long,
    ]


def test_wanted_times_are_shares_of_what_was_offered() -> None:
    rows = ask(morning(), "wanted-times").rows
    columns = ("offered", "booked", "booked_share", "share_of_offered", "share_of_booked")
    assert figures(rows[8], *columns) == [1, 1, 1.0, 0.25, 0.5]
    assert figures(rows[9], *columns) == [1, 0, 0.0, 0.25, 0.0]
    assert figures(rows[3], *columns) == [0, 0, None, 0.0, 0.0]
    assert rows[3]["coverage"] == 1.0
    weekdays = ask(morning(), "wanted-times", "weekday").rows
    assert [row["offered"] for row in weekdays] == [1, 1, 1, 0, 1, 0, 0]
    assert [row["booked"] for row in weekdays] == [0, 1, 0, 0, 1, 0, 0]
    assert [row["weekday"] for row in weekdays][:2] == ["Monday", "Tuesday"]


def test_a_slot_booked_twice_is_wanted_once() -> None:
    at = [utc(f"2026-01-26 05:{minute}") for minute in ("00", "15", "30", "45")]
    wanted = slot("2026-01-27 08:00")
    spans = [TinySpan(1, wanted, at[0], at[1]), TinySpan(1, wanted, at[2], at[3])]
    reader = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 4), spans))
    total = ask(reader, "wanted-times").total
    assert figures(total, "offered", "booked", "booked_share") == [1, 1, 1.0]
    assert ask(reader, "activity").total["bookings"] == 2


def test_booking_times_are_local_hours_per_covered_hour() -> None:
    """The hour is that of the middle between two snapshots; a share that of rates, not of bookings."""
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 06:00")),
        TinySpan(1, slot("2026-01-27 09:00"), utc("2026-01-26 05:00"), utc("2026-01-26 06:15")),
    ]
    reader = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 6), spans))
    rows = ask(reader, "booking-times").rows
    columns = ("bookings", "share", "covered_hours", "bookings_per_hour", "untimed")
    assert figures(rows[6], *columns) == [1, 0.2, 1.0, 1.0, 0]
    assert figures(rows[7], *columns) == [1, 0.8, 0.25, 4.0, 0]
    assert figures(rows[5], *columns) == [None, None, 0.0, None, None]


def test_what_was_seen_first_in_the_range_stays_in_it() -> None:
    """The booking seen at midnight may have been made the day before, of which nothing is asked."""
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-25 22:30"), utc("2026-01-25 23:00"))
    ]
    reader = TinyReader(TinyPortal("bonn", every("2026-01-25 22:30", 8), spans))
    since = Selection(from_at=utc("2026-01-25 23:00"))
    for name in ("activity", "booking-times", "lead-time"):
        (row,) = ask(reader, name, "day", since).rows
        assert figures(row, "day", "bookings") == ["2026-01-26", 1]
    (whole, _) = ask(reader, "activity", "day").rows
    assert figures(whole, "day", "bookings") == ["2026-01-25", 1]


def test_what_an_office_opens_on_the_hour_stays_in_it() -> None:
    spans = [TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-25 23:00"))]
    reader = TinyReader(TinyPortal("bonn", every("2026-01-25 22:30", 8), spans))
    before, after = ask(reader, "activity", "day").rows
    assert [before["openings"], after["openings"]] == [0, 1]


def test_booking_times_set_aside_what_was_found_across_a_gap() -> None:
    rows = ask(with_gap(), "booking-times").rows
    assert figures(rows[7], "bookings", "share", "covered_hours", "untimed") == [1, 1.0, 0.25, 1]


def rate_of(one: Watched, by: By = By.ALL) -> Answer:
    return take_measure(MEASURES["cancellation-rate"], [one], by)


def test_cancellation_rate_is_cancellations_over_bookings_between_its_bounds() -> None:
    (one,) = watch_by_spans(morning())
    answer = rate_of(busier(one, 50), By.PORTAL)
    assert figures(answer.rows[0], "bookings", "cancellations", "rate") == [100, 50, 0.5]
    booked, cancelled = bounds_of(100), bounds_of(50)
    assert answer.total["rate_low"] == cancelled.low / booked.high
    assert answer.total["rate_high"] == cancelled.high / booked.low
    assert answer.total["refused"] == ""
    assert "50 cancellations for 100 bookings (38 to 66; 50 canc" in answer.sentence


def test_cancellation_rate_is_refused_where_little_was_seen() -> None:
    quiet = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 4)))
    answer = ask(quiet, "cancellation-rate")
    assert figures(answer.rows[0], "bookings", "cancellations", "rate") == [0, 0, None]
    assert "no booking was seen" in answer.sentence
    (one,) = watch_by_spans(morning())
    few = rate_of(busier(one, (LEAST_BOOKINGS - 1) / 2))
    assert figures(few.total, "bookings", "rate", "rate_low", "rate_high") == [19, None, None, None]
    assert few.sentence.startswith("fewer than 20 bookings, so there is no rate")
    assert rate_of(busier(one, LEAST_BOOKINGS / 2)).total["rate"] == 0.5
    long = Selection(until_at=utc("2026-01-26 08:00"))
    (one,) = watch_by_spans(morning(), long)
    rare = rate_of(busier(one, 50))
    assert figures(rare.total, "bookings", "rate", "refused") == [
        None,
        None,
        "covered 42 %, under 50 %: no figure",
    ]
    assert rare.sentence == "covered 42 %, under 50 %: no figure"


def test_wait_keeps_moments_without_a_slot_as_longer_than_the_horizon() -> None:
    row = ask(morning(), "wait").rows[0]
    names = ("p10_first_days", "median_first_days", "p90_first_days")
    expected = [0.25 / HOURS_PER_DAY, 25 / HOURS_PER_DAY, 50.5 / HOURS_PER_DAY]
    assert figures(row, *names) == pytest.approx(expected)
    assert row["p10_third_days"] == pytest.approx(50.75 / HOURS_PER_DAY)
    assert figures(row, "median_third_days", "p90_third_days") == ["> 9", "> 9"]
    assert figures(row, "none_share", "unknown_share") == [0.0, 0.0]


def test_wait_counts_moments_with_nothing_free() -> None:
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 05:30"))
    ]
    reader = TinyReader(
        TinyPortal(
            "bonn", every("2026-01-26 05:00", 8), spans, covered=days("2026-01-26", "2026-02-01")
        )
    )
    answer = ask(reader, "wait")
    assert figures(answer.total, "none_share", "median_first_days") == [0.75, "> 6"]
    assert "median wait > 6 days" in answer.sentence
    assert "no free slot in 75 % of it" in answer.sentence


def test_wait_weighs_moments_by_the_time_they_stand_for() -> None:
    snapshots = [
        TinySnapshot(utc("2026-01-26 05:00"), period_s=3600),
        TinySnapshot(utc("2026-01-26 06:00"), period_s=900),
    ]
    spans = [TinySpan(1, slot("2026-01-27 06:00"), utc("2026-01-26 06:00"))]
    row = ask(TinyReader(TinyPortal("bonn", snapshots, spans)), "wait").total
    assert row["none_share"] == 0.8
    assert row["p10_first_days"] == 23 / HOURS_PER_DAY


def test_wait_of_a_partial_view_is_known_as_far_as_its_days_are_covered() -> None:
    part = TinyView(1, "partial", days("2026-01-26", "2026-01-27"))
    spans = [
        TinySpan(1, slot("2026-01-27 06:00"), utc("2026-01-26 05:00")),
        TinySpan(1, slot("2026-01-28 06:00"), utc("2026-01-26 05:00")),
        TinySpan(1, slot("2026-01-28 07:00"), utc("2026-01-26 05:00")),
    ]
    reader = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 2, views=(part,)), spans))
    row = ask(reader, "wait").total
    assert row["median_first_days"] == pytest.approx(23.75 / HOURS_PER_DAY)
    assert figures(row, "median_third_days", "unknown_share") == [None, 0.0]
    late = replace(part, covered=days("2026-01-28", "2026-01-29"))
    reader = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 2, views=(late,)), spans))
    answer = ask(reader, "wait")
    assert figures(answer.total, "median_first_days", "unknown_share") == [None, 1.0]
    assert "the wait is unknown" in answer.sentence


def two_portals() -> TinyReader:
    kiel = TinyPortal(
        "kielsw",
        every("2026-01-26 05:00", 4, views=(TinyView(1), TinyView(2))),
        [TinySpan(2, slot("2026-01-27 10:00"), utc("2026-01-26 05:00"), utc("2026-01-26 05:15"))],
        calendars={1: Calendar("a", "Amt A"), 2: Calendar("b", "Amt B")},
        system="netappoint",
    )
    bonn = TinyPortal(
        "bonn",
        every("2026-01-26 05:00", 4),
        [TinySpan(1, slot("2026-01-27 10:00"), utc("2026-01-26 05:00"), utc("2026-01-26 05:15"))],
    )
    return TinyReader(kiel, bonn)


def test_portals_come_by_id_and_total_takes_them_together() -> None:
    answer = ask(two_portals(), "activity")
    assert [row["portal"] for row in answer.rows] == ["bonn", "kielsw"]
    assert [row["bookings_per_hour"] for row in answer.rows] == [1 / 0.75] * 2
    assert figures(answer.total, "bookings", "bookings_per_hour", "snapshots") == [2, 2 / 1.5, 8]
    calendars = ask(two_portals(), "activity", "calendar").rows
    assert [(row["portal"], row["calendar"]) for row in calendars] == [
        ("bonn", "197"),
        ("kielsw", "a"),
        ("kielsw", "b"),
    ]
    assert [row["bookings"] for row in calendars] == [1, 0, 1]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(include=("b*",)), ["bonn"]),
        (Selection(exclude=("bonn",)), ["kielsw"]),
        (Selection(systems=("netappoint",)), ["kielsw"]),
        (Selection(), ["bonn", "kielsw"]),
    ],
)
def test_filters_select_portals(selection: Selection, expected: list[str]) -> None:
    answer = measure_archive(two_portals(), "activity", selection)
    assert [row["portal"] for row in answer.rows] == expected


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(include=("bon",)), "nearest: bonn"),
        (Selection(include=("zzz",)), "the archive holds: bonn, kielsw"),
        (Selection(systems=("tempus",)), "has the system tempus; there are: netappoint, tevis"),
    ],
)
def test_nothing_selected_is_an_error_that_helps(selection: Selection, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        measure_archive(two_portals(), "activity", selection)


def test_empty_archive_and_empty_range_are_errors_that_help() -> None:
    with pytest.raises(ArchiveError, match="holds no snapshot yet"):
        ask(TinyReader(), "activity")
    later = Selection(from_at=utc("2027-01-01 00:00"), until_at=utc("2027-01-02 00:00"))
    with pytest.raises(ArchiveError, match="from 2026-01-26 06:00 to 2026-01-26 06:45"):
        measure_archive(two_portals(), "activity", later)
    with pytest.raises(ConfigError, match="exchange the two"):
        Selection(from_at=utc("2027-01-01 00:00"), until_at=utc("2026-01-02 00:00"))


def test_unknown_names_and_groupings_are_errors_that_name_the_possible() -> None:
    with pytest.raises(ConfigError, match="did you mean activity"):
        require_measure("activty")
    with pytest.raises(ConfigError, match="there are: activity, lead-time"):
        require_measure("xyzzy")
    with pytest.raises(ConfigError, match="it can by: hour, weekday, all"):
        require_by(MEASURES["wanted-times"], "portal")
    assert require_by(MEASURES["wait"], None) is By.PORTAL


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_answers_by_everything_it_declares(name: str) -> None:
    watched = load_watched(two_portals(), Selection())
    measure = MEASURES[name]
    for by in measure.by:
        answer = take_measure(measure, watched, by)
        keys = [column.key for column in answer.columns]
        assert answer.rows
        for row in answer.rows:
            assert set(row) == set(keys)
            assert all(isinstance(v, str | int | float | bool | None) for v in row.values())
            assert not any(isinstance(v, np.generic) for v in row.values())
        assert len(set(keys)) == len(keys)
        assert ("(provisional)" in answer.sentence) == answer.total["provisional"]


@settings(max_examples=effort(8), deadline=None)
@given(portals("bonn"), portals("kielsw"))
def test_shares_sum_to_one_and_nothing_is_negative(one: TinyPortal, other: TinyPortal) -> None:
    watched = load_watched(TinyReader(one, other), Selection())
    answers = {
        (name, by): take_measure(measure, watched, by)
        for name, measure in MEASURES.items()
        for by in measure.by
    }
    for answer in answers.values():
        for row in answer.rows:
            values = [v for v in row.values() if isinstance(v, int | float)]
            assert all(value >= 0 and math.isfinite(value) for value in values)
    total = answers["activity", By.ALL].total
    for by in MEASURES["activity"].by:
        rows = answers["activity", by].rows
        assert sum(row["openings"] or 0 for row in rows) == pytest.approx(total["openings"] or 0)
        if total["refused"]:
            continue
        whole = not any(row["refused"] and row["coverage"] for row in rows)
        for key in ("bookings", "cancellations"):
            sum_of_rows = sum(row[key] or 0 for row in rows)
            assert sum_of_rows == pytest.approx(total[key]) or (
                not whole and sum_of_rows <= total[key]
            )
    for name, key in [
        ("booking-times", "share"),
        ("wanted-times", "share_of_booked"),
        ("wanted-times", "share_of_offered"),
    ]:
        for by in (By.HOUR, By.WEEKDAY):
            shares = [row[key] for row in answers[name, by].rows if row[key] is not None]
            assert not shares or sum(shares) == pytest.approx(1)
    for row in answers["wanted-times", By.HOUR].rows:
        assert row["booked"] is None or row["booked"] <= row["offered"]


@settings(max_examples=effort(6), deadline=None)
@given(portals())
def test_numbers_of_calendars_do_not_matter(portal: TinyPortal) -> None:
    swap = {1: 2, 2: 1}
    swapped = replace(
        portal,
        snapshots=[
            replace(s, views=tuple(replace(v, calendar=swap[v.calendar]) for v in s.views))
            for s in portal.snapshots
        ],
        spans=[replace(span, calendar=swap[span.calendar]) for span in portal.spans],
        calendars={swap[n]: calendar for n, calendar in portal.calendars.items()},
    )
    first, second = (load_watched(TinyReader(one), Selection()) for one in (portal, swapped))
    for measure in MEASURES.values():
        for by in measure.by:
            before = take_measure(measure, first, by)
            after = take_measure(measure, second, by)
            assert [_rounded(row) for row in after.rows] == [_rounded(row) for row in before.rows]


def _rounded(row: Any) -> dict[str, Any]:
    return {k: round(v, 9) if isinstance(v, float) else v for k, v in row.items()}


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), min_size=1, max_size=12),
    st.sampled_from([0.1, 0.5, 0.9]),
)
def test_weighted_quantile_is_that_of_the_repeated_values(
    pairs: list[tuple[int, int]], share: float
) -> None:
    repeated = sorted(value for value, weight in pairs for _ in range(weight))
    values = np.array([value for value, _ in pairs], float)
    got = weighted_quantile(values, np.array([weight for _, weight in pairs], float), share)
    if not repeated:
        assert got is None
        return
    place = next(i for i in range(len(repeated)) if i + 1 >= share * len(repeated) - 1e-9)
    assert got == repeated[place]


def test_numbers_for_people() -> None:
    assert per_cent(None) == "an unknown share"
    assert [per_cent(share) for share in (0, 0.001, 0.5, 0.999, 1)] == [
        "0 %",
        "under 1 %",
        "50 %",
        "over 99 %",
        "100 %",
    ]
    assert [count_of(1, "booking"), count_of(12_345, "booking")] == [
        "1 booking",
        "12\u202f345 bookings",
    ]


def test_times_for_people_are_never_nothing() -> None:
    days = [days_text(value) for value in (None, 0.02, 0.05, 2.25, "> 42.1")]
    assert days == ["unknown", "under 0.1", "0.1", "2.2", "> 42.1"]
    hours = [after_text(value) for value in (0.0, 1 / 60, 0.4, 1.0, "> 0", "> 1", "> 4")]
    assert hours == [
        "after under a minute",
        "after 1 minute",
        "after 24 minutes",
        "after 1.0 hours",
        "after more than was watched (under an hour)",
        "after more than 1 hour",
        "after more than 4 hours",
    ]


def test_a_short_wait_and_a_page_that_shows_nothing_are_said_readably() -> None:
    row = dict(ask(morning(), "wait").total)
    short = MEASURES["wait"].say({**row, "median_first_days": 0.01})
    assert short.startswith("median wait under 0.1 days (third free slot > 9; looked ")
    never = MEASURES["wait"].say({**row, "median_first_days": "> 0", "horizon_days": 0.5})
    assert never.startswith("median wait longer than the page showed (looked 0.5 days ahead), ")
    row = dict(ask(morning(), "lead-time").total)
    assert "were made under 0.1 days before" in MEASURES["lead-time"].say({**row, "median_days": 0})


ESTIMATED = {"bookings", "cancellations", "openings", "untimed", "refilled", "lapsed"}
ESTIMATED |= {
    "rate",
    "rate_low",
    "rate_high",
    "bookings_per_hour",
    "bookings_per_week",
    "per_1000_week",
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_sentences_round_what_is_estimated(measure: Measure) -> None:
    """Weights are not whole; nobody reads 133.79331204265247 bookings."""
    total = ask(morning(), measure.name).total
    keys = ESTIMATED & {column.key for column in measure.columns}
    said = measure.say({**total, **dict.fromkeys(keys, 133.79331204265247)})
    assert not re.search(r"\d\.\d{2}", said), said


def test_a_slot_booked_at_the_first_moment_of_the_range_was_offered_in_it() -> None:
    since = Selection(from_at=utc("2026-01-26 05:30"))
    total = ask(morning(), "wanted-times", "all", since).total
    assert figures(total, "offered", "booked") == [3, 2]


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_every_number_has_a_unit(measure: Measure) -> None:
    watched = load_watched(two_portals(), Selection())
    units = {column.key: column.unit for column in measure.columns}
    for by in measure.by:
        for row in take_measure(measure, watched, by).rows:
            for key in units.keys() - {"usual_hour"}:
                number = isinstance(row[key], int | float)
                assert not number or units[key] is not Unit.NONE, key
