"""The tables of a data package, column by column: the one place that says what they mean.

The Parquet schemas, datapackage.json, the schemas beside it and the data dictionary are made of it. A column
whose name ends in ``_at`` is UTC; times of another name are wall time of the portal. Neither carries a zone:
programs that read Parquet would show the same instant in different zones, or need packages for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import pyarrow as pa

from amtspuls.model import Outcome

Kind = Literal["text", "texts", "integer", "number", "boolean", "moment"]

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "moment": pa.timestamp("ms"),
}


class Column(NamedTuple):
    """One column: its name, what it means, what is in it, whether it is never empty, which texts it knows."""

    name: str
    comment: str
    kind: Kind = "text"
    required: bool = True
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        name: Its name, that of its files too.
        comment: What one row is.
        columns: In order.
        key: Columns that no two rows have in common.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def arrow_schema(self) -> pa.Schema:
        """How a Parquet file of it is made."""
        return pa.schema(
            [
                pa.field(column.name, ARROW_TYPES[column.kind], nullable=not column.required)
                for column in self.columns
            ]
        )


_OUTCOMES = tuple(outcome.value for outcome in Outcome)
_PORTAL = Column("portal", "id of the portal")
_CALENDAR = Column("calendar", "key of the calendar within its portal")
_SLOT = Column("slot", "start time that could be booked, wall time of the portal", "moment")
_SLOT_OFFSET = Column(
    "slot_utc_offset_s",
    "seconds that the wall time of slot is ahead of UTC: slot minus these is UTC; in the repeated hour of"
    " autumn that of the second pass",
    "integer",
)
_NAME = Column("name", "name for people", required=False)
_SYSTEM = Column("system", "booking system that the portal runs on", required=False)
_URL = Column("url", "entry page", required=False)
_AGGREGATED = Column(
    "aggregated",
    "true where rows are unions of several snapshots: when a slot went cannot be told from them",
    "boolean",
)
_OUTCOME = Column(
    "outcome",
    "ok: all was read; partial: some days were; unreachable, throttled, refused, changed, implausible or"
    " skipped: nothing is known of that moment",
    values=_OUTCOMES,
)
_REASON = Column("reason", "why it is not ok; empty where it is", required=False)

PORTALS = Table(
    "portals",
    "one portal, as it was known in this week",
    (
        _PORTAL,
        _NAME,
        _SYSTEM,
        _URL,
        Column("zone", "zone of its wall time"),
        _AGGREGATED,
        Column(
            "source", "live: read by Amtspuls; import: an old bundle", values=("live", "import")
        ),
    ),
    ("portal",),
)
CALENDARS = Table(
    "calendars",
    "one calendar of a portal (an office, a service or both), as it was known in this week",
    (
        _PORTAL,
        _CALENDAR,
        Column("name", "what people read; empty where no page told it", required=False),
        Column(
            "services", "services that it is for; an empty list where no page told them", "texts"
        ),
    ),
    ("portal", "calendar"),
)
SNAPSHOTS = Table(
    "snapshots",
    "one attempt to read a portal, whatever came of it",
    (
        _PORTAL,
        Column("taken_at", "start, UTC", "moment"),
        Column("finished_at", "end, UTC; empty in an imported week", "moment", required=False),
        Column(
            "utc_offset_s",
            "seconds that the portal's wall time was ahead of UTC: taken_at plus these is wall time",
            "integer",
        ),
        Column(
            "time_unsure",
            "true where an old bundle does not tell the pass of the repeated hour of autumn",
            "boolean",
        ),
        _OUTCOME,
        _REASON,
        Column("requests", "requests made; empty in an imported week", "integer", required=False),
        Column("bytes", "bytes received; empty in an imported week", "integer", required=False),
        Column(
            "period_s",
            "planned seconds to the next snapshot; empty where none was planned or in an imported week",
            "integer",
            required=False,
        ),
        Column("parser", "system and version of its parser; bundle in an imported week", required=False),
    ),
    ("portal", "taken_at"),
)  # fmt: skip
VIEWS = Table(
    "views",
    "one calendar inside one snapshot; a calendar without a row in a snapshot was not seen there",
    (
        _PORTAL,
        Column("taken_at", "start of the snapshot, UTC", "moment"),
        _CALENDAR,
        _OUTCOME,
        Column(
            "covered",
            "local days that were answered for, such as 2026-01-26..2026-03-06,2026-03-09; of other days"
            " nothing is known; empty where nothing was answered",
            required=False,
        ),
        Column("asked", "services asked, a JSON list; [] in an imported week"),
        Column(
            "duration_min", "minutes of the asked service; empty where unknown", "integer", required=False
        ),
        _REASON,
    ),
    ("portal", "taken_at", "calendar"),
)  # fmt: skip
SPANS = Table(
    "spans",
    "one slot of one calendar that was free without a break, as far as this week tells; what was free over"
    " the edge of two weeks has a row in both",
    (
        _PORTAL,
        _CALENDAR,
        _SLOT,
        _SLOT_OFFSET,
        Column("opened_at", "first snapshot of the week that showed it, UTC", "moment"),
        Column(
            "closed_at",
            "first later snapshot of the week in which it was over, since its day was covered without it or"
            " it had begun, UTC; empty where none tells that",
            "moment",
            required=False,
        ),
        Column(
            "from_before",
            "true where it was free when the week began, so that opened_at does not say when it came;"
            " in an imported week: where the first snapshot showed it",
            "boolean",
        ),
        Column("goes_on", "true where it was free when the week ended", "boolean"),
    ),
    ("portal", "calendar", "slot", "opened_at"),
)
CAPACITIES = Table(
    "capacities",
    "one change of the free places of a slot, on the few portals that show them",
    (
        _PORTAL,
        _CALENDAR,
        _SLOT,
        _SLOT_OFFSET,
        Column("changed_at", "snapshot that showed the change, UTC", "moment"),
        Column("capacity", "free places; empty where they are no longer shown", "integer", required=False),
    ),
    ("portal", "calendar", "slot", "changed_at"),
)  # fmt: skip
WEEK_TABLES: Mapping[str, Table] = {
    table.name: table for table in (PORTALS, CALENDARS, SNAPSHOTS, VIEWS, SPANS, CAPACITIES)
}
"""Tables with a Parquet file for each week."""

_WEEK = Column("week", "ISO week in the portal's local time, such as 2026-05")
COVERAGE = Table(
    "coverage",
    "one portal in one week: how much of it is known",
    (
        _WEEK,
        _PORTAL,
        Column("source", "live: read by Amtspuls; import: an old bundle", values=("live", "import")),
        _AGGREGATED,
        Column("calendars", "calendars that were seen or asked", "integer"),
        Column(
            "period_s",
            "planned seconds between snapshots (the median); where none was planned, their usual distance",
            "integer",
        ),
        Column("planned", "snapshots that a whole week has at this period", "integer"),
        Column("snapshots", "snapshots taken, failed ones included", "integer"),
        *(Column(outcome, f"of these, those whose outcome is {outcome}", "integer") for outcome in _OUTCOMES),
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
        _PORTAL,
        _NAME,
        _SYSTEM,
        _URL,
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
        _PORTAL,
        _NAME,
        _SYSTEM,
        _URL,
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

HIVE_COLUMNS = (
    Column("iso_year", "ISO year, from the folder's name", "integer"),
    Column("iso_week", "ISO week, from the folder's name", "integer"),
)
"""What the folders of Parquet files say and the files do not."""
