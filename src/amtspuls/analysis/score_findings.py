"""What a rule that is scored is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.score_truth import CalendarWeek, Change


@dataclass(frozen=True)
class Findings:
    """What a rule says of one portal.

    Attributes:
        changes: What happened, by its own account.
        totals: How often, with uncertainty, by kind; of kinds that are missing, the changes are counted.
        weeks: How often in each week of each calendar, by kind; kinds are missing where the rule does not
            say so, calendar-weeks in which it saw nothing happen may be. None: the figure is refused,
            because too little was seen. What happened in three calendars at once counts in each.
    """

    changes: tuple[Change, ...]
    totals: Mapping[Kind, Bounds] = field(default_factory=lambda: MappingProxyType({}))
    weeks: Mapping[Kind, Mapping[CalendarWeek, Bounds | None]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def total(self, kind: Kind) -> Bounds:
        """How often something happened; a rule without uncertainty says one figure three times."""
        if kind in self.totals:
            return self.totals[kind]
        count = sum(change.kind is kind for change in self.changes)
        return Bounds(count, count, count)


@dataclass(frozen=True, slots=True)
class Rule:
    """A way to count.

    Attributes:
        name: Label, with its version where it has one.
        about: One line.
        kinds: Kinds that it tells apart; of others it says nothing.
        tells_slots: Whether it says which start time a change is about.
        find: Counts.
    """

    name: str
    about: str
    kinds: tuple[Kind, ...]
    tells_slots: bool
    find: Callable[[ScoreArchive], Findings]
