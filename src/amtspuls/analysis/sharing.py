"""Transitions worked out by several processes or machines, one portal and range each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from amtspuls.analysis.changes import Changes
from amtspuls.analysis.events import Events, Transitions
from amtspuls.analysis.evidence import Evidence, load_portal
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.transitions import find_transitions
from amtspuls.archive.live import open_reader
from amtspuls.errors import ArchiveError

Keys = dict[int, str]
"""Keys of calendars by their numbers."""


@dataclass(frozen=True)
class Sharing:
    """Who shares the work.

    Attributes:
        executor: Takes it; see ``amtspuls.executor``.
        folder: The archive, under the same path for all.
    """

    executor: Executor
    folder: Path


class _Batch:
    """All portals of a question; their transitions are asked for when the first of them is."""

    def __init__(
        self, sharing: Sharing, selection: Selection, evidence: Sequence[Evidence]
    ) -> None:
        self._sharing = sharing
        self._selection = selection
        self._evidence = evidence

    @cached_property
    def transitions(self) -> dict[str, Transitions]:
        """Transitions by portal id."""
        folder, executor = self._sharing.folder.absolute(), self._sharing.executor
        # The largest first, so that nobody has to wait for another one's last and longest portal.
        futures = {
            one.record.portal_id: executor.submit(
                find_in_folder,
                folder,
                one.record.portal_id,
                _pinned(self._selection, one),
                seen_of(one),
            )
            for one in sorted(self._evidence, key=lambda one: -len(one.views.taken_at))
        }
        return {
            one.record.portal_id: _renumber(*futures[one.record.portal_id].result(), one)
            for one in self._evidence
        }


@dataclass(frozen=True, eq=False)
class SharedWatched(Watched):
    """As ``Watched``, but others work the transitions out, for all portals at once and when first asked."""

    batch: _Batch

    @cached_property
    def transitions(self) -> Transitions:
        """Bookings, cancellations and openings."""
        return self.batch.transitions[self.evidence.record.portal_id]


def share(
    evidence: Sequence[Evidence], selection: Selection, sharing: Sharing
) -> tuple[Watched, ...]:
    """Let others work the transitions of these portals out; questions that need none cost nothing more."""
    # Of a portal that nobody asked nothing is to be worked out.
    batch = _Batch(sharing, selection, [one for one in evidence if len(one.views.taken_at)])
    return tuple(
        SharedWatched(one, batch) if len(one.views.taken_at) else Watched(one) for one in evidence
    )


def find_in_folder(
    folder: Path, portal_id: str, selection: Selection, seen: str
) -> tuple[Transitions, Keys]:
    """Work out the transitions of one portal, in the process that does it.

    Args:
        folder: The archive.
        portal_id: The portal.
        selection: Its range.
        seen: What ``seen_of`` said where the work was handed out.

    Returns:
        The transitions, and the keys of the numbers that calendars have in them.

    Raises:
        ArchiveError: The archive cannot be read here, or here it is another one.
    """
    with closing(open_reader(folder)) as reader:
        records = [record for record in reader.portals() if record.portal_id == portal_id]
        evidence = [load_portal(reader, record, selection) for record in records]
        if [seen_of(one) for one in evidence] != [seen]:
            raise ArchiveError(
                f"{portal_id}: {folder} of a worker holds something else than the same folder here: all"
                " must see one and the same folder; if a snapshot or a week was just stored, run again",
                path=str(folder),
            )
        return find_transitions(evidence[0]), _keys_of(evidence[0])


def seen_of(evidence: Evidence) -> str:
    """Digest of what tells one archive from another: snapshots of the range, and calendars."""
    digest = hashlib.sha256(repr(tuple(evidence.asked)).encode())
    snapshots = evidence.snapshots
    inside = evidence.in_range(snapshots.taken_at)
    digest.update(snapshots.taken_at[inside].astype("<i8").tobytes())
    digest.update("\n".join(snapshots.outcome[inside].tolist()).encode())
    digest.update("\n".join(sorted(_keys_of(evidence).values())).encode())
    return digest.hexdigest()


def _keys_of(evidence: Evidence) -> Keys:
    records = evidence.reader.calendars(evidence.record.portal_id)
    return {record.number: record.calendar.key for record in records}


def _renumber(found: Transitions, theirs: Keys, evidence: Evidence) -> Transitions:
    """Every reader numbers calendars for itself: give them the numbers that they have here."""
    ours = {key: number for number, key in _keys_of(evidence).items()}

    def numbers(calendar: Ints) -> Ints:
        distinct, places = np.unique(calendar, return_inverse=True)
        known = [ours[theirs[number]] for number in distinct.tolist()]
        return np.array(known, np.int64)[places]

    columns = {field.name: getattr(found, field.name) for field in fields(found)}
    renumbered: dict[str, Any] = {
        name: value._replace(calendar=numbers(value.calendar))
        for name, value in columns.items()
        if isinstance(value, Events | Changes)
    }
    return replace(found, **renumbered)


def _pinned(selection: Selection, evidence: Evidence) -> Selection:
    """The range as it is now: what is stored while others work is not theirs to count."""
    from_s, until_s = evidence.asked
    if from_s >= until_s:
        return selection
    return replace(
        selection,
        from_at=datetime.fromtimestamp(from_s, UTC),
        until_at=datetime.fromtimestamp(until_s, UTC),
    )
