"""A simulated town: offices, citizens and the truth about every slot that appears or vanishes."""

from amtspuls.replica.town.model import Truth, TruthKind
from amtspuls.replica.town.scenarios import (
    FIRST_SCENARIOS,
    RANDOM,
    SCENARIOS,
    require_scenario,
    scenario_of,
)
from amtspuls.replica.town.town import Town, make_scenario, make_town
from amtspuls.replica.town.watch import days_read, take_looks

__all__ = [
    "FIRST_SCENARIOS",
    "RANDOM",
    "SCENARIOS",
    "Town",
    "Truth",
    "TruthKind",
    "days_read",
    "make_scenario",
    "make_town",
    "require_scenario",
    "scenario_of",
    "take_looks",
]
