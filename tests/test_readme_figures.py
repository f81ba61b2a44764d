"""Figures of the README are those of docs/accuracy.md, in whatever words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
NUMBERS: tuple[str, ...] = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
)


class Error(NamedTuple):
    """How far off the sum over the seeds of a scenario is; shares of the truth."""

    scenario: str
    share: float


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def table_of(page: str, heading: str) -> list[list[str]]:
    """Rows of the first table below a heading, without their heads."""
    part = page.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    assert len(rows) > 2, heading
    return rows[2:]


def errors(page: str, heading: str) -> list[Error]:
    return [
        Error(row[0], whole(row[4]) / whole(row[2]) - 1) for row in table_of(page, heading) if row
    ]


def said(readme: str, pattern: str) -> tuple[str, ...]:
    """The figures of a sentence of the README."""
    found = re.search(pattern, readme)
    assert found, f"the README says no more, or in words that this test does not know: {pattern}"
    return tuple(map(str, found.groups()))


SIMULATED = (
    r"in all (\w+) kinds of offices ours is within (\d+) % of the true bookings"
    r" and (\d+) % of the true cancellations"
)
PREDECESSOR = r"bookings are off by (\d+) % in the mean, and by (\d+) % with its clip"
REAL_WEEK = (
    r"rule makes ([\d,]+) bookings, or ([\d,]+) when .*? estimates ([\d,]+),"
    r" with ([\d,]+) as the low and ([\d,]+) as the high"
)


def check_simulated(readme: str, accuracy: str) -> None:
    """What the README says of simulated offices."""
    all_of_them, *within = said(readme, SIMULATED)
    for heading, most in zip(("Bookings", "Cancellations"), within, strict=True):
        found = errors(accuracy, heading)
        assert NUMBERS.index(all_of_them) == len(found)
        assert round(100 * max(abs(one.share) for one in found)) == int(most)


def check_predecessor(readme: str, accuracy: str) -> None:
    """What the README says of the predecessor."""
    raw, clipped = said(readme, PREDECESSOR)
    means = {row[0].strip("`"): row[1] for row in table_of(accuracy, "In short")}
    assert (means["legacy"], means["legacy-clipped"]) == (f"{raw} %", f"{clipped} %")


def check_real_week(readme: str, accuracy: str) -> None:
    """What the README says of the real week; our own figures rounded to hundreds."""
    raw, clipped, central, low, high = said(readme, REAL_WEEK)
    rows = [line.strip("| ").split(" | ") for line in accuracy.splitlines()]
    (found,) = (row for row in rows if row[0] == "bookings" and len(row) == 6)
    ours = [f"{round(whole(text), -2):,}" for text in (found[2], found[1], found[3])]
    assert [central, low, high] == ours
    assert [raw, clipped] == found[4:]


def check(readme: str, accuracy: str) -> None:
    readme = " ".join(readme.split())
    for one in (check_simulated, check_predecessor, check_real_week):
        one(readme, accuracy)


def test_the_readme_has_the_figures_of_the_newest_measurement() -> None:
    check(read("README.md"), read("docs/accuracy.md"))


@pytest.mark.parametrize("pattern", [SIMULATED, PREDECESSOR, REAL_WEEK])
def test_a_figure_that_is_another_one_is_noticed(pattern: str) -> None:
    readme, accuracy = " ".join(read("README.md").split()), read("docs/accuracy.md")
    found = re.search(pattern, readme)
    assert found
    for group in range(1, len(found.groups()) + 1):
        nought = "0" if found[group][0].isdigit() else "zero"
        changed = readme[: found.start(group)] + nought + readme[found.end(group) :]
        with pytest.raises(AssertionError):
            check(changed, accuracy)


def test_a_measurement_that_changes_is_noticed() -> None:
    accuracy = read("docs/accuracy.md")
    for rule in ("`legacy`", "`legacy-clipped`"):
        changed = re.sub(rf"(?m)^\| {rule} \| \d+ %", f"| {rule} | 1 %", accuracy)
        assert changed != accuracy
        with pytest.raises(AssertionError):
            check(read("README.md"), changed)


def test_figures_of_portals_that_may_be_misread_are_those_of_the_measurement() -> None:
    """As published; what they would be as floating grids was measured by hand."""
    measured = {
        row[0]: row
        for line in read("docs/accuracy.md").splitlines()
        if len(row := line.strip("| ").split(" | ")) > 8
    }
    told = table_of(read("docs/reference/estimates.md"), "Where a range may miss")
    assert [row[0] for row in told] == [
        "`boenen`",
        "`rhedawiedenbrueck`",
        "`kielsw`",
        "`mannheimsa`",
    ]
    for name, _, bookings, _, cancellations, _ in told:
        row = measured[name.strip("`")]
        assert [bookings, cancellations] == [f"{row[2]} ({row[3]})", f"{row[4]} ({row[5]})"]
