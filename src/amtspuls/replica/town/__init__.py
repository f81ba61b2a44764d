"""A simulated town: offices, citizens and the truth about every slot that appears or vanishes."""

from amtspuls.replica.town.model import Truth, TruthKind
from amtspuls.replica.town.scenarios import SCENARIOS, require_scenario
from amtspuls.replica.town.town import Town, make_scenario, make_town
from amtspuls.replica.town.watch import take_looks

__all__ = [
    "SCENARIOS",
    "Town",
    "Truth",
    "TruthKind",
    "make_scenario",
    "make_town",
    "require_scenario",
    "take_looks",
]
