"""Whatever a page looks like, a parser returns a model or a typed error."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.errors import AmtspulsError, ParseError, RefusedError, UnreachableError
from amtspuls.fetch.page import Page
from amtspuls.model import Slot, day_of_slot
from support.pages import Case, find_cases

CASES = find_cases()
OTHER = [b"<", b">", b'"', b"&", b"\x00", b"\xff", b"=", b"0", b"99999999999", b"<table>", b"</td>"]


def mutate(body: bytes, seed: int, count: int) -> bytes:
    rng = random.Random(seed)
    raw = bytearray(body)
    for _ in range(count):
        at = rng.randrange(len(raw) + 1)
        what = rng.randrange(4)
        if what == 0:
            del raw[at : at + rng.randrange(1, 40)]
        elif what == 1:
            raw[at:at] = rng.choice(OTHER)
        elif what == 2:
            start = rng.randrange(len(raw) + 1)
            raw[at:at] = raw[start : start + rng.randrange(1, 200)]
        else:
            raw[at : at + 1] = bytes([rng.randrange(256)])
    return bytes(raw)


def check(case: Case, page: Page) -> None:
    refused: AmtspulsError | None = None
    result = None
    try:
        result = case.parse(page)
    except AmtspulsError as error:
        refused = error
    if refused is not None:
        assert isinstance(refused, ParseError | RefusedError | UnreachableError)
        assert refused.message
        return
    if case.kind != "day":
        assert type(result).__module__.startswith("amtspuls.systems.")
        return
    assert case.day is not None
    slots: tuple[Slot, ...] = result or ()
    assert list(slots) == sorted(set(slots))
    assert {day_of_slot(slot) for slot in slots} <= {case.day}


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CASES), st.integers(0, 2**32), st.integers(1, 12))
def test_mutated_pages(case: Case, seed: int, count: int) -> None:
    check(case, replace(case.page, body=mutate(case.page.body, seed, count)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CASES), st.integers(0, 10_000))
def test_truncated_pages(case: Case, length: int) -> None:
    check(case, replace(case.page, body=case.page.body[:length]))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CASES), st.sampled_from(CASES))
def test_pages_of_another_kind(case: Case, other: Case) -> None:
    check(case, replace(case.page, body=other.page.body))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(CASES), st.binary(max_size=300))
def test_bytes_of_any_kind(case: Case, body: bytes) -> None:
    check(case, replace(case.page, body=body))
