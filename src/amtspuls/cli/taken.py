"""How finished snapshots are printed, taken live or read from a tape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from amtspuls.collect.round import Taken


class SnapshotFormat(StrEnum):
    """What a round prints."""

    TABLE = "table"
    JSON = "json"
    DAY = "day"


def went_well(taken: Taken) -> bool:
    """Whether nothing of a portal failed as a whole."""
    from amtspuls.model import Outcome

    return taken.snapshot.outcome in (Outcome.OK, Outcome.PARTIAL, Outcome.SKIPPED)


def print_taken(taken: Sequence[Taken], form: SnapshotFormat) -> None:
    """Print snapshots on standard output and a summary on standard error."""
    if form is SnapshotFormat.JSON:
        print(json.dumps([_as_json(one) for one in taken], ensure_ascii=False, indent=1))
    elif form is SnapshotFormat.DAY:
        _print_days(taken)
    else:
        print_rows([_as_row(one) for one in taken], list(_COLUMNS), Format.TABLE, titles=_COLUMNS)
    from amtspuls.collect.round import count_outcomes

    say(
        "; ".join(f"{count} {outcome}" for outcome, count in count_outcomes(taken).items())
        or "nobody was asked"
    )


def _as_json(one: Taken) -> dict[str, Any]:
    """A snapshot as JSON; of each calendar also what the asked services are in every city."""
    from amtspuls.collect.describe import snapshot_json

    said = snapshot_json(one.snapshot)
    for calendar in said["calendars"]:
        calendar["common"] = [one.portal.common_service(name) for name in calendar["asked"]]
    return said


_COLUMNS = {
    "portal": "portal",
    "outcome": "outcome",
    "calendars": "calendars",
    "free": "free slots",
    "opened": "opened",
    "closed": "closed",
    "requests": "requests",
    "took_s": "took s",
    "reason": "reason",
}


def _as_row(taken: Taken) -> dict[str, Any]:
    shot = taken.snapshot
    answered = shot.outcome.answered
    return {
        "portal": shot.portal_id,
        "outcome": str(shot.outcome),
        "calendars": len(shot.views) if answered else None,  # no answer is not "nothing free"
        "free": sum(len(view.slots) for view in shot.views) if answered else None,
        "opened": taken.stored.opened if taken.stored else None,
        "closed": taken.stored.closed if taken.stored else None,
        "requests": shot.requests,
        "took_s": int((shot.finished_at - shot.taken_at).total_seconds()),
        "reason": shot.reason,
    }


def _print_days(taken: Sequence[Taken]) -> None:
    from amtspuls.cli.daytables import print_day_tables

    for one in taken:
        shot = one.snapshot
        why = f" ({shot.reason})" if shot.reason else ""
        print(
            f"{one.portal.name} ({one.portal.id}), {shot.taken_at:%Y-%m-%d %H:%M} UTC:"
            f" {shot.outcome}{why}"
        )
        print_day_tables(shot.views)
