"""Whatever the availability offers, exactly that stands on the tevis pages, in every variant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.model import Slot, slot_from_local
from support.practice import Offer, visit
from support.practice_tevis import read_lists, read_weeks, tevis

_INSTANTS = st.datetimes(
    datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)
)  # clock changes and turns of the year included
_NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1
)


@st.composite
def slots_after(draw: st.DrawFn, today: datetime) -> tuple[Slot, ...]:
    """Free times on some days from one day on."""
    days = draw(st.lists(st.integers(0, 60), max_size=4, unique=True))
    minutes = st.lists(st.integers(0, 1439), min_size=1, max_size=4, unique=True)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    found = {
        slot_from_local(midnight + timedelta(days=day, minutes=minute))
        for day in days
        for minute in draw(minutes)
    }
    return tuple(sorted(found))


@st.composite
def offers(draw: st.DrawFn, keys: tuple[str, ...]) -> tuple[datetime, Offer]:
    """An instant, and what some calendars offer then."""
    now = draw(_INSTANTS)
    shown = draw(st.sets(st.sampled_from(keys)))
    today = now + timedelta(hours=2)  # never before the day in Berlin
    return now, {key: draw(slots_after(today)) for key in keys if key in shown}


CALENDARS = (
    ("197", "Bürgerbüro / Rathaus", ("Anmeldung", "Ausweis & Paß")),
    ("198", "Bürgerbüro / Ortsamt, Nord", ("Anmeldung",)),
    ("199", "Bürgerbüro / Rathaus", ("Beglaubigung", "Anmeldung")),
    ("77", "Kfz-Zulassung", ()),
)


@settings(max_examples=30, deadline=None)
@given(
    offers(tuple(key for key, _, _ in CALENDARS)),
    st.fixed_dictionaries(
        {
            "release": st.sampled_from(["2026", "2025"]),
            "concerns": st.sampled_from(["number", "checkbox", "hidden"]),
            "groups": st.sampled_from(["named", "single"]),
            "next_date": st.booleans(),
            "empty_text": st.sampled_from(["kein-freier", "ausgebucht", "leider"]),
            "skip_location": st.booleans(),
            "page_slots": st.sampled_from([None, 16, 50]),
            "page_days": st.sampled_from([None, 2, 5]),
            "span_days": st.sampled_from([None, 90]),
            "grid_min": st.sampled_from([None, 5, 15, 60]),
        }
    ),
)
@pytest.mark.parametrize("generation", ["v3", "v2", "v2b"])
def test_lists(generation: str, case: tuple[datetime, Offer], variant: dict[str, object]) -> None:
    now, offer = case
    given_ = {name: value for name, value in variant.items() if value is not None}
    portal = tevis(*CALENDARS, variant={"generation": generation, **given_})
    read = read_lists(visit(portal, offer, now=now))
    assert read == {key: found for key, found in offer.items() if found}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(_NAMES, _NAMES, _NAMES), min_size=1, max_size=3))
def test_lists_whatever_the_names(names: list[tuple[str, str, str]]) -> None:
    calendars = [
        (str(number), f"{unit} / {location}", (service,))
        for number, (unit, location, service) in enumerate(names, start=1)
    ]
    offer = {
        key: (slot_from_local(datetime(2026, 1, 27, 8) + timedelta(minutes=5 * int(key))),)
        for key, _, _ in calendars
    }
    assert read_lists(visit(tevis(*calendars), offer)) == offer


ONE_EACH = (
    ("12", "Meldeamt", ("Anmeldung", "Abmeldung")),
    ("13", "Passamt", ()),
    ("14", "Standesamt & Co", ("Eheschließung",)),
)
SHARED = (
    ("12", "Bürgeramt", ("Anmeldung", "Abmeldung")),
    ("13", "Bürgeramt", ("Abmeldung", "Ausweis")),
    ("14", "Kfz / Zulassung", ()),
)


@settings(max_examples=30, deadline=None)
@given(
    st.data(),
    st.fixed_dictionaries(
        {
            "forms": st.sampled_from(["one", "several"]),
            "titles": st.sampled_from(["attribute", "link"]),
            "calendar_attribute": st.sampled_from(["plural", "singular", "hidden"]),
            "valid": st.sampled_from(["numbers", "strings"]),
        }
    ),
)
def test_weeks(data: st.DataObject, variant: dict[str, str]) -> None:
    hidden = variant["calendar_attribute"] == "hidden"
    calendars = ONE_EACH if hidden else data.draw(st.sampled_from([ONE_EACH, SHARED]))
    now, offer = data.draw(offers(tuple(key for key, _, _ in calendars)))
    portal = tevis(*calendars, variant={"generation": "v1", **variant})
    read = read_weeks(visit(portal, offer, now=now), now.date())
    assert read == offer
