"""Minimum notice on pages that are renewed every few hours: what is due leaves with the next renewal.

No slot then leaves at a fixed time before its start. But of all slots that begin within the notice after a
renewal none is left, and of those that begin later most are.
"""

from __future__ import annotations

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.localtime import HOUR_S, Ints
from amtspuls.analysis.typed.scene import Scene
from amtspuls.archive.median import median

_LONGEST_S = 4 * HOUR_S
_GONE = 0.95
_LEAST = 4


def find_due(scene: Scene) -> Bools:
    """Which spans closed in the renewal that took what was due."""
    due = np.zeros(len(scene.slot), np.bool_)
    last = _last_renewals(scene)
    if last is None:
        return due
    lead_s = scene.start_s - last
    watched = (scene.opened_at < last) & (scene.closed_at >= last) & (lead_s <= _LONGEST_S)
    for calendar in range(len(scene.calendars)):
        mine = np.flatnonzero(watched & (scene.calendar == calendar))
        gone = scene.closed_at[mine] == last[mine]
        due[mine[gone & (lead_s[mine] <= _learn(lead_s[mine], gone))]] = True
    return due & scene.vanished


def _learn(lead_s: Ints, gone: Bools) -> int:
    """The longest lead up to which nearly all slots were gone; 0 where there are too few."""
    order = np.argsort(lead_s, kind="stable")
    share = np.cumsum(gone[order]) / np.arange(1, len(order) + 1)
    nearly_all = np.flatnonzero((share >= _GONE) & (np.arange(len(order)) + 1 >= _LEAST))
    return int(lead_s[order][nearly_all[-1]]) if len(nearly_all) else 0


def _last_renewals(scene: Scene) -> Ints | None:
    """For each span the newest renewal up to its start; None where the page is always fresh."""
    period_s, seen = scene.behaviour.refresh_s, scene.behaviour.refresh_at
    if not period_s or not len(seen):
        return None
    offsets = scene.evidence.offsets
    # Around the first one, so that renewals at midnight are not half before and half after it.
    first, half = int(offsets.to_local(seen[:1])[0]), period_s // 2
    phase = first - half + int(median((offsets.to_local(seen) - first + half) % period_s))
    phase -= scene.step_s // 2
    beat = (offsets.to_local(scene.taken_at) - phase) // period_s
    renewals = scene.taken_at[np.append(True, np.diff(beat) > 0)]
    place = np.searchsorted(renewals, scene.start_s, "right") - 1
    return np.where(place >= 0, renewals[np.maximum(place, 0)], np.iinfo(np.int64).max)
