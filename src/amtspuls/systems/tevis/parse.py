"""Tevis pages as small models; pure. Wire facts: docs/systems/tevis.md."""

from __future__ import annotations

from amtspuls.systems.tevis.answer import (
    Answer,
    DataFirst,
    Filter,
    Location,
    Locations,
    NoneFree,
    Offer,
    Times,
    parse_answer,
)
from amtspuls.systems.tevis.concerns import (
    Concern,
    ConcernPage,
    Generation,
    StartPage,
    Unit,
    parse_concerns,
    parse_entry,
)

__all__ = [
    "Answer",
    "Concern",
    "ConcernPage",
    "DataFirst",
    "Filter",
    "Generation",
    "Location",
    "Locations",
    "NoneFree",
    "Offer",
    "StartPage",
    "Times",
    "Unit",
    "parse_answer",
    "parse_concerns",
    "parse_entry",
]
