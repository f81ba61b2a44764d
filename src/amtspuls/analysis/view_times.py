"""Views of calendars by time: which of them lie before an instant."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import distinct, places_in, places_of_runs, starts_of_runs

_ROOM = 16
"""A table of so many cells for each view is worth its room."""


class ViewTimes:
    """Calendars and instants of views, ascending by (calendar, instant).

    Attributes:
        calendar: Number of each view's calendar; shape (n,).
        at: Its instant, Unix seconds; shape (n,).
    """

    def __init__(self, calendar: Ints, at: Ints) -> None:
        self.calendar = calendar
        self.at = at

    @cached_property
    def calendars(self) -> Ints:
        """The different calendars, ascending."""
        return self.calendar.take(starts_of_runs(self.calendar))

    @cached_property
    def moments(self) -> Ints:
        """The different instants, ascending."""
        return distinct(self.at)

    @cached_property
    def places(self) -> Ints:
        """Place of each view's calendar in ``calendars``."""
        return places_of_runs(self.calendars, self.calendar)

    @cached_property
    def _cells(self) -> Ints:
        """Calendar and instant of each view as one number, ascending."""
        return self.places * (len(self.moments) + 1) + places_in(self.moments, self.at)

    @cached_property
    def _table(self) -> Ints | None:
        """How many views lie before each calendar and instant; None where there would be far more cells than views.

        All calendars of a portal are mostly asked at once, so there are about as many.
        """
        count = (len(self.calendars) + 1) * (len(self.moments) + 1)
        if count > _ROOM * (len(self.at) + 1):
            return None
        numbers = np.bincount(self._cells, minlength=count)
        table = np.cumsum(numbers)
        table -= numbers
        return table

    def before(self, calendar: Ints, at: Ints) -> Ints:
        """How many views lie before each (calendar, instant): all of lesser calendars among them."""
        return self.before_at(places_of_runs(self.calendars, calendar), at)

    def before_at(self, place: Ints, at: Ints) -> Ints:
        """As ``before``, for places of calendars in ``calendars``."""
        cell = places_in(self.moments, at)
        cell += place * (len(self.moments) + 1)
        return places_in(self._cells, cell) if self._table is None else self._table.take(cell)
