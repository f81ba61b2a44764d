"""The real week 2026-05 in docs/accuracy.md: what its changes are, beside what was measured without types.

Nobody knows the truth about it; the predecessor's two figures for the same week stand beside ours.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.changes import Changes
from amtspuls.analysis.estimate import estimate
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import CODES, KINDS, Kind
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.archive.live import open_reader
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.finding import Found, find_metadata
from amtspuls.bundle.importing import import_bundle, load_metadata

WEEK = IsoWeek(2026, 5)
LEGACY = {Kind.BOOKED: (56_623, 12_723), Kind.CANCELLED: (64_779, 4_592)}
"""What the predecessor published for this week: raw, and after its clip."""

MASS = 20
"""So many start times of one calendar in one snapshot are a mass event."""

_MINUTES_PER_DAY = 1440
_ONE_SNAPSHOT_S = 1350
_LEAST_SHARE = 0.02

_TITLES = {Kind.BOOKED: "bookings", Kind.CANCELLED: "cancellations"}


def week_section(shared: Path) -> list[str]:
    """Import the week into a folder of its own and write the section."""
    raw = shared / "data/office-schedule-data/raw"
    bundle = raw / str(WEEK.year) / f"{WEEK}.tar.gz"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "archive"
        names = load_metadata(find_metadata([raw]))
        import_bundle(Found(bundle, WEEK), folder / WEEKS_NAME, names)
        with closing(open_reader(folder)) as reader:
            return list(week_page(load_watched(reader, Selection())))


def headline(watched: Sequence[Watched], kind: Kind) -> Bounds | None:
    """Low, central and high of the whole week; None where too little was seen for a figure."""
    (found,) = estimate(watched, kind, By.ALL).values()
    return found


def week_page(watched: Sequence[Watched]) -> Iterator[str]:
    """The section on the real week."""
    yield f"## The real week {WEEK}"
    yield ""
    yield (
        f"{len(watched)} portals as the predecessor took them, rule `{watched[0].transitions.rule}`. The truth is not"
        " known. Changes are start times of calendars that appeared or vanished; a booking may close several."
        " The ranges do not allow for a page that is read in the wrong way altogether: of `boenen`, `rhedawiedenbrueck`,"
        " `kherfordkfz`, `schriesheim` and two more that is [likely or possible](reference/estimates.md#known-limits)."
    )
    yield ""
    yield "| | low | central | high | predecessor, raw | clipped |"
    yield "|:---|---:|---:|---:|---:|---:|"
    for kind, (raw, clipped) in LEGACY.items():
        found = headline(watched, kind)
        ours = "refused | refused | refused" if found is None else _cells(found)
        yield f"| {_TITLES[kind]} | {ours} | {raw:,} | {clipped:,} |"
    yield ""
    yield from share_table(watched)
    yield ""
    yield from portal_table(watched)


# Shares that were measured without types


def share_table(watched: Sequence[Watched]) -> Iterator[str]:
    """Rough shares, the same counted on this week, and what the types say of those that were counted."""
    changes = _joined([one.transitions.changes for one in watched])
    of_tempus = [
        np.full(len(one.transitions.changes.at), one.evidence.record.system == "tempus")
        for one in watched
    ]
    tempus = changes.only(np.concatenate(of_tempus))
    gone, come = _vanished(changes), changes.only(changes.opening)
    alone = _alone(tempus)
    counted = (
        (f"vanished before their start in groups of {MASS} and more", "51 %", gone, _in_mass(gone)),
        (f"appeared in groups of {MASS} and more", "84 %", come, _in_mass(come)),
        ("appeared beyond the last day so far", "27 %", come, _beyond(come)),
        ("tempus: vanished in smaller groups, back in the next snapshot", "7.7 %", *alone),
    )
    yield "| | measured before, without types | counted here likewise | of these, by type |"
    yield "|:---|---:|---:|:---|"
    for title, before, among, chosen in counted:
        yield f"| {title} | {before} | {_mean(chosen)} | {_main_kinds(among.only(chosen))} |"
    yield f"| neighbouring start times that vanish together in one calendar | 2.13 | – | {_lengths(watched)} |"
    yield ""
    yield (
        "The first column was counted roughly, over other weeks too, by the size of a group alone. Types look at"
        " reasons: what vanishes because its minimum notice came, or in many calendars over the same desks, is no"
        " withdrawal however large the group is; what comes back after a flap is no release; a day that was seen in"
        " the calendar before is no new one even if it is the last. `held` has holds of several snapshots too, so its"
        f" share of all that tempus calendars lost is another one: {_of(_vanished(tempus), Kind.HELD)}. A booking"
        " closes more start times than it takes, because start times from which it would no longer fit vanish with it."
    )


def _main_kinds(changes: Changes) -> str:
    """The kinds that make up most of some changes."""
    counts = np.bincount(changes.kind, minlength=len(KINDS))
    largest = np.argsort(-counts, kind="stable")[:4].tolist()
    shares = [(KINDS[place], counts[place] / max(1, counts.sum())) for place in largest]
    return ", ".join(f"`{kind}` {100 * one:.0f} %" for kind, one in shares if one >= _LEAST_SHARE)


def _lengths(watched: Sequence[Watched]) -> str:
    rows = sum(len(one.transitions.changes.of(Kind.BOOKED).slot) for one in watched)
    apart = sum(float(one.transitions.bookings_by_calendar.weight.sum()) for one in watched)
    whole = sum(float(one.transitions.bookings.weight.sum()) for one in watched)
    if not whole or not apart:
        return "–"
    return f"a booking closes {rows / apart:.2f} in one calendar, {rows / whole:.2f} in all of them"


def _joined(parts: Sequence[Changes]) -> Changes:
    """Changes of several portals, whose calendars are numbered anew: two may have the same number."""
    whole = Changes._make(np.concatenate(columns) for columns in zip(*parts, strict=True))
    place = np.repeat(np.arange(len(parts)), [len(part.at) for part in parts])
    calendars = np.stack([place, whole.calendar])
    _, number = np.unique(calendars, axis=1, return_inverse=True)
    return whole._replace(calendar=number.ravel().astype(np.int64))


def _vanished(changes: Changes) -> Changes:
    """Those that vanished before they began."""
    return changes.only(~changes.opening & (changes.kind != CODES[Kind.EXPIRED]))


def _in_mass(changes: Changes) -> NDArray[np.bool_]:
    """Which changed with so many of their calendar in the same snapshot."""
    if not len(changes.at):
        return np.zeros(0, np.bool_)
    keys = np.stack([changes.calendar, changes.at])
    _, place, counts = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    found: NDArray[np.bool_] = counts[place.ravel()] >= MASS
    return found


def _beyond(come: Changes) -> NDArray[np.bool_]:
    """Which lie on a later day than any that appeared before in their calendar."""
    day = come.slot // _MINUTES_PER_DAY
    found = np.zeros(len(day), np.bool_)
    for calendar in np.unique(come.calendar).tolist():
        mine = np.flatnonzero(come.calendar == calendar)
        mine = mine[np.argsort(come.at[mine], kind="stable")]
        last = -1
        for group in np.split(mine, np.flatnonzero(np.diff(come.at[mine])) + 1):
            found[group] = (day[group] > last) & (last >= 0)
            last = max(last, int(day[group].max()))
    return found


def _alone(changes: Changes) -> tuple[Changes, NDArray[np.bool_]]:
    """What vanished in smaller groups, and which of it was back in the next snapshot."""
    ordered = changes.only(np.lexsort((changes.at, changes.slot, changes.calendar)))
    alone = ~ordered.opening & (ordered.kind != CODES[Kind.EXPIRED])
    alone[alone] = ~_in_mass(ordered.only(alone))
    back = np.zeros(len(alone), np.bool_)
    back[:-1] = (np.diff(ordered.calendar) == 0) & (np.diff(ordered.slot) == 0)
    back[:-1] &= ordered.opening[1:] & (np.diff(ordered.at) <= _ONE_SNAPSHOT_S)
    return ordered.only(alone), back[alone]


def _mean(chosen: NDArray[np.bool_]) -> str:
    return f"{100 * chosen.mean():.1f} %" if len(chosen) else "–"


def _of(changes: Changes, kind: Kind) -> str:
    return _mean(changes.kind == CODES[kind])


# By portal


def portal_table(watched: Sequence[Watched]) -> Iterator[str]:
    """Bookings, cancellations and changed start times by kind, one line per portal."""
    yield (
        "| portal | system | bookings | low to high | cancellations | low to high |"
        f" {' | '.join(f'`{kind}`' for kind in KINDS)} |"
    )
    yield f"|:---|:---|{'---:|' * (4 + len(KINDS))}"
    total = np.zeros(len(KINDS), np.int64)
    for one in watched:
        record = one.evidence.record
        counts = np.bincount(one.transitions.changes.kind, minlength=len(KINDS))
        total += counts
        yield f"| {record.portal_id} | {record.system} | {_both([one])} | {_cells(counts.tolist())} |"
    yield f"| all | | {_both(watched)} | {_cells(total.tolist())} |"


def _both(watched: Sequence[Watched]) -> str:
    cells = []
    for kind in LEGACY:
        found = headline(watched, kind)
        if found is None:
            cells += ["refused", "–"]
        else:
            cells += [f"{found.central:,.0f}", f"{found.low:,.0f} to {found.high:,.0f}"]
    return " | ".join(cells)


def _cells(row: Sequence[float]) -> str:
    return " | ".join(f"{value:,.0f}" for value in row)
