"""The predecessor's weekly summary and its summary table, as rows and as the files it published."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from amtspuls.errors import BundleError

COUNTS = (
    "num_locations",
    "num_snapshots",
    "num_changes",
    "num_appointments",
    "num_cancellations",
)
DATES = ("min_date", "max_date")
UNKNOWN_NAME = "-"
"""What the predecessor wrote for a portal that its metadata did not name."""


class SummaryRow(NamedTuple):
    """One portal in one week; field names are those of the file.

    ``num_appointments`` and ``num_cancellations`` are quarter hours of locations with at least one, not
    the numbers of them; -1 in old rows of a week that had no metrics.
    """

    week: str
    source_id: str
    num_locations: int
    num_snapshots: int
    num_changes: int
    num_appointments: int
    num_cancellations: int
    min_date: str
    max_date: str


class PortalName(NamedTuple):
    """What the summary table says of a portal beside its figures."""

    scraper: str
    name: str


def read_weekly(text: str, where: str) -> list[SummaryRow]:
    """Read a ``summary-weekly.csv``.

    Args:
        text: The file.
        where: Its path, for messages.

    Raises:
        BundleError: It has another form; names the line.
    """
    rows = []
    for line, fields in _read_table(text, SummaryRow._fields, where):
        try:
            places, snapshots, changes, appointments, cancellations = map(int, fields[2:7])
        except ValueError as error:
            raise BundleError(f"{where}, line {line}: {error}", path=where, line=line) from error
        rows.append(
            SummaryRow(
                fields[0],
                fields[1],
                places,
                snapshots,
                changes,
                appointments,
                cancellations,
                fields[7],
                fields[8],
            )
        )
    return rows


def read_names(text: str, where: str) -> dict[str, PortalName]:
    """Read the names out of a ``summary.csv``, by portal id.

    Raises:
        BundleError: It has another form; names the line.
    """
    columns = ("source_id", *COUNTS, *DATES, *PortalName._fields)
    return {fields[0]: PortalName(*fields[-2:]) for _, fields in _read_table(text, columns, where)}


def merge_weekly(known: Iterable[SummaryRow], new: Sequence[SummaryRow]) -> list[SummaryRow]:
    """Rows of all weeks, by week and portal; the new ones replace all rows of their weeks."""
    weeks = {row.week for row in new}
    return sorted([*(row for row in known if row.week not in weeks), *new])


def weekly_csv(rows: Iterable[SummaryRow]) -> str:
    """The text of ``summary-weekly.csv``."""
    return _write_table(SummaryRow._fields, rows)


def summary_csv(rows: Iterable[SummaryRow], names: Mapping[str, PortalName]) -> str:
    """The text of ``summary.csv``: sums over all weeks for each portal.

    The number of locations is the mean of the weeks, rounded half up.

    Args:
        rows: Of all weeks.
        names: By portal id; one without is called ``-``, as the predecessor did.
    """
    unknown = PortalName(UNKNOWN_NAME, UNKNOWN_NAME)
    by_portal = attrgetter("source_id")
    lines = []
    for portal_id, group in groupby(sorted(rows, key=by_portal), by_portal):
        weeks = list(group)
        locations = int(sum(week.num_locations for week in weeks) / len(weeks) + 0.5)
        sums = [sum(getattr(week, name) for week in weeks) for name in COUNTS[1:]]
        dates = min(week.min_date for week in weeks), max(week.max_date for week in weeks)
        lines.append((portal_id, locations, *sums, *dates, *names.get(portal_id, unknown)))
    return _write_table(("source_id", *COUNTS, *DATES, *PortalName._fields), lines)


def _read_table(
    text: str, columns: Sequence[str], where: str
) -> Iterable[tuple[int, Sequence[str]]]:
    lines = csv.reader(io.StringIO(text))
    head = next(lines, [])
    if tuple(head) != tuple(columns):
        raise BundleError(
            f"{where}, line 1: the columns must be {','.join(columns)}", path=where, line=1
        )
    for fields in lines:
        if len(fields) != len(columns):
            raise BundleError(
                f"{where}, line {lines.line_num}: has {len(fields)} fields, the header has {len(columns)}",
                path=where,
                line=lines.line_num,
            )
        yield lines.line_num, fields


def _write_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
