"""Archives of a few cities of the catalogue, for comparing them."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from amtspuls.archive.live import open_writer
from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Portal
from amtspuls.model import Calendar, Outcome, Snapshot, View
from support.tiny_archive import days, slot, utc

COVERED = days("2026-01-26", "2026-03-31")
FIRST = utc("2026-01-26 05:00")

PASSPORTS = Calendar("1/1", "Mitte: Pässe", ("Personalausweis beantragen", "Reisepass beantragen"))
COLLECTING = Calendar("1/2", "Mitte: Abholung", ("Abholung Personalausweis/Reisepass",))
SUBURB = Calendar("2/1", "Senne: Pässe", ("Personalausweis beantragen",))
PLAIN = Calendar("63", "Bürgerbüro")


def packaged(portal_id: str) -> Portal:
    """A portal of the catalogue."""
    return load_catalogue().portals[portal_id]


def snapshot(portal_id: str, step: int, *views: View) -> Snapshot:
    """One snapshot, a quarter of an hour after the other."""
    at = FIRST + timedelta(minutes=15 * step)
    return Snapshot(portal_id, at, at, Outcome.OK, views, 2, 100, 900, "tevis/1")


def view(
    calendar: Calendar, *free: str, asked: tuple[str, ...] = (), minutes: int | None = None
) -> View:
    """What a calendar shows."""
    starts = tuple(sorted(slot(text) for text in free))
    return View(calendar, Outcome.OK, COVERED, starts, asked, minutes)


def make_cities(folder: Path) -> Path:
    """Bielefeld with two offices for passports and one to collect them, Bonn with one; one hour.

    At 06:00 local time of 26 January 2026 the first identity card is to be had in Bielefeld after a day in
    Senne and after three in Mitte (after an hour to collect one), in Bonn after two; Bonn is empty in
    the last quarter of the hour.
    """
    with closing(open_writer(folder)) as archive:
        for step in range(4):
            archive.store(
                packaged("bielefeldbb"),
                snapshot(
                    "bielefeldbb",
                    step,
                    view(PASSPORTS, "2026-01-29 06:00", "2026-01-29 07:00"),
                    view(COLLECTING, "2026-01-26 07:00"),
                    view(SUBURB, "2026-01-27 06:00", "2026-01-29 06:00"),
                ),
            )
            free = ("2026-01-28 06:00",) if step < 3 else ()
            ask = ("Personalausweis",)
            archive.store(
                packaged("bonn-dlz"),
                snapshot("bonn-dlz", step, view(PLAIN, *free, asked=ask, minutes=15)),
            )
    return folder
