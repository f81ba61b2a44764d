from __future__ import annotations

import statistics
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.cancellation_rate import LEAST_BOOKINGS
from amtspuls.analysis.compare import COLUMNS, Comparison, columns_for, compare_cities
from amtspuls.analysis.estimate import LEAST_COVERAGE, bounds_of
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.measures import load_watched, measure_archive
from amtspuls.analysis.offices import Office, Told, Wish, offices_by_city
from amtspuls.analysis.selection import Selection
from amtspuls.archive.asked import Shown
from amtspuls.archive.live import open_reader
from amtspuls.catalogue.cities import City
from amtspuls.catalogue.load import load_catalogue
from amtspuls.errors import ConfigError
from support.city_archive import make_cities, packaged
from support.relabelled import busier, relabelled
from support.tiny_archive import (
    TinyPortal,
    TinyReader,
    TinySpan,
    TinyView,
    days,
    every,
    slot,
    utc,
)

BIELEFELD = City("Bielefeld", "Nordrhein-Westfalen")
BONN = City("Bonn", "Nordrhein-Westfalen")
CARD = Wish(None, "id_card")


def compare(
    *tiny: TinyPortal, wish: Wish = CARD, least: float = 1.0, asked: Selection | None = None
) -> Comparison:
    """Compare tiny portals; the first is Bielefeld's, the others are Bonn's."""
    watched = load_watched(TinyReader(*tiny), asked or Selection())
    offices: Mapping[City, list[Office]] = {BIELEFELD: [], BONN: []}
    for one in watched:
        first = one.evidence.record.portal_id == tiny[0].portal_id
        portal = packaged("bielefeldbb" if first else "bonn")
        offices[BIELEFELD if first else BONN].extend(
            Office(one, number, portal, Shown(), Told.LISTED) for number in one.calendars
        )
    return compare_cities(offices, watched, wish, least)


def tiny(portal_id: str, *free: str, first: str = "2026-01-26 05:00", **rest: Any) -> TinyPortal:
    spans = [TinySpan(1, slot(text), utc(first)) for text in free]
    return TinyPortal(portal_id, every(first, 4), spans, **rest)


def test_a_city_waits_as_long_as_its_quickest_office_and_shows_the_spread(tmp_path: Path) -> None:
    with closing(open_reader(make_cities(tmp_path / "archive"))) as reader:
        watched = load_watched(reader, Selection())
        portals = load_catalogue().portals
        offices = offices_by_city(reader, watched, portals, (BIELEFELD, BONN), CARD)
        found = compare_cities(offices, watched, CARD)
    bielefeld, bonn = found.rows
    assert set(bielefeld) == {column.key for column in COLUMNS}
    quarters = [k / 96 for k in range(4)]
    assert bielefeld["median_first_days"] == pytest.approx(1 - statistics.median_high(quarters))
    # 6 h in Senne and both in Mitte: the start that both have counts once.
    assert bielefeld["median_third_days"] == pytest.approx(3 + 1 / 24 - quarters[2])
    assert [bielefeld["offices"], bielefeld["portals"]] == [2, "bielefeldbb"]
    spread = [bielefeld[f"{name}_office_days"] for name in ("least", "middle", "most")]
    assert spread == pytest.approx([1 - quarters[2], 1 - quarters[2], 3 - quarters[2]])
    assert [bonn["zero_share"], bonn["within_14_share"]] == [0.25, 0.75]
    assert bonn["median_first_days"] == pytest.approx(2 - quarters[1])
    assert bonn["median_third_days"] == "> 64"
    assert [bonn["coverage"], bonn["moments"], bonn["unknown_share"]] == [1.0, 4, 0.0]
    assert bonn["from"] == "2026-01-26 06:00:00+01:00"
    assert "Different booking systems" in bonn["warnings"]
    assert "Which service was asked is not known of Bielefeld." in found.warnings


def test_one_office_waits_as_the_measure_wait_says() -> None:
    portal = tiny("bonn", "2026-01-27 06:00", "2026-01-28 06:00", "2026-02-03 06:00")
    (_, bonn) = compare(tiny("bielefeldbb"), portal).rows
    row = measure_archive(TinyReader(portal), "wait", Selection()).total
    for name in ("median_first_days", "median_third_days"):
        assert bonn[name] == row[name]
    assert bonn["horizon_days"] == pytest.approx(8 - 1.5 / 96)


def test_a_moment_counts_only_if_enough_offices_were_covered() -> None:
    late = tiny("bonn", "2026-01-27 06:00", first="2026-01-26 05:30")
    other = tiny("bonnbau", "2026-01-29 06:00")
    strict = compare(tiny("bielefeldbb"), late, other, least=1.0).rows[1]
    assert [strict["moments"], strict["coverage"]] == [2, pytest.approx(2 / 6)]
    loose = compare(tiny("bielefeldbb"), late, other, least=0.5).rows[1]
    assert [loose["moments"], loose["coverage"]] == [6, 1.0]
    with pytest.raises(ConfigError, match="above 0 and at most 1"):
        compare(late, least=0)
    with pytest.raises(ConfigError, match=r"80 % is 0.8\), not 80"):
        compare(late, least=80)


def test_nothing_known_is_never_nought() -> None:
    refused = TinyPortal("bonn", every("2026-01-26 05:00", 4, views=(TinyView(1, "refused"),)))
    found = compare(tiny("bielefeldbb", "2026-01-27 06:00"), refused)
    bonn = found.rows[1]
    figures = ("median_first_days", "within_14_share", "zero_share", "most_office_days")
    assert [bonn[name] for name in figures] == [None] * 4
    assert [bonn["coverage"], bonn["moments"], bonn["offices"]] == [0.0, 0, 0]
    assert "Bonn: no page answered in this time, so nothing is known." in found.warnings
    alone = compare(tiny("bielefeldbb", "2026-01-27 06:00"))
    assert "Bonn: no calendar offers this, as far as its page tells." in alone.warnings
    anything = compare(tiny("bielefeldbb", "2026-01-27 06:00"), wish=Wish("citizen_office"))
    assert "Bonn: no calendar is of this kind." in anything.warnings


def test_a_range_without_a_quarter_of_an_hour_has_no_coverage() -> None:
    asked = Selection(from_at=utc("2026-01-26 05:01"), until_at=utc("2026-01-26 05:14"))
    portal = TinyPortal("bielefeldbb", every("2026-01-26 05:00", 20, minutes=1, period_s=60))
    row = compare(portal, asked=asked).rows[0]
    assert [row["coverage"], row["moments"], row["median_first_days"]] == [None, 0, None]


def test_unread_days_are_said_as_unclear() -> None:
    part = TinyView(1, "partial", days("2026-01-26", "2026-02-15"))
    portal = TinyPortal("bonn", every("2026-01-26 05:00", 4, views=(part,)))
    row = compare(tiny("bielefeldbb"), portal).rows[1]
    assert [row["median_first_days"], row["unknown_share"], row["zero_share"]] == [None, 1.0, None]
    # Three weeks were read without a slot: that it was no nearer than 14 days is known.
    assert [row["within_14_share"], row["least_office_days"]] == [0.0, None]


def said(found: Comparison, words: str) -> bool:
    return any(words in warning for warning in found.warnings)


def test_what_makes_cities_hard_to_compare_is_said() -> None:
    near = tiny("bonn", "2026-01-27 06:00")
    far = tiny("bielefeldbb", "2026-03-27 06:00")
    found = compare(far, near)
    assert said(found, "Bonn shows slots 1 day ahead, Bielefeld 60 days: a short horizon")
    assert not said(found, "Different booking systems")
    assert not said(found, "different times")
    assert said(compare(replace(far, system="tempus"), near), "(tempus, tevis)")
    assert said(compare(far, near, wish=Wish("citizen_office")), "All services together")
    later = tiny("bonn", "2026-02-27 06:00", first="2026-02-01 05:00")
    apart = compare(far, later)
    assert said(apart, "watched at different times: give --from and --until")
    assert said(apart, "Bonn: known for 1 % of the time only.")


def test_offices_that_never_answered_are_named_as_left_out() -> None:
    refused = TinyPortal("bonnbau", every("2026-01-26 05:00", 4, views=(TinyView(1, "refused"),)))
    found = compare(tiny("bielefeldbb"), tiny("bonn", "2026-01-27 06:00"), refused)
    assert said(found, "Bonn: 1 of 2 offices never answered and are left out")
    assert found.rows[1]["offices"] == 1
    anything = compare(tiny("bielefeldbb"), tiny("bonn"), refused, wish=Wish("citizen_office"))
    assert said(anything, "Bonn: 1 of 2 calendars never answered")


def test_systems_differ_only_between_cities_that_can_be_compared() -> None:
    wish = Wish("citizen_office")
    mixed = (tiny("bielefeldbb"), replace(tiny("bonn"), system="tempus"))
    watched = load_watched(TinyReader(*mixed), Selection())
    both = [Office(one, 1, packaged("bonn"), Shown(), Told.LISTED) for one in watched]
    alone = compare_cities({BIELEFELD: both, BONN: []}, watched, wish)
    assert said(alone, "Bonn: no calendar is of this kind.")
    assert (said(alone, "Different booking systems"), alone.systems) == (False, ())
    apart = compare_cities({BIELEFELD: both[:1], BONN: both[1:]}, watched, wish)
    assert (said(apart, "Different booking systems"), apart.systems) == (True, ("tempus", "tevis"))


@pytest.mark.parametrize(("wish", "unit"), [(CARD, "office"), (Wish("citizen_office"), "calendar")])
def test_what_is_counted_heads_the_columns(wish: Wish, unit: str) -> None:
    titles = {column.key: column.title for column in columns_for(wish)}
    assert list(titles) == [column.key for column in COLUMNS]
    assert titles["offices"] == f"{unit}s"
    assert titles["least_office_days"] == f"quickest {unit}, median days"


def with_shown(told: Told, **shown: Shown) -> Comparison:
    portals = [tiny(name, "2026-01-27 06:00") for name in ("bielefeldbb", "bonn")]
    watched = load_watched(TinyReader(*portals), Selection())
    offices = {
        City(name, "NRW"): [Office(one, 1, packaged("bonn"), shown[name], told)]
        for one, name in zip(watched, ("bielefeld", "bonn"), strict=True)
    }
    wish = CARD if told is Told.PRESUMED else Wish("citizen_office")
    return compare_cities(offices, watched, wish)


def test_services_and_lengths_that_differ_are_said() -> None:
    card, pass_ = frozenset({"Personalausweis"}), frozenset({"Reisepass"})
    found = with_shown(
        Told.ASKED, bielefeld=Shown(card, frozenset({10})), bonn=Shown(pass_, frozenset({15, 30}))
    )
    assert said(found, "Different services were asked (bielefeld: id_card; bonn: passport).")
    assert said(found, "lengths were asked (bielefeld: 10 minutes; bonn: 15, 30 minutes)")
    same = with_shown(Told.ASKED, bielefeld=Shown(card), bonn=Shown(card))
    assert not said(same, "services were asked")
    guessed = with_shown(Told.PRESUMED, bielefeld=Shown(), bonn=Shown())
    assert said(
        guessed, "bonn: of 1 of 1 offices nobody wrote down what they offer; Personalausweis"
    )


@settings(max_examples=20, deadline=None)
@given(relabelled("bonn"), relabelled("bonnbau"), st.sampled_from([1, 30]))
def test_the_share_of_cancellations_has_the_bounds_of_both(
    one: Watched, other: Watched, times: int
) -> None:
    one, other = (busier(each, times) for each in (one, other))
    offices = [
        Office(watched, number, packaged("bonn"), Shown(), Told.LISTED)
        for watched, number in ((one, 1), (other, 1), (other, 2))
        if number in watched.calendars
    ]
    (row,) = compare_cities({BONN: offices}, [one, other], CARD, 0.1).rows
    covered, asked, booked, cancelled = 0, 0, 0.0, 0.0
    for office in offices:
        time = office.one.covered
        asked += office.one.evidence.asked.seconds
        covered += int(time.seconds[time.calendar == office.number].sum())
        found = office.one.transitions
        booked += float(
            found.bookings_by_calendar.weight[
                found.bookings_by_calendar.calendar == office.number
            ].sum()
        )
        again = found.cancellations_by_calendar
        cancelled += float(again.weight[again.calendar == office.number].sum())
    known = row["moments"] > 0 and covered >= LEAST_COVERAGE * asked and booked >= LEAST_BOOKINGS
    assert (row["cancellation_share"] is not None) == known
    if known:
        assert row["cancellation_share"] == pytest.approx(cancelled / booked)
        below, above = bounds_of(booked), bounds_of(cancelled)
        assert row["cancellation_low"] == pytest.approx(above.low / below.high)
        high = above.high / below.low if below.low else None
        assert row["cancellation_high"] == (None if high is None else pytest.approx(high))
        assert row["cancellation_low"] <= row["cancellation_share"]
