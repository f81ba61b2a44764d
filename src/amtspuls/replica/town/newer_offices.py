"""Offices of the town on systems that came to it later.

Each draws from a stream of its own, so that the others of a seed stay as they are.
"""

from __future__ import annotations

from datetime import time
from random import Random

from amtspuls.replica.availability import ReplicaCalendar
from amtspuls.replica.town.model import Counter, DeskGroup, Habits, TownPortal

_MORNING = (time(8), time(12))
_AFTERNOON = (time(14), time(16))
_LATE = (time(14), time(18))
_USUAL_WEEK = {
    0: (_MORNING, _AFTERNOON),
    1: (_MORNING, _AFTERNOON),
    2: (_MORNING,),
    3: (_MORNING, _LATE),
    4: (_MORNING,),
}
_SERVICES = ("Personalausweis beantragen", "Wohnsitz anmelden", "Führungszeugnis beantragen")


def draw_newer_offices(seed: int) -> tuple[TownPortal, ...]:
    """The booking pages of the town on newer systems; the seed draws demand and habits."""
    return (
        _ausfeld(Random(f"offices {seed} ausfeld")),
        _rosenau(Random(f"offices {seed} rosenau")),
        _seehausen(Random(f"offices {seed} seehausen")),
        _elsterland(Random(f"offices {seed} elsterland-impfen")),
    )


def _desk(
    random: Random,
    key: str,
    name: str,
    services: tuple[str, ...] = _SERVICES,
    *,
    grid_min: int,
    horizon_days: int,
) -> DeskGroup:
    """One desk with one calendar, open as offices are."""
    counter = Counter(
        ReplicaCalendar(key, name, services),
        steps=1,
        notice_min=60,
        load=random.uniform(0.5, 0.8),
        lead_days=random.uniform(4.0, 9.0),
    )
    return DeskGroup((counter,), 1, grid_min, _USUAL_WEEK, horizon_days)


def _habits(random: Random) -> Habits:
    return Habits(
        hold_min=random.choice((5, 10, 15)),
        completes=random.uniform(0.7, 0.9),
        cancels=random.uniform(0.05, 0.2),
        given_back_max_min=random.choice((0, 10, 30)),
        withdrawals_per_week=random.uniform(0.2, 0.6),
    )


def _ausfeld(random: Random) -> TownPortal:
    desks = (("90709", "Schalter 1"), ("90710", "Schalter 2"))
    return TownPortal(
        id="ausfeld",
        name="Gemeinde Ausfeld",
        system="etermin",
        url="https://www.etermin.example/GemeindeAusfeld",
        groups=tuple(_desk(random, *desk, grid_min=15, horizon_days=28) for desk in desks),
        habits=_habits(random),
    )


def _rosenau(random: Random) -> TownPortal:
    desks = (
        ("301", "Bürgerbüro / Rathaus", _SERVICES),
        ("302", "Bürgerbüro / Ortsamt Nord", _SERVICES),
        ("305", "Kfz-Zulassung / Rathaus", ("Fahrzeug anmelden", "Fahrzeug abmelden")),
    )
    return TownPortal(
        id="rosenau",
        name="Stadt Rosenau",
        system="tevis",
        url="https://termine.rosenau.example/termine/rosenau/",
        groups=tuple(_desk(random, *desk, grid_min=15, horizon_days=28) for desk in desks),
        habits=_habits(random),
        variant={"grid_min": 15, "duration_min": 15, "page_slots": 50},
    )


def _seehausen(random: Random) -> TownPortal:
    desks = (("1222936001", "Bürgerbüro am See"), ("1222936002", "Bürgerbüro Bahnhof"))
    return TownPortal(
        id="seehausen",
        name="Stadt Seehausen am Moor",
        system="ekol",
        url="https://tnv.seehausen.example/tnv/",
        groups=tuple(_desk(random, *desk, grid_min=10, horizon_days=21) for desk in desks),
        habits=_habits(random),
        variant={"skin": "leipzig-2021"},
    )


def _elsterland(random: Random) -> TownPortal:
    """A small one: its answers are samples that change from minute to minute."""
    desks = (
        ("138", "Impfstelle Musterstadt", ("Erstimpfung",)),
        ("212", "Impfstelle Rosenau", ("Erstimpfung",)),
    )
    return TownPortal(
        id="elsterland-impfen",
        name="Impftermine Elsterland",
        system="impfthueringen",
        url="https://www.impfen-elsterland.example/terminvergabe",
        groups=tuple(_desk(random, *desk, grid_min=20, horizon_days=10) for desk in desks),
        habits=_habits(random),
    )
