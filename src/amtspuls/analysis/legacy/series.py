"""Several weeks one after another: each begun afresh, or with what the week before left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

from amtspuls.analysis.legacy.week import FRESH, LegacyWeek, calculate_week
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ConfigError

Load = Callable[[IsoWeek], Sequence[SealedPortal]]
"""Reads all portals of a sealed week."""


def week_before(week: IsoWeek) -> IsoWeek:
    """The week before a week."""
    return IsoWeek.of(week.start - timedelta(days=1))


def calculate_series(weeks: Iterable[IsoWeek], load: Load, *, carry: bool) -> Iterator[LegacyWeek]:
    """Calculate weeks, in order.

    Args:
        weeks: Which ones.
        load: Reads a week.
        carry: Begin each week with what the week before left: the result of this series where it has
            that week, else that of the week before alone, begun afresh. So a series of weeks that
            follow one another is what the predecessor wrote when one process did them all, starting
            with the week before the first. Without it every week begins afresh.

    Raises:
        ArchiveError: A week cannot be read, or shows nothing.
    """
    done: LegacyWeek | None = None
    for week in sorted(set(weeks)):
        stash = FRESH
        if carry:
            before = week_before(week)
            if done is None or done.week != before:
                done = calculate_week(before, load(before))
            stash = done.stash
        done = calculate_week(week, load(week), stash)
        yield done


def require_weeks(named: Sequence[IsoWeek], sealed: Sequence[IsoWeek], *, carry: bool) -> None:
    """Complain about weeks that cannot be calculated.

    Raises:
        ConfigError: A week is not sealed; or with ``carry`` the week before one is not, or none is named.
    """
    if carry and not named:
        raise ConfigError("--carry needs --week: name the weeks that are to be carried into")
    for week in named:
        if week not in sealed:
            raise ConfigError(
                f"week {week} is not sealed in this archive: import its bundle or seal it first",
                week=str(week),
            )
        before = week_before(week)
        if carry and before not in sealed:
            raise ConfigError(
                f"--carry: week {week} begins with what week {before} left, and that one is not sealed"
                " in this archive: import or seal it, or leave out --carry",
                week=str(week),
            )
