"""The typed rule and its estimates, as one of the rules that are scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.changes import Changes
from amtspuls.analysis.estimate import estimate
from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import KINDS, Kind
from amtspuls.analysis.labels import describe_label
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.score_findings import Findings, Rule
from amtspuls.analysis.score_truth import CalendarWeek, Change
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.transitions import RULE

_COUNTED = (Kind.BOOKED, Kind.CANCELLED)
_TOLD = tuple(kind for kind in KINDS if kind is not Kind.UNKNOWN)


def _find(archive: ScoreArchive) -> Findings:
    (evidence,) = load_evidence(archive, Selection())
    one = Watched(evidence)
    keys = {
        record.number: record.calendar.key for record in archive.calendars(archive.record.portal_id)
    }
    totals = {}
    for kind in _COUNTED:
        found = estimate([one], kind, By.ALL)["", 0]
        if found is not None:
            totals[kind] = found
    return Findings(
        tuple(_changes(one.transitions.changes, keys)),
        totals,
        {kind: _weeks(one, kind) for kind in _COUNTED},
    )


def _changes(changes: Changes, keys: Mapping[int, str]) -> Iterator[Change]:
    """Bookings and cancellations as one change each, all others start time by start time."""
    episodes: dict[tuple[int, bool], list[int]] = {}
    columns = [column.tolist() for column in changes]
    calendars, slots, at, seen_at, _, opening, _, kinds, *_, episode = columns
    for row, kind in enumerate(kinds):
        if KINDS[kind] in _COUNTED:
            episodes.setdefault((episode[row], opening[row]), []).append(row)
        elif KINDS[kind] in _TOLD:
            cell = (keys[calendars[row]], slots[row])
            yield Change(KINDS[kind], at[row], max(0, seen_at[row]), (cell,))
    for rows in episodes.values():
        cells = tuple((keys[calendars[row]], slots[row]) for row in rows)
        since_s = max(0, min(seen_at[row] for row in rows))
        yield Change(KINDS[kinds[rows[0]]], at[rows[0]], since_s, cells)


def _weeks(one: Watched, kind: Kind) -> Mapping[CalendarWeek, Bounds | None]:
    found: dict[CalendarWeek, Bounds | None] = {}
    for label, bounds in estimate([one], kind, By.CALENDAR_WEEK).items():
        row = describe_label([one], By.CALENDAR_WEEK, label)
        found[str(row["calendar"]), str(row["week"])] = bounds
    return found


TYPED = Rule(
    RULE,
    "typed changes: what each calendar's behaviour explains is no booking, one booking counts once",
    _TOLD,
    tells_slots=True,
    find=_find,
)
