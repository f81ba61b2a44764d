"""The two summaries: sums, merging, and files that are damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from amtspuls.analysis.legacy.summary import (
    PortalName,
    SummaryRow,
    merge_weekly,
    read_names,
    read_weekly,
    summary_csv,
    weekly_csv,
)
from amtspuls.bundle.metadata import read_metadata
from amtspuls.errors import BundleError


def row(week: str, portal_id: str, locations: int = 1, appointments: int = 3) -> SummaryRow:
    dates = (f"{week} min", f"{week} max")
    return SummaryRow(week, portal_id, locations, 672, 10, appointments, 2, *dates)


def test_sums_are_over_weeks_and_locations_are_their_mean_rounded_half_up() -> None:
    rows = [row("2026-05", "b", 2), row("2026-05", "a", 2), row("2026-06", "a", 3, -1)]
    text = summary_csv(rows, {"a": PortalName("tevis", "Stadt A, Bürgeramt")})
    assert text == (
        "source_id,num_locations,num_snapshots,num_changes,num_appointments,num_cancellations,"
        "min_date,max_date,scraper,name\n"
        'a,3,1344,20,2,4,2026-05 min,2026-06 max,tevis,"Stadt A, Bürgeramt"\n'
        "b,2,672,10,3,2,2026-05 min,2026-05 max,-,-\n"
    )


def test_new_rows_replace_all_of_their_week_and_only_those() -> None:
    known = [row("2026-05", "gone"), row("2026-05", "a"), row("2026-07", "a")]
    new = [row("2026-05", "b"), row("2026-06", "a", 9)]
    assert merge_weekly(known, new) == [new[0], new[1], known[2]]


def test_what_is_written_is_read_back() -> None:
    rows = [row("2026-05", "a"), row("2026-05", "b", 7, -1)]
    assert read_weekly(weekly_csv(rows), "x") == rows
    names = {"a": PortalName("tevis", 'Amt "A"'), "b": PortalName("-", "-")}
    assert read_names(summary_csv(rows, names), "x") == names


@pytest.mark.parametrize("read", [read_weekly, read_names])
def test_another_header_is_named(read: Callable[[str, str], object]) -> None:
    with pytest.raises(BundleError, match=r"metrics/x\.csv, line 1: the columns must be "):
        read("week,portal\n", "metrics/x.csv")


def test_a_damaged_row_is_named() -> None:
    text = weekly_csv([row("2026-05", "a"), row("2026-05", "b")])
    with pytest.raises(BundleError, match="x, line 3: has 8 fields, the header has 9"):
        read_weekly(text.replace("b,1,672", "b,1"), "x")
    with pytest.raises(BundleError, match=r"x, line 2: .*'many'"):
        read_weekly(text.replace("a,1", "a,many"), "x")


def test_the_published_summary_follows_from_the_published_weeks(shared: Path) -> None:
    folder = shared / "data" / "office-schedule-data"
    weekly = (folder / "metrics" / "summary-weekly.csv").read_text("utf-8")
    portals = read_metadata(folder / "raw" / "metadata.json").portals
    names = {key: PortalName(portal.system, portal.name) for key, portal in portals.items()}
    rows = read_weekly(weekly, "summary-weekly.csv")
    assert weekly_csv(rows) == weekly
    assert summary_csv(rows, names) == (folder / "metrics" / "summary.csv").read_text("utf-8")
