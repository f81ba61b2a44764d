"""How the first three pages of tevis look: units, services, locations.

Source of all wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amtspuls.replica.portals.html import escape
from amtspuls.replica.portals.tevis_frame import Frame, date_de
from amtspuls.replica.portals.tevis_map import Location, Service, Unit, Wire

START_DE = "Auswahl der Funktionseinheit"
CONCERNS_DE = "Auswahl des Anliegens"
LOCATIONS_DE = "Terminvorschläge - Standortauswahl"
NO_TIMES_DE = "Keine Zeiten verfügbar"

_MAX_CONCERNS = 4
_MAX_DURATION_MIN = 120
_ACCORDION_BASE = 10_000
_RULE = "0" * 31 + "1"


@dataclass(frozen=True, slots=True)
class Choosable:
    """A location as it can be chosen; ``first`` is its earliest free time (naive local)."""

    location: Location
    first: datetime | None


# --- step 1 -------------------------------------------------------------------------------------


def start(frame: Frame, units: Sequence[Unit]) -> str:
    """Draw the list of units, as buttons or (2025) as links."""
    if frame.release == "2025":
        links = "".join(
            f'<a href="select2?md={unit.md}"><span class="sel_button btn btn-primary">'
            f"{escape(unit.name)}</span></a>\n"
            for unit in units
        )
        return f'<div role="main" class="button_container row">\n{links}</div>\n'
    items = "".join(_unit_button(unit) for unit in units)
    return (
        '<div role="main" class="button_container row">\n<ul style="list-style: none;">\n'
        f"{items}</ul>\n</div>\n"
    )


def _unit_button(unit: Unit) -> str:
    name = escape(unit.name)
    return (
        '<li style="display: block; margin-left:-40px;">\n'
        f'<button onclick="window.location.href=\'select2?md={unit.md}\'" name="{name}" '
        f'id="buttonfunktionseinheit-{unit.md}" class="sel_button btn btn-primary pull-right '
        f'onehundred select_mdt_btn">{name}</button>\n</li>\n'
    )


# --- step 2 -------------------------------------------------------------------------------------


def limits() -> str:
    """Draw the nameless fields that stand before the wizard of step 2."""
    return (
        f'<input type="hidden" id="cnc-value-mandator-maxconcerns" value="{_MAX_CONCERNS}">\n'
        f'<input type="hidden" id="cnc-value-mandator-maxduration" value="{_MAX_DURATION_MIN}">\n'
        '<input type="hidden" id="cnc-display-info" value="1">\n'
    )


def concerns(frame: Frame, wire: Wire, unit: Unit, action: str) -> str:
    """Draw the form of services.

    Args:
        frame: What all pages have in common.
        wire: The portal's switches.
        unit: The unit whose services are shown.
        action: Where the form leads: location, or suggest before there was such a page.
    """
    back = frame.back("Zurück zu den Funktionseinheiten", "./")
    return (
        '<div class="button_container row">\n<hr>\n'
        f"<p>Sie können insgesamt maximal {_MAX_CONCERNS} Anliegen auswählen. Für einzelne Anliegen "
        "kann die Anzahl zusätzlich begrenzt sein.</p>\n"
        f'<form action="{action}" method="get" id="cnc-select-form">\n'
        f'<input type="hidden" value="{unit.mdt}" name="mdt" />\n'
        '<input type="hidden" value="1" name="select_cnc" />\n'
        f"{_group(frame, wire, unit)}{back}"
        f'<input type="submit" class="sel_button btn btn-primary pull-right fifty" value="Weiter" '
        f'title="Weiter"{frame.label("Weiter")} id="WeiterButton" />\n</form>\n</div>\n{_dialog()}'
    )


def _group(frame: Frame, wire: Wire, unit: Unit) -> str:
    named = wire.groups == "named"
    name = (
        f"concerns_accordion-{_ACCORDION_BASE + unit.md}" if named else "singleConcerns_accordion"
    )
    heading = escape(unit.name) if named else "Sonstiges"
    items = "".join(_concern(frame, wire, unit, service) for service in unit.services)
    return (
        f'<div id="{name}" data-active="false">\n<h3 id="header_{name}">{heading}</h3>\n'
        f'<div id="content_{name}">\n<ul id="ul_{name}" class="ulConcerns">{items}</ul>\n'
        "</div>\n</div>\n"
    )


def _concern(frame: Frame, wire: Wire, unit: Unit, service: Service) -> str:
    if wire.concerns == "hidden" and len(unit.services) == 1:
        inner = _hidden_concern(service)
    elif wire.concerns == "number":
        inner = _number_concern(frame, wire, service)
    else:
        inner = _checkbox_concern(frame, wire, service)
    return f'<li id="li-{service.number}" class="liConcernsChecklist">\n{inner}</li>'


def _hidden_concern(service: Service) -> str:
    name = escape(service.name)
    return (
        f'<input type="hidden" class="cnc-item" name="{service.field}" value="1" '
        f'data-tevis-cncname="{name}"/>\n<label for="{service.field}"><b>1 - {name}</b></label>\n'
    )


def _number_concern(frame: Frame, wire: Wire, service: Service) -> str:
    number, name = service.number, escape(service.name)
    chosen = f"Anliegen {name} ausgewählt"
    return (
        f'<input type="hidden" id="cncInputTooHigh_str-input-{number}" value="Ihre Eingabe ist zu '
        f'hoch.">\n<input type="hidden" id="cncSelected_str-{number}" value="{chosen}">\n'
        f'<label tabindex="0" id="labelInput-{number}" class="labelConcerns" for="input-{number}"'
        f"{frame.label(service.name)}><b>{name}</b><br/></label>\n"
        f"{_counter_button('minus', service, ' disabled')}"
        f'<input id="input-{number}" type="number" name="{service.field}" value="0" min="0" '
        f'max="{_MAX_CONCERNS}" class="cnc-item form-control cnc-number input-number col" '
        f"{_data(frame, wire, service, 'mdc')}>\n{_counter_button('plus', service, '')}"
        f'<p class="visuallyhidden" aria-live="polite" id="{service.field}" > 0 {chosen}</p>\n'
    )


def _counter_button(kind: str, service: Service, disabled: str) -> str:
    return (
        f'<button id="button-{kind}-{service.number}" type="button" class="btn btn-default '
        f'btn-number"{disabled} data-type="{kind}" data-field="{service.field}">'
        f'<span class="glyphicon glyphicon-{kind}" aria-hidden="true"></span></button>\n'
    )


def _checkbox_concern(frame: Frame, wire: Wire, service: Service) -> str:
    return (
        f'<span id="span-{service.field}"><input id="{service.field}" type="checkbox" '
        f'name="{service.field}" value="1" class="cnc-item" '
        f'{_data(frame, wire, service, "md")}>\n<label for="{service.field}" '
        f'class="labelConcerns"><b>{escape(service.name)}</b></label></span>\n'
    )


def _data(frame: Frame, wire: Wire, service: Service, kind: str) -> str:
    """Draw the attributes that describe a service; the info text is raw markup in one of them."""
    older = ""
    if frame.release == "2025":
        locations = "|".join(str(wire.locations[key].number) for key in service.keys)
        older = (
            f'data-tevis-locations="{locations}" data-tevis-calendars="{"|".join(service.keys)}" '
            'data-tevis-advance="" '
        )
    return (
        f'data-tevis-type="{kind}" {older}'
        "data-tevis-cncinfotext=\"<p class='hinweis'>Das Anliegen einer Übungsseite.</p>\" "
        f'data-tevis-cncpaper="" data-tevis-cncname="{escape(service.name)}" '
        f'data-tevis-maxpersons="9" data-tevis-cncid="{service.number}" '
        f'data-tevis-duration="{wire.duration_min}" data-tevis-duration2="" '
        f'data-tevis-displayinfo="" data-tevis-rules="{_RULE}" data-tevis-exec_presence="1" '
        'data-tevis-exec_online="0"'
    )


def _dialog() -> str:
    return (
        '<div id="TevisDialog" class="modal fade" tabindex="-1" role="dialog">\n'
        '<h1 class="modal-title">Hinweis</h1>\n<div class="modal-body"></div>\n'
        '<button type="button" id="OKButton" class="sel_button btn btn-primary btn-ok">OK</button>\n'
        "</div>\n"
    )


# --- step 3 -------------------------------------------------------------------------------------


def locations(frame: Frame, wire: Wire, concerns_link: str, rows: Sequence[Choosable]) -> str:
    """Draw the choice of locations: one panel, or an accordion where there are several.

    Each form stands twice, in the map and in the panel.
    """
    maps = "".join(_map_form(row.location) for row in rows)
    back = frame.back("Zurück zu den Anliegen", concerns_link)
    head = (
        '<div class="header"><h2 class="h1like" style="display: inline-block;">Bitte wählen Sie den '
        "gewünschten Standort für Ihren Termin aus:</h2></div>\n<div>\n"
        f"{_MAP}{maps}</div>\n"
    )
    if len(rows) == 1:
        return f"{head}{_single(frame, wire, rows[0], back)}"
    panels = "".join(_panel(wire, number, row) for number, row in enumerate(rows, start=1))
    return (
        f'{head}<div id="suggest_location_accordion" data-active="0">\n{panels}</div>\n'
        f'<div style="margin-top: 20px; display: inline-block; width: 100%;">\n{back}</div>\n'
    )


_MAP = (
    '<div id="map_agreement"><p id="info_activate_map">Für die Karte einer Übungsseite wird nichts '
    'geladen.</p><button class="btn" id="map_agreement_accept" onclick="map_agreement()" '
    'aria-describedby="info_activate_map">Karte anzeigen</button></div><div id="loc_map">'
    '<input type="hidden" id="local_popup_text" value="Aktueller Standort"'
    '<img src="styles/web/basis/images/loader.gif" id="map_loading" alt="loading-icon"></div>\n'
)
"""The broken tag is the portal's own."""


def _position(location: Location) -> str:
    return (
        f'<input type="hidden" name="loc" value="{location.number}" />\n'
        f'<input type="hidden" name="gps_lat" value="52.{location.number:05d}" />\n'
        f'<input type="hidden" name="gps_long" value="13.{location.number:05d}" />\n'
    )


def _map_form(location: Location) -> str:
    return (
        f'<div style="display: none;" id="map_marker_content-{location.number}">\n'
        f'<div class="cnw_skip_translation">\n<b>{escape(location.name)}</b><br/>\n'
        f"{escape(location.street)}<br/>\n{escape(location.city)}<br/>\n</div>\n"
        f'<form method="post">\n{_position(location)}'
        '<input type="submit" name="select_location" class="btn btn-primary map_loc_btn" '
        'style="border: none!important" value="Standort auswählen"/>\n</form>\n</div>\n'
    )


def _details(wire: Wire, row: Choosable) -> str:
    place = row.location
    address = escape(f"{place.street}, {place.city}")
    first = f"ab {date_de(row.first)}" if row.first else NO_TIMES_DE
    earliest = f"<dt>Nächster Termin</dt><dd>{first}</dd>\n" if wire.next_date else ""
    return (
        '<dl class="grid suggest_location_tbl">\n'
        f'<dt>Name</dt><dd class="cnw_skip_translation">{escape(place.name)}</dd>\n'
        f'<dt>Anschrift</dt><dd class="cnw_skip_translation">{address}</dd>\n'
        f'<dt>Entfernung</dt><dd class="sugg_loc_distance"></dd>\n{earliest}'
        "<dt>Information</dt><dd><p>Ein Ort zum Üben.</p></dd>\n</dl>\n"
    )


def _single(frame: Frame, wire: Wire, row: Choosable, back: str) -> str:
    return (
        '<div id="suggest_location_content" class="suggest_location_panel ui-accordion-content '
        'ui-corner-bottom ui-helper-reset ui-widget-content suggest_location_single">\n'
        f'<form method="post">\n{_position(row.location)}{_details(wire, row)}{back}'
        '<input type="submit" class="sel_button btn btn-primary pull-right fifty" value="Weiter" '
        f'title="Weiter"{frame.label("Weiter")} id="WeiterButton" name="select_location" />\n'
        "</form>\n</div>\n"
    )


def _panel(wire: Wire, number: int, row: Choosable) -> str:
    """Draw heading and panel of one location; the heading's title has no number, its text has."""
    first = f"Termine ab {date_de(row.first)}" if row.first else NO_TIMES_DE
    further = f", {first}" if wire.next_date else ""
    name = escape(row.location.name)
    return (
        f'<h3 title="{name}{further}"><b>{number}: </b>'
        f'<span class="cnw_skip_translation">{name}</span>{further}</h3>\n'
        f'<div class="suggest_location_panel">\n<form method="post">\n{_position(row.location)}'
        f"{_details(wire, row)}"
        f'<input type="submit" name="select_location" value="Weiter mit {number}" '
        'class="btn btn-primary onehundred pull-right" />\n</form>\n</div>\n'
    )
