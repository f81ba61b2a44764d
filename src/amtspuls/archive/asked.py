"""What snapshots of some time asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from amtspuls.archive.reader import Reader
from amtspuls.archive.times import Limits


@dataclass(frozen=True, slots=True)
class Shown:
    """What was asked of a calendar over some time.

    Attributes:
        asked: Names of the services, as on the page; empty where nobody wrote it down.
        durations_min: Lengths of the asked services that the page said, in minutes.
    """

    asked: frozenset[str] = frozenset()
    durations_min: frozenset[int] = frozenset()


def load_shown(reader: Reader, portal_id: str, wanted: Limits) -> Mapping[int, Shown]:
    """Say what the views of a portal were asked for, by number of the calendar.

    Args:
        reader: The archive.
        portal_id: The portal; an unknown one has no calendars.
        wanted: First instant and end (not included), Unix seconds; None is open. Whole sealed weeks that
            touch it count.

    Raises:
        ArchiveError: It cannot be read.
    """
    found: dict[int, Shown] = {}
    with reader.moment() as moment:
        for piece in reader.all_pieces(moment, portal_id, wanted):
            views = piece.portal.views
            numbers = piece.numbers[views.calendar].tolist()
            rows = zip(numbers, views.asked.tolist(), views.duration_min.tolist(), strict=True)
            for number, asked, minutes in dict.fromkeys(rows):
                before = found.get(number, Shown())
                found[number] = Shown(
                    before.asked | frozenset(json.loads(asked or "[]")),
                    before.durations_min | ({minutes} if minutes > 0 else frozenset()),
                )
    return found
