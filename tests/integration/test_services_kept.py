"""What a calendar is for and what it was asked for: from the page through the archive to metadata.json."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amtspuls.archive.live import open_reader, open_writer
from amtspuls.archive.live_asked import load_asked
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.metadata import read_metadata
from amtspuls.bundle.write import write_week
from amtspuls.replica.availability import ReplicaPortal
from support.collecting import collecting
from support.practice import Offers, netappoint, slots, tempus
from support.practice_ekol import ekol
from support.practice_etermin import etermin
from support.practice_impf import impf
from support.practice_tevis import tevis

AT = datetime(2026, 1, 26, 8, tzinfo=UTC)
FREE = slots("2026-01-28 09:00")
BOTH = ("Personalausweis beantragen", "Abholung")
CASES: dict[str, tuple[ReplicaPortal, tuple[str, ...], tuple[str, ...]]] = {
    "tempus": (tempus(("144/70", "Pässe", BOTH)), BOTH, BOTH[:1]),
    "netappoint": (netappoint(("passe", "Pässe", BOTH)), BOTH, BOTH[:1]),
    "etermin": (etermin(("90701", "Pässe", BOTH)), BOTH, BOTH[:1]),
    "ekol": (ekol(("1222936001", "Bürgeramt", BOTH)), BOTH, BOTH[:1]),
    "tevis, first generation": (
        tevis(("301", "Bürgeramt", BOTH), variant={"generation": "v1"}),
        BOTH,
        BOTH[:1],
    ),
    # Today's pages do not say which services a calendar is for: what was asked is all that is known.
    "tevis": (tevis(("301", "Bürgeramt / Mitte", BOTH)), BOTH[:1], BOTH[:1]),
    "impfthueringen": (impf(("5", "Erfurt")), (), ()),
}


@pytest.mark.parametrize(("portal", "services", "asked"), CASES.values(), ids=CASES)
async def test_services_end_in_metadata_and_asked_ones_in_the_archive(
    tmp_path: Path, portal: ReplicaPortal, services: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    (calendar,) = portal.calendars
    offers = Offers(portal)
    offers.now[portal.id] = {calendar.key: FREE}
    archive = tmp_path / "archive"
    with closing(open_writer(archive)) as writer:
        async with collecting(offers, AT, writer) as running:
            (snapshot,) = await running.at(AT)
    (view,) = snapshot.views
    assert (view.calendar.services, view.asked) == (services, asked)
    assert load_asked(archive) == ({portal.id: asked} if asked else {})
    with closing(open_reader(archive)) as reader:
        write_week(reader, IsoWeek.parse("2026-05"), tmp_path / "bundles")
    written = read_metadata(tmp_path / "bundles" / "metadata.json").portals[portal.id]
    assert written.calendars[calendar.key].services == services
