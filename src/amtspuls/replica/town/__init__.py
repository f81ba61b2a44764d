"""A simulated town: offices, citizens and the truth about every slot that appears or vanishes."""

from amtspuls.replica.town.model import Truth, TruthKind
from amtspuls.replica.town.town import Town, make_town

__all__ = ["Town", "Truth", "TruthKind", "make_town"]
