"""SQL: the first row from the start of a process, and what questions cost over 1, 10 and 100 copies of a week."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from amtspuls.analysis.sql.session import SqlSession
from amtspuls.analysis.sql.sources import open_sources
from amtspuls.archive.sealed.manifest import Source
from amtspuls.archive.sealed.model import SealedPortal, Texts
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.finding import Found
from amtspuls.bundle.importing import import_bundle, load_metadata
from amtspuls.model import Covered
from benchmarks.base import Claim
from conftest import shared_folder

WEEK = IsoWeek(2026, 5)
COPIES = (1, 10, 100)
FIRST_ROW_S = 0.5
_WEEK_S = 7 * 86_400
_WEEK_MIN = 7 * 1440
QUESTIONS = {
    "snapshots by outcome": "SELECT portal, outcome, count(*) FROM snapshots GROUP BY ALL",
    "parts of spans by week": "SELECT week, count(*), sum(goes_on::INT) FROM week_spans GROUP BY ALL",
    "spans of one portal": "SELECT ended, count(*) FROM spans WHERE portal = 'teltow' GROUP BY ALL",
}


def measure() -> list[Claim]:
    """Nothing but a word where the real week is not at hand."""
    shared = shared_folder()
    if shared is None:
        print("sql: no real weeks at hand (AMTSPULS_SHARED), not measured", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as place:
        folder, years = Path(place) / "one", Path(place) / "many"
        bundle = shared / f"data/office-schedule-data/raw/{WEEK.year}/{WEEK}.tar.gz"
        import_bundle(Found(bundle, WEEK), folder / WEEKS_NAME, load_metadata(None))
        sealed = open_week(folder / WEEKS_NAME, WEEK)
        portals = [sealed.portal(portal_id) for portal_id in sealed.portal_ids]
        return [_first_row(folder), *_growth(portals, years)]


def _first_row(folder: Path, runs: int = 7) -> Claim:
    script = (
        # Arrow loads pandas where it is installed; Amtspuls does not install it.
        "import sys; sys.meta_path.insert(0, type('No', (), {'find_spec': staticmethod("
        "lambda name, *_: (_ for _ in ()).throw(ModuleNotFoundError(name)) if name == 'pandas' else None)}));"
        "from amtspuls.cli.app import main; main(sys.argv[1:])"
    )
    query = ["sql", "FROM portals LIMIT 1", "--format", "csv", "--archive", str(folder)]
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", script, *query],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "NO_COLOR": "1"},
        )
        took.append(time.perf_counter() - began)
    median = statistics.median(took)
    return Claim(
        "`amtspuls sql`: first row from the start of the process, without pandas",
        f"{median:.2f} s ({min(took):.2f} to {max(took):.2f})",
        f"{FIRST_ROW_S} s",
        median <= FIRST_ROW_S,
    )


def _growth(portals: list[SealedPortal], folder: Path) -> Iterator[Claim]:
    costs: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    done = 0
    for copies in COPIES:
        for number in range(done, copies):
            write_copy(portals, folder, number)
        done = copies
        for name, query in QUESTIONS.items():
            costs[name].append(statistics.median(_ask_s(folder, query) for _ in range(3)))
    for name, took in costs.items():
        shown = ", ".join(f"{s:.2f}" for s in took)
        worst = max(later / earlier for earlier, later in itertools.pairwise(took))
        yield Claim(
            f"SQL over {', '.join(map(str, COPIES))} weeks: {name}",
            f"{shown} s; ten times the weeks cost at most {worst:.1f} times as much",
            "shown",
            True,
        )


def write_copy(portals: list[SealedPortal], folder: Path, number: int) -> None:
    """The week again, some weeks later: instants, slots and covered days are shifted."""
    week = IsoWeek.of(WEEK.start + timedelta(weeks=number))
    shifted = [
        replace(
            portal,
            snapshots=portal.snapshots._replace(
                taken_at=portal.snapshots.taken_at + number * _WEEK_S,
                finished_at=portal.snapshots.finished_at + number * _WEEK_S,
            ),
            views=portal.views._replace(covered=_later(portal.views.covered, number)),
            spans=portal.spans._replace(slot=portal.spans.slot + number * _WEEK_MIN),
            extra_columns=portal.extra_columns + number * _WEEK_MIN,
        )
        for portal in portals
    ]
    members = tuple(portal.record.portal_id for portal in shifted)
    write_week(
        folder / WEEKS_NAME, week, shifted, Source("import", f"{week}.tar.gz", "0" * 64, members)
    )


def _later(covered: Texts, weeks: int) -> Texts:
    """Covered days some weeks later."""
    distinct, place = np.unique(covered.astype(str), return_inverse=True)
    ranges = (Covered.parse(text).ranges for text in distinct.tolist())
    step = timedelta(weeks=weeks)
    shifted = [
        str(Covered.from_ranges((first + step, last + step) for first, last in each))
        for each in ranges
    ]
    return np.array(shifted, dtype=object)[place]


def _ask_s(folder: Path, query: str) -> float:
    began = time.perf_counter()
    with open_sources(folder, tuple) as sources, SqlSession(sources) as session:
        session.run(query).to_dicts()
    return time.perf_counter() - began
