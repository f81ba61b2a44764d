"""Whatever a page looks like, a parser returns a model or a typed error, soon and in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from amtspuls.errors import AmtspulsError, ParseError, RefusedError, UnreachableError
from amtspuls.fetch.page import Page
from amtspuls.model import day_of_slot
from amtspuls.systems.bulk import too_much
from amtspuls.systems.markup import Markup
from conftest import ROOT
from support.fake_session import make_page
from support.hostile import EXPENSIVE, hostile_page, words_of
from support.pages import Case, find_cases

ENDURANCE = bool(os.environ.get("AMTSPULS_ENDURANCE"))
PAGES_PER_PARSER = 10_000 if ENDURANCE else 1_000
MOST_S, MOST_BYTES = 1.0 if ENDURANCE else 5.0, 200_000_000
"""CPU seconds and growth for one page. Cores that others share are slower; what is meant takes minutes or more."""
CASES = find_cases()
SYSTEMS = sorted({case.system for case in CASES})


def judge(case: Case, page: Page) -> str:
    """Read a page; return what came out in a word. Any other exception ends the test."""
    refused: AmtspulsError | None = None
    result = None
    try:
        result = case.parse(page)
    except AmtspulsError as error:
        refused = error
    if refused is not None:
        assert isinstance(refused, ParseError | RefusedError | UnreachableError)
        assert refused.message
        assert len(str(refused.context.get("evidence", ""))) <= 160
        return "refused"
    if case.kind == "day":
        assert result is not None
        assert list(result) == sorted(set(result))
        assert {day_of_slot(slot) for slot in result} <= {case.day}
        return "read"
    assert type(result).__module__.startswith(f"amtspuls.systems.{case.system}")
    return "read"


@pytest.mark.parametrize(("system", "kind"), sorted({(case.system, case.kind) for case in CASES}))
def test_broken_pages(system: str, kind: str) -> None:
    cases = [case for case in CASES if case.system == system]
    own = [case for case in cases if case.kind == kind]
    words = words_of(cases)
    seen: dict[str, int] = {"read": 0, "refused": 0}
    for number in range(PAGES_PER_PARSER):
        case, page = hostile_page(own, cases, words, number)
        began = time.process_time()
        try:
            seen[judge(case, page)] += 1
        except Exception as error:  # whatever it is: it goes on, with the page that made it
            raise AssertionError(f"page {number} ({case.name}) ends in {error!r}") from error
        assert time.process_time() - began < MOST_S, f"page {number} ({case.name})"
    assert sum(seen.values()) == PAGES_PER_PARSER
    assert min(seen.values()) > PAGES_PER_PARSER / 200, "all pages are alike"


@pytest.mark.parametrize("system", SYSTEMS)
def test_expensive_pages(system: str) -> None:
    child = subprocess.run(
        [sys.executable, "-m", "support.hostile_child", system, "all" if ENDURANCE else "some"],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    measured = json.loads(child.stdout)
    assert {page for page, *_ in measured} == set(EXPENSIVE)
    for page, parser, ended, seconds, taken in measured:
        known = ended.startswith((f"amtspuls.systems.{system}", "refused by"))
        assert known or parser == "parse_day", (page, parser, ended)
        assert seconds < MOST_S, (page, parser, ended, seconds)
        assert taken < MOST_BYTES, (page, parser, ended, taken)


def test_the_bounds_are_far_from_what_portals_send() -> None:
    """The largest list of times that we can think of passes."""
    entry = '<form><input name="a"><input name="b"><b>x</b><button class="c" title="d">08:00</button></form>'
    assert too_much("<div><ul>" + f"<li>{entry}</li>" * 2_000 + "</ul></div>") == ""
    unclosed = "<div><span>x<p>y<br></div>" * 900
    assert too_much(unclosed) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x" * 2_000_001, "characters"),
        ("<i></i>" * 30_000, "tags"),
        ("<div>" * 5_000, "nests"),
        ("<p " + "a='b' " * 9_000 + ">", "attributes"),
        ("<OPTION>" * 2_501, "'option'"),
    ],
)
def test_too_much_is_said(text: str, says: str) -> None:
    assert says in too_much(text)
    with pytest.raises(ParseError, match=says):
        Markup(make_page(text), "entry page")
