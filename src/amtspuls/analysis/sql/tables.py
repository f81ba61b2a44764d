"""The views that SQL sees: what their columns mean, and how they come out of sealed weeks.

``amtspuls sql --schema`` and docs/reference/sql.md are made of the comments here. Below the views lie the
tables of ``archive/sealed/format.py``, those of all weeks together: each under its name with ``sealed_``
before it and the columns ``iso_year``, ``iso_week``, ``first_week`` and ``last_week`` behind. What is not
sealed yet is one such week, however long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SqlView:
    """One view.

    Attributes:
        name: Its name in SQL.
        comment: What one row is.
        columns: Column names, in order, and what they mean.
        uses: Tables of sealed weeks that it is made of.
        query: The SELECT behind it.
    """

    name: str
    comment: str
    columns: Mapping[str, str]
    uses: frozenset[str]
    query: str


WEEKS_TABLE = "sealed_weeks"
"""Table of the weeks themselves, made from their manifests; ``number`` counts weeks of all years."""

RENAMED_TABLE = "renamed_calendars"
"""Table (portal, former_key, key, until_at): calendars that had another key until a Unix second."""

SEALED_FILES = (
    "SELECT *, format('{{:04d}}-{{:02d}}', iso_year, iso_week) AS first_week,"
    " first_week AS last_week FROM read_parquet({files}, hive_partitioning = true,"
    " hive_types = {{'iso_year': INTEGER, 'iso_week': INTEGER}})"
)
"""One table out of the files of all sealed weeks; ``files`` is a list in SQL."""

SEALED_CALENDARS = (
    "SELECT f.* REPLACE (coalesce(r.key, f.key) AS key) FROM ("
    "SELECT w.number::BIGINT * 604800 - 62135596800 AS monday, c.* FROM ({files}) c"
    f" JOIN {WEEKS_TABLE} w ON w.iso_year = c.iso_year AND w.iso_week = c.iso_week) f"
    f" ASOF LEFT JOIN {RENAMED_TABLE} r"
    " ON r.portal = f.portal AND r.former_key = f.key AND f.monday < r.until_at"
)
"""The calendars under the keys that they have today."""

CATALOGUE_TABLE = "catalogue_entries"
"""Table of the catalogue, made from the packaged one and the user's own files."""

WEEK_NOTE = "ISO week of the row, such as 2026-05"
PORTAL_NOTE = "id of the portal, as in the catalogue"
CALENDAR_NOTE = "key of the calendar within its portal"
SLOT_NOTE = "bookable start time: naive wall time of the portal"

_SLOT_OF = "make_timestamp(s.slot * 60000000::BIGINT)"


def instant(seconds: str) -> str:
    """SQL that turns Unix seconds into a timestamp."""
    return f"make_timestamp(({seconds}) * 1000000::BIGINT)"


def _taken_of(table: str) -> str:
    """Join the snapshots of a row's portal and week, under the name ``n``."""
    return (
        f"JOIN sealed_snapshots n ON n.iso_year = {table}.iso_year AND n.iso_week = {table}.iso_week"
        f" AND n.portal = {table}.portal"
    )


_WEEK_OF_SNAPSHOT = f"strftime({instant('taken_at + utc_offset_s')}, '%G-%V')"
_WEEK_OF_TAKEN = f"strftime({instant('n.taken_at + n.utc_offset_s')}, '%G-%V')"

_CALENDAR_OF = (
    "JOIN sealed_calendars c ON c.iso_year = s.iso_year AND c.iso_week = s.iso_week"
    " AND c.portal = s.portal AND c.calendar = s.calendar AND c.copy = 0"
)

WEEKS = SqlView(
    "weeks",
    "one ISO week of the archive",
    {
        "week": WEEK_NOTE,
        "source": "live: snapshots of this archive; import: an old bundle; running: not sealed yet",
        "bundle": "file name of the imported bundle; empty for others",
        "producer": "program that sealed it; empty for a running week",
        "portals": "number of portals with a snapshot",
        "snapshots": "number of snapshots, failed ones included",
        "spans": "number of parts of spans in it; empty for a running week",
        "size_bytes": "length of its files; empty for a running week",
    },
    frozenset({"snapshots"}),
    "SELECT first_week AS week, source, bundle, producer, portals, snapshots, spans, size_bytes"
    f" FROM {WEEKS_TABLE} WHERE source <> 'running' UNION ALL"
    " SELECT week, 'running', '', '', count(DISTINCT portal), count(*), NULL, NULL FROM ("
    f"SELECT portal, {_WEEK_OF_SNAPSHOT} AS week FROM sealed_snapshots s"
    f" SEMI JOIN {WEEKS_TABLE} w ON w.iso_year = s.iso_year AND w.iso_week = s.iso_week"
    " AND w.source = 'running') GROUP BY week ORDER BY week",
)

PORTALS = SqlView(
    "portals",
    "one portal, as it was known in its newest week",
    {
        "portal": PORTAL_NOTE,
        "name": "name for people",
        "system": "booking system",
        "url": "entry page",
        "zone": "zone of its wall time",
        "aggregated": "true where rows are unions of several snapshots: unfit for questions of change",
        "first_week": "first week with a snapshot",
        "last_week": "newest week with a snapshot",
    },
    frozenset({"portals"}),
    "SELECT portal, arg_max(name, place) AS name, arg_max(system, place) AS system, arg_max(url, place) AS url,"
    " arg_max(zone, place) AS zone, bool_or(aggregated) AS aggregated, min(first_week) AS first_week,"
    " max(last_week) AS last_week"
    " FROM (SELECT *, iso_year * 100 + iso_week AS place FROM sealed_portals)"
    " GROUP BY portal ORDER BY portal",
)

CALENDARS = SqlView(
    "calendars",
    "one calendar of a portal, as it was known in its newest week",
    {
        "portal": PORTAL_NOTE,
        "calendar": CALENDAR_NOTE,
        "name": "what people read; empty where no page told it",
        "services": "services it is for, a list of texts",
        "first_week": "first week in which it was seen",
        "last_week": "newest week in which it was seen",
    },
    frozenset({"calendars"}),
    "SELECT portal, key AS calendar, arg_max(name, place) AS name, arg_max(services, place) AS services,"
    " min(first_week) AS first_week, max(last_week) AS last_week"
    " FROM (SELECT *, iso_year * 100 + iso_week AS place FROM sealed_calendars WHERE copy = 0)"
    " GROUP BY portal, key ORDER BY portal, key",
)

SNAPSHOTS = SqlView(
    "snapshots",
    "one attempt to read a portal",
    {
        "week": WEEK_NOTE,
        "portal": PORTAL_NOTE,
        "taken_at": "start, UTC",
        "finished_at": "end, UTC; an old bundle does not tell it, and it equals the start",
        "taken_local": "start in the portal's wall time",
        "time_unsure": "true where an old bundle does not tell the pass of the repeated hour",
        "outcome": "ok, partial, unreachable, throttled, refused, changed, implausible or skipped",
        "reason": "why it is not ok",
        "requests": "requests made; empty where an old bundle does not tell",
        "bytes": "bytes received; empty where an old bundle does not tell",
        "period_s": "planned seconds to the next snapshot; empty where none was planned",
        "parser": "system and version of its parser",
    },
    frozenset({"snapshots"}),
    f"SELECT {_WEEK_OF_SNAPSHOT} AS week, portal, {instant('taken_at')} AS taken_at,"
    f" {instant('taken_at + took_s')} AS finished_at, {instant('taken_at + utc_offset_s')} AS taken_local,"
    " time_unsure, outcome, reason, CASE WHEN requests >= 0 THEN requests END AS requests,"
    " CASE WHEN bytes >= 0 THEN bytes END AS bytes,"
    " CASE WHEN period_s >= 0 THEN period_s END AS period_s, parser FROM sealed_snapshots",
)

VIEWS = SqlView(
    "views",
    "one calendar inside one snapshot",
    {
        "week": WEEK_NOTE,
        "portal": PORTAL_NOTE,
        "calendar": CALENDAR_NOTE,
        "taken_at": "start of the snapshot, UTC",
        "taken_local": "start of the snapshot in the portal's wall time",
        "outcome": "as of snapshots",
        "covered": "local days that were answered for, such as 2026-01-26..2026-03-06,2026-03-09",
        "asked": "services asked, a JSON list; [] where an old bundle does not tell",
        "duration_min": "minutes of the asked service; empty where unknown",
        "reason": "why it is not ok",
    },
    frozenset({"views", "snapshots", "calendars"}),
    f"SELECT {_WEEK_OF_TAKEN} AS week, s.portal,"
    f" c.key AS calendar, {instant('n.taken_at')} AS taken_at,"
    f" {instant('n.taken_at + n.utc_offset_s')} AS taken_local, s.outcome, s.covered, s.asked,"
    " CASE WHEN s.duration_min >= 0 THEN s.duration_min END AS duration_min, s.reason"
    f" FROM sealed_views s {_CALENDAR_OF} {_taken_of('s')}"
    " AND n.ordinal BETWEEN s.first AND s.last",
)

CAPACITIES = SqlView(
    "capacities",
    "one change of the free places of a slot, where a portal shows them",
    {
        "week": WEEK_NOTE,
        "portal": PORTAL_NOTE,
        "calendar": CALENDAR_NOTE,
        "slot": SLOT_NOTE,
        "changed_at": "snapshot that showed the change, UTC",
        "capacity": "free places; empty where they are no longer shown",
    },
    frozenset({"capacities", "snapshots", "calendars"}),
    f"SELECT {_WEEK_OF_TAKEN} AS week, s.portal,"
    f" c.key AS calendar, {_SLOT_OF} AS slot, {instant('n.taken_at')} AS changed_at,"
    " CASE WHEN s.capacity >= 0 THEN s.capacity END AS capacity"
    f' FROM sealed_capacities s {_CALENDAR_OF} {_taken_of("s")} AND n.ordinal = s."at"',
)

CATALOGUE = SqlView(
    "catalogue",
    "one portal of the catalogue of this installation, asked or not",
    {
        "portal": PORTAL_NOTE,
        "name": "name for people",
        "system": "booking system",
        "kind": "what the office is for, such as citizen_office",
        "city": "its town; empty where unknown",
        "state": "federal state, outside Germany the country; empty where unknown",
        "latitude": "degrees north of the town",
        "longitude": "degrees east of the town",
        "status": "active, silent, retired or unverified",
        "last_seen": "local day of the newest evidence that it answered",
    },
    frozenset(),
    f"SELECT * FROM {CATALOGUE_TABLE}",
)
