"""The predecessor's figures of a week, for comparison; from sealed weeks alone, where they are cheap."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from amtspuls.analysis.legacy.week import calculate_week
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek, is_sealed
from amtspuls.errors import ArchiveError


class LegacyFigures(NamedTuple):
    """What the predecessor would publish of a week.

    Attributes:
        week: Which one.
        bookings: Sum of its table of appointments.
        cancellations: Sum of its table of cancellations.
        booked_quarters: Appointments as its weekly summary has them: quarter hours with at least one.
        cancelled_quarters: Cancellations as its weekly summary has them.
    """

    week: str
    bookings: int
    cancellations: int
    booked_quarters: int
    cancelled_quarters: int


def read_legacy(archive: Path, week: IsoWeek, portal_ids: Collection[str]) -> LegacyFigures | None:
    """Calculate the predecessor's figures of one week for some portals.

    Args:
        archive: Folder of the archive.
        week: Which one.
        portal_ids: The portals of the page.

    Returns:
        The figures; None where the week is not sealed, or nothing of it was read whole.
    """
    weeks = archive / WEEKS_NAME
    if not is_sealed(weeks, week):
        return None
    sealed = open_week(weeks, week)
    portals = [sealed.portal(name) for name in sealed.portal_ids if name in portal_ids]
    try:
        found = calculate_week(week, portals)
    except ArchiveError:
        # Nothing was read whole: the predecessor would have published nothing.
        return None
    values = found.tables.values
    return LegacyFigures(
        str(week),
        int(values["appointments"].sum()),
        int(values["cancellations"].sum()),
        sum(row.num_appointments for row in found.summary),
        sum(row.num_cancellations for row in found.summary),
    )
