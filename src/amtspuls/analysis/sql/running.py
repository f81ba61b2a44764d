"""What is not sealed yet, as Arrow: only an archive with a live part needs it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from amtspuls.archive.sealed.format import SCHEMAS, encode_portal
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.week import IsoWeek


class Running:
    """What is not sealed yet, as one week under the name of its first.

    Args:
        portals: Everything of each portal that is in no sealed week.
    """

    def __init__(self, portals: Sequence[SealedPortal]) -> None:
        self._portals = portals
        self._weeks = [_weeks_of(portal) for portal in portals]

    @property
    def week(self) -> IsoWeek | None:
        """The first week that is not sealed; None when nothing is running."""
        return min((first for first, _ in self._weeks), default=None)

    def table(self, name: str) -> pa.Table:
        """One table of ``archive/sealed/format.py`` with the columns that tell the week."""
        rows = [encode_portal(portal)[name] for portal in self._portals]
        week = self.week or IsoWeek.of(date(1970, 1, 1))
        lengths = [len(part) for part in rows]
        whole = pa.concat_tables([SCHEMAS[name].empty_table(), *rows])
        columns: dict[str, tuple[Sequence[int | str], pa.DataType]] = {
            "iso_year": ([week.year] * len(rows), pa.int32()),
            "iso_week": ([week.week] * len(rows), pa.int32()),
            "first_week": ([str(first) for first, _ in self._weeks], pa.string()),
            "last_week": ([str(last) for _, last in self._weeks], pa.string()),
        }
        for column, (values, kind) in columns.items():
            repeated = np.repeat(np.array(values, dtype=object), lengths)
            whole = whole.append_column(column, pa.array(repeated, kind))
        return whole


def _weeks_of(portal: SealedPortal) -> tuple[IsoWeek, IsoWeek]:
    """Local weeks of a portal's first and newest snapshot."""
    shots = portal.snapshots
    ends = (shots.taken_at + shots.utc_offset_s)[[0, -1]].tolist()
    first, last = (IsoWeek.of(datetime.fromtimestamp(at, UTC).date()) for at in ends)
    return first, last
