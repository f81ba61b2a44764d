"""Tevis portals that list free times: generations v3, v2 and v2b.

Source of all wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from amtspuls.clock import Clock, local_today
from amtspuls.model import local_from_slot
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.portals import tevis_choice as choice
from amtspuls.replica.portals import tevis_times as times
from amtspuls.replica.portals.tevis_frame import (
    NO_LOCATION_DE,
    NO_UNIT_DE,
    REFUSED_DE,
    Frame,
    Step,
    error_page,
    whole_page,
)
from amtspuls.replica.portals.tevis_map import Location, Service, Wire, keys_for
from amtspuls.replica.portals.tevis_session import Session, chosen_of
from amtspuls.replica.wire import Answer, Asked

STARTS = frozenset({"", "default"})
"""Pages that show the start page."""

_STEPS = {"v3": 6, "v2": 5, "v2b": 5}
_PERSONAL_DATA_DE = "Eingabe der persönlichen Daten"


class SuggestFlow:
    """Pages of a portal that lists free times."""

    scripts = frozenset({*STARTS, "select2", "location", "suggest", "personaldata"})

    def __init__(
        self, portal: ReplicaPortal, availability: Availability, clock: Clock, wire: Wire
    ) -> None:
        self._portal = portal
        self._availability = availability
        self._clock = clock
        self._wire = wire
        self._frame = Frame(portal.name, _STEPS[wire.generation], wire.release)

    def answer(self, script: str, asked: Asked, session: Session) -> Answer:
        """Draw a page, and change the session as the page does."""
        if script in STARTS:
            return self._start(session)
        if script == "personaldata" or (asked.method == "POST" and "start" in asked.fields):
            return self._booking(asked, session)
        if script == "select2":
            return self._select(asked, session)
        if self._wire.generation == "v3":
            located = self._location if script == "location" else self._suggest
            return located(asked, session)
        return self._direct(asked, session) if script == "suggest" else self._error(NO_UNIT_DE)

    def lost(self, script: str, asked: Asked) -> Answer | None:
        """Draw the error of a session that is gone; None where none is needed."""
        if script in STARTS or script == "select2":
            return None
        without_place = script == "suggest" and self._wire.generation == "v3"
        return self._error(NO_LOCATION_DE if without_place else NO_UNIT_DE)

    # --- steps 1 and 2 -----------------------------------------------------------------------

    def _start(self, session: Session) -> Answer:
        session.unit, session.chosen, session.place = None, (), None
        body = choice.start(self._frame, self._wire.units)
        return _html(whole_page(self._frame, Step(1, choice.START_DE), body, session=None))

    def _select(self, asked: Asked, session: Session) -> Answer:
        unit = self._wire.unit(asked.parameters.get("md", ""))
        if unit is None:
            return self._error(NO_UNIT_DE)
        session.unit, session.chosen, session.place = unit, (), None
        return self._concerns(session)

    def _concerns(self, session: Session) -> Answer:
        unit = session.unit
        if unit is None:
            return self._error(NO_UNIT_DE)
        action = "location" if self._wire.generation == "v3" else "suggest"
        body = choice.concerns(self._frame, self._wire, unit, action)
        step = Step(2, f"{unit.name} - {choice.CONCERNS_DE}")
        page = whole_page(self._frame, step, body, session=session, hidden=choice.limits())
        return _html(page)

    # --- v3: location, then suggest ------------------------------------------------------------

    def _location(self, asked: Asked, session: Session) -> Answer:
        if session.unit is None:
            return self._error(NO_UNIT_DE)
        if asked.method == "POST":
            session.place = self._posted_place(asked, session)
            if session.place is None:
                return self._error(NO_LOCATION_DE)
            return Answer(b"", status=302, headers=(("location", "suggest"),))
        session.place = None
        session.chosen = chosen_of(asked.parameters, session.unit)
        if not session.chosen or asked.parameters.get("select_cnc") != "1":
            return self._concerns(session)
        if self._wire.data_first:
            return self._personal_data(session)
        places = self._wire.locations_of(session.services)
        if self._wire.skip_location and len(places) == 1:
            session.place = places[0]
            return self._times(asked, session)
        return self._places(session) if places else self._nothing(session)

    def _suggest(self, asked: Asked, session: Session) -> Answer:
        if session.place is None:
            return self._error(NO_LOCATION_DE)
        return self._times(asked, session)

    # --- v2: suggest alone; v2b: locations on the page of the times -----------------------------

    def _direct(self, asked: Asked, session: Session) -> Answer:
        if session.unit is None:
            return self._error(NO_UNIT_DE)
        if asked.method == "POST":
            session.place = self._posted_place(asked, session)
            return self._times(asked, session) if session.place else self._error(NO_LOCATION_DE)
        session.chosen = chosen_of(asked.parameters, session.unit) or session.chosen
        if not session.chosen:
            return self._concerns(session)
        if self._wire.data_first:
            return self._personal_data(session)
        session.place = self._place(asked.parameters.get("loc", ""), session)
        if self._wire.generation == "v2b" and session.place is None:
            return self._places(session)
        return self._times(asked, session)

    # --- locations -----------------------------------------------------------------------------

    def _posted_place(self, asked: Asked, session: Session) -> Location | None:
        return self._place(asked.fields.get("loc", ""), session)

    def _place(self, number: str, session: Session) -> Location | None:
        places = self._wire.locations_of(session.services)
        return next((place for place in places if str(place.number) == number), None)

    def _places(self, session: Session) -> Answer:
        rows = []
        for place in self._wire.locations_of(session.services):
            free = self._free(session.services, place)
            rows.append(choice.Choosable(place, local_from_slot(free[0][0]) if free else None))
        if self._wire.next_date:
            with_times = [row for row in rows if row.first]
            without = [row for row in rows if not row.first]
            rows = [*sorted(with_times, key=lambda row: row.first or 0), *without]
        body = choice.locations(self._frame, self._wire, _link_to_concerns(session), rows)
        step = Step(3, choice.LOCATIONS_DE, "location")
        return _html(whole_page(self._frame, step, body, session=session))

    # --- times ---------------------------------------------------------------------------------

    def _free(self, services: tuple[Service, ...], place: Location | None) -> list[times.Free]:
        """Return what is free now, ascending, with the calendar of each time."""
        offer = self._availability.offer(self._portal.id, self._clock.now())
        keys = [
            key for key in keys_for(services) if place is None or self._wire.locations[key] == place
        ]
        return sorted((slot, key) for key in keys for slot in offer.get(key, ()))

    def _times(self, asked: Asked, session: Session) -> Answer:
        free = self._free(session.services, session.place)
        wanted = times.Filter.from_query(parse_qsl(asked.query, keep_blank_values=True))
        listing = times.listing_of(free, wanted, self._today(), self._wire)
        if not listing.shown:
            return self._nothing(session)
        page = times.TimesPage(self._frame, self._wire, session, ZoneInfo(self._portal.zone))
        proof = times.proof_of_work() if self._wire.release == "2026" else ""
        body = f"{page.body(listing)}{self._back(session)}{proof}"
        return self._step_of_times(times.TIMES_DE, body, session)

    def _nothing(self, session: Session) -> Answer:
        body = f"{times.nothing_free(self._wire)}{self._back(session)}"
        return self._step_of_times(times.EMPTY_DE, body, session)

    def _step_of_times(self, heading: str, body: str, session: Session) -> Answer:
        step = Step(4 if self._wire.generation == "v3" else 3, heading)
        hidden = times.place_details(session)
        return _html(whole_page(self._frame, step, body, session=session, hidden=hidden))

    def _back(self, session: Session) -> str:
        if self._wire.generation == "v3" and session.unit:
            link = f"location?mdt={session.unit.mdt}&select_cnc=1&{session.query}"
            return self._frame.back("Zurück zu den Standorten", link)
        return self._frame.back("Zurück zu den Anliegen", _link_to_concerns(session))

    def _today(self) -> date:
        return local_today(self._clock, ZoneInfo(self._portal.zone))

    # --- what a reader must never reach ----------------------------------------------------------

    def _booking(self, asked: Asked, session: Session) -> Answer:
        """Answer the choice of a time: a real portal holds the slot from here on."""
        proved = self._wire.release != "2026" or bool(asked.fields.get("pow_token"))
        if not proved or session.unit is None or "start" not in asked.fields:
            return _html(error_page(self._frame, REFUSED_DE), reserving=True)
        return self._personal_data(session, reserving=True)

    def _personal_data(self, session: Session, *, reserving: bool = False) -> Answer:
        step = Step(self._frame.steps - 1, _PERSONAL_DATA_DE, "personaldata")
        page = whole_page(self._frame, step, _PERSONAL_DATA, session=session)
        return _html(page, reserving=reserving)

    def _error(self, message: str) -> Answer:
        return _html(error_page(self._frame, message))


_PERSONAL_DATA = (
    '<form id="cal-reservation" name="cal_request" method="post" action="personaldata">\n'
    '<input type="text" name="vorname" />\n<input type="text" name="nachname" />\n'
    '<input type="text" name="email" />\n<input type="text" name="hunangskrukka" />\n'
    '<input type="submit" name="submit" value="Reservieren" />\n</form>\n'
)


def _html(page: str, *, reserving: bool = False) -> Answer:
    return Answer(page.encode("utf-8"), reserving=reserving)


def _link_to_concerns(session: Session) -> str:
    return f"select2?md={session.unit.md}" if session.unit else "./"
