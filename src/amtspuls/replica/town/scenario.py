"""What a scenario is: ranges that the parameters of its offices are drawn from.

Sources of all ranges: docs/reference/town.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from random import Random
from typing import Literal, TypeVar

from amtspuls.replica.availability import ReplicaCalendar
from amtspuls.replica.town.model import Counter, DeskGroup, Habits, TownPortal

_Choice = TypeVar("_Choice")
Range = tuple[float, float]
Opening = Mapping[int, tuple[tuple[time, time], ...]]

_MORNING = (time(8), time(12))
_NOON = (time(12), time(13, 30))
_AFTERNOON = (time(13, 30), time(16))
_LATE = (time(14), time(18))

_OPENINGS: Mapping[str, Opening] = {
    "village": {1: (_MORNING,), 3: (_MORNING, _LATE)},
    "usual": {
        0: (_MORNING, _AFTERNOON),
        1: (_MORNING, _AFTERNOON),
        2: (_MORNING,),
        3: (_MORNING, _LATE),
        4: (_MORNING,),
    },
    "all-day": {
        **dict.fromkeys(range(4), (_MORNING, _NOON, _AFTERNOON)),
        4: (_MORNING,),
        5: ((time(9), time(12)),),
    },
    "every-day": dict.fromkeys(range(7), ((time(8), time(18)),)),
}

_HOURS = {
    "any": (),
    "morning": (*(0.2,) * 7, 1.0, 1.5, 1.5, 1.2, 1.0, 0.8, 0.7, 0.8, 0.9, 1.0, 0.8, *(0.5,) * 6),
    "edges": (*(0.5,) * 7, 3.0, 2.5, 1.2, 0.8, 0.8, 0.8, 0.7, 0.8, 1.2, 2.0, 3.0, *(2.0,) * 6),
}
_PLACES = ("Musterstadt", "Rosenau", "Lindenau", "Auwinkel", "Birkenfurt", "Hohenau")
_SERVICES = (
    "Personalausweis beantragen",
    "Wohnsitz anmelden",
    "Führungszeugnis beantragen",
    "Führerschein umtauschen",
    "Fahrzeug zulassen",
    "Gewerbe anmelden",
    "Urkunde beglaubigen",
    "Aufenthaltstitel verlängern",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of office: ranges (lowest, highest) and choices that the seed draws from.

    Attributes:
        name: Slug.
        about: One line.
        groups: Desk groups of the portal.
        calendars: Calendars of a group; they share its desks.
        desks: Desks of a group.
        opening: Opening hours, by name.
        grid_min: Minutes between start times.
        steps: Grid steps of the service that the page is asked for.
        other_steps: Grid steps of further services of a calendar; each is wanted by a fifth.
        notice_min: Minimum notice.
        horizon_days: How far ahead days are released.
        roll: How they are.
        release_min: Minutes after midnight at which they are.
        batch_days: From one release by hand to the next.
        load: Demand, as a share of what the desks of a group can take.
        lead_days: Mean of the wished distance of those who plan.
        urgent: Share of those who wish for today.
        prefers: Preferred times of day, by name.
        hold_min: Session hold.
        activation_min: Time for the link of an e-mail; 0 means that none is sent.
        activates: Share of those who follow it.
        completes: Share of holds that become bookings.
        cancels: Share of bookings that are cancelled.
        no_shows: Share of the others that nobody comes to.
        given_back_min: Minutes for which a cancelled slot stays closed, at least and at most.
        withdrawals_per_week: Days withdrawn per week and group; two of five come back.
        sick_leave_per_week: Desks of a group that fall ill.
        closing_days_per_month: Announced closing days of a group.
        refresh_min: Minutes between two updates of the page; 0 is at once.
        flaps_per_week: Flaps of the page.
        flap_min: Minutes that a flap takes.
        missed: Share of snapshots that fail, in runs of one to eight.
        partial: Share of snapshots in which days of a calendar could not be read.
        step_s: Seconds between snapshots.
        system: Booking system of the page.
        starts: Whether start times lie on a grid, or begin anew after each appointment.
        sold_out: What snapshots hold of a calendar without a free time: a view that says so, or none.
        view_days: Days after today that snapshots read; 0 is all that the collector asks for.
    """

    name: str
    about: str
    groups: tuple[int, int] = (1, 2)
    calendars: tuple[int, int] = (1, 2)
    desks: tuple[int, int] = (1, 2)
    opening: tuple[str, ...] = ("usual",)
    grid_min: tuple[int, ...] = (10, 15)
    steps: tuple[int, ...] = (1, 2)
    other_steps: tuple[int, ...] = ()
    notice_min: tuple[int, ...] = (0, 30, 60)
    horizon_days: tuple[int, int] = (21, 42)
    roll: tuple[Literal["daily", "weekly", "by_hand"], ...] = ("daily",)
    release_min: tuple[int, ...] = (0,)
    batch_days: tuple[int, int] = (7, 14)
    load: Range = (0.5, 0.8)
    lead_days: Range = (4, 10)
    urgent: Range = (0.2, 0.4)
    prefers: tuple[str, ...] = ("any", "morning", "edges")
    hold_min: tuple[int, ...] = (5, 10, 15, 20, 30)
    activation_min: tuple[int, ...] = (0,)
    activates: Range = (0.85, 0.95)
    completes: Range = (0.7, 0.9)
    cancels: Range = (0.05, 0.2)
    no_shows: Range = (0.02, 0.1)
    given_back_min: tuple[tuple[int, int], ...] = ((0, 0), (0, 30), (10, 10), (30, 30))
    withdrawals_per_week: Range = (0.0, 0.3)
    sick_leave_per_week: Range = (0.05, 0.2)
    closing_days_per_month: Range = (0.1, 0.5)
    refresh_min: tuple[int, ...] = (0,)
    flaps_per_week: Range = (0.0, 0.0)
    flap_min: tuple[int, int] = (1, 20)
    missed: Range = (0.0, 0.01)
    partial: Range = (0.0, 0.002)
    step_s: int = 900
    system: Literal["etermin", "impfthueringen", "tempus"] = "etermin"
    starts: tuple[Literal["grid", "floating"], ...] = ("grid",)
    sold_out: tuple[Literal["empty", "absent"], ...] = ("empty",)
    view_days: tuple[int, int] = (0, 0)

    def draw(self, seed: int) -> TownPortal:
        """Draw the portal of a seed."""
        random = Random(f"{self.name} {seed}")
        habits = self._habits(random)
        count = random.randint(*self.groups)
        key = 101
        groups = []
        for number in range(count):
            groups.append(self._group(random, key, number))
            key += len(groups[-1].counters)
        return TownPortal(
            id=self.name,
            name=f"{_PLACES[seed % len(_PLACES)]}, {self.name}",
            system=self.system,
            url=_url(self),
            groups=tuple(groups),
            habits=habits,
            variant={"answers": "whole"} if self.system == "impfthueringen" else {},
            sold_out=_pick(random, self.sold_out),
            view_days=_between(random, self.view_days),
        )

    def _habits(self, random: Random) -> Habits:
        least, most = random.choice(self.given_back_min)
        return Habits(
            hold_min=random.choice(self.hold_min),
            completes=random.uniform(*self.completes),
            cancels=random.uniform(*self.cancels),
            given_back_min_min=least,
            given_back_max_min=most,
            withdrawals_per_week=random.uniform(*self.withdrawals_per_week),
            activation_min=random.choice(self.activation_min),
            activates=random.uniform(*self.activates),
            no_shows=random.uniform(*self.no_shows),
            sick_leave_per_week=random.uniform(*self.sick_leave_per_week),
            closing_days_per_month=random.uniform(*self.closing_days_per_month),
            refresh_min=random.choice(self.refresh_min),
            flaps_per_week=random.uniform(*self.flaps_per_week),
            flap_min=self.flap_min,
        )

    def _group(self, random: Random, first_key: int, number: int) -> DeskGroup:
        calendars = random.randint(*self.calendars)
        load = random.uniform(*self.load) / calendars
        return DeskGroup(
            counters=tuple(
                self._counter(random, first_key + place, number, load) for place in range(calendars)
            ),
            desks=random.randint(*self.desks),
            grid_min=random.choice(self.grid_min),
            opening=_OPENINGS[random.choice(self.opening)],
            horizon_days=random.randint(*self.horizon_days),
            roll=random.choice(self.roll),
            release_min=random.choice(self.release_min),
            batch_days=self.batch_days,
            holidays="national",
            starts=_pick(random, self.starts),
        )

    def _calendar_key(self, key: int) -> str:
        """Keys of tempus are those of an office and a task."""
        return f"17/{key}" if self.system == "tempus" else str(key)

    def _counter(self, random: Random, key: int, number: int, load: float) -> Counter:
        service = f"{_SERVICES[(key - 101) % len(_SERVICES)]} ({key})"
        return Counter(
            ReplicaCalendar(self._calendar_key(key), f"Schalter {number + 1}.{key}", (service,)),
            steps=random.choice(self.steps),
            notice_min=random.choice(self.notice_min),
            load=load,
            lead_days=random.uniform(*self.lead_days),
            urgent=random.uniform(*self.urgent),
            other_steps=tuple((steps, 0.2) for steps in self.other_steps),
            hours=_HOURS[random.choice(self.prefers)],
            first_of_day=self.system == "impfthueringen",
        )


def _pick(random: Random, choices: Sequence[_Choice]) -> _Choice:
    """Choose without touching the stream where there is no choice: older draws stay as they are."""
    return random.choice(choices) if len(choices) > 1 else choices[0]


def _between(random: Random, bounds: tuple[int, int]) -> int:
    """The same for a range."""
    return random.randint(*bounds) if bounds[0] < bounds[1] else bounds[0]


def _url(scenario: Scenario) -> str:
    if scenario.system == "impfthueringen":
        return f"https://www.{scenario.name}.example/terminvergabe"
    if scenario.system == "tempus":
        return "https://www.tempus-termine.example/termine/index.php?anlagennr=903"
    return f"https://www.etermin.example/{scenario.name}"
