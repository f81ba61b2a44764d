"""An hour of every portal of July 2021 through recording, replica, HTTP, client, archive and bundle."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from support.command import run_well
from support.recorded import between, bundle_of

pytestmark = [pytest.mark.sim, pytest.mark.slow]

WEEK, FIRST, UNTIL = "2021-29", "2021-07-20 10:00", "2021-07-20 11:00"
GROUPS = 4


def portals_of(bundle: Path) -> list[str]:
    with tarfile.open(bundle) as tar:
        return [name.removesuffix(".csv") for name in tar.getnames()]


@pytest.mark.parametrize("group", range(GROUPS))
def test_the_hour_comes_back(shared: Path, tmp_path: Path, group: int) -> None:
    bundle, metadata = bundle_of(shared, WEEK)
    everybody = portals_of(bundle)
    assert len(everybody) == 36
    chosen = everybody[group::GROUPS]
    named = [part for portal in chosen for part in ("--portal", portal)]
    archive = tmp_path / "archive"
    run_well(
        "replay", bundle, "--metadata", metadata, *named,
        "--from", FIRST, "--until", UNTIL, "--archive", archive,
    )  # fmt: skip
    run_well("export", "--week", WEEK, "--incomplete", "--archive", archive, "--to", tmp_path)
    exported = tmp_path / WEEK[:4] / f"{WEEK}.tar.gz"
    for portal in chosen:
        rows, free = between(bundle, portal, FIRST, UNTIL)
        if not rows:
            continue
        exported_rows, exported_free = between(exported, portal, "0000", "9999")
        # A recorded row may hold slots that had begun seconds before; ours never shows one.
        assert exported_free == {cell for cell in free if cell[3] > cell[0]}, portal
        assert rows <= exported_rows, portal
