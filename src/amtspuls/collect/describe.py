"""A snapshot as JSON."""

from __future__ import annotations

from typing import Any

from amtspuls.model import Snapshot, local_from_slot


def snapshot_json(shot: Snapshot) -> dict[str, Any]:
    """Return all that a snapshot says; slots as local times, instants as UTC."""
    return {
        "portal": shot.portal_id,
        "taken_at": shot.taken_at.isoformat(),
        "finished_at": shot.finished_at.isoformat(),
        "outcome": str(shot.outcome),
        "reason": shot.reason,
        "requests": shot.requests,
        "bytes": shot.bytes,
        "parser": shot.parser,
        "calendars": [
            {
                "key": view.calendar.key,
                "name": view.calendar.name,
                "outcome": str(view.outcome),
                "reason": view.reason,
                "asked": list(view.asked),
                "covered": str(view.covered),
                "free": [local_from_slot(slot).isoformat() for slot in view.slots],
            }
            for view in shot.views
        ],
    }
