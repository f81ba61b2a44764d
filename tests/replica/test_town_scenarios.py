"""Scenarios: what they show is what desks can do, and the truth log tells all of it."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amtspuls.errors import ConfigError
from amtspuls.model import Slot, local_from_slot, utc_from_slot
from amtspuls.replica.town import SCENARIOS, Town, Truth, TruthKind, make_scenario
from amtspuls.replica.town.desks import Desks, day_number
from amtspuls.replica.town.floor import Floor
from amtspuls.replica.town.holidays import easter, is_national_holiday
from amtspuls.replica.town.model import TOWN_ZONE, DeskGroup, TownPortal
from amtspuls.replica.town.scenarios import require_scenario
from amtspuls.replica.town.timeline import Timeline
from support.command import run_command

pytestmark = pytest.mark.slow

START = date(2026, 3, 23)
"""The week in which the clocks go forward, a week before Easter."""

NAMES = list(SCENARIOS)
LIGHT = ["quiet-village", "batch-releaser", "flapper", "slow-updater", "short-notice"]
SEED = 2


@cache
def town_of(name: str, seed: int = SEED, days: int = 6) -> Town:
    return make_scenario(name, seed, start=START, days=days)


def shown_sets(town: Town, at: datetime) -> dict[str, set[Slot]]:
    (portal_id,) = town.portals
    return {key: set(slots) for key, slots in town.offer(portal_id, at).items() if slots}


def test_there_are_the_scenarios_that_were_promised() -> None:
    assert NAMES == [
        "quiet-village",
        "busy-city",
        "batch-releaser",
        "flapper",
        "slow-updater",
        "long-services",
        "shared-desks",
        "short-notice",
        "vaccination",
        "absent-when-sold-out",
        "narrow-view",
        "floating-grid",
    ]
    assert all(SCENARIOS[name].name == name and SCENARIOS[name].about for name in NAMES)
    assert SCENARIOS["vaccination"].step_s == 60


def test_unknown_scenarios_are_refused_with_a_hint() -> None:
    with pytest.raises(ConfigError, match="did you mean flapper"):
        require_scenario("flaper")
    with pytest.raises(ConfigError, match="at least one day"):
        make_scenario("flapper", 1, start=START, days=0)


def test_a_scenario_is_one_portal_and_no_recording() -> None:
    refused = run_command("replica", "--scenario", "flapper", "--portal", "flapper")
    unknown = run_command("replica", "--scenario", "flaper")

    assert refused.code == unknown.code == 2
    assert "one portal" in refused.err
    assert "did you mean flapper" in unknown.err


@pytest.mark.parametrize("name", LIGHT)
def test_equal_seeds_give_equal_scenarios(name: str) -> None:
    first, again = town_of(name), make_scenario(name, SEED, start=START, days=6)

    assert first.truth == again.truth
    assert first.offices == again.offices


@pytest.mark.parametrize("name", NAMES)
def test_other_seeds_draw_other_offices(name: str) -> None:
    assert require_scenario(name).draw(1) != require_scenario(name).draw(2)
    assert require_scenario(name).draw(1) == require_scenario(name).draw(1)


def test_every_kind_of_truth_happens_in_some_scenario() -> None:
    shown = (town_of("flapper"), town_of("vaccination"))
    named = (town_of(name, 1, 21) for name in ("short-notice", "batch-releaser"))
    kinds = {line.kind for town in (*shown, *named) for line in town.truth}

    assert kinds == set(TruthKind)


@pytest.mark.parametrize("name", [*LIGHT, "long-services", "shared-desks", "vaccination"])
def test_the_truth_log_replayed_is_what_is_shown(name: str) -> None:
    town = town_of(name)
    (portal_id,) = town.portals
    lines = sorted((one for one in town.truth if one.kind.effect), key=lambda one: one.page_at)
    span_s = int((town.last_at - town.first_at).total_seconds())
    random = Random(name)
    moments = sorted(town.first_at + timedelta(seconds=random.randrange(span_s)) for _ in range(60))
    state = defaultdict(set, shown_sets(town, town.first_at))
    done = bisect_right([line.page_at for line in lines], town.first_at)
    for moment in [*moments, town.last_at + timedelta(days=60)]:
        while done < len(lines) and lines[done].page_at <= moment:
            _apply(state[lines[done].calendar_key], lines[done])
            done += 1
        assert {key: slots for key, slots in state.items() if slots} == shown_sets(town, moment)
    assert done == len(lines)
    assert not any(town.offer(portal_id, town.last_at + timedelta(days=60)).values())


def _apply(shown: set[Slot], line: Truth) -> None:
    """Apply one line, and insist that it really changes something."""
    if line.kind.effect > 0:
        assert not shown & set(line.slots)
        shown |= set(line.slots)
    else:
        assert shown >= set(line.slots)
        shown -= set(line.slots)


class Ledger:
    """Appointments and closed days of one group, written down beside its masks."""

    def __init__(self, desks: Desks, group: DeskGroup, patch: pytest.MonkeyPatch) -> None:
        self.group = group
        self.taken: Counter[tuple[int, int, int]] = Counter()
        self.closed: set[tuple[int, int]] = set()
        take, give_back, withdraw, reopen = (
            desks.take,
            desks.give_back,
            desks.withdraw,
            desks.reopen,
        )

        def taking(day: int, step: int, steps: int) -> int:
            desk = take(day, step, steps)
            self.taken.update((desk, day, place) for place in range(step, step + steps))
            assert max(self.taken.values()) == 1, "a desk serves one citizen at a time"
            return desk

        def giving_back(desk: int, day: int, step: int, steps: int) -> None:
            give_back(desk, day, step, steps)
            self.taken.subtract((desk, day, place) for place in range(step, step + steps))

        def withdrawing(desk: int, day: int) -> bool:
            self.closed.add((desk, day))
            return withdraw(desk, day)

        def reopening(desk: int, day: int) -> None:
            self.closed.discard((desk, day))
            reopen(desk, day)

        patch.setattr(desks, "take", taking)
        patch.setattr(desks, "give_back", giving_back)
        patch.setattr(desks, "withdraw", withdrawing)
        patch.setattr(desks, "reopen", reopening)

    def starts(self, day: date, steps: int) -> Iterator[int]:
        """Minutes of the day at which some desk has nobody for so long, found by trying."""
        number, grid = day_number(day), self.group.grid_min
        for step in range(24 * 60 // grid):
            minutes = range(step * grid, (step + steps) * grid, grid)
            if all(self._is_open(day, minute) for minute in minutes) and any(
                (desk, number) not in self.closed
                and not any(self.taken[desk, number, minute // grid] for minute in minutes)
                for desk in range(self.group.desks)
            ):
                yield step * grid

    def floating_starts(self, day: date, steps: int, within: set[int]) -> Iterator[int]:
        """Minutes at which appointments follow one another in what is free, walked through."""
        number, grid = day_number(day), self.group.grid_min
        for desk in range(self.group.desks):
            stretch: list[int] = []
            for step in range(24 * 60 // grid + 1):
                minute = step * grid
                if (
                    minute in within
                    and (desk, number) not in self.closed
                    and not self.taken[desk, number, step]
                ):
                    stretch.append(minute)
                    continue
                yield from (stretch[place] for place in range(0, len(stretch) - steps + 1, steps))
                stretch = []

    def _is_open(self, day: date, minute: int) -> bool:
        if is_national_holiday(day):
            return False
        return any(
            _minute(first) <= minute and minute + self.group.grid_min <= _minute(last)
            for first, last in _joined(self.group.opening.get(day.weekday(), ()))
        )


def _joined(blocks: tuple[tuple[time, time], ...]) -> list[tuple[time, time]]:
    joined: list[tuple[time, time]] = []
    for first, last in blocks:
        if joined and joined[-1][1] == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


@given(name=st.sampled_from(NAMES), seed=st.integers(0, 10_000), data=st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_shown_is_what_the_desks_can_do(name: str, seed: int, data: st.DataObject) -> None:
    """Conservation: no slot is shown without a desk for it, and none is kept back."""
    office = require_scenario(name).draw(seed)
    timeline = Timeline(office, seed, START, START + timedelta(days=6))
    with pytest.MonkeyPatch.context() as patch:
        ledgers = [Ledger(floor.desks, floor.group, patch) for floor in timeline.floors]
        at = datetime(2026, 3, 23, 6, tzinfo=UTC)
        for _ in range(3):
            at += timedelta(minutes=data.draw(st.integers(1, 3000)))
            timeline.run_until(at)
            for floor, ledger in zip(timeline.floors, ledgers, strict=True):
                _compare(floor, ledger, at)


def _compare(floor: Floor, ledger: Ledger, at: datetime) -> None:
    local = at.astimezone(TOWN_ZONE)
    for place, counter in enumerate(floor.group.counters):
        for ahead in range(8):
            day = local.date() + timedelta(days=ahead)
            number = day_number(day)
            bookable = {
                minute
                for minute in ledger.starts(day, 1)
                if number <= floor.released_until
                and number < floor.hidden_from.get(place, number + 1)
                and utc_from_slot(Slot(number * 1440 + minute), TOWN_ZONE) - at
                > timedelta(minutes=counter.notice_min)
            }
            if floor.group.starts == "floating":
                expected = set(ledger.floating_starts(day, counter.steps, bookable))
            else:
                expected = bookable & set(ledger.starts(day, counter.steps))
            if counter.first_of_day and expected:
                expected = {min(expected)}
            mask = floor.shown[place].get(number, 0)
            grid = floor.group.grid_min
            shown = {step * grid for step in range(mask.bit_length()) if mask >> step & 1}
            assert shown == expected, (counter.calendar.key, day)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_shown_that_has_begun_and_nothing_inside_the_notice(name: str) -> None:
    town = town_of(name)
    (office,) = town.offices
    notice = {one.calendar.key: timedelta(minutes=one.notice_min) for one in office.counters}
    lag = timedelta(minutes=office.habits.refresh_min)
    shown = 0
    for quarter in range(0, 96 * 6, 17):
        at = town.first_at + timedelta(minutes=15 * quarter)
        for key, slots in town.offer(office.id, at).items():
            shown += len(slots)
            begins_at = utc_from_slot(slots[0], TOWN_ZONE)
            assert begins_at > at
            assert begins_at - notice[key] > at - lag
    assert shown


def test_a_copy_changes_only_when_it_is_renewed() -> None:
    town = town_of("slow-updater")
    (office,) = town.offices
    period = timedelta(minutes=office.habits.refresh_min)
    changes = [line for line in town.truth if line.kind.effect]

    assert period >= timedelta(hours=2)
    for line in changes:
        begins = [utc_from_slot(slot, TOWN_ZONE) for slot in line.slots]
        renewed = line.page_at.timestamp() % period.total_seconds() == 0
        assert renewed or begins == [line.page_at] * len(begins)
        assert line.at <= line.page_at < line.at + period


def test_the_vaccination_page_shows_one_time_a_day_and_later_ones_after_bookings() -> None:
    town = town_of("vaccination")
    (portal_id,) = town.portals
    revealed = {
        (line.at, line.calendar_key): line for line in town.truth if line.kind is TruthKind.REVEALED
    }
    later = 0
    for line in town.truth:
        following = revealed.get((line.at, line.calendar_key))
        if line.kind is TruthKind.HELD and following is not None:
            assert len(line.slots) == len(following.slots) == 1
            assert line.slots[0] < following.slots[0]
            later += 1
    assert later > 100
    for hour in range(140):
        offer = town.offer(portal_id, town.first_at + timedelta(hours=hour))
        for slots in offer.values():
            days = Counter(local_from_slot(slot).date() for slot in slots)
            assert set(days.values()) == {1}


def test_batches_come_by_hand_in_office_hours_and_bring_many_slots() -> None:
    town = make_scenario("batch-releaser", 1, start=START, days=28)
    batches: dict[datetime, int] = defaultdict(int)
    for line in town.truth:
        if line.kind is TruthKind.BATCH:
            batches[line.at] += len(line.slots)

    assert len(batches) >= 4
    assert not any(line.kind is TruthKind.RELEASED for line in town.truth)
    for at, slots in batches.items():
        local = at.astimezone(TOWN_ZONE)
        assert local.weekday() < 5
        assert 7 <= local.hour <= 14
        assert slots >= 20


def test_weekly_horizons_move_before_mondays_only() -> None:
    office = next(
        drawn
        for drawn in (require_scenario("short-notice").draw(seed) for seed in range(50))
        if all(group.roll == "weekly" for group in drawn.groups)
    )
    lines = Timeline(office, 1, START, START + timedelta(days=21)).run()
    first_at = min(line.at for line in lines)
    released = [one for one in lines if one.kind is TruthKind.RELEASED and one.at > first_at]

    assert {line.at.astimezone(TOWN_ZONE).weekday() for line in released} == {0}


def test_flaps_take_slots_away_and_bring_them_back() -> None:
    town = town_of("flapper")
    lines = [line for line in town.truth if line.kind in FLAPS]
    vanished = {(line.calendar_key, line.at) for line in lines if line.kind is TruthKind.VANISHED}
    most = timedelta(minutes=SCENARIOS["flapper"].flap_min[1])

    assert len(vanished) > 5
    for line in lines:
        if line.kind is TruthKind.REAPPEARED and line.at > town.first_at + most:
            assert any(
                key == line.calendar_key and timedelta(0) < line.at - at <= most
                for key, at in vanished
            )


FLAPS = {TruthKind.VANISHED, TruthKind.REAPPEARED}


def _many(name: str, seeds: int) -> Iterator[tuple[TownPortal, list[Truth]]]:
    for seed in range(seeds):
        office = require_scenario(name).draw(seed)
        yield office, Timeline(office, seed, START, START + timedelta(days=21)).run()


def test_shares_are_near_their_parameters() -> None:
    """Holds that become bookings, bookings that are cancelled, appointments that nobody comes to.

    In a village with one desk every hold shows, so that all of them are logged.
    """
    expected: dict[str, float] = defaultdict(float)
    kinds: Counter[TruthKind] = Counter()
    for office, lines in _many("quiet-village", 30):
        booked = sum(line.kind is TruthKind.BOOKED for line in lines)
        ended = booked + len(
            {line.citizen for line in lines if line.kind is TruthKind.HOLD_EXPIRED}
        )
        expected["booked"] += ended * office.habits.completes
        expected["cancelled"] += booked * office.habits.cancels
        expected["no_show"] += booked * (1 - office.habits.cancels) * office.habits.no_shows
        kinds.update(line.kind for line in lines)

    assert kinds[TruthKind.BOOKED] > 400
    assert kinds[TruthKind.BOOKED] == pytest.approx(expected["booked"], rel=0.06)
    assert kinds[TruthKind.CANCELLED] == pytest.approx(expected["cancelled"], rel=0.5)
    assert kinds[TruthKind.NO_SHOW] == pytest.approx(expected["no_show"], rel=0.5)


def test_delays_of_holds_and_returns_keep_their_bounds() -> None:
    for name in ("short-notice", "long-services"):
        for office, lines in _many(name, 2):
            habits = office.habits
            held: dict[int, datetime] = {}
            cancelled: dict[int, datetime] = {}
            for line in lines:
                if line.kind is TruthKind.HELD:
                    held.setdefault(line.citizen, line.at)
                elif line.kind is TruthKind.CANCELLED:
                    cancelled[line.citizen] = line.at
                elif line.kind is TruthKind.LAPSED and line.citizen in held:
                    least = timedelta(minutes=habits.activation_min + 1)
                    assert least <= line.at - held[line.citizen]
                elif line.kind is TruthKind.GIVEN_BACK and line.citizen in cancelled:
                    delay = line.at - cancelled[line.citizen]
                    assert delay >= timedelta(minutes=habits.given_back_min_min)
                    assert delay <= timedelta(minutes=habits.given_back_max_min)
                if line.kind in {TruthKind.LAPSED, TruthKind.BOOKED} and line.citizen in held:
                    most = timedelta(minutes=habits.longest_hold_min)
                    assert line.at - held[line.citizen] <= most


def test_people_come_by_day_and_on_weekdays() -> None:
    hours: Counter[int] = Counter()
    weekdays: Counter[int] = Counter()
    for _, lines in _many("long-services", 3):
        for citizen in {
            line.citizen: line for line in lines if line.kind is TruthKind.HELD
        }.values():
            local = citizen.at.astimezone(TOWN_ZONE)
            hours[local.hour] += 1
            weekdays[local.weekday()] += 1

    assert sum(hours[hour] for hour in range(8, 20)) > 10 * sum(hours[hour] for hour in range(6))
    assert weekdays[0] > 1.5 * weekdays[6]


def test_a_booking_of_several_steps_closes_several_starts() -> None:
    town = town_of("long-services")
    closed: Counter[int] = Counter()
    for line in town.truth:
        if line.kind is TruthKind.HELD:
            closed[len(line.slots)] += 1

    assert max(closed) >= 4
    assert len(closed) >= 3


@pytest.mark.parametrize(
    ("first", "missing"),
    [(date(2026, 3, 27), "2026-03-29 02"), (date(2026, 10, 23), None)],
    ids=["spring", "autumn"],
)
def test_clock_changes_are_ordinary_days(first: date, missing: str | None) -> None:
    town = make_scenario("vaccination", 2, start=first, days=4)
    days = (town.last_at - town.first_at).total_seconds() / 86_400
    assert days == pytest.approx(4 - 1 / 24 if missing else 4 + 1 / 24)
    slots = {slot for line in town.truth for slot in line.slots}
    assert any(local_from_slot(slot).date().weekday() == 6 for slot in slots)
    for line in town.truth:
        for slot in line.slots if line.kind.effect else ():
            assert line.at <= utc_from_slot(slot, TOWN_ZONE)
            assert 8 <= local_from_slot(slot).hour < 18


def test_holidays_are_those_of_all_states() -> None:
    known = {2024: date(2024, 3, 31), 2025: date(2025, 4, 20), 2026: date(2026, 4, 5)}
    found: Mapping[int, date] = {year: easter(year) for year in known}

    assert found == known
    holidays = [
        day
        for day in (date(2026, 1, 1) + timedelta(days=number) for number in range(365))
        if is_national_holiday(day)
    ]
    assert [f"{day:%m-%d}" for day in holidays] == [
        "01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26",
    ]  # fmt: skip
    assert easter(2021) == date(2021, 4, 4)
    assert easter(2038) == date(2038, 4, 25)


def test_nobody_is_offered_easter_monday() -> None:
    town = town_of("shared-desks")
    days = {local_from_slot(slot).date() for line in town.truth for slot in line.slots}

    assert date(2026, 4, 7) in days
    assert not days & {date(2026, 4, 3), date(2026, 4, 6)}
