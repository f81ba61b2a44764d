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


OUTCOMES = tuple(outcome.value for outcome in Outcome)
"""What an outcome may be."""

# Columns of several tables.
PORTAL = Column("portal", "id of the portal")
_CALENDAR = Column("calendar", "key of the calendar within its portal")
_SLOT = Column("slot", "start time that could be booked, wall time of the portal", "moment")
_SLOT_OFFSET = Column(
    "slot_utc_offset_s",
    "seconds that the wall time of slot is ahead of UTC: slot minus these is UTC; in the repeated hour of"
    " autumn that of the second pass",
    "integer",
)
NAME = Column("name", "name for people", required=False)
SYSTEM = Column("system", "booking system that the portal runs on", required=False)
URL = Column("url", "entry page", required=False)
AGGREGATED = Column(
    "aggregated",
    "true where rows are unions of several snapshots: when a slot went cannot be told from them",
    "boolean",
)
_OUTCOME = Column(
    "outcome",
    "ok: all was read; partial: some days were; unreachable, throttled, refused, changed, implausible or"
    " skipped: nothing is known of that moment",
    values=OUTCOMES,
)
_REASON = Column("reason", "why it is not ok; empty where it is", required=False)

PORTALS = Table(
    "portals",
    "one portal, as it was known in this week",
    (
        PORTAL,
        NAME,
        SYSTEM,
        URL,
        Column("zone", "zone of its wall time"),
        AGGREGATED,
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
        PORTAL,
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
        PORTAL,
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
        PORTAL,
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
        PORTAL,
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
        PORTAL,
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

HIVE_COLUMNS = (
    Column("iso_year", "ISO year, from the folder's name", "integer"),
    Column("iso_week", "ISO week, from the folder's name", "integer"),
)
"""What the folders of Parquet files say and the files do not."""
