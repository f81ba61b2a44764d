"""docs/evidence.md is what the table says, and the table names tests that exist and run."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from amtspuls.systems.registry import load_systems
from conftest import ROOT

FACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "tests" / "evidence.toml").read_text("utf-8"))[
    "fact"
]
NAMED = sorted({test for fact in FACTS for test in fact["tests"]})
NO_REAL_WEEK = {"ekol", "etermin"}


def test_the_page_is_made_of_the_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.evidence", "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_exists(named: str) -> None:
    path, _, function = named.partition(":")
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    there = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    if function:
        assert function in there
    assert any(name.startswith("test_") for name in there)


def test_every_system_has_its_facts() -> None:
    ours = {
        name for name, one in load_systems().items() if type(one).__module__.startswith("amtspuls.")
    }
    for system in ours:
        kinds = {fact["kind"] for fact in FACTS if fact["system"] == system and fact["tests"]}
        assert {"composed", "replica"} <= kinds
        assert ("weeks" in kinds) is (system not in NO_REAL_WEEK)
    assert {fact["system"] for fact in FACTS} == ours
    assert {fact["kind"] for fact in FACTS} <= {"pages", "weeks", "composed", "replica"}
    for fact in FACTS:
        assert fact["tests"] or "No real week" in fact["what"]
