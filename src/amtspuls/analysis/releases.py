"""When offices release slots: at which hour and weekday, how many, how far ahead, and how soon half are gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from amtspuls.analysis.base import (
    Column,
    Figures,
    Measure,
    Row,
    Unit,
    after_text,
    count_of,
    measured_in,
)
from amtspuls.analysis.base import per_cent as percent
from amtspuls.analysis.changes import Bools, Changes, Floats
from amtspuls.analysis.following import last_seen, next_rows, pair_codes
from amtspuls.analysis.grouping import WEEKDAYS, By, Label, Watched
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import DAY_S, HOUR_S, Ints, hour_of, weekday_of
from amtspuls.analysis.once import once
from amtspuls.analysis.quantiles import weighted_quantile
from amtspuls.analysis.survival import estimate_survival, median_text
from amtspuls.analysis.transitions import RULE

BATCH = 20
"""A release of at least this many slots is a batch."""

_TIMES = frozenset({By.HOUR, By.WEEKDAY, By.DAY})
_TAKEN = [CODES[kind] for kind in (Kind.BOOKED, Kind.WITHDRAWN, Kind.UNKNOWN)]
_ROLL = CODES[Kind.HORIZON_ROLL]
_NEVER = np.iinfo(np.int64).max


class Releases(NamedTuple):
    """Slots that one calendar showed for the first time in one snapshot; arrays of shape (n,).

    Attributes:
        calendar: Number of the calendar.
        at: Instant of the snapshot.
        local_s: The same as local seconds.
        timed: Whether the hour is known; across a gap it is not.
        size: Number of slots.
        followed_s: For how long it was followed, until half were gone or no longer.
        half_gone: Whether half were gone then.
    """

    calendar: Ints
    at: Ints
    local_s: Ints
    timed: Bools
    size: Ints
    followed_s: Ints
    half_gone: Bools

    def only(self, chosen: Bools) -> Releases:
        """The chosen ones."""
        return Releases._make(column[chosen] for column in self)


class Released(NamedTuple):
    """The slots of releases, one row each; arrays of shape (n,).

    Attributes:
        release: Index of the release.
        ahead_s: Seconds from the release to the start of the slot.
        rolled: 1 where the moving horizon alone brought it in, 0 where the office did, NaN where the
            rule does not tell.
    """

    release: Ints
    ahead_s: Ints
    rolled: Floats


@once
def find_releases(one: Watched) -> tuple[Releases, Released]:
    """Collect the releases of a portal, by calendar and time, and their slots; worked out once."""
    slots = one.transitions.changes.of(Kind.RELEASED, Kind.HORIZON_ROLL)
    slots = slots.only(slots.opening)
    (release,) = pair_codes((slots.calendar, slots.at))
    _, first = np.unique(release, return_index=True)
    calendar, at = slots.calendar[first], slots.at[first]
    size = np.bincount(release, minlength=len(first)).astype(np.int64)
    half_at = _half_gone_at(release, _gone_at(slots, one.lasting_closings), size)
    last_start = np.full(len(first), -_NEVER, np.int64)
    np.maximum.at(last_start, release, slots.start_s)
    lost_at = np.maximum(np.minimum(last_seen(one.evidence, calendar), last_start), at)
    untimed = np.bincount(release, weights=~slots.timed, minlength=len(first)) > 0
    releases = Releases(
        calendar,
        at,
        one.evidence.offsets.to_local(at),
        ~untimed,
        size,
        np.minimum(half_at, lost_at) - at,
        half_at <= lost_at,
    )
    rolled = np.where(slots.confidence > 0, (slots.kind == _ROLL).astype(np.float64), np.nan)
    return releases, Released(release, slots.start_s - slots.at, rolled)


def _gone_at(slots: Changes, closings: Changes) -> Ints:
    """When each slot was gone for good before its time; never where it began, or was let go, unbooked."""
    wanted, codes = pair_codes((slots.calendar, slots.slot), (closings.calendar, closings.slot))
    row = next_rows(codes, closings.at, wanted, slots.at)
    taken = np.isin(np.append(closings.kind, -1)[row], _TAKEN)
    return np.where(taken, np.append(closings.at, _NEVER)[row], _NEVER)


def _half_gone_at(release: Ints, gone_at: Ints, size: Ints) -> Ints:
    """When at least half of the slots of each release were gone."""
    ordered: Ints = gone_at[np.lexsort((gone_at, release))]
    half: Ints = ordered[np.cumsum(size) - size + (size + 1) // 2 - 1]
    return half


def compute_releases(watched: Sequence[Watched], by: By) -> Figures:
    """Describe the releases by row; by hour, weekday and day only those whose hour is known."""
    parts: dict[Label, list[tuple[Releases, Released]]] = defaultdict(list)
    for one in watched:
        releases, slots = find_releases(one)
        keys = one.event_keys(by, releases.calendar, releases.at)
        for key in np.unique(keys).tolist():
            mine = keys == key
            chosen = slots.release[mine[slots.release]], mine[slots.release]
            numbers = np.cumsum(mine) - 1
            parts[one.label(by, key)].append(
                (
                    releases.only(mine),
                    Released(numbers[chosen[0]], slots.ahead_s[chosen[1]], slots.rolled[chosen[1]]),
                )
            )
    return {label: _describe(*_joined(found), by) for label, found in parts.items()}


def _joined(parts: Sequence[tuple[Releases, Released]]) -> tuple[Releases, Released]:
    before = np.cumsum([0, *(len(releases.at) for releases, _ in parts)])
    moved = [
        slots._replace(release=slots.release + n)
        for (_, slots), n in zip(parts, before, strict=False)
    ]
    releases = Releases._make(map(np.concatenate, zip(*(one for one, _ in parts), strict=True)))
    return releases, Released._make(map(np.concatenate, zip(*moved, strict=True)))


def _describe(releases: Releases, slots: Released, by: By) -> dict[str, Any]:
    untimed = int((~releases.timed).sum())
    if by in _TIMES:
        slots = Released._make(column[releases.timed[slots.release]] for column in slots)
        releases = releases.only(releases.timed)
    sizes = releases.size.astype(np.float64)
    total = int(releases.size.sum())
    timed = releases.only(releases.timed)
    curve = estimate_survival(timed.followed_s.astype(np.float64), timed.half_gone)
    told = slots.rolled[~np.isnan(slots.rolled)]
    batches = releases.size >= BATCH
    return {
        "releases": len(releases.at),
        "slots": total,
        "median_size": weighted_quantile(sizes, np.ones(len(sizes)), 0.5),
        "batches": int(batches.sum()),
        "batch_share": float(releases.size[batches].sum() / total) if total else None,
        "rolled_share": float(told.mean()) if len(told) else None,
        **_usual_times(timed),
        "median_days_ahead": weighted_quantile(
            slots.ahead_s / DAY_S, np.ones(len(slots.ahead_s)), 0.5
        ),
        "half_gone_hours": median_text(curve, HOUR_S),
        "untimed": untimed,
    }


def _usual_times(timed: Releases) -> dict[str, Any]:
    """Hour and weekday at which most slots came, and the hour's share of them."""
    if not len(timed.at):
        return {"usual_hour": None, "usual_hour_share": None, "usual_weekday": None}
    of_hour = np.bincount(hour_of(timed.local_s), weights=timed.size, minlength=24)
    of_weekday = np.bincount(weekday_of(timed.local_s), weights=timed.size, minlength=7)
    return {
        "usual_hour": int(of_hour.argmax()),
        "usual_hour_share": float(of_hour.max() / of_hour.sum()),
        "usual_weekday": WEEKDAYS[int(of_weekday.argmax())],
    }


def _say(row: Row) -> str:
    if not row["releases"]:
        return f"no release was seen, {measured_in(row)}"
    when = ""
    if row["usual_hour"] is not None:
        share = percent(row["usual_hour_share"])
        when = f", most at {row['usual_hour']:02d} h ({share}) and on {row['usual_weekday']}s"
    half = row["half_gone_hours"]
    gone = "" if half is None else f", half of one gone {after_text(half)}"
    return (
        f"{count_of(row['slots'], 'slot')} in {count_of(row['releases'], 'release')}{when}{gone}, "
        f"{measured_in(row)}"
    )


MEASURE = Measure(
    name="releases",
    question="When do offices release slots: how many, how far ahead, and how soon half are gone.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("releases", "releases", Unit.COUNT),
        Column("slots", "slots", Unit.COUNT),
        Column("median_size", "slots in one (median)", Unit.COUNT),
        Column("batches", f"of {BATCH} or more", Unit.COUNT),
        Column("batch_share", "slots in these, %", Unit.SHARE),
        Column("rolled_share", "by the moving horizon, %", Unit.SHARE),
        Column("usual_hour", "most at, hour"),
        Column("usual_hour_share", "of all, %", Unit.SHARE),
        Column("usual_weekday", "most on"),
        Column("median_days_ahead", "ahead (median), days", Unit.DAYS),
        Column("half_gone_hours", "half gone after, hours", Unit.HOURS),
        Column("untimed", "hour unknown", Unit.COUNT),
    ),
    compute=compute_releases,
    say=_say,
    rule=RULE,
    formula=(
        "release = slots of one calendar that one snapshot shows for the first time (released, or by the moving horizon)\n"
        "size = its slots; batch = size of 20 or more; days ahead = start - snapshot, over slots\n"
        "half gone = least t with at least half of its slots closed for good by t, before their start and before the notice;\n"
        "half_gone_hours = median over releases with a known hour, those not yet half gone allowed for (Kaplan-Meier)"
    ),
    source=(
        "Asked for by users of the predecessor; batches of 20 or more are 84 % of what appears in its data; "
        "docs/reference/measures.md#releases."
    ),
    caveats=(
        "Slots that are released and taken between two snapshots are never seen: the popular ones are missed.",
        "Calendars that share the same clerks release the same slots several times, and each time counts.",
        "Numbers of slots are not comparable between systems with grids of 5 and of 30 minutes; hours and days are.",
    ),
)
