from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.portal import HostRule, Portal
from amtspuls.collect.cost import host_costs
from amtspuls.collect.plan import (
    PeriodWish,
    is_due,
    plan_schedule,
    planned_periods,
    require_bearable,
    stretched_hosts,
)
from amtspuls.errors import ConfigError
from amtspuls.model import HostState, Outcome, Snapshot
from amtspuls.systems.cost import estimate_requests
from support.memory_archive import MemoryArchive

PERIOD_S = 900
USUAL = PeriodWish(PERIOD_S)
NOW = datetime(2026, 1, 26, 6, tzinfo=UTC)
VENDOR = HostRule(
    host="vendor.example",
    concurrency=3,
    pause_s=0.2,
    requests_per_day=200_000,
    reason="shared by many",
)
RULES = {"vendor.example": VENDOR}


def portal(number: int, host: str = "vendor.example") -> Portal:
    return Portal(
        id=f"amt-{number}",
        name=f"Amt {number}",
        system="tempus",
        url=f"https://{host}/?anlagennr={number}",
    )


def portals_of(counts: Sequence[int]) -> tuple[list[Portal], dict[str, int]]:
    portals = [portal(number) for number in range(len(counts))]
    return portals, {one.id: count for one, count in zip(portals, counts, strict=True)}


def test_a_host_with_little_to_do_keeps_its_period() -> None:
    portals = [portal(number, f"amt-{number}.example") for number in range(50)]
    assert set(planned_periods(portals, {}, {}, USUAL).values()) == {PERIOD_S}


def test_a_host_that_cannot_finish_has_all_its_periods_stretched_evenly() -> None:
    portals, requests = portals_of([100] * 70)
    # 7,000 requests at 0.2 s are 1,400 s: two periods of 900 s. By its budget: 672,000 a day of 200,000: four.
    assert set(planned_periods(portals, requests, RULES, USUAL).values()) == {4 * PERIOD_S}


def test_unknown_portals_are_estimated() -> None:
    # One portal alone: 0.5 s x its requests fit, and so does the day.
    assert planned_periods([portal(1)], {}, {}, USUAL) == {"amt-1": PERIOD_S}
    many = [portal(number) for number in range(20)]
    by_budget = estimate_requests(portal(1)) * 20 * 96 / 50_000  # 1.5 days' budgets a day
    assert 1 < by_budget < 2
    assert set(planned_periods(many, {}, {}, USUAL).values()) == {2 * PERIOD_S}


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=40), st.integers(60, 86_400))
def test_with_the_planned_period_gate_and_budget_suffice(counts: list[int], period_s: int) -> None:
    portals, requests = portals_of(counts)
    periods = planned_periods(portals, requests, RULES, PeriodWish(period_s))
    (planned,) = set(periods.values())
    assert planned % period_s == 0
    assert sum(counts) * VENDOR.pause_s <= planned * 1.000_001
    assert sum(counts) * 86_400 / planned <= VENDOR.requests_per_day * 1.000_001


@given(
    st.lists(st.integers(1, 800), min_size=1, max_size=12),
    st.dictionaries(st.integers(0, 11), st.integers(1, 1_440), max_size=4),
)
def test_whatever_is_set_for_single_portals_the_host_is_not_asked_more_than_it_bears(
    counts: list[int], minutes: Mapping[int, int]
) -> None:
    portals, requests = portals_of(counts)
    wish = PeriodWish(PERIOD_S, of_portal={f"amt-{n}": 60 * many for n, many in minutes.items()})
    try:
        require_bearable(host_costs(portals, requests, RULES), wish)
    except ConfigError:
        return
    periods = planned_periods(portals, requests, RULES, wish)
    assert periods.keys() == requests.keys()
    a_day = sum(requests[key] * 86_400 / period for key, period in periods.items())
    assert a_day <= VENDOR.requests_per_day * 1.000_001
    assert a_day * VENDOR.pause_s <= 86_400
    assert all(periods[key] == set_s for key, set_s in wish.of_portal.items() if key in requests)


def test_a_pause_that_robots_txt_wants_stretches_the_period() -> None:
    slow = portal(1, "slow.example")
    state = HostState("https://slow.example:443", 200, "User-agent: *\nCrawl-delay: 20\n", NOW)
    states = {state.origin: state}
    assert planned_periods([slow], {slow.id: 100}, {}, USUAL, states) == {slow.id: 3 * PERIOD_S}
    gone = HostState(state.origin, 404, "", NOW)
    assert planned_periods([slow], {slow.id: 100}, {}, USUAL, {gone.origin: gone}) == {
        slow.id: PERIOD_S
    }


# --- What is refused ----------------------------------------------------------------------------

ALONE = portal(1, "alone.example")
"""At the usual gate a request takes 1.728 s of the day's budget: 100 requests 172.8 s, three minutes."""


def refusal(
    portals: Sequence[Portal], requests: Mapping[str, int], wish: PeriodWish, **rules: HostRule
) -> str:
    with pytest.raises(ConfigError) as found:
        require_bearable(host_costs(portals, requests, rules), wish)
    return str(found.value)


def test_a_set_period_that_a_portal_alone_cannot_keep_is_refused_with_the_shortest() -> None:
    for wish in (PeriodWish(120, is_set=True), PeriodWish(PERIOD_S, of_portal={"amt-1": 120})):
        text = refusal([ALONE], {"amt-1": 100}, wish)
        assert text.startswith("portal 'amt-1': a snapshot every 2 min is more than alone.example")
        assert "the shortest period is 3 min (100 requests a snapshot, its newest snapshot" in text
        assert "1 at a time, 0.5 s apart, 50,000 requests a day" in text
        assert "Write amt-1 = 3 (or more) under [schedule.portals] in amtspuls.toml" in text
    assert "estimated" in refusal([ALONE], {}, PeriodWish(60, is_set=True))


def test_what_the_message_proposes_is_accepted() -> None:
    wish = PeriodWish(120, is_set=True, of_portal={"amt-1": 180})
    require_bearable(host_costs([ALONE], {"amt-1": 100}, {}), wish)
    assert planned_periods([ALONE], {"amt-1": 100}, {}, wish) == {"amt-1": 180}


def test_the_default_period_is_stretched_and_never_refused() -> None:
    require_bearable(host_costs([ALONE], {"amt-1": 2_000}, {}), USUAL)
    assert planned_periods([ALONE], {"amt-1": 2_000}, {}, USUAL) == {"amt-1": 4 * PERIOD_S}


def test_a_set_period_is_stretched_for_the_crowd_on_a_host_that_each_alone_could_keep() -> None:
    portals, requests = portals_of([100] * 70)
    wish = PeriodWish(PERIOD_S, is_set=True)
    require_bearable(host_costs(portals, requests, RULES), wish)
    periods = planned_periods(portals, requests, RULES, wish)
    assert set(periods.values()) == {4 * PERIOD_S}
    # Whoever set it is told; nobody is told of the default.
    assert stretched_hosts(portals, periods, wish) == {"vendor.example": 4 * PERIOD_S}
    assert stretched_hosts(portals, periods, USUAL) == {}


def test_periods_of_single_portals_must_fit_their_host_together() -> None:
    # At this gate a request takes 0.432 s of the day's budget: 100 requests 43.2 s of a minute.
    portals, requests = portals_of([100, 100, 100])
    two = PeriodWish(PERIOD_S, of_portal={"amt-0": 60, "amt-1": 60})
    text = refusal(portals, requests, two, **RULES)
    assert "together more than vendor.example is asked to bear (3 at a time, 0.2 s apart" in text
    assert text.endswith("Enough would be: amt-0 = 2 instead of 1; amt-1 = 2 instead of 1")
    enough = PeriodWish(PERIOD_S, of_portal={"amt-0": 120, "amt-1": 120})
    require_bearable(host_costs(portals, requests, RULES), enough)
    # They take 72 % of the gate; the third fits into the rest.
    assert planned_periods(portals, requests, RULES, enough)["amt-2"] == PERIOD_S


def test_what_single_portals_take_is_not_there_for_the_rest() -> None:
    portals, requests = portals_of([100, 1_400])
    # The rest needs 67 % of the gate: as long as nobody takes 36 % of it, the usual period is enough.
    alone = planned_periods(portals[1:], requests, RULES, USUAL)
    assert alone == {"amt-1": PERIOD_S}
    beside = planned_periods(
        portals, requests, RULES, PeriodWish(PERIOD_S, of_portal={"amt-0": 120})
    )
    assert beside == {"amt-0": 120, "amt-1": 2 * PERIOD_S}


def test_the_rest_of_a_host_keeps_a_tenth_of_its_gate() -> None:
    portals, requests = portals_of([132, 100])
    wish = PeriodWish(PERIOD_S, of_portal={"amt-0": 60})  # 95 %
    assert "together" in refusal(portals, requests, wish, **RULES)
    require_bearable(host_costs(portals[:1], requests, RULES), wish)  # alone it may have all


# --- Who is due ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since_s", "period_s", "due"),
    [
        (None, 3600, True),
        (60, 900, True),
        (3600, 3600, True),
        (3200, 3600, True),
        (3000, 3600, False),
    ],
)
def test_who_is_due(since_s: int | None, period_s: int, due: bool) -> None:
    newest = None if since_s is None else NOW - timedelta(seconds=since_s)
    assert is_due(newest, period_s, PERIOD_S, NOW) is due


def test_a_stretched_portal_rests_and_an_unstretched_one_is_asked() -> None:
    archive = MemoryArchive()
    crowd = [portal(number) for number in range(60)]
    alone = portal(99, "alone.example")
    for one in (*crowd, alone):
        archive.store(one, Snapshot(one.id, NOW, NOW, Outcome.OK, requests=100))
    soon = NOW + timedelta(minutes=15)
    due, periods = plan_schedule([*crowd, alone], archive, RULES, USUAL, soon)
    assert due == [alone]
    assert periods[alone.id] == PERIOD_S
    assert periods["amt-1"] > PERIOD_S
    later = NOW + timedelta(seconds=periods["amt-1"])
    due, _ = plan_schedule([*crowd, alone], archive, RULES, USUAL, later)
    assert due == [*crowd, alone]


def test_a_portal_with_a_shorter_period_does_not_hurry_the_others() -> None:
    archive = MemoryArchive()
    quick, usual = portal(1, "quick.example"), portal(2, "usual.example")
    for one in (quick, usual):
        archive.store(one, Snapshot(one.id, NOW, NOW, Outcome.OK, requests=5))
    wish = PeriodWish(PERIOD_S, of_portal={quick.id: 60})
    after = {
        minutes: plan_schedule(
            [quick, usual], archive, {}, wish, NOW + timedelta(seconds=60 * minutes - 10)
        )[0]
        for minutes in (1, 14, 15)
    }
    assert after == {1: [quick], 14: [quick], 15: [quick, usual]}


def test_a_schedule_that_cannot_be_kept_is_refused_before_anything_else() -> None:
    archive = MemoryArchive()
    archive.store(ALONE, Snapshot(ALONE.id, NOW, NOW, Outcome.OK, requests=100))
    with pytest.raises(ConfigError, match="the shortest period is 3 min"):
        plan_schedule([ALONE], archive, {}, PeriodWish(120, is_set=True), NOW)
    archive.save_host_states(
        [HostState("https://alone.example:443", 200, "User-agent: *\nCrawl-delay: 6", NOW)]
    )
    with pytest.raises(ConfigError, match="the shortest period is 10 min"):
        plan_schedule([ALONE], archive, {}, PeriodWish(PERIOD_S, of_portal={"amt-1": 540}), NOW)
