"""Real weeks through the whole house: recording, replica, HTTP, client, archive, bundle, and the same again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.command import run_well
from support.recorded import between, bundle_of

pytestmark = [pytest.mark.sim, pytest.mark.slow]

CASES = [
    ("2026-05", portal, "2026-01-26 06:00", "2026-01-26 12:00")
    for portal in (
        "wuppertalgw",
        "wuppertalgeo",
        "teltow",
        "eschwege",
        "beckum",
        "kielsw",
        "holtestukenbrock",
    )
] + [
    ("2021-29", "bonn", "2021-07-19 08:00", "2021-07-19 12:00"),
    ("2021-29", "dresden", "2021-07-19 08:00", "2021-07-19 12:00"),
]


@pytest.mark.parametrize(
    ("week", "portal", "first", "until"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES]
)
def test_a_real_morning_comes_back(
    shared: Path, tmp_path: Path, week: str, portal: str, first: str, until: str
) -> None:
    bundle, metadata = bundle_of(shared, week)
    archive, bundles = tmp_path / "archive", tmp_path / "bundles"
    run_well(
        "replay", bundle, "--metadata", metadata, "--portal", portal,
        "--from", first, "--until", until, "--archive", archive,
    )  # fmt: skip
    run_well("export", "--week", week, "--incomplete", "--archive", archive, "--to", bundles)

    rows, free = between(bundle, portal, first, until)
    assert free, "the recorded morning holds slots: else this compares nothing with nothing"
    exported_rows, exported_free = between(
        bundles / week[:4] / f"{week}.tar.gz", portal, "0000", "9999"
    )
    assert exported_free == free
    assert rows <= exported_rows
    seen_empty = exported_rows - rows
    assert not {cell[:3] for cell in exported_free} & seen_empty

    if portal == "bonn":
        shown = run_well(
            "show", "bonn", "--day", "2021-08-10", "--at", "2021-07-19 11:33:50",
            "--archive", archive, "--format", "markdown",
        )  # fmt: skip
        assert table_cells(shown.out) == table_cells(seed_table(shared))


def seed_table(shared: Path) -> str:
    """The day table of Bonn as the seed document prints it."""
    text = (shared / "SEED.md").read_text("utf-8")
    found = re.search(r"(\|[^\n]*Führerscheinwesen.*?)\n\n", text, re.DOTALL)
    assert found is not None
    return found.group(1)


def table_cells(markdown: str) -> list[list[str]]:
    rows = [line for line in markdown.splitlines() if line.startswith("|") and "---" not in line]
    cells = [
        [cell.strip().strip("*") for cell in row.strip().strip("|").split("|")] for row in rows
    ]
    cells[0][0] = ""
    return cells


def test_the_seeds_table_is_read_whole(shared: Path) -> None:
    cells = table_cells(seed_table(shared))
    assert cells[0] == ["", "Führerscheinwesen", "Kfz-Zulassungswesen", "Meldewesen"]
    assert len(cells) == 61
    assert sum(row.count("X") for row in cells) == 98
