"""The real weeks of the predecessor, where they are at hand."""

from __future__ import annotations

import csv
import io
import tarfile
from datetime import datetime
from pathlib import Path

import pytest

from amtspuls.bundle.read import local_to_utc, open_bundle, read_metadata
from amtspuls.model import slot_from_local

pytestmark = pytest.mark.slow

WEEKS = {
    "2021/2021-28": (36, "dresdenkfz"),
    "2021/2021-29": (36, "bonn"),
    "2026/2026-05": (35, "eschwege"),
    "2026/2026-13": (34, "teltow"),
    "2026/2026-29": (2, "wuppertalgw"),
}


def raw_weeks(shared: Path) -> Path:
    return shared / "data" / "office-schedule-data" / "raw"


@pytest.mark.parametrize("week", WEEKS)
def test_a_real_week_is_read_whole(shared: Path, week: str) -> None:
    known = read_metadata(raw_weeks(shared) / "metadata.json").portals
    with open_bundle(raw_weeks(shared) / f"{week}.tar.gz") as bundle:
        assert len(bundle.portal_ids) == WEEKS[week][0]
        for portal_id in bundle.portal_ids:
            portal = bundle.read_portal(portal_id)
            groups = [local for local, _ in portal.groups()]
            assert portal.times
            assert groups == sorted(set(groups))
            assert sorted(local_to_utc(groups)) == local_to_utc(groups)
            assert portal_id in known


@pytest.mark.parametrize("week", WEEKS)
def test_a_real_portal_equals_a_naive_reading(shared: Path, week: str) -> None:
    path, portal_id = raw_weeks(shared) / f"{week}.tar.gz", WEEKS[week][1]
    with tarfile.open(path) as tar:
        stream = tar.extractfile(f"{portal_id}.csv")
        assert stream is not None
        lines = list(csv.reader(io.TextIOWrapper(stream, "utf-8", newline="")))
    columns = [slot_from_local(datetime.fromisoformat(name)) for name in lines[0][3:]]
    expected = [
        (row[0], row[2], [slot for slot, cell in zip(columns, row[3:], strict=True) if cell])
        for row in lines[1:]
    ]

    with open_bundle(path) as bundle:
        portal = bundle.read_portal(portal_id)

    got = zip(map(str, portal.times), portal.keys, map(list, portal.free), strict=True)
    assert list(got) == expected
