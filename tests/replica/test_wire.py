"""Requests are read whole, answers sent whole; a portal is an ASGI application of its own."""

from __future__ import annotations

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Scope

from amtspuls.clock import SimulatedClock
from amtspuls.replica.portals import netappoint as netappoint_portal
from amtspuls.replica.portals import tempus as tempus_portal
from amtspuls.replica.portals.html import month_after, months_between
from amtspuls.replica.wire import Asked, read_asked
from support.practice import NOW, Offers, netappoint, slots, tempus

FREE = slots("2026-01-27 08:10")


def _apps() -> list[tuple[ASGIApp, str, str]]:
    na, te = netappoint(("m", "Melde", ())), tempus(("1/2", "Melde", ()))
    availability = Offers(na, te)
    availability.now = {na.id: {"m": FREE}, te.id: {"1/2": FREE}}
    clock = SimulatedClock(NOW)
    return [
        (netappoint_portal.make_app(na, availability, clock), na.url, "frm_casetype"),
        (tempus_portal.make_app(te, availability, clock), te.url, 'id="formular"'),
    ]


@pytest.mark.parametrize("number", [0, 1])
async def test_a_portal_is_an_application_under_its_real_address(number: int) -> None:
    app, url, sign = _apps()[number]
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as client:
        answer = await client.get(url)
    assert answer.status_code == 200
    assert sign in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


async def _read(*messages: Message) -> Asked:
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/x",
        "query_string": b"a=1&a=2&leer=",
        "headers": [(b"Cookie", b"k=v; w=x")],
    }
    waiting = list(messages)

    async def receive() -> Message:
        return waiting.pop(0)

    return await read_asked(scope, receive)


async def test_a_body_in_pieces_is_joined() -> None:
    asked = await _read(
        {"type": "http.request", "body": b"one=1&t", "more_body": True},
        {"type": "http.request", "body": b"wo=%C3%BC+2&leer="},
    )
    assert asked.fields == {"one": "1", "two": "ü 2", "leer": ""}
    assert asked.parameters == {"a": "2", "leer": ""}
    assert asked.cookies == {"k": "v", "w": "x"}
    assert asked.line == "POST /x?a=1&a=2&leer=\none=1&two=%C3%BC+2&leer="


async def test_a_visitor_who_leaves_early_and_a_huge_body_do_no_harm() -> None:
    left = await _read(
        {"type": "http.request", "body": b"a=1", "more_body": True}, {"type": "http.disconnect"}
    )
    assert left.fields == {"a": "1"}
    piece = b"x" * 600_000
    huge = await _read(
        *[{"type": "http.request", "body": piece, "more_body": n < 4} for n in range(5)]
    )
    assert len(huge.body) == 1_200_000


def test_only_a_post_has_fields_and_a_broken_cookie_counts_as_none() -> None:
    assert Asked("GET", "/", body=b"a=1").fields == {}
    assert Asked("GET", "/", headers={"cookie": "a\x00b=1; ="}).cookies == {}


@given(st.tuples(st.integers(1990, 2090), st.integers(1, 12)), st.integers(0, 60))
def test_months_follow_one_another(month: tuple[int, int], count: int) -> None:
    last = month_after(month, count)
    months = list(months_between(month, last))
    assert len(months) == count + 1
    assert months == sorted(set(months))
    assert all(1 <= number <= 12 for _, number in months)
    assert month_after(last, -count) == month
