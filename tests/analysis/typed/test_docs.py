"""The page on transitions names every kind and every reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amtspuls.analysis.kinds import KINDS
from amtspuls.analysis.transitions import REASONS, RULE

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/transitions.md"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_described(kind: str) -> None:
    assert re.search(rf"^\| `{kind}` \| \w", PAGE.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_described(reason: str) -> None:
    assert re.search(rf"^\| `{reason}` \| `", PAGE.read_text("utf-8"), re.MULTILINE)


def test_the_rule_is_named() -> None:
    assert f"`{RULE}`" in PAGE.read_text("utf-8")
