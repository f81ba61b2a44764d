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
from amtspuls.systems.tevis.week import (
    CalendarPage,
    DayTimes,
    Week,
    parse_calendar,
    parse_week,
)

__all__ = [
    "Answer",
    "CalendarPage",
    "Concern",
    "ConcernPage",
    "DataFirst",
    "DayTimes",
    "Filter",
    "Generation",
    "Location",
    "Locations",
    "NoneFree",
    "Offer",
    "StartPage",
    "Times",
    "Unit",
    "Week",
    "parse_answer",
    "parse_calendar",
    "parse_concerns",
    "parse_entry",
    "parse_week",
]
