"""What the original of a copied page showed."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from amtspuls.analysis.behaviour.refresh import Refresh
from amtspuls.analysis.behaviour.sightings import NEVER, Bools, Rows, Sightings
from amtspuls.analysis.localtime import Ints


class Originals(Sightings):
    """What the original of a copied page showed: its changes lie between two renewals."""

    def __init__(self, copy: Sightings, refresh: Refresh) -> None:
        """Turn back to the renewals what the copy showed."""
        super().__init__(copy.evidence)
        self._refresh = refresh
        self._copy = copy
        self.step_s = refresh.period_s or copy.step_s

    @cached_property
    def rows(self) -> Rows:
        """The spans of the copy, with the renewals at which their slots were surely there or gone."""
        rows = self._copy.rows
        begun = rows.closed_at >= rows.start_s
        return rows._replace(
            opened_at=self._renewed(rows.opened_at),
            unseen_at=self._renewed(rows.unseen_at),
            closed_at=np.where(begun, rows.closed_at, self._renewed(rows.closed_at)),
            shown_at=self._renewed(rows.shown_at),
        )

    @cached_property
    def covered_before(self) -> Bools:
        """Whether the view before each row covered the slot's day, so that the slot is new."""
        return self._copy.covered_before

    def _renewed(self, instants: Ints) -> Ints:
        known = instants != NEVER
        found = self._refresh.newest(np.where(known, instants, 0), self.evidence.offsets)
        return np.where(known, found, NEVER)
