"""The view ``free_counts``: how many slots each view showed.

A view of its own: it takes most of a second per week of 35 portals, and few questions to ``views`` want it. The same
rule, on arrays and for one portal, is that of ``archive/pieces.py``; a test compares the two.
"""

from __future__ import annotations

from amtspuls.analysis.sql.tables import CALENDAR_NOTE, PORTAL_NOTE, WEEK_NOTE, SqlView, instant

_ANSWERED = "outcome IN ('ok', 'partial')"

# Each step is used once, so that a condition on the portal reaches the files.
_COUNTS = f"""
bounds AS (
  SELECT portal, min(slot) // 1440 AS first_day, max(slot) // 1440 AS last_day
  FROM sealed_spans GROUP BY portal
),
ranges AS (
  SELECT DISTINCT iso_year, iso_week, portal, calendar, covered,
    unnest(string_split(covered, ',')) AS range
  FROM sealed_views WHERE {_ANSWERED} AND covered <> ''
),
days AS (
  SELECT r.* EXCLUDE (range), unnest(generate_series(
      greatest(split_part(range, '..', 1)::DATE - DATE '1970-01-01', b.first_day),
      least(split_part(range, '..', CASE WHEN contains(range, '..') THEN 2 ELSE 1 END)::DATE
        - DATE '1970-01-01', b.last_day))) AS day
  FROM ranges r JOIN bounds b USING (portal)
),
steps AS (
  SELECT d.iso_year, d.iso_week, d.portal, d.calendar, d.covered,
    unnest([s.opened, s.closed]) AS ordinal, unnest([1, -1]) AS step
  FROM sealed_spans s
  JOIN days d ON d.iso_year = s.iso_year AND d.iso_week = s.iso_week AND d.portal = s.portal
    AND d.calendar = s.calendar AND d.day = s.slot // 1440
),
counts AS (
  SELECT iso_year, iso_week, portal, calendar, covered, ordinal,
    sum(sum(step)) OVER (
      PARTITION BY iso_year, iso_week, portal, calendar, covered ORDER BY ordinal) AS free
  FROM steps GROUP BY iso_year, iso_week, portal, calendar, covered, ordinal
),
shown AS (
  SELECT v.iso_year, v.iso_week, v.portal, v.calendar, v.covered, n.ordinal, n.taken_at,
    n.utc_offset_s
  FROM sealed_views v
  JOIN sealed_snapshots n ON n.iso_year = v.iso_year AND n.iso_week = v.iso_week
    AND n.portal = v.portal AND n.ordinal BETWEEN v."first" AND v."last"
  WHERE v.{_ANSWERED}
)"""

FREE_COUNTS = SqlView(
    "free_counts",
    "number of free slots in one view that was answered; join it with views by portal, calendar and"
    " taken_at",
    {
        "week": WEEK_NOTE,
        "portal": PORTAL_NOTE,
        "calendar": CALENDAR_NOTE,
        "taken_at": "start of the snapshot, UTC",
        "free": "slots that it showed free on the days that it covered",
    },
    frozenset({"views", "spans", "snapshots", "calendars"}),
    f"WITH {_COUNTS}"
    f" SELECT strftime({instant('s.taken_at + s.utc_offset_s')}, '%G-%V') AS week, s.portal,"
    f" c.key AS calendar, {instant('s.taken_at')} AS taken_at, coalesce(f.free, 0)::BIGINT AS free"
    " FROM shown s JOIN sealed_calendars c ON c.iso_year = s.iso_year AND c.iso_week = s.iso_week"
    " AND c.portal = s.portal AND c.calendar = s.calendar AND c.copy = 0"
    " ASOF LEFT JOIN counts f ON f.iso_year = s.iso_year AND f.iso_week = s.iso_week"
    " AND f.portal = s.portal AND f.calendar = s.calendar AND f.covered = s.covered"
    " AND s.ordinal >= f.ordinal",
)
