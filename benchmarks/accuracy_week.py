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

from amtspuls.analysis.changes import Changes
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.kinds import CODES, KINDS, Kind
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.score_rules import Bounds
from amtspuls.analysis.selection import Selection
from amtspuls.archive.live import open_reader
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.importing import Found, find_metadata, import_bundle, load_metadata

WEEK = IsoWeek(2026, 5)
LEGACY = {Kind.BOOKED: (56_623, 12_723), Kind.CANCELLED: (64_779, 4_592)}
"""What the predecessor published for this week: raw, and after its clip."""

MASS = 20
"""So many start times of one calendar in one snapshot are a mass event."""

_MINUTES_PER_DAY = 1440
_ONE_SNAPSHOT_S = 1350

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


def headline(watched: Sequence[Watched], kind: Kind) -> Bounds:
    """Low, central and high of the whole week."""
    events = [
        one.transitions.bookings if kind is Kind.BOOKED else one.transitions.cancellations
        for one in watched
    ]
    count = float(sum(one.weight.sum() for one in events))
    return Bounds(count, count, count)


def week_page(watched: Sequence[Watched]) -> Iterator[str]:
    """The section on the real week."""
    yield f"## The real week {WEEK}"
    yield ""
    yield (
        f"{len(watched)} portals as the predecessor took them, rule `{watched[0].transitions.rule}`. The truth is not"
        " known. Changes are start times of calendars that appeared or vanished; a booking may close several."
    )
    yield ""
    yield "| | low | central | high | predecessor, raw | clipped |"
    yield "|:---|---:|---:|---:|---:|---:|"
    for kind, (raw, clipped) in LEGACY.items():
        found = headline(watched, kind)
        yield (
            f"| {_TITLES[kind]} | {found.low:,.0f} | {found.central:,.0f} | {found.high:,.0f} "
            f"| {raw:,} | {clipped:,} |"
        )
    yield ""
    yield from share_table(watched)
    yield ""
    yield from portal_table(watched)


# Shares that were measured without types


def share_table(watched: Sequence[Watched]) -> Iterator[str]:
    """Rough shares, the same counted on this week, and what the types say."""
    changes = _joined([one.transitions.changes for one in watched])
    tempus = _joined(
        [one.transitions.changes for one in watched if one.evidence.record.system == "tempus"]
    )
    gone, come = _vanished(changes), changes.only(changes.opening)
    booked = sum(float(one.transitions.bookings.weight.sum()) for one in watched)
    yield "| | measured before, without types | counted here likewise | by type |"
    yield "|:---|---:|---:|:---|"
    rows = (
        (
            f"vanished before their start in groups of {MASS} and more",
            "51 %",
            _mean(_group_sizes(gone) >= MASS),
            (
                f"`withdrawn` {_of(gone, Kind.WITHDRAWN)}, `grid_shift` {_of(gone, Kind.GRID_SHIFT)}, "
                f"`notice_cutoff` {_of(gone, Kind.NOTICE_CUTOFF)}"
            ),
        ),
        (
            f"appeared in groups of {MASS} and more",
            "84 %",
            _mean(_group_sizes(come) >= MASS),
            (
                f"`released` {_of(come, Kind.RELEASED)}, `horizon_roll` {_of(come, Kind.HORIZON_ROLL)}, "
                f"`returned` {_of(come, Kind.RETURNED)}"
            ),
        ),
        (
            "appeared beyond the last day so far",
            "27 %",
            _mean(_beyond(come)),
            f"`horizon_roll` {_of(come, Kind.HORIZON_ROLL)}",
        ),
        (
            "tempus: vanished alone, back in the next snapshot",
            "7.7 %",
            _mean(_back_at_once(tempus)),
            f"`held` {_of(_vanished(tempus), Kind.HELD, among=(Kind.HELD, Kind.BOOKED))} of held and booked",
        ),
        (
            "start times that one booking closes",
            "2.13",
            "–",
            f"{len(gone.of(Kind.BOOKED).slot) / booked:.2f}" if booked else "–",
        ),
    )
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
    yield (
        "The first column is a rough count over other weeks too, by size of the group alone. Types look at reasons: a"
        " group that vanishes because its minimum notice came, or a calendar that one booking of a shared desk closes,"
        " is no withdrawal however large it is, and what comes back after a flap is no release. Two calendars over the"
        " same desks have one booking; its start times are counted in both."
    )


def _joined(parts: Sequence[Changes]) -> Changes:
    """Changes of several portals; calendars of different portals keep different numbers."""
    apart = [
        part._replace(calendar=part.calendar + (place << 20)) for place, part in enumerate(parts)
    ]
    return Changes._make(np.concatenate(columns) for columns in zip(*apart, strict=True))


def _vanished(changes: Changes) -> Changes:
    """Those that vanished before they began."""
    return changes.only(~changes.opening & (changes.kind != CODES[Kind.EXPIRED]))


def _group_sizes(changes: Changes) -> NDArray[np.int64]:
    """How many start times of its calendar changed with each, in the same snapshot."""
    keys = np.stack([changes.calendar, changes.at])
    _, place, counts = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    return counts[place.ravel()].astype(np.int64)


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


def _back_at_once(changes: Changes) -> NDArray[np.bool_]:
    """Of those that vanished alone: which were back in the next snapshot."""
    order = np.lexsort((changes.at, changes.slot, changes.calendar))
    ordered = changes.only(order)
    alone = np.zeros(len(order), np.bool_)
    gone = ~ordered.opening & (ordered.kind != CODES[Kind.EXPIRED])
    alone[gone] = _group_sizes(ordered.only(gone)) < MASS
    back = np.zeros(len(order), np.bool_)
    back[:-1] = (np.diff(ordered.calendar) == 0) & (np.diff(ordered.slot) == 0)
    back[:-1] &= ordered.opening[1:] & (np.diff(ordered.at) <= _ONE_SNAPSHOT_S)
    return back[alone]


def _mean(chosen: NDArray[np.bool_]) -> str:
    return f"{100 * chosen.mean():.1f} %" if len(chosen) else "–"


def _of(changes: Changes, kind: Kind, among: Sequence[Kind] = ()) -> str:
    whole = changes.of(*among) if among else changes
    return _mean(whole.kind == CODES[kind])


# By portal


def portal_table(watched: Sequence[Watched]) -> Iterator[str]:
    """Bookings, cancellations and changed start times by kind, one line per portal."""
    yield f"| portal | system | bookings | cancellations | {' | '.join(f'`{kind}`' for kind in KINDS)} |"
    yield f"|:---|:---|{'---:|' * (2 + len(KINDS))}"
    total = np.zeros(2 + len(KINDS))
    for one in watched:
        record = one.evidence.record
        counts = np.bincount(one.transitions.changes.kind, minlength=len(KINDS))
        row = np.concatenate(
            (
                [one.transitions.bookings.weight.sum(), one.transitions.cancellations.weight.sum()],
                counts,
            )
        )
        total += row
        yield f"| {record.portal_id} | {record.system} | {_cells(row)} |"
    yield f"| all | | {_cells(total)} |"


def _cells(row: NDArray[np.float64]) -> str:
    return " | ".join(f"{value:,.0f}" for value in row.tolist())
