"""The view ``spans``: one row per span, joined over the edges of weeks.

A sealed week holds the part of a span that lies in it; the parts of one slot are looked at together:

- a part that no snapshot of its week ended is followed by the next part of the same slot, when that one opened
  with the first later view that covered the slot's day, or was open before its week (a week sealed from live
  snapshots knows, an imported one does not) and no view covered the day in between;
- where no part follows, that view closed it;
- where no later view covered the day, it is over when its slot begins.

The same rules, on arrays and for one portal, are those of ``archive/joining.py``; a test compares the two.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from amtspuls.analysis.sql.tables import CALENDAR_NOTE, PORTAL_NOTE, SLOT_NOTE, SqlView, instant

if TYPE_CHECKING:
    from amtspuls.model import Slot

_SLOT_START = "slot_start_s"


def slot_start(changes: Mapping[str, Sequence[tuple[Slot, int]]]) -> str:
    """SQL that makes the macro which says when a slot of a zone begins, in Unix seconds.

    Args:
        changes: By zone the slots from which on wall time is so many seconds ahead of UTC, ascending.
    """
    of_zones = [f"WHEN {_text(zone)} THEN {_ahead(found)}" for zone, found in changes.items()]
    ahead = f"CASE zone {' '.join(of_zones)} END" if of_zones else "0"
    return f"CREATE MACRO {_SLOT_START}(zone, slot) AS slot::BIGINT * 60 - {ahead}"


def _ahead(changes: Sequence[tuple[Slot, int]]) -> str:
    cases = [
        f"WHEN slot < {until} THEN {ahead_s}"
        for (_, ahead_s), (until, _) in itertools.pairwise(changes)
    ]
    newest = changes[-1][1]
    return f"CASE {' '.join(cases)} ELSE {newest} END" if cases else str(newest)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


# Each step is used once, so that a condition on the portal reaches the files. Snapshots are found by one number:
# to compare year, week, portal and ordinal takes twice as long.
_PARTS = """
placed AS (
  SELECT iso_year, iso_week, portal, zone,
    row_number() OVER (PARTITION BY portal ORDER BY iso_year, iso_week) * 4294967296 AS moments
  FROM sealed_portals
),
taken AS (
  SELECT n.portal, p.moments + n.ordinal AS moment, n.taken_at
  FROM sealed_snapshots n
  JOIN placed p ON p.iso_year = n.iso_year AND p.iso_week = n.iso_week AND p.portal = n.portal
),
numbered AS (
  SELECT c.iso_year, c.iso_week, c.portal, c.calendar, c.key, w.number AS week_number,
    w.first_week AS week, p.zone, p.moments, w.source = 'import' AS alone,
    dense_rank() OVER (PARTITION BY c.portal ORDER BY c.key) AS id
  FROM sealed_calendars c
  JOIN sealed_weeks w ON w.iso_year = c.iso_year AND w.iso_week = c.iso_week
  JOIN placed p ON p.iso_year = c.iso_year AND p.iso_week = c.iso_week AND p.portal = c.portal
  WHERE c.copy = 0
),
parts AS (
  SELECT c.week_number, c.week, s.portal, c.id, c.key, s.slot, s.opened, s.from_before, s.goes_on,
    closing.moment IS NULL AND (s.goes_on OR NOT c.alone) AS waits,
    opening.taken_at AS opened_s, closing.taken_at AS closed_s,
    slot_start_s(c.zone, s.slot) AS start_s
  FROM sealed_spans s
  JOIN numbered c ON c.iso_year = s.iso_year AND c.iso_week = s.iso_week
    AND c.portal = s.portal AND c.calendar = s.calendar
  JOIN taken opening ON opening.portal = s.portal AND opening.moment = c.moments + s.opened
  LEFT JOIN taken closing ON closing.portal = s.portal AND closing.moment = c.moments + s.closed
)"""

_COVERED = """
runs AS (
  SELECT iso_year, iso_week, portal, calendar, covered, min("first") AS ordinal
  FROM sealed_views WHERE covered <> '' GROUP BY ALL
),
bounds AS (
  SELECT portal, min(slot) // 1440 AS first_day, max(slot) // 1440 AS last_day
  FROM sealed_spans GROUP BY portal
),
ranges AS (
  SELECT *, unnest(string_split(covered, ',')) AS range FROM runs
),
covered_days AS (
  SELECT r.* EXCLUDE (covered, range), unnest(generate_series(
      greatest(split_part(range, '..', 1)::DATE - DATE '1970-01-01', b.first_day),
      least(split_part(range, '..', CASE WHEN contains(range, '..') THEN 2 ELSE 1 END)::DATE
        - DATE '1970-01-01', b.last_day))) AS day
  FROM ranges r JOIN bounds b USING (portal)
),
seen AS (
  SELECT c.week_number, d.portal, c.id, d.day, min(n.taken_at) AS seen_s
  FROM covered_days d
  JOIN numbered c ON c.iso_year = d.iso_year AND c.iso_week = d.iso_week
    AND c.portal = d.portal AND c.calendar = d.calendar
  JOIN sealed_snapshots n ON n.iso_year = d.iso_year AND n.iso_week = d.iso_week
    AND n.portal = d.portal AND n.ordinal = d.ordinal
  GROUP BY ALL
)"""

_JOINED = """
edges AS (
  SELECT p.*, e.seen_s AS next_s FROM parts p
  ASOF LEFT JOIN seen e ON e.portal = p.portal AND e.id = p.id AND e.day = p.slot // 1440
    AND p.week_number < e.week_number
),
chain AS (
  SELECT *, coalesce(lag(waits) OVER before AND (
      opened_s = lag(next_s) OVER before
      OR from_before AND coalesce(lag(next_s) OVER before >= opened_s, true)), false) AS follows
  FROM edges
  WINDOW before AS (PARTITION BY portal, id, slot ORDER BY week_number, opened)
),
islands AS (
  SELECT *, count(*) FILTER (NOT follows) OVER (
      PARTITION BY portal, id, slot ORDER BY week_number, opened) AS island
  FROM chain WHERE follows OR NOT from_before OR opened_s < start_s
),
whole AS (
  SELECT portal, any_value(key) AS key, slot, any_value(start_s) AS start_s, min(opened_s) AS opened_s,
    arg_max_null(CASE WHEN waits THEN next_s ELSE coalesce(closed_s, start_s) END,
      week_number::BIGINT * 4294967296 + opened)
      AS closed_s
  FROM islands GROUP BY portal, id, slot, island
),
newest AS (SELECT portal, max(taken_at) AS newest_s FROM sealed_snapshots GROUP BY portal),
ended AS (
  SELECT s.portal, s.key AS calendar, s.slot, s.start_s, s.opened_s, CASE
      WHEN s.closed_s IS NOT NULL THEN greatest(least(s.closed_s, s.start_s), s.opened_s)
      WHEN s.start_s <= n.newest_s THEN greatest(s.start_s, s.opened_s) END AS closed_s
  FROM whole s JOIN newest n ON n.portal = s.portal
)"""

_USES = frozenset({"spans", "calendars", "portals", "snapshots", "views"})

WEEK_SPANS = SqlView(
    "week_spans",
    "the part of a span that lies in one week: many times as fast to read as spans",
    {
        "week": "ISO week, such as 2026-05; for all that is not sealed yet the first such week",
        "portal": PORTAL_NOTE,
        "calendar": CALENDAR_NOTE,
        "slot": SLOT_NOTE,
        "slot_at": "when it begins, UTC",
        "opened_at": "first snapshot of the week that showed it, UTC",
        "closed_at": "first later snapshot of the week that covered its day without it, UTC; empty"
        " where none did",
        "from_before": "true where it was open before the week; an old bundle does not tell it",
        "goes_on": "true where it was open at the end of the week",
    },
    _USES - {"views"},
    f"WITH {_PARTS} SELECT week, portal,"
    f" key AS calendar, {instant('slot::BIGINT * 60')} AS slot, {instant('start_s')} AS slot_at,"
    f" {instant('opened_s')} AS opened_at, {instant('closed_s')} AS closed_at, from_before, goes_on"
    " FROM parts",
)

SPANS = SqlView(
    "spans",
    "one slot free without a break, also over the edges of weeks",
    {
        "portal": PORTAL_NOTE,
        "calendar": CALENDAR_NOTE,
        "slot": SLOT_NOTE,
        "slot_at": "when it begins, UTC",
        "opened_at": "first snapshot that showed it, UTC",
        "closed_at": "first later snapshot that covered its day without it, or its start if that is"
        " earlier, UTC; empty while it is free",
        "ended": "vanished: before it began; began: nobody took it; open: still free",
    },
    _USES,
    f"WITH {_PARTS}, {_COVERED}, {_JOINED}"
    f" SELECT portal, calendar, {instant('slot::BIGINT * 60')} AS slot, {instant('start_s')} AS slot_at,"
    f" {instant('opened_s')} AS opened_at, {instant('closed_s')} AS closed_at,"
    " CASE WHEN closed_s IS NULL THEN 'open' WHEN closed_s < start_s THEN 'vanished'"
    " ELSE 'began' END AS ended FROM ended",
)
