"""Views of calendars by time: which of them lie before an instant."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import distinct, places_in, places_of_runs


class ViewTimes:
    """Calendars and instants of views, ascending by (calendar, instant).

    Attributes:
        calendar: Number of each view's calendar; shape (n,).
        at: Its instant, Unix seconds; shape (n,).
    """

    def __init__(self, calendar: Ints, at: Ints) -> None:
        self.calendar = calendar
        self.at = at
        self._low = int(at.min()) if len(at) else 0
        # One more than the longest distance, and one for all that is after the last view.
        self._width = int(at.max()) - self._low + 2 if len(at) else 1

    @cached_property
    def _calendars(self) -> Ints:
        return distinct(self.calendar)

    @cached_property
    def _keys(self) -> Ints:
        """Views as one ascending number each."""
        return self._key(self.calendar, self.at)

    def _key(self, calendar: Ints, at: Ints) -> Ints:
        """By the place of the calendar, so that numbers lie evenly; instants beyond all views are cut."""
        inside = np.minimum(np.maximum(at, self._low), self._low + self._width - 1)
        inside -= self._low
        inside += places_of_runs(self._calendars, calendar) * self._width
        return inside

    def before(self, calendar: Ints, at: Ints) -> Ints:
        """How many views lie before each (calendar, instant): all of lesser calendars among them."""
        return places_in(self._keys, self._key(calendar, at))
