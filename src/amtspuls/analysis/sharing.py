"""Transitions worked out by several processes or machines, some portals of a range each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from amtspuls.analysis.behaviour import Behaviour, behaviour_of, remember_behaviour
from amtspuls.analysis.events import Transitions
from amtspuls.analysis.evidence import Evidence, load_portal
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.once import Once, find_once
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import PortalRecord
from amtspuls.archive.live import open_whole
from amtspuls.archive.reader import Reader
from amtspuls.errors import ArchiveError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_BATCHES = 64
"""Into about how many pieces work is cut at most."""
_WORTH_OPENING = 16_000
"""Views for which a piece is worth it: to open an archive costs about as much as a thousand of them."""


@dataclass(frozen=True)
class Sharing:
    """Who shares the work.

    Attributes:
        executor: Takes it; see ``amtspuls.executor``.
        folder: The archive, under the same path for all.
    """

    executor: Executor
    folder: Path


@dataclass(frozen=True)
class Task:
    """One portal to be worked out.

    Attributes:
        portal_id: The portal.
        selection: Its range.
        seen: What ``seen_of`` said where the work was handed out.
        numbers: Numbers of its calendars there, by key: they are the same in the answer.
        parts: Names of what else is wanted of it; see ``once``.
    """

    portal_id: str
    selection: Selection
    seen: str
    numbers: dict[str, int]
    parts: tuple[str, ...]


class Found(NamedTuple):
    """What was worked out of one portal; ``parts`` by name."""

    transitions: Transitions
    behaviour: Behaviour
    parts: dict[str, Any]


class _Work:
    """All portals of a question; the transitions of all are begun when those of one are asked for, or before."""

    def __init__(
        self, sharing: Sharing, selection: Selection, evidence: Sequence[Evidence]
    ) -> None:
        self._sharing = sharing
        self._selection = selection
        self._evidence = evidence
        self._parts: tuple[str, ...] = ()

    def begin(self, parts: tuple[str, ...]) -> None:
        """Hand the work out, with what else will be asked; nothing more once it is handed out."""
        if "futures" not in vars(self):
            self._parts = parts
        _ = self.futures

    @cached_property
    def futures(self) -> dict[str, tuple[Future[list[Found]], int]]:
        """By portal id what it is worked out with, and its place there; begun when this is first asked for."""
        folder, executor = self._sharing.folder.absolute(), self._sharing.executor
        return {
            one.record.portal_id: (future, place)
            for batch in cut_batches(self._evidence)
            for future in [executor.submit(find_in_folder, folder, [*map(self._task, batch)])]
            for place, one in enumerate(batch)
        }

    def _task(self, one: Evidence) -> Task:
        numbers = {key: number for number, key in _keys_of(one).items()}
        pinned = _pinned(self._selection, one)
        return Task(one.record.portal_id, pinned, seen_of(one), numbers, self._parts)

    def find(self, evidence: Evidence) -> Found:
        """Wait for one portal; what was learned on the way need not be learned again."""
        future, place = self.futures[evidence.record.portal_id]
        found = future.result()[place]
        remember_behaviour(evidence, found.behaviour)
        return found

    def has(self, part: str) -> bool:
        """Whether a part is among what was handed out."""
        return part in self._parts


def cut_batches(evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """Put portals together until there is enough to do; the largest come first.

    So nobody has to wait for another one's last and longest portal.
    """
    # What a portal costs goes by its views, and how many there are is known without reading them.
    sizes = {one.record.portal_id: _size(one) for one in evidence}
    enough = max(_WORTH_OPENING, sum(sizes.values()) / _BATCHES)
    batches: list[list[Evidence]] = []
    size = enough
    for one in sorted(evidence, key=lambda one: -sizes[one.record.portal_id]):
        if size >= enough:
            batches.append([])
            size = 0
        batches[-1].append(one)
        size += sizes[one.record.portal_id]
    return batches


def _size(one: Evidence) -> int:
    """About how many views a portal has in the range."""
    asked = int(one.in_range(one.snapshots.taken_at).sum())
    return asked * max(1, len(one.reader.calendars(one.record.portal_id)))


@dataclass(frozen=True, eq=False)
class SharedWatched(Watched):
    """As ``Watched``, but others work the transitions out, for all portals at once and when first asked."""

    work: _Work

    @cached_property
    def transitions(self) -> Transitions:
        """Bookings, cancellations and openings."""
        return self.work.find(self.evidence).transitions

    def found_by_others(self, name: str) -> Any | None:
        """What others worked out besides; they are waited for only if they were told to."""
        return self.work.find(self.evidence).parts[name] if self.work.has(name) else None


def share(
    evidence: Sequence[Evidence], selection: Selection, sharing: Sharing
) -> tuple[Watched, ...]:
    """Let others work the transitions of these portals out; questions that need none cost nothing more."""
    # Of a portal that nobody asked nothing is to be worked out.
    asked = {one.record.portal_id: _size(one) > 0 for one in evidence}
    work = _Work(sharing, selection, [one for one in evidence if asked[one.record.portal_id]])
    return tuple(
        SharedWatched(one, work) if asked[one.record.portal_id] else Watched(one)
        for one in evidence
    )


def begin(watched: Sequence[Watched], parts: Sequence[Once[Any]] = ()) -> None:
    """Have the work on all portals begun where others do it; something else can be done meanwhile.

    Args:
        watched: The portals.
        parts: What will be asked of each of them besides its transitions.
    """
    for one in watched:
        if isinstance(one, SharedWatched):
            one.work.begin(tuple(part.name for part in parts))


def find_in_folder(folder: Path, tasks: Sequence[Task]) -> list[Found]:
    """Work out the transitions of some portals, in the process that does it.

    Args:
        folder: The archive.
        tasks: The portals.

    Returns:
        Of each its transitions, what was learned of its calendars, and the parts that are wanted.

    Raises:
        ArchiveError: The archive cannot be read here, or here it is another one.
    """
    with closing(open_whole(folder)) as reader:
        records = {record.portal_id: record for record in reader.portals()}
        return [_find(reader, records.get(task.portal_id), task, folder) for task in tasks]


def _find(reader: Reader, record: PortalRecord | None, task: Task, folder: Path) -> Found:
    reader.numbers.adopt(task.portal_id, task.numbers)
    evidence = load_portal(reader, record, task.selection) if record else None
    if evidence is None or seen_of(evidence) != task.seen:
        raise ArchiveError(
            f"{task.portal_id}: {folder} of a worker holds something else than the same folder here: all"
            " must see one and the same folder; if a snapshot or a week was just stored, run again",
            path=str(folder),
        )
    one = Watched(evidence)
    parts = {name: find_once(name)(one) for name in task.parts}
    return Found(one.transitions, behaviour_of(evidence), parts)


def seen_of(evidence: Evidence) -> str:
    """Digest of what tells one archive from another: snapshots of the range, and calendars."""
    digest = hashlib.sha256(repr(tuple(evidence.asked)).encode())
    snapshots = evidence.snapshots
    inside = evidence.in_range(snapshots.taken_at)
    digest.update(snapshots.taken_at[inside].astype("<i8").tobytes())
    digest.update("\n".join(snapshots.outcome[inside].tolist()).encode())
    digest.update("\n".join(sorted(_keys_of(evidence).values())).encode())
    return digest.hexdigest()


def _keys_of(evidence: Evidence) -> dict[int, str]:
    records = evidence.reader.calendars(evidence.record.portal_id)
    return {record.number: record.calendar.key for record in records}


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
