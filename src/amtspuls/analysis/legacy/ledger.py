"""The predecessor's figures of several weeks, taken week by week, as its two summary files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from unicodedata import category

from amtspuls.analysis.legacy.summary import PortalName, SummaryRow, summary_csv, weekly_csv
from amtspuls.analysis.legacy.week import calculate_week
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.week import IsoWeek

_CONTROL = frozenset({"Cc", "Zl", "Zp"})


class LegacyLedger:
    """Takes sealed weeks, each begun afresh, and gives the summaries of all."""

    def __init__(self) -> None:
        self._rows: list[SummaryRow] = []
        self._names: dict[str, PortalName] = {}

    def add(self, week: IsoWeek, portals: Sequence[SealedPortal]) -> None:
        """Take a week; one in which no calendar was read whole has no row."""
        if not any((portal.views.outcome == "ok").any() for portal in portals):
            return
        self._rows += calculate_week(week, portals).summary
        for portal in portals:
            record = portal.record
            self._names[record.portal_id] = PortalName(
                _one_line(record.system), _one_line(record.name)
            )

    def counts(self) -> Mapping[str, tuple[int, int, int]]:
        """Changes, appointments and cancellations of each portal."""
        found: dict[str, tuple[int, int, int]] = {}
        for row in self._rows:
            before = found.get(row.source_id, (0, 0, 0))
            found[row.source_id] = (
                before[0] + row.num_changes,
                before[1] + row.num_appointments,
                before[2] + row.num_cancellations,
            )
        return found

    def weekly_csv(self) -> str:
        """The text of ``summary-weekly.csv``."""
        return weekly_csv(sorted(self._rows))

    def summary_csv(self) -> str:
        """The text of ``summary.csv``."""
        return summary_csv(self._rows, self._names)


def _one_line(text: str) -> str:
    """A row of a CSV is one line, whatever a page called itself."""
    return "".join(" " if category(sign) in _CONTROL else sign for sign in text)
