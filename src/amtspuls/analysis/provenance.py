"""Where a figure comes from: weeks, coverage, version, digest of the data, and the command that gives it again.

Every figure, table and picture carries these five. They are worked out here and nowhere else; what each
of them means for a reader is written in docs/reference/measures.md#provenance.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amtspuls import __version__
from amtspuls.analysis.base import Column, Row, per_cent
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.observed import observe
from amtspuls.analysis.timeline import list_weeks, say_weeks

DIGEST_LENGTH = 12
"""Hexadecimal digits of a digest: 48 bits, enough to tell any two data sets that one meets apart."""

COLUMNS = (
    Column("weeks", "weeks"),
    Column("version", "version"),
    Column("archive_digest", "digest of the data"),
    Column("command", "command"),
)
"""Columns that every row of CSV and JSON has beside its own coverage."""

_FORMAT = b"amtspuls data 1"

Option = str | int | float | bool | Sequence[str] | None
"""Value of a command's option; None, False and nothing at all mean that it was not given."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a figure comes from.

    Attributes:
        weeks: ISO weeks in local time from the first to the last answered snapshot, ``2026-05``;
            empty where none was answered.
        coverage: Covered share of the asked time over all portals that were asked in it; None where
            no time was asked.
        version: Version of amtspuls.
        archive_digest: Digest of the data that was read; equal data give equal digests.
        command: What gives the figure again, without the folder of the archive.
    """

    weeks: tuple[str, ...]
    coverage: float | None
    version: str
    archive_digest: str
    command: str

    def line(self) -> str:
        """All of it in one line for people."""
        return (
            f"{say_weeks(self.weeks)}, {per_cent(self.coverage)} covered; amtspuls {self.version}; "
            f"data {self.archive_digest}; {self.command}"
        )

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values for JSON."""
        return {
            "weeks": list(self.weeks),
            "coverage": self.coverage,
            "version": self.version,
            "archive_digest": self.archive_digest,
            "command": self.command,
        }

    def columns(self) -> Row:
        """Values for ``COLUMNS``: a row has a coverage of its own, and one text for its weeks."""
        ends = dict.fromkeys((self.weeks[0], self.weeks[-1])) if self.weeks else {}
        texts = self.as_dict() | {"weeks": "..".join(ends)}
        return {column.key: texts[column.key] for column in COLUMNS}


def provenance_of(watched: Sequence[Watched], command: str) -> Provenance:
    """Say where figures about these portals come from.

    Portals that nobody asked in the range are no part of it.

    Args:
        watched: The portals that the figures are about; at least one.
        command: What was asked; see ``command_text``.
    """
    return Provenance(
        weeks=list_weeks(watched),
        coverage=observe(watched, By.ALL)["", 0].coverage,
        version=__version__,
        archive_digest=digest_of(watched),
        command=command,
    )


def command_text(*words: str, options: Mapping[str, Option] | None = None) -> str:
    """Write a command as one types it, quoted for a shell.

    Args:
        words: Command and arguments, without ``amtspuls``.
        options: Values by option; those that were not given are left out, lists repeat the option.
    """
    parts = ["amtspuls", *words]
    for name, value in (options or {}).items():
        if value is True:
            parts.append(name)
        elif isinstance(value, str | int | float) and value is not False:
            parts += [name, str(value)]
        elif isinstance(value, Sequence):
            parts += [part for one in value for part in (name, one)]
    return shlex.join(parts)


def digest_of(watched: Sequence[Watched]) -> str:
    """Digest of the data that figures about these portals rest on.

    It does not depend on how the archive is laid out (live, sealed or imported, which other portals
    it has, how it numbers calendars), nor on what was stored after the range. It does depend on what
    was known before the range: whether a slot is new is told from that.
    """
    digest = hashlib.sha256(_FORMAT)
    asked = (one for one in watched if one.was_asked)
    for one in sorted(asked, key=lambda each: each.evidence.record.portal_id):
        for part in _parts(one):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
    return digest.hexdigest()[:DIGEST_LENGTH]


def _parts(one: Watched) -> Iterator[bytes]:
    """What was read of one portal, as bytes that are the same on every machine."""
    evidence = one.evidence
    record, asked = evidence.record, evidence.asked
    yield f"{record.portal_id} {record.zone} {asked.from_s} {asked.until_s}".encode()
    views, spans, covered = evidence.views, evidence.spans, one.covered
    known = views.taken_at < asked.until_s
    seen = {*views.calendar[known].tolist(), *spans.calendar.tolist(), *covered.calendar.tolist()}
    records = [each for each in evidence.reader.calendars(record.portal_id) if each.number in seen]
    yield "\n".join(each.calendar.key for each in records).encode()
    places = {each.number: place for place, each in enumerate(records)}
    inside = evidence.in_range(evidence.snapshots.taken_at)
    yield _bytes(evidence.snapshots.taken_at[inside])
    yield _bytes(evidence.snapshots.outcome[inside])
    yield _bytes(evidence.period_s[inside])
    yield _bytes(_places(places, views.calendar[known]))
    for column in (views.taken_at, views.outcome, views.covered, evidence.view_free):
        yield _bytes(column[known])
    yield from _sorted(_places(places, covered.calendar), covered.from_s, covered.until_s)
    yield from _sorted(
        _places(places, spans.calendar),
        spans.slot,
        spans.opened_at,
        # How a span ends after the range is not known yet while the archive is young.
        np.minimum(spans.closed_at, asked.until_s),
    )


def _places(places: Mapping[int, int], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each calendar in the order of keys, which all archives share."""
    distinct, inverse = np.unique(numbers, return_inverse=True)
    found = np.array([places[number] for number in distinct.tolist()], np.int64)
    return found[inverse]


def _sorted(*columns: NDArray[np.int64]) -> Iterator[bytes]:
    order = np.lexsort(columns[::-1])
    for column in columns:
        yield _bytes(column[order])


def _bytes(column: NDArray[Any]) -> bytes:
    if column.dtype == np.object_:
        return "\n".join(column.tolist()).encode()
    return column.astype("<i8").tobytes()
