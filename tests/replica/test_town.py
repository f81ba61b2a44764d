from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.errors import ConfigError
from amtspuls.model import Slot, day_of_slot, local_from_slot, utc_from_slot
from amtspuls.replica.availability import Availability, ReplicaCalendar
from amtspuls.replica.portals import make_pages
from amtspuls.replica.town import Town, Truth, TruthKind, make_town
from amtspuls.replica.town.citizens import choose_start, interest, wished_days_ahead
from amtspuls.replica.town.desks import Desks, day_number, day_of_number
from amtspuls.replica.town.floor import Floor
from amtspuls.replica.town.model import TOWN_ZONE, DeskGroup
from amtspuls.replica.town.model import Counter as TownCounter
from amtspuls.replica.wire import Asked

pytestmark = pytest.mark.slow

START = date(2026, 3, 23)
"""The week in which the clocks go forward."""


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(7, start=START, days=9)


def instants(town: Town, count: int, seed: int = 0) -> list[datetime]:
    span_s = int((town.last_at - town.first_at).total_seconds())
    random = Random(seed)
    return [town.first_at + timedelta(seconds=random.randrange(span_s)) for _ in range(count)]


def test_systems_and_their_variants_are_there(town: Town) -> None:
    availability: Availability = town
    by_system = Counter(portal.system for portal in availability.portals.values())
    layouts = {portal.variant.get("layout") for portal in town.portals.values()}
    controls = {portal.variant.get("controls") for portal in town.portals.values()}

    assert (by_system["netappoint"], by_system["tempus"]) == (3, 3)
    assert (by_system["etermin"], by_system["ekol"]) == (1, 1)
    assert (by_system["tevis"], by_system["impfthueringen"]) == (1, 1)
    assert layouts >= {"A", "B", "C", None}
    assert controls >= {"select", "checkbox", "mixed", None}
    assert len({urlsplit(portal.url).hostname for portal in town.portals.values()}) >= 6


def test_portals_would_pass_as_catalogue_entries(town: Town) -> None:
    for portal in town.portals.values():
        Portal(
            id=portal.id, name=portal.name, system=portal.system, url=portal.url, zone=portal.zone
        )
        keys = [calendar.key for calendar in portal.calendars]
        assert 1 <= len(keys) <= 6
        assert len(set(keys)) == len(keys)
        assert all(calendar.name and calendar.services for calendar in portal.calendars)


def test_equal_seeds_give_equal_towns_and_others_do_not() -> None:
    first, again, other = (make_town(seed, start=START, days=2) for seed in (3, 3, 4))

    assert first.truth == again.truth
    assert first.truth != other.truth
    assert first.offices == again.offices


def test_a_portal_does_not_depend_on_the_others(town: Town) -> None:
    alone = make_town(7, start=START, days=9, portal_ids=["birkenfurt"])

    assert list(alone.portals) == ["birkenfurt"]
    assert alone.truth == tuple(line for line in town.truth if line.portal_id == "birkenfurt")


def test_the_order_of_questions_does_not_matter(town: Town) -> None:
    asked = instants(town, 40)
    expected = {at: town.offer("musterstadt", at) for at in sorted(asked)}

    assert {at: town.offer("musterstadt", at) for at in asked} == expected


def test_no_slot_is_offered_inside_the_notice_or_in_the_past(town: Town) -> None:
    for office in town.offices:
        notice_min = {c.calendar.key: c.notice_min for c in office.counters}
        for at in instants(town, 60):
            for key, slots in town.offer(office.id, at).items():
                assert slots
                first_at = utc_from_slot(slots[0], TOWN_ZONE)
                assert first_at - timedelta(minutes=notice_min[key]) > at


def test_slots_lie_in_the_opening_hours_within_the_horizon(town: Town) -> None:
    for office in town.offices:
        for group in office.groups:
            for counter in group.counters:
                for at in instants(town, 15):
                    today = at.astimezone(TOWN_ZONE).date()
                    for slot in town.offer(office.id, at).get(counter.calendar.key, ()):
                        local = local_from_slot(slot)
                        ends = (local + timedelta(minutes=counter.steps * group.grid_min)).time()
                        assert any(
                            begin <= local.time() and ends <= end
                            for begin, end in group.opening[local.weekday()]
                        )
                        assert slot % group.grid_min == 0
                        assert (local.date() - today).days <= group.horizon_days + 6


def test_the_horizon_can_be_cut() -> None:
    town = make_town(7, start=START, days=2, horizon_days=5, portal_ids=["musterstadt"])
    at = town.first_at + timedelta(hours=30)
    days = {day_of_slot(slot) for slots in town.offer("musterstadt", at).values() for slot in slots}

    assert max(days) == date(2026, 3, 27)


def free_sets(offer: Mapping[str, tuple[int, ...]]) -> dict[str, set[int]]:
    return {key: set(slots) for key, slots in offer.items()}


def step(state: dict[str, set[int]], line: Truth) -> None:
    """Apply one line of truth, and insist that it really changes something."""
    shown = state.setdefault(line.calendar_key, set())
    if line.kind.effect > 0:
        assert not shown & set(line.slots)
        shown |= set(line.slots)
    elif line.kind.effect < 0:
        assert shown >= set(line.slots)
        shown -= set(line.slots)


def test_truth_explains_every_change(town: Town) -> None:
    for portal_id in town.portals:
        lines = [line for line in town.truth if line.portal_id == portal_id]
        moments = [town.first_at, *sorted(instants(town, 30)), town.last_at + timedelta(days=20)]
        state = free_sets(town.offer(portal_id, town.first_at))
        for before, after in pairwise(moments):
            for line in lines:
                if before < line.at <= after:
                    step(state, line)
            shown = free_sets(town.offer(portal_id, after))
            assert {k: v for k, v in state.items() if v} == {k: v for k, v in shown.items() if v}


def test_every_kind_of_the_towns_truth_happens() -> None:
    kinds = {line.kind for seed in (1, 2) for line in make_town(seed, start=START).truth}

    assert kinds == {
        TruthKind.RELEASED,
        TruthKind.RETURNED,
        TruthKind.HOLD_EXPIRED,
        TruthKind.GIVEN_BACK,
        TruthKind.HELD,
        TruthKind.WITHDRAWN,
        TruthKind.NOTICE,
        TruthKind.BOOKED,
        TruthKind.CANCELLED,
    }


def test_the_town_of_a_seed_stays_what_it_is(town: Town) -> None:
    """Recorded before the scenarios came; demos and other tests rest on it."""
    lines = [
        (line.kind, line.at, line.portal_id, line.calendar_key, line.slots, line.citizen)
        for line in town.truth
    ]

    digest = sha256(repr(lines).encode()).hexdigest()
    assert digest == "9190dc993c32b4fb809e1aeca3b9831ca5e6c044d914c69726524e394c014ec2"
    assert all(line.shown_at is None for line in town.truth)


def test_a_hold_ends_in_a_booking_or_expires_in_time(town: Town) -> None:
    for office in town.offices:
        held: dict[int, datetime] = {}
        for line in town.truth:
            if line.portal_id != office.id:
                continue
            if line.kind is TruthKind.HELD:
                held.setdefault(line.citizen, line.at)
            hold = timedelta(minutes=office.habits.hold_min)
            if line.kind is TruthKind.BOOKED and line.citizen in held:
                assert timedelta(minutes=1) <= line.at - held[line.citizen] <= hold
            if line.kind is TruthKind.HOLD_EXPIRED and line.citizen in held:
                assert line.at - held[line.citizen] == hold


def test_a_cancelled_slot_comes_back_after_a_while_or_not_at_all(town: Town) -> None:
    delays = []
    for office in town.offices:
        cancelled = {
            line.citizen: line.at
            for line in town.truth
            if line.portal_id == office.id and line.kind is TruthKind.CANCELLED
        }
        for line in town.truth:
            if line.portal_id == office.id and line.kind is TruthKind.GIVEN_BACK:
                if line.citizen not in cancelled:
                    continue
                delay = line.at - cancelled[line.citizen]
                limit = timedelta(minutes=office.habits.given_back_max_min)
                assert timedelta(0) <= delay <= limit
                delays.append(delay)
    assert max(delays) > timedelta(0)


def test_calendars_of_shared_desks_agree(town: Town) -> None:
    """One free desk for an appointment is free for a shorter one; equal ones show equal times."""
    for at in instants(town, 40):
        offer = town.offer("auwinkel", at)
        assert offer.get("611/3101", ()) == offer.get("611/3115", ())
        assert set(offer.get("611/3107", ())) <= set(offer.get("611/3101", ()))
        for slot in offer.get("611/3107", ()):
            assert slot + 10 in offer["611/3101"]


def test_one_booking_takes_the_times_that_overlap_it_from_every_calendar(town: Town) -> None:
    held = [
        line
        for line in town.truth
        if line.kind is TruthKind.HELD and line.portal_id == "hohenau-aus"
    ]
    by_citizen = Counter(line.citizen for line in held)

    assert max(by_citizen.values()) == 2
    assert max(len(line.slots) for line in held) > 1


def test_days_are_released_at_local_midnight(town: Town) -> None:
    released = [line for line in town.truth if line.kind is TruthKind.RELEASED]

    assert {line.at.astimezone(TOWN_ZONE).time() for line in released} == {time(0)}
    weekly = {line.at.astimezone(TOWN_ZONE).weekday() for line in released if is_weekly(line)}
    assert weekly == {0}


def is_weekly(line: Truth) -> bool:
    return line.portal_id == "lindenau"


def test_the_span_is_that_of_local_days(town: Town) -> None:
    assert town.first_at == datetime(2026, 3, 22, 23, tzinfo=UTC)
    assert town.last_at == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert all(line.at >= town.first_at for line in town.truth)
    assert town.offer("musterstadt", town.first_at - timedelta(seconds=1)) == {}
    after = town.offer("musterstadt", town.last_at + timedelta(days=60))
    assert set(after) == {one.key for one in town.portals["musterstadt"].calendars}
    assert not any(after.values()), "netappoint shows a calendar without a day to choose"
    assert town.offer("auwinkel", town.last_at + timedelta(days=60)) == {}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"portal_ids": ["muster"]}, "there are: musterstadt"),
        ({"portal_ids": ["xyz"]}, "birkenfurt"),
        ({"days": 0}, "at least one day"),
    ],
)
def test_a_town_that_cannot_be_is_a_config_error(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make_town(1, start=START, **arguments)


OFFICE = DeskGroup(
    counters=(TownCounter(ReplicaCalendar("a", "A"), 2, 0, 0.5, 5.0),),
    desks=2,
    grid_min=20,
    opening={0: ((time(8), time(9)), (time(13, 10), time(14, 10)))},
    horizon_days=7,
)
MONDAY = day_number(date(2026, 3, 23))


def clock_times(desks: Desks, mask: int) -> list[str]:
    return [local_from_slot(slot).strftime("%H:%M") for slot in desks.slots(MONDAY, mask)]


def test_only_whole_steps_of_the_opening_hours_count() -> None:
    desks = Desks(OFFICE)

    assert clock_times(desks, desks.starts(MONDAY, 1)) == [
        "08:00",
        "08:20",
        "08:40",
        "13:20",
        "13:40",
    ]
    assert clock_times(desks, desks.starts(MONDAY, 2)) == ["08:00", "08:20", "13:20"]
    assert desks.starts(MONDAY + 1, 1) == 0


def test_nobody_works_on_a_holiday() -> None:
    christmas = date(2028, 12, 25)

    assert christmas.weekday() == 0
    assert Desks(OFFICE).open_steps(day_number(christmas)) == 0


@given(data=st.data())
@settings(max_examples=60)
def test_what_is_taken_and_given_back_leaves_no_trace(data: st.DataObject) -> None:
    desks = Desks(OFFICE)
    before = desks.starts(MONDAY, 1)
    taken = []
    for _ in range(data.draw(st.integers(0, 6))):
        steps = data.draw(st.integers(1, 3))
        offered = desks.starts(MONDAY, steps)
        choices = [place for place in range(offered.bit_length()) if offered >> place & 1]
        if not choices:
            break
        place = data.draw(st.sampled_from(choices))
        taken.append((desks.take(MONDAY, place, steps), MONDAY, place, steps))
    for booking in data.draw(st.permutations(taken)):
        desks.give_back(*booking)

    assert desks.starts(MONDAY, 1) == before


def test_a_desk_is_never_taken_twice() -> None:
    desks = Desks(OFFICE)
    assert [desks.take(MONDAY, 24, 2) for _ in range(2)] == [0, 1]

    with pytest.raises(ValueError, match="no desk is free"):
        desks.take(MONDAY, 25, 1)


def test_a_withdrawn_desk_comes_back_as_it_was() -> None:
    desks = Desks(OFFICE)
    desks.take(MONDAY, 24, 1)
    before = desks.starts(MONDAY, 2)

    assert desks.withdraw(1, MONDAY)
    assert not desks.withdraw(1, MONDAY)
    assert desks.starts(MONDAY, 2) != before
    desks.reopen(1, MONDAY)
    assert desks.starts(MONDAY, 2) == before


def test_a_day_that_has_begun_shows_only_what_can_still_be_booked() -> None:
    lines: list[tuple[TruthKind, int, tuple[int, ...]]] = []
    floor = Floor(
        OFFICE, lambda kind, at_s, _counter, slots, _citizen: lines.append((kind, at_s, slots))
    )
    noon_s = int(datetime(2026, 3, 23, 12, tzinfo=TOWN_ZONE).timestamp())

    ends = floor.release(MONDAY, noon_s)

    assert [(kind, at_s) for kind, at_s, _ in lines] == [(TruthKind.RELEASED, noon_s)]
    assert [local_from_slot(Slot(slot)).hour for slot in lines[0][2]] == [13]
    assert all(ends_s > noon_s for ends_s, _, _ in ends)


def test_day_numbers_are_those_of_slots() -> None:
    desks = Desks(OFFICE)
    slot = desks.slots(MONDAY, 1 << 24)[0]

    assert day_of_slot(slot) == day_of_number(MONDAY) == date(2026, 3, 23)


def test_citizens_take_the_day_nearest_to_their_wish() -> None:
    random = Random(1)

    assert choose_start(random, {}, 5) is None
    assert choose_start(random, {3: 0b100, 9: 0b10}, 5) == (3, 2)
    assert choose_start(random, {3: 0b100, 7: 0b10}, 5) == (3, 2)
    assert choose_start(random, {3: 0b100, 7: 0b10}, 6) == (7, 1)


def test_people_plan_ahead_and_look_by_day() -> None:
    random = Random(1)
    wished = [wished_days_ahead(random, OFFICE.counters[0]) for _ in range(2000)]

    assert min(wished) == 0
    assert 3.0 < sum(wished) / len(wished) < 4.2
    assert interest(datetime(2026, 3, 23, 9)) > interest(datetime(2026, 3, 22, 9))
    assert interest(datetime(2026, 3, 23, 9)) > 10 * interest(datetime(2026, 3, 23, 3))


def test_replica_pages_take_the_portals_as_they_are(town: Town) -> None:
    for portal in town.portals.values():
        pages = make_pages(portal, town, SimulatedClock(town.first_at + timedelta(hours=30)))
        url = urlsplit(portal.url)
        answer = pages.answer(Asked("GET", url.path, url.query))
        assert answer.status == 200
        for calendar in portal.calendars if portal.system in {"netappoint", "tempus"} else ():
            assert calendar.services[0].encode() in answer.body
