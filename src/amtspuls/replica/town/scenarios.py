"""The named scenarios. Their ranges were fixed before any estimator was written (docs/reference/town.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from random import Random
from types import MappingProxyType
from typing import Any

from amtspuls.errors import ConfigError
from amtspuls.replica.town.scenario import Scenario

_HOUR_MIN = 60
_NIGHTS = (0, 0, 30)
"""Minutes after midnight of releases that a machine makes."""

_ALL = (
    Scenario(
        name="quiet-village",
        about="one or two desks, little demand, nothing special",
        groups=(1, 1),
        calendars=(1, 2),
        desks=(1, 1),
        opening=("village", "usual"),
        grid_min=(15, 20, 30),
        load=(0.15, 0.35),
        cancels=(0.05, 0.12),
    ),
    Scenario(
        name="busy-city",
        about="several desk groups, demand near or above what they can take",
        groups=(2, 3),
        desks=(1, 4),
        opening=("usual", "all-day"),
        grid_min=(5, 10),
        steps=(1, 2, 3),
        horizon_days=(14, 28),
        load=(1.2, 1.7),
        cancels=(0.1, 0.2),
    ),
    Scenario(
        name="batch-releaser",
        about="days are released by hand, many at once; some are withdrawn and come back",
        roll=("by_hand",),
        batch_days=(5, 14),
        horizon_days=(14, 35),
        load=(0.8, 1.1),
        withdrawals_per_week=(0.3, 1.5),
    ),
    Scenario(
        name="flapper",
        about="the page loses calendars or all of them for minutes or hours, again and again",
        flaps_per_week=(5, 25),
        flap_min=(2, 150),
        missed=(0.01, 0.1),
        partial=(0.005, 0.03),
    ),
    Scenario(
        name="slow-updater",
        about="the page is a copy that is renewed every few hours",
        refresh_min=(120, 180, 240, 360, 720),
        load=(0.4, 0.7),
    ),
    Scenario(
        name="long-services",
        about="one booking closes several start times, and different services differ in length",
        grid_min=(5, 10, 15),
        steps=(2, 3, 4),
        other_steps=(1, 6),
        calendars=(1, 2),
        load=(0.5, 0.8),
    ),
    Scenario(
        name="shared-desks",
        about="three to five calendars over the same desks",
        groups=(1, 2),
        calendars=(3, 5),
        desks=(1, 3),
        steps=(1, 2),
        load=(0.6, 0.9),
    ),
    Scenario(
        name="short-notice",
        about="slots leave the page hours or days before they begin; horizons roll by week",
        notice_min=(4 * _HOUR_MIN, 8 * _HOUR_MIN, 26 * _HOUR_MIN, 36 * _HOUR_MIN, 80 * _HOUR_MIN),
        roll=("daily", "weekly"),
        release_min=_NIGHTS,
        activation_min=(0, 60),
        lead_days=(2, 8),
    ),
    Scenario(
        name="vaccination",
        about="the page shows the first free time of each day only, and is asked every minute",
        groups=(2, 3),
        calendars=(1, 1),
        desks=(1, 2),
        opening=("every-day",),
        grid_min=(6, 10, 12),
        steps=(1,),
        notice_min=(0,),
        horizon_days=(7, 14),
        load=(0.4, 0.7),
        lead_days=(2, 5),
        prefers=("any",),
        hold_min=(10,),
        cancels=(0.03, 0.1),
        # One answer holds all days of a place: it is read whole or not at all.
        partial=(0.0, 0.0),
        step_s=60,
        system="impfthueringen",
    ),
)

_LATER = (
    Scenario(
        name="absent-when-sold-out",
        about="a calendar without a free time is missing from the snapshot",
        groups=(2, 3),
        desks=(1, 1),
        opening=("village", "usual"),
        grid_min=(15, 20, 30),
        horizon_days=(13, 21),
        load=(1.2, 1.8),
        system="tempus",
        sold_out=("absent",),
    ),
    Scenario(
        name="narrow-view",
        about="snapshots reach one or two weeks ahead, the page offers more",
        view_days=(7, 14),
    ),
    Scenario(
        name="floating-grid",
        about="start times follow one another from the end of the appointment before, so that they move",
        grid_min=(5,),
        steps=(3, 4, 6),
        other_steps=(2,),
        starts=("floating",),
    ),
)
"""Joined when an estimator was under way; its targets were set for the others."""

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({one.name: one for one in (*_ALL, *_LATER)})
"""All scenarios by name, in the order in which they are listed."""

FIRST_SCENARIOS = tuple(one.name for one in _ALL)
"""Those that were there before any estimator."""

RANDOM = "random"
"""Name of an office whose every parameter is drawn; it is no scenario of the list."""

_TIED = ("system", "step_s", "partial", "calendars")
"""How a page shows what it has, and how it is asked for that, go together: drawn as one."""


def scenario_of(name: str, seed: int) -> Scenario:
    """Return a named scenario, or the one that ``random`` is with a seed.

    Raises:
        ConfigError: None has this name.
    """
    return draw_scenario(seed) if name == RANDOM else _named(name, (*SCENARIOS, RANDOM))


def draw_scenario(seed: int) -> Scenario:
    """Draw a scenario: each parameter has the range of a listed scenario that is drawn for it.

    All are equally likely, so that trouble is as frequent as in the list, but comes in any company.
    """
    random = Random(f"{RANDOM} {seed}")
    listed = tuple(SCENARIOS.values())
    page = random.choice(listed)
    drawn: dict[str, Any] = {name: getattr(page, name) for name in _TIED}
    for field in fields(Scenario):
        if field.name not in {"name", "about", *_TIED}:
            drawn[field.name] = getattr(random.choice(listed), field.name)
    return Scenario(name=RANDOM, about="every parameter drawn from all ranges", **drawn)


def require_scenario(name: str) -> Scenario:
    """Return one scenario.

    Raises:
        ConfigError: None has this name; the message names the nearest.
    """
    return _named(name, tuple(SCENARIOS))


def _named(name: str, known: Sequence[str]) -> Scenario:
    """The scenario of a name; a message names those that may be asked for here."""
    if name in SCENARIOS:
        return SCENARIOS[name]
    near = get_close_matches(name.lower(), known, 2, 0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise ConfigError(f"no scenario is called {name!r}; {hint}there are: {', '.join(known)}")
