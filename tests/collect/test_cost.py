from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.archive.live import open_reader, open_writer
from amtspuls.catalogue.portal import HostRule, Portal
from amtspuls.collect.cost import (
    host_costs,
    measured_requests,
    seconds_per_request,
    whole_minutes,
)
from amtspuls.fetch.gate import Pace
from amtspuls.model import HostState, Outcome, Snapshot
from amtspuls.systems.cost import estimate_requests

NOW = datetime(2026, 1, 26, 6, tzinfo=UTC)
RULE = HostRule(
    host="a.example", concurrency=3, pause_s=0.2, requests_per_day=200_000, reason="shared by many"
)


def portal(portal_id: str, host: str) -> Portal:
    return Portal(id=portal_id, name=portal_id, system="tempus", url=f"https://{host}/?anlagennr=1")


def test_portals_of_a_host_share_its_gate() -> None:
    portals = [portal("one", "a.example"), portal("two", "b.example"), portal("three", "a.example")]
    first, second = host_costs(portals, {"one": 100, "two": 7}, {"a.example": RULE})
    assert (first.host, [cost.portal.id for cost in first.portals]) == (
        "a.example",
        ["one", "three"],
    )
    estimate = estimate_requests(portals[2])
    assert [(cost.requests, cost.is_measured) for cost in first.portals] == [
        (100, True),
        (estimate, False),
    ]
    assert first.requests == 100 + estimate
    assert first.pace == Pace(3, 0.2, 200_000)
    assert first.shortest_s == pytest.approx((100 + estimate) * 0.432)
    assert (second.requests, second.pace) == (7, Pace())
    assert second.portals[0].shortest_s == pytest.approx(7 * 1.728)


def test_a_port_of_its_own_is_a_gate_of_its_own() -> None:
    hosts = host_costs([portal("one", "a.example"), portal("two", "a.example:8443")], {}, {})
    assert [host.host for host in hosts] == ["a.example", "a.example:8443"]


def test_robots_txt_can_only_make_the_pause_longer() -> None:
    def pause(text: str, status: int = 200) -> float:
        state = HostState("https://a.example:443", status, text, NOW)
        (host,) = host_costs(
            [portal("one", "a.example")], {}, {"a.example": RULE}, {state.origin: state}
        )
        return host.pace.pause_s

    assert pause("User-agent: *\nCrawl-delay: 5") == 5
    assert pause("User-agent: amtspuls\nRequest-rate: 1/10") == 10
    assert pause("User-agent: *\nCrawl-delay: 0.1") == 0.2
    assert pause("User-agent: other\nCrawl-delay: 5") == 0.2
    assert pause("User-agent: *\nCrawl-delay: 5", 404) == 5  # never kept so; harmless
    assert pause("User-agent: *\nCrawl-delay: 5", 503) == 0.2


@pytest.mark.parametrize(
    ("pace", "seconds"),
    [
        (Pace(), 1.728),  # 86,400 s by 50,000 requests
        (Pace(3, 0.2, 200_000), 0.432),
        (Pace(1, 0.2, 200_000), 0.5),  # waiting for one answer after the other
        (Pace(3, 7.0, 200_000), 7.0),
    ],
)
def test_the_tightest_rule_decides(pace: Pace, seconds: float) -> None:
    assert seconds_per_request(pace) == pytest.approx(seconds)


@given(st.floats(0, 200_000))
def test_minutes_are_enough_and_not_one_too_many(seconds: float) -> None:
    minutes = whole_minutes(seconds)
    assert minutes * 60 >= seconds - 1e-5
    assert minutes == 1 or (minutes - 1) * 60 < seconds


def test_a_full_minute_stays_one() -> None:
    assert [whole_minutes(seconds) for seconds in (0, 60, 60.0000001, 61)] == [1, 1, 1, 2]


def test_the_newest_answered_snapshot_of_an_archive_counts(tmp_path: Path) -> None:
    there, failed, absent = (portal(name, "a.example") for name in ("there", "failed", "absent"))
    writer = open_writer(tmp_path)
    for minute, outcome, requests in [
        (0, Outcome.OK, 11),
        (15, Outcome.PARTIAL, 22),
        (30, Outcome.UNREACHABLE, 3),
    ]:
        at = NOW + timedelta(minutes=minute)
        writer.store(there, Snapshot(there.id, at, at, outcome, requests=requests))
    writer.store(failed, Snapshot(failed.id, NOW, NOW, Outcome.CHANGED, requests=5))
    writer.close()
    reader = open_reader(tmp_path)
    assert measured_requests(reader, [there, failed, absent]) == {"there": 22}
    assert measured_requests(reader, [absent]) == {}
    reader.close()
