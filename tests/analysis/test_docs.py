from __future__ import annotations

import re
from pathlib import Path

import pytest

from amtspuls.analysis.base import REFUSED
from amtspuls.analysis.measures import MEASURES
from amtspuls.analysis.transitions import RULE
from amtspuls.charts.registry import PICTURES

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/measures.md"


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_is_described_with_its_groupings(name: str) -> None:
    page = PAGE.read_text("utf-8")
    _, found, rest = page.partition(f"### {name} {{#{name}}}")
    assert found
    section = rest.partition("\n### ")[0].partition("\n## ")[0]
    for by in MEASURES[name].by:
        assert by.value in section, by
    assert f"`{MEASURES[name].rule}`" in page


@pytest.mark.parametrize("name", MEASURES)
def test_every_column_is_described(name: str) -> None:
    page = PAGE.read_text("utf-8")
    _, _, rest = page.partition(f"### {name} {{#{name}}}")
    section = rest.partition("\n### ")[0].partition("\n## ")[0]
    assert "**refused**" in page
    for column in MEASURES[name].columns:
        if column is REFUSED:  # Told once, of all measures that have it.
            continue
        described = column.key.replace("third", "first") if name == "wait" else column.key
        assert re.search(rf"(?<![\w-]){described}(?![\w-])", section), column.key


def test_rule_and_pictures_are_described() -> None:
    page = PAGE.read_text("utf-8")
    assert f"## The rule `{RULE}`" in page
    pictures = (PAGE.parent / "pictures.md").read_text("utf-8")
    assert all(name in pictures for name in PICTURES)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_how_it_is_worked_out_and_what_to_mind(name: str) -> None:
    measure = MEASURES[name]
    assert measure.formula, "give it a formula: a few plain lines"
    assert "docs/reference/measures.md#" in measure.source
    assert measure.caveats, "say what makes it hard to compare"
