from __future__ import annotations

from collections import Counter

import pytest

from amtspuls.errors import AmtspulsError
from support.pages import PAGES, REQUIRED_CASES, Case, find_cases

CASES = find_cases()


def test_cases_were_found() -> None:
    by_system = Counter(case.system for case in CASES)
    folders = [path for path in PAGES.glob("*/pages/*") if path.is_dir()]
    assert len(folders) == len(CASES), "a folder without meta.toml is never read"
    assert by_system["ekol"] >= 35
    assert by_system["etermin"] >= 52
    assert by_system["impfthueringen"] >= 18
    assert by_system["netappoint"] >= 45
    assert by_system["tempus"] >= 35
    assert by_system["tevis"] >= 59


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.system}:{case.name}")
def test_page_reads_as_written_beside_it(case: Case) -> None:
    assert (case.folder / "expected.json").is_file(), "read the page and write down what it says"
    _, got = case.outcome()
    expected = case.expected
    if isinstance(expected, dict) and "error" in expected:
        assert got["error"] == expected["error"], got
        assert expected["says"] in got["says"]
    else:
        assert got == expected


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name in REQUIRED_CASES],
    ids=lambda case: f"{case.system}:{case.name}",
)
def test_required_cases_have_their_outcome(case: Case) -> None:
    outcome, _ = case.outcome()
    assert outcome == REQUIRED_CASES[case.name]


FAILING = [case for case in CASES if isinstance(case.expected, dict) and "error" in case.expected]


@pytest.mark.parametrize("case", FAILING, ids=lambda case: f"{case.system}:{case.name}")
def test_errors_say_where_and_show_evidence(case: Case) -> None:
    with pytest.raises(AmtspulsError) as caught:
        case.parse()
    assert caught.value.context["url"] == case.page.url
    assert caught.value.context["where"]
    assert len(str(caught.value.context.get("evidence", ""))) <= 160
