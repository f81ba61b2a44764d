"""Answers load only what they need: how long a process takes to start is part of how long an answer takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from amtspuls.archive.week import DATABASE_NAME, IsoWeek, is_sealed
from support.command import run_well
from support.measure_archive import make_archive

NOT_NEEDED = (
    *("pydantic", "tomllib", "amtspuls.catalogue.load", "email", "importlib.metadata"),
    *("difflib", "statistics", "concurrent.futures", "asyncio", "amtspuls.analysis.legacy.counts"),
)

ANSWER_ALL = """
import sys
from contextlib import closing
from pathlib import Path
import amtspuls.analysis.sharing
from amtspuls.analysis.estimate_table import tabulate
from amtspuls.analysis.grouping import By
from amtspuls.analysis.measures import MEASURES, load_watched, take_measure
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.transition_table import count_kinds
from amtspuls.archive.live import open_reader

with closing(open_reader(Path(sys.argv[1]))) as reader:
    watched = load_watched(reader, Selection())
    answers = {name: take_measure(one, watched, one.by[0]) for name, one in MEASURES.items()}
    assert count_kinds(watched) and tabulate(watched, By.PORTAL, {}, None)
print(answers["per-inhabitants"].rows[0]["related_to"])
print(*sys.modules)
"""


def test_answers_about_sealed_weeks_load_no_catalogue(tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive")
    run_well("seal", "--archive", folder)
    assert is_sealed(folder / "weeks", IsoWeek.parse("2026-05"))
    for path in folder.glob(f"{Path(DATABASE_NAME).stem}.*"):
        path.unlink()
    found = subprocess.run(
        [sys.executable, "-c", ANSWER_ALL, str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    town, modules = found.stdout.splitlines()
    assert town == "Bonn (Nordrhein-Westfalen)"
    assert "numpy" in modules.split()
    assert sorted({*NOT_NEEDED} & {*modules.split()}) == []
