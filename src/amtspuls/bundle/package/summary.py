"""What all packaged weeks together say of each portal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.times import instant_of
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.package.choose import say_weeks
from amtspuls.bundle.package.coverage import Coverage

PREDECESSOR = "https://github.com/defgsus/office-schedule-data"
"""Where the imported bundles were published."""

NOT_STATED = "not stated"


@dataclass
class PortalTotals:
    """One portal over all packaged weeks; a portal without a snapshot is not counted.

    Attributes:
        record: As it was known in its newest week.
        coverages: One for each week with a snapshot, ascending.
        calendars: Keys of its calendars.
        spans: Rows of spans.
        first_s: Unix second of the first snapshot.
        last_s: Unix second of the newest one.
    """

    record: PortalRecord
    coverages: list[Coverage] = field(default_factory=list)
    calendars: set[str] = field(default_factory=set)
    spans: int = 0
    first_s: int = 0
    last_s: int = 0

    @property
    def snapshots(self) -> int:
        """All snapshots."""
        return sum(one.snapshots for one in self.coverages)

    @property
    def covered_share(self) -> float:
        """Mean of its weeks."""
        return round(sum(one.covered_share for one in self.coverages) / len(self.coverages), 4)

    @property
    def name(self) -> str:
        """Name for people; the id where nothing told one."""
        return self.record.name or self.record.portal_id

    def weeks(self, source: str) -> list[IsoWeek]:
        """Weeks from one source."""
        return [one.week for one in self.coverages if one.source == source]

    def cells(self) -> tuple[object, ...]:
        """Its row in the order of ``whole.SUMMARY``."""
        return (
            *_known(self.record),
            len(self.coverages),
            len(self.calendars),
            self.snapshots,
            sum(one.answered for one in self.coverages),
            self.spans,
            self.covered_share,
            f"{instant_of(self.first_s):%Y-%m-%dT%H:%M:%S}",
            f"{instant_of(self.last_s):%Y-%m-%dT%H:%M:%S}",
        )

    def attribution(self, licence: str) -> tuple[object, ...]:
        """Its row in the order of ``whole.ATTRIBUTION``.

        Args:
            licence: What the publisher put own records under; empty where nothing was said.
        """
        own, imported = self.weeks("live"), self.weeks("import")
        by, terms = [], []
        if own:
            by.append(f"Amtspuls ({say_weeks(own)})")
            terms.append(licence or NOT_STATED)
        if imported:
            by.append(f"office-schedule-scraper, {PREDECESSOR} ({say_weeks(imported)})")
            terms.append(NOT_STATED)
        if len(set(terms)) == 2:
            terms = [f"{terms[0]} (by Amtspuls)", f"{terms[1]} (by the predecessor)"]
        where = f", {self.record.url}" if self.record.url else ""
        said = f"Free appointments shown by {self.name}{where}"
        return (*_known(self.record), said, "; ".join(by), "; ".join(dict.fromkeys(terms)))


def _known(record: PortalRecord) -> tuple[str, str, str, str]:
    return record.portal_id, record.name, record.system, record.url


class Totals:
    """All portals; takes them week by week, ascending."""

    def __init__(self) -> None:
        self._portals: dict[str, PortalTotals] = {}

    def add(self, portal: SealedPortal, coverage: Coverage, tables: Mapping[str, pa.Table]) -> None:
        """Take one portal's week, with the rows that went into the package."""
        taken_at = portal.snapshots.taken_at
        if not len(taken_at):
            return
        totals = self._portals.setdefault(
            portal.record.portal_id, PortalTotals(portal.record, first_s=int(taken_at[0]))
        )
        totals.record = portal.record
        totals.coverages.append(coverage)
        totals.calendars.update(tables["calendars"].column("calendar").to_pylist())
        totals.spans += tables["spans"].num_rows
        totals.first_s = min(totals.first_s, int(taken_at[0]))
        totals.last_s = max(totals.last_s, int(taken_at[-1]))

    @property
    def portals(self) -> list[PortalTotals]:
        """By id."""
        return [totals for _, totals in sorted(self._portals.items())]

    @property
    def coverages(self) -> Iterable[Coverage]:
        """By week and portal."""
        rows = (one for totals in self.portals for one in totals.coverages)
        return sorted(rows, key=lambda one: (one.week, one.portal_id))

    @property
    def newest_at(self) -> datetime:
        """Start of the newest snapshot, UTC; the epoch where there is none."""
        return instant_of(max((totals.last_s for totals in self._portals.values()), default=0))
