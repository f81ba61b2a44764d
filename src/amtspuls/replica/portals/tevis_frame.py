"""What stands around every tevis page: head, wizard, overview, footer; and the error page.

Source of all wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amtspuls.replica.portals.html import escape
from amtspuls.replica.portals.tevis_session import IDLE_S, Session

NO_UNIT_DE = "Kein gültiger Mandant gefunden. (0)"
NO_LOCATION_DE = "Kein gültiger Standort gefunden."
REFUSED_DE = "Prozess fehlgeschlagen."

_BUILT_AT = {"2026": 1763037662, "2025": 1742404504}  # Unix time of the style sheet
_NOT_SET = "<dd><span class='visuallyhidden '>noch nicht gesetzt</span></dd>"


@dataclass(frozen=True, slots=True)
class Frame:
    """What all pages of a portal have in common.

    Attributes:
        name: Name of the portal.
        steps: How many steps the wizard counts.
        release: 2026, or 2025 with ``aria-label`` on buttons.
    """

    name: str
    steps: int
    release: str

    def label(self, text: str) -> str:
        """Return the ``aria-label`` that buttons had until 2025, with a blank before it."""
        return f' aria-label="{escape(text)}"' if self.release == "2025" else ""

    def back(self, text: str, link: str) -> str:
        """Draw the button that leads back."""
        return (
            '<input class="sel_button btn btn-primary pull-left fifty " type="button" '
            f' onClick="historyGoBack(\'{link}\');" title="{text}" id="zurueck"{self.label(text)} '
            f'value="{text}">\n'
        )


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the wizard: number, heading (text, not escaped), kind of ``content--kind``."""

    number: int
    heading: str
    kind: str = "mdt"


def whole_page(
    frame: Frame, step: Step, body: str, *, session: Session | None, hidden: str = ""
) -> str:
    """Draw a page.

    Args:
        frame: What all pages have in common.
        step: Where in the wizard it stands.
        body: What it shows.
        session: For the overview, which step 1 lacks (None).
        hidden: Nameless fields that stand before the wizard.
    """
    overview = "" if session is None else _overview(session)
    content = (
        f'<div class="content content--{step.kind}" id="inhalt">\n{hidden}{_wizard(frame, step)}'
        f"{overview}\n{body}</div>\n"
    )
    return _around(frame, content)


def plain_page(frame: Frame, heading: str, body: str) -> str:
    """Draw a page of v1, which has no wizard; the heading is text, not escaped."""
    return _around(
        frame,
        f'<div class="content content--mdt" id="inhalt">\n<h1>{escape(heading)}</h1>\n{body}</div>\n',
    )


def error_page(frame: Frame, message: str) -> str:
    """Draw an error page; it has neither wizard nor overview, and its content no id."""
    content = (
        '<div class="content content--error">\n<div class="header">\n'
        '<h1 class="error" style="margin-bottom: 20px">Fehler</h1>\n'
        f'<p>Fehlermeldung: {message}<hr aria-hidden="true" />'
        "Der Fehler könnte folgende Ursachen haben:<br/><ul><li>Die Sitzung ist abgelaufen</li>"
        "<li>Die Onlineterminbuchung ist in mehreren Browser-Tabs oder -Fenstern geöffnet</li>"
        '<li>Die Internetadresse wurde bearbeitet</li></ul><hr aria-hidden="true" />'
        '<em class="exception_msg_task"><b>Bitte starten Sie Ihren Browser neu und wiederholen den '
        "Vorgang.</b></em><br/></p>\n</div>\n</div>\n"
    )
    return _around(frame, content)


def date_de(moment: datetime) -> str:
    """Write a time as the list of locations does, e.g. ``14.07.2026, 08:15 Uhr``."""
    return f"{moment:%d.%m.%Y, %H:%M} Uhr"


def _wizard(frame: Frame, step: Step) -> str:
    tabs = "".join(
        f'<li role="presentation" class="{_state(number, step.number)}">\n'
        '<span class="round-tab" aria-hidden="true" data-container="body" data-toggle="popover" '
        'data-placement="bottom" '
        f'data-content="{_tab_text(number, step)}" data-trigger="hover">{number}</span>\n</li>\n'
        for number in range(1, frame.steps + 1)
    )
    return (
        '<div role="banner" class="wizard">\n<div class="wizard-inner">\n'
        f'<ul class="nav nav-tabs" role="presentation" aria-hidden="true">\n{tabs}</ul>\n'
        f"<div>\n<h1> Schritt {step.number}<span class='visuallyhidden'> von {frame.steps}</span>: "
        f"{escape(step.heading)} </h1>\n</div>\n</div>\n</div>\n"
    )


def _state(number: int, current: int) -> str:
    if number == current:
        return "active"
    return "done" if number < current else "disabled"


def _tab_text(number: int, step: Step) -> str:
    return escape(step.heading.rpartition(" - ")[2]) if number == step.number else ""


def _overview(session: Session) -> str:
    unit = f"<dd class=''>{escape(session.unit.name)}</dd>" if session.unit else _NOT_SET
    return (
        '<details id="details_infobox" class="ui-accordion ui-widget ui-helper-reset" isOpen>\n'
        '<summary id="infobox_summary" class="ui-accordion-header ui-corner-top ui-state-default '
        'ui-accordion-header-active ui-state-active ui-accordion-icons">\n'
        '<span class="ui-accordion-header-icon ui-icon ui-icon-triangle-1-s"></span>'
        "Übersicht zu Ihrem Termin</summary>\n"
        '<div id="infobox_content" class="ui-accordion-content ui-corner-bottom ui-helper-reset '
        'ui-widget-content">\n<dl class="grid" style="margin-bottom: 0px;">'
        f"{_row('Funktionseinheit')}{unit}{_row('Anliegen')}{_chosen(session)}"
        f"{_row('Standort')}{_place(session)}{_row('Termin')}{_NOT_SET}"
        f"{_row('Persönliche Daten')}"
        "<dd><span class='visuallyhidden cnw_skip_translation'>noch nicht gesetzt</span></dd>"
        "</dl>\n</div>\n</details>\n"
    )


def _row(text: str) -> str:
    return f"<dt><span class='infobox_text'>{text}</span></dt>"


def _chosen(session: Session) -> str:
    if not session.chosen:
        return _NOT_SET
    items = "".join(
        f'<li>{count} <span class="visuallyhidden">Mal</span><span aria-hidden="true">x</span> '
        f"{escape(service.name)}</li>"
        for service, count in session.chosen
    )
    return f"<dd class=''><ul id=\"info_box_cnc_list\">{items}</ul></dd>"


def _place(session: Session) -> str:
    place = session.place
    if place is None:
        return _NOT_SET
    text = escape(f"{place.name}, {place.street}, {place.city}")
    return f"<dd class=''><span class='cnw_skip_translation'>{text}</span></dd>"


def _around(frame: Frame, content: str) -> str:
    built_at = _BUILT_AT[frame.release]
    return (
        '<!DOCTYPE html>\n<html lang="de" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n'
        '<!--###NOINDEX###-->\n<meta charset="UTF-8">\n'
        f"<title>Terminvereinbarung {escape(frame.name)}</title>\n"
        '<meta http-equiv="Content-type" content="text/html; charset=utf-8" />\n'
        f'<link rel="stylesheet" href="styles/web/basis/css/tvo.css?cache_buster={built_at}" '
        'type="text/css" />\n'
        f'<script type="text/javascript" src="app/js/tvweb.js?cache_buster={built_at}"></script>\n'
        f'</head>\n<body class="TEVISWEB">\n{_cookie_banner(frame)}<main class="container wrapper">\n'
        f"{content}{_FOOTER}</main>\n</body>\n</html>\n"
    )


def _cookie_banner(frame: Frame) -> str:
    return (
        '<div id="cookie_msg">\n<span tabindex="1">Diese Übungsseite setzt nur das Cookie der '
        "Sitzung.</span>\n"
        '<input type="button" id="cookie_msg_btn_yes" class="btn" value="Akzeptieren"'
        f"{frame.label('Cookie-Verwendung akzeptieren')}/>\n"
        '<input type="button" id="cookie_msg_btn_no" class="btn" value="Ablehnen"'
        f"{frame.label('Cookie-Verwendung ablehnen')}/>\n</div>\n"
    )


_FOOTER = (
    '<footer id="footer" class="tvweb_form">\n<nav id="footer-nav" class="nav navHelp">\n'
    '<div id="footer_dialog" class="modal fade" tabindex="-1" role="dialog">'
    '<h1 class="modal-title">Titel</h1><div class="modal-body"><div id="modal_help">'
    "<p>Wählen Sie Amt, Anliegen, Standort und Zeit.</p></div></div></div>\n</nav>\n"
    f'<input type="hidden" id="session_reset_lifetime" value="{IDLE_S}" />\n'
    '<p id="session_reset_wrap">Ihre Sitzung läuft aus in <span id="session_reset_input">0</span> '
    "Minuten</p>\n</footer>\n"
)
