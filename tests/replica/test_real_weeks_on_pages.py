"""Real weeks, read back from the pages: every portal of a bundle shows what the bundle says."""

from __future__ import annotations

from pathlib import Path

import pytest

from amtspuls.replica.recording import load_recording
from support.practice import read_netappoint, read_tempus, visit
from support.practice_impf import ImpfVisitor, read_pass
from support.practice_tevis import read_weeks


@pytest.mark.slow
@pytest.mark.parametrize("week", ["2021/2021-29", "2026/2026-05"])
def test_a_recorded_week_is_drawn_whole(shared: Path, week: str) -> None:
    raw = shared / "data" / "office-schedule-data" / "raw"
    recording = load_recording(raw / f"{week}.tar.gz", raw / "metadata.json")
    at = recording.first_at + (recording.last_at - recording.first_at) * 0.61
    assert len(recording.portals) > 5
    for portal_id, portal in recording.portals.items():
        offer = recording.offer(portal_id, at)
        assert offer, portal_id
        visitor = visit(portal, offer, now=at)
        if portal.system == "tempus":
            read = {key: found for key, found in read_tempus(visitor).items() if found is not None}
            assert read == offer, portal_id
        elif portal.system == "tevis":
            assert read_weeks(visitor, at.date()) == offer, portal_id
        elif portal.system == "impfthueringen":
            assert read_pass(ImpfVisitor(portal, offer, at)) == offer
        else:
            names = {calendar.key: calendar.name for calendar in portal.calendars}
            assert read_netappoint(visitor) == {names[key]: found for key, found in offer.items()}
