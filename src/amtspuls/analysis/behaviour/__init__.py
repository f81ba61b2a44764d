"""How each calendar of a portal behaves, learned from its snapshots alone (docs/reference/behaviour.md)."""

from amtspuls.analysis.behaviour.base import Behaviour, CalendarBehaviour, Edge
from amtspuls.analysis.behaviour.learn import behaviour_of, learn_behaviour, remember_behaviour
from amtspuls.analysis.behaviour.rules import Moves

__all__ = [
    "Behaviour",
    "CalendarBehaviour",
    "Edge",
    "Moves",
    "behaviour_of",
    "learn_behaviour",
    "remember_behaviour",
]
