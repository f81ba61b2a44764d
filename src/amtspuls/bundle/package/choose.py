"""Which weeks go into a package: sealed ones, since only those never change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from amtspuls.archive.moment import Moment
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ConfigError


@dataclass(frozen=True, slots=True)
class WeekRange:
    """Weeks from one to another, both included; None: no limit."""

    first: IsoWeek | None = None
    last: IsoWeek | None = None

    @classmethod
    def parse(cls, text: str | None) -> WeekRange:
        """Read ``A..B``, ``A..``, ``..B`` or one week; without a text every week.

        Raises:
            ConfigError: It has another form, a week does not exist, or the range is reversed.
        """
        if text is None:
            return cls()
        begin, dots, end = text.partition("..")
        if not (begin or end):
            raise ConfigError(f"{text!r} names no week: write a range like 2026-05..2026-12")
        first = IsoWeek.parse(begin) if begin else None
        last = IsoWeek.parse(end) if end else None if dots else first
        if first and last and last < first:
            raise ConfigError(f"{text}: ends before it begins; write {last}..{first}")
        return cls(first, last)

    def __contains__(self, week: IsoWeek) -> bool:
        return (self.first is None or self.first <= week) and (
            self.last is None or week <= self.last
        )

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first or "all weeks")
        return f"{self.first or ''}..{self.last or ''}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Weeks that go into a package, and those of the range that are not sealed; both ascending."""

    weeks: tuple[IsoWeek, ...]
    unsealed: tuple[IsoWeek, ...]


def choose_weeks(moment: Moment, wanted: WeekRange) -> Choice:
    """Choose weeks of an archive at one moment.

    Raises:
        ArchiveError: The archive cannot be read.
        ConfigError: No sealed week lies in the range; says what there is.
    """
    # The rows of a week that is being sealed right now are still live.
    sealed = [
        week
        for week in moment.weeks
        if moment.live is None or week in moment.moved or moment.shelf.about(week).is_import
    ]
    weeks = tuple(week for week in sealed if week in wanted)
    unsealed = tuple(week for week in sorted(_live_weeks(moment)) if week in wanted)
    if not weeks:
        raise ConfigError(_say_nothing_there(wanted, sealed, unsealed))
    return Choice(weeks, unsealed)


def _live_weeks(moment: Moment) -> set[IsoWeek]:
    """Weeks of the snapshots that are in the live part, in the time of each portal."""
    if moment.live is None:
        return set()
    portals = moment.live.portals()
    return {week for one in portals for week in moment.live.weeks(one.record.portal_id)}


def _say_nothing_there(
    wanted: WeekRange, sealed: Sequence[IsoWeek], unsealed: Collection[IsoWeek]
) -> str:
    if unsealed:
        return (
            f"no week of {wanted} is sealed, and others are not packaged: `amtspuls seal` seals those"
            " that are over"
        )
    if sealed:
        return f"no sealed week in {wanted}: there are {say_weeks(sealed)}"
    return (
        "no week is sealed in this archive: `amtspuls seal` seals weeks that are over, `amtspuls import`"
        " takes old bundles"
    )


def say_weeks(weeks: Sequence[IsoWeek]) -> str:
    """Ascending weeks in few words: ``2021-28..2021-29, 2026-05``."""
    if not weeks:
        return "none"
    edges = [0, *(n for n, (one, two) in enumerate(pairwise(weeks), 1) if one.following != two)]
    parts = [(weeks[begin], weeks[end - 1]) for begin, end in pairwise([*edges, len(weeks)])]
    return ", ".join(str(one) if one == two else f"{one}..{two}" for one, two in parts)
