"""The offices of the town: booking pages of places that do not exist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from random import Random

from amtspuls.replica.availability import ReplicaCalendar
from amtspuls.replica.town.model import Counter, DeskGroup, Habits, TownPortal
from amtspuls.replica.town.newer_offices import draw_newer_offices

Opening = Mapping[int, tuple[tuple[time, time], ...]]

_TEMPUS_CLOUD = "https://tempus.elsterverbund.example/termine/index.php?anlagennr="
_HOLDS_MIN = (5, 10, 15, 20, 30)


def draw_offices(seed: int) -> tuple[TownPortal, ...]:
    """The booking pages of the town; the seed draws demand and habits, never names or addresses."""
    random = Random(f"offices {seed}")
    return (
        _musterstadt(random),
        _lindenau(random),
        _quellental(random),
        _auwinkel(random),
        _birkenfurt(random),
        _hohenau(random),
        *draw_newer_offices(seed),
    )


def _hours(text: str) -> Opening:
    """Opening hours: ``Mo Di 8-12 13-16; Fr 8-12``."""
    weekdays = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
    opening: dict[int, tuple[tuple[time, time], ...]] = {}
    for part in text.split(";"):
        words = part.split()
        blocks = tuple(_block(word) for word in words if word not in weekdays)
        opening |= {weekdays.index(word): blocks for word in words if word in weekdays}
    return opening


def _block(text: str) -> tuple[time, time]:
    first, _, last = text.partition("-")
    return _clock(first), _clock(last)


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute or 0))


def _counter(
    random: Random,
    key: str,
    name: str,
    services: tuple[str, ...],
    *,
    steps: int = 1,
    notice_min: int = 0,
    load: float = 0.8,
    lead_days: float = 6.0,
) -> Counter:
    return Counter(
        ReplicaCalendar(key, name, services),
        steps,
        notice_min,
        load * random.uniform(0.85, 1.15),
        lead_days * random.uniform(0.8, 1.2),
    )


def _habits(random: Random) -> Habits:
    return Habits(
        hold_min=random.choice(_HOLDS_MIN),
        completes=random.uniform(0.7, 0.9),
        cancels=random.uniform(0.05, 0.2),
        given_back_max_min=random.choice((0, 10, 30, 60)),
        withdrawals_per_week=random.uniform(0.2, 0.8),
    )


def _musterstadt(random: Random) -> TownPortal:
    return TownPortal(
        id="musterstadt",
        name="Stadt Musterstadt",
        system="netappoint",
        url="https://termine.musterstadt.example/netappoint/index.php?company=musterstadt",
        groups=(_musterstadt_citizens(random), _musterstadt_trade(random)),
        habits=_habits(random),
        variant={"controls": "select"},
    )


def _musterstadt_citizens(random: Random) -> DeskGroup:
    return DeskGroup(
        counters=(
            _counter(
                random,
                "meldewesen",
                "Meldewesen",
                ("Anmeldung einer Wohnung", "Meldebescheinigung"),
                notice_min=60,
                load=0.45,
            ),
            _counter(
                random,
                "ausweise-und-passe",
                "Ausweise und Pässe",
                ("Personalausweis beantragen", "Reisepass beantragen"),
                steps=2,
                notice_min=60,
                load=0.5,
                lead_days=9,
            ),
        ),
        desks=2,
        grid_min=10,
        opening=_hours("Mo Di 8-12 13-15:30; Do 8-12 14-18; Fr 7:30-12"),
        horizon_days=28,
    )


def _musterstadt_trade(random: Random) -> DeskGroup:
    return DeskGroup(
        counters=(
            _counter(
                random,
                "gewerbeangelegenheiten",
                "Gewerbeangelegenheiten",
                ("Gewerbeanmeldung", "Gewerbeummeldung", "Gewerbeabmeldung"),
                steps=3,
                load=0.55,
                lead_days=4,
            ),
        ),
        desks=1,
        grid_min=5,
        opening=_hours("Mo Di Do Fr 8-12:30"),
        horizon_days=29,
    )


def _lindenau(random: Random) -> TownPortal:
    offices = (
        ("rathaus-lindenau", "Rathaus Lindenau", "Mo Di Mi Do 8-12; Do 14-17:30; Fr 8-12"),
        ("aussenstelle-elsterufer", "Außenstelle Elsterufer", "Di 9-12 13-18; Do 9-12"),
    )
    return TownPortal(
        id="lindenau",
        name="Stadt Lindenau an der Elster",
        system="netappoint",
        url="https://buergerservice.lindenau-elster.example/index.php?company=lindenau",
        groups=tuple(_lindenau_office(random, *one) for one in offices),
        habits=_habits(random),
        variant={"controls": "mixed"},
    )


def _lindenau_office(random: Random, key: str, name: str, hours: str) -> DeskGroup:
    return DeskGroup(
        counters=(
            _counter(
                random,
                f"{key}/burgerservice",
                f"{name}: Bürgerservice",
                ("Adresse ändern", "Führungszeugnis beantragen"),
                notice_min=120,
                load=0.5,
            ),
            _counter(
                random,
                f"{key}/fuhrerscheinwesen",
                f"{name}: Führerscheinwesen",
                ("Führerschein umtauschen", "Internationaler Führerschein"),
                steps=2,
                notice_min=24 * 60,
                load=0.4,
                lead_days=10,
            ),
        ),
        desks=1,
        grid_min=15,
        opening=_hours(hours),
        horizon_days=21,
        roll="weekly",
    )


def _quellental(random: Random) -> TownPortal:
    group = DeskGroup(
        counters=(
            _counter(
                random,
                "kfz-zulassung",
                "Kfz-Zulassung",
                ("Neuzulassung", "Umschreibung", "Außerbetriebsetzung"),
                load=0.8,
                lead_days=3,
            ),
        ),
        desks=3,
        grid_min=20,
        opening=_hours("Mo Di Mi Do 7:20-15; Fr 7:20-12; Sa 9-12"),
        horizon_days=14,
    )
    return TownPortal(
        id="quellental-kfz",
        name="Landkreis Quellental, Kfz-Zulassung",
        system="netappoint",
        url="https://zulassung.kreis-quellental.example/netappoint/index.php?company=quellental-kfz",
        groups=(group,),
        habits=_habits(random),
        variant={"controls": "checkbox", "charset": "utf-8-silent"},
    )


def _auwinkel(random: Random) -> TownPortal:
    categories = (
        (3101, "Meldeangelegenheiten", ("Anmeldung", "Ummeldung", "Abmeldung"), 1),
        (3107, "Ausweisangelegenheiten", ("Personalausweis", "Reisepass", "Kinderpass"), 2),
        (3115, "Beglaubigungen", ("Beglaubigung von Unterschriften",), 1),
    )

    def office(number: int, name: str, desks: int, hours: str) -> DeskGroup:
        return DeskGroup(
            counters=tuple(
                _counter(
                    random,
                    f"{number}/{task}",
                    f"{name}: {category}",
                    services,
                    steps=steps,
                    notice_min=30,
                    load=0.3,
                )
                for task, category, services, steps in categories
            ),
            desks=desks,
            grid_min=10,
            opening=_hours(hours),
            horizon_days=35,
        )

    return TownPortal(
        id="auwinkel",
        name="Stadt Auwinkel",
        system="tempus",
        url=_TEMPUS_CLOUD + "901",
        groups=(
            office(611, "Bürgerbüro Mitte", 2, "Mo Di Mi Do 8-12 13-16; Fr 8-12"),
            office(612, "Bürgerbüro Nord", 1, "Di Do 9-12 14-18"),
        ),
        habits=_habits(random),
        variant={"layout": "A"},
    )


def _birkenfurt(random: Random) -> TownPortal:
    group = DeskGroup(
        counters=(
            _counter(
                random,
                "640/7001",
                "default",
                ("Vorsprache im Rathaus", "Abholung von Unterlagen"),
                load=0.7,
                lead_days=5,
            ),
        ),
        desks=1,
        grid_min=30,
        opening=_hours("Mo Mi 8:30-12; Di 8:30-12 14-16; Do 14-18; Fr 8-11"),
        horizon_days=42,
    )
    return TownPortal(
        id="birkenfurt",
        name="Gemeinde Birkenfurt",
        system="tempus",
        url=_TEMPUS_CLOUD + "902",
        groups=(group,),
        habits=_habits(random),
        variant={"layout": "B"},
    )


def _hohenau(random: Random) -> TownPortal:
    group = DeskGroup(
        counters=(
            _counter(
                random,
                "655/5210",
                "Aufenthalt",
                ("Aufenthaltstitel verlängern", "Abholung eAT"),
                steps=4,
                notice_min=36 * 60,
                load=0.9,
                lead_days=15,
            ),
            _counter(
                random,
                "655/5221",
                "Einbürgerung",
                ("Beratung zur Einbürgerung",),
                steps=3,
                notice_min=36 * 60,
                load=0.9,
                lead_days=15,
            ),
        ),
        desks=1,
        grid_min=15,
        opening=_hours("Mo Di Do Fr 8-12; Do 13:30-17"),
        horizon_days=14,
    )
    return TownPortal(
        id="hohenau-aus",
        name="Stadt Hohenau, Ausländerbehörde",
        system="tempus",
        url="https://termine.hohenau.example/termine/index.php?anlagennr=17",
        groups=(group,),
        habits=_habits(random),
        variant={"layout": "C", "notices": 1},
    )
