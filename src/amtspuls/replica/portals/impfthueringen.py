"""The vaccination portal of Thuringia of 2021 to practise on: a list of places, and a few slots per place.

A calendar is a place, its key the number of its option. One answer has at most one slot a day and three slots in
all, and it changes from minute to minute; the slots of an offer are dealt out so that each is shown in one of
fifteen minutes (more where one day has more than fifteen, or all have more than 45). The variant ``answers``
``whole`` shows them all at once: that is how a recorded row, which unites a quarter of an hour of answers, is
replayed. Written from docs/systems/impfthueringen.md alone; shares nothing with the reading side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from amtspuls.clock import Clock
from amtspuls.errors import ConfigError
from amtspuls.model import Slot, day_of_slot, local_from_slot
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.portals.html import WEEKDAYS_DE, check_variant, escape
from amtspuls.replica.wire import Answer, Asked

VARIANTS: Mapping[str, Sequence[Any] | None] = {
    "answers": ("dealt", "whole"),
    "optgroups": (False, True),
    "none_free": ("comment", "blank", "empty"),
    "robots": None,
}
"""Switches of a replica portal; docs/how-to/practise-on-replicas.md describes them."""

SLOTS_PER_ANSWER = 3
"""More are never in one answer, and never two on one day."""

USUAL_PASSES = 15
"""Minutes in which every slot of an offer has been shown once."""

_SECOND_SHOT = timedelta(days=42)
_NONE_FREE = {"comment": "<!-- keine freien Termine -->\n", "blank": "\n", "empty": ""}
_INDICATIONS_DE = (
    (1, "Indikation nach Alter (STIKO) > 80 J."),
    (2, "Berufliche Indikation | Nachweis erforderlich!"),
)


class ImpfthueringenPages:
    """Pages of the vaccination portal; see ``amtspuls.replica.wire.Pages``. Nothing is remembered."""

    def __init__(self, portal: ReplicaPortal, availability: Availability, clock: Clock) -> None:
        check_variant(portal, VARIANTS)
        for calendar in portal.calendars:
            if not calendar.key.isdecimal() or calendar.key == "0":
                raise ConfigError(
                    f"replica portal {portal.id}: places have keys like 138, not {calendar.key!r}"
                )
        self._portal = portal
        self._availability = availability
        self._clock = clock

    def answer(self, asked: Asked) -> Answer:
        """Draw the page that was asked for, as of now."""
        offer = self._availability.offer(self._portal.id, self._clock.now())
        if not asked.path.endswith("/func.php"):
            return Answer(self._index(offer).encode())
        slots: Sequence[Slot] = ()
        if asked.fields.get("typ") == "1":
            slots = offer.get(asked.fields.get("ort", ""), ())
        if self._portal.variant.get("answers", "dealt") == "dealt":
            slots = dealt(slots, int(self._clock.now().timestamp()) // 60)
        return Answer(self._dates(slots).encode())

    def session_lost(self, asked: Asked) -> Answer | None:
        """There are no sessions, so none is ever lost."""
        return None

    def _index(self, offer: Mapping[str, tuple[Slot, ...]]) -> str:
        """Draw the first page; only places on offer are listed."""
        listed = [(one.key, one.name) for one in self._portal.calendars if one.key in offer]
        return (
            '<!DOCTYPE html>\n<html lang="de"><head><meta charset="utf-8">'
            "<title>Impf-Termine buchen</title></head>\n<body>\n<h1>Impf-Termine buchen</h1>\n"
            '<form id="terminform" action="index.php" method="post">\n'
            f"{_select('ID_LIB_Indikation', 'indi', _INDICATIONS_DE)}"
            f"{_select('ID_LIB_Indikation_Sub', 'indi_sub', ())}"
            f'<div class="select-ort-area">{_select("ID_LIB_Ort", "ort", listed)}</div>\n'
            '<select name="DatumUhrzeit" id="datum"></select>\n</form>\n</body></html>\n'
        )

    def _dates(self, slots: Iterable[Slot]) -> str:
        """Draw the fragment of free dates; without any there is neither option nor group."""
        variant = self._portal.variant
        drawn = ""
        for day, of_day in groupby(slots, key=day_of_slot):
            options = "".join(map(_option, of_day))
            label = f"{WEEKDAYS_DE[day.weekday()]}, {day:%d.%m.%Y}"
            grouped = f'<optgroup label="{label}">\n{options}</optgroup>\n'
            drawn += grouped if variant.get("optgroups") else options
        return drawn or _NONE_FREE[variant.get("none_free", "comment")]


def dealt(slots: Sequence[Slot], minute: int) -> list[Slot]:
    """Return what of an offer is shown in one minute.

    Args:
        slots: All free slots of a place, ascending.
        minute: Number of the minute since 1970 in UTC; quarters of an hour begin at multiples of 15.

    Returns:
        At most three slots on different days; as many minutes in a row as there are passes show
        every slot exactly once.
    """
    most = max(Counter(map(day_of_slot, slots)).values(), default=0)
    passes = max(USUAL_PASSES, most, -(-len(slots) // SLOTS_PER_ANSWER))
    return [slot for place, slot in enumerate(slots) if place % passes == minute % passes]


def _select(name: str, short: str, options: Iterable[tuple[object, str]]) -> str:
    drawn = "".join(f'<option value="{key}">{escape(text)}</option>\n' for key, text in options)
    return (
        f'<select name="{name}" id="{short}">\n<option value="0">Bitte wählen</option>\n{drawn}'
        "</select>\n"
    )


def _option(slot: Slot) -> str:
    start = local_from_slot(slot)
    second = start + _SECOND_SHOT
    return (
        f'<option value="{start:%Y-%m-%d %H:%M}" data-folge-termin="{second:%Y-%m-%d %H:%M}">'
        f"{start:%d.%m.%Y, %H:%M} Uhr</option>\n"
    )
