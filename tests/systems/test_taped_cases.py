"""Taped visits that were scrubbed and read by a person: ``<system>/visits/<case>``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amtspuls.collect.casemaking import expected_of
from amtspuls.collect.reread import portal_of
from amtspuls.fetch.tape.case import EXPECTED, META, read_case

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob(f"*/visits/*/{META}"))


def test_folders_were_found() -> None:
    assert FOLDERS, "at least the composed example must be there"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parts[-3]}:{path.name}")
def test_a_visit_reads_as_written_beside_it(folder: Path) -> None:
    visit = read_case(folder)
    expected = json.loads((folder / EXPECTED).read_text("utf-8"))
    assert expected_of(visit, portal_of(visit, folder)) == expected
