"""The tables of a data package that are one CSV for all weeks, column by column; the others: ``columns.py``."""

from __future__ import annotations

from collections.abc import Mapping

from amtspuls.bundle.package.columns import (
    AGGREGATED,
    NAME,
    OUTCOMES,
    PORTAL,
    SYSTEM,
    URL,
    Column,
    Table,
)

_WEEK = Column("week", "ISO week in the portal's local time, such as 2026-05")
COVERAGE = Table(
    "coverage",
    "one portal in one week: how much of it is known",
    (
        _WEEK,
        PORTAL,
        Column("source", "live: read by Amtspuls; import: an old bundle", values=("live", "import")),
        AGGREGATED,
        Column("calendars", "calendars that were seen or asked", "integer"),
        Column(
            "period_s",
            "planned seconds between snapshots (the median); where none was planned, their usual distance",
            "integer",
        ),
        Column("planned", "snapshots that a whole week has at this period", "integer"),
        Column("snapshots", "snapshots taken, failed ones included", "integer"),
        *(Column(outcome, f"of these, those whose outcome is {outcome}", "integer") for outcome in OUTCOMES),
        Column(
            "covered_share",
            "share of the week, 0 to 1, for which the answered views say what was free: two of a calendar at"
            " most 1.5 periods apart cover the time between them, others one period; mean over the calendars",
            "number",
        ),
        Column(
            "holes",
            "times of more than 1.5 periods without an answered snapshot, the edges of the week included",
            "integer",
        ),
        Column("longest_hole_min", "length of the longest of them in minutes; 0 without one", "integer"),
        Column("time_unsure", "snapshots whose pass of the repeated hour is not told", "integer"),
    ),
    ("week", "portal"),
)  # fmt: skip
SUMMARY = Table(
    "summary",
    "one portal over all packaged weeks",
    (
        PORTAL,
        NAME,
        SYSTEM,
        URL,
        Column("weeks", "packaged weeks with a snapshot", "integer"),
        Column("calendars", "different calendars", "integer"),
        Column("snapshots", "snapshots, failed ones included", "integer"),
        Column("answered", "of these, those that are ok or partial", "integer"),
        Column("spans", "rows of spans", "integer"),
        Column("covered_share", "mean of the weeks' covered_share, 0 to 1", "number"),
        Column("first_at", "start of the first snapshot, UTC", "moment"),
        Column("last_at", "start of the newest snapshot, UTC", "moment"),
    ),
    ("portal",),
)
ATTRIBUTION = Table(
    "attribution",
    "one portal: whom to name, and what is known of licences",
    (
        PORTAL,
        NAME,
        SYSTEM,
        URL,
        Column("attribution", "how to name the source"),
        Column("recorded_by", "who recorded it, and which weeks"),
        Column("licence", "licence of the records; 'not stated' where nothing is known"),
    ),
    ("portal",),
)
_LEGACY = "by the predecessor's rule, its errors included"
_LEGACY_COUNTS = (
    Column("num_locations", "calendars; over several weeks the mean", "integer"),
    Column("num_snapshots", "snapshots with a row", "integer"),
    Column("num_changes", "changes of free slots", "integer"),
    Column("num_appointments", f"quarter hours with an estimated booking, {_LEGACY}", "integer"),
    Column("num_cancellations", f"quarter hours with an estimated cancellation, {_LEGACY}", "integer"),
    Column("min_date", "first snapshot, wall time"),
    Column("max_date", "newest snapshot, wall time"),
)  # fmt: skip
_SOURCE_ID = Column("source_id", "id of the portal")
LEGACY_WEEKLY = Table(
    "legacy-summary-weekly",
    f"legacy: one portal in one week, {_LEGACY}",
    (_WEEK, _SOURCE_ID, *_LEGACY_COUNTS),
    ("week", "source_id"),
)
LEGACY_SUMMARY = Table(
    "legacy-summary",
    f"legacy: one portal over all packaged weeks, {_LEGACY}",
    (
        _SOURCE_ID,
        *_LEGACY_COUNTS,
        Column("scraper", "booking system", required=False),
        Column("name", "name for people", required=False),
    ),
    ("source_id",),
)
WHOLE_TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (SUMMARY, COVERAGE, ATTRIBUTION, LEGACY_SUMMARY, LEGACY_WEEKLY)
}  # fmt: skip
"""Tables with one CSV for the whole package."""
