"""Booking systems that are recognised but not read: what gives them away, and why there is no client.

Facts: docs/how-to/probe.md. A system that gets a client of the same name takes its marks with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amtspuls.systems.marks import LIKELY, SURE, Mark, address, cookie, markup, source


@dataclass(frozen=True, slots=True)
class Foreign:
    """A system without a client.

    Attributes:
        title: How its maker calls it.
        marks: What gives it away.
        why: Why it is not read, if there is a reason beside that nobody has written a client.
    """

    title: str
    marks: tuple[Mark, ...]
    why: str = ""


def _host(pattern: str) -> Mark:
    return address(rf"//([\w.-]+\.)?{pattern}(:\d+)?(/|\?|$)", SURE, "vendor's host")


_CAPTCHA = "it shows a captcha before any day, and Amtspuls solves none"
_PERSONAL = "it asks for personal data before it shows days"

FOREIGN: Mapping[str, Foreign] = {
    "anny": Foreign("anny", (_host(r"anny\.co"),)),
    "cleverq": Foreign(
        "cleverQ", (_host(r"cleverq\.de"), cookie("_scandic_session", SURE, "cookie"))
    ),
    "crossing": Foreign(
        "crossing", (_host(r"arasweb\.de"), address(r"crossing\.de/\d+/appointment", SURE, "path"))
    ),
    "dtms": Foreign(
        "DTMS (DrivePort)",
        (
            _host(r"driveport\.de"),
            address("dtmsterminweb|HamburgGateway/.*DigiTermin", SURE, "path"),
        ),
        "it refuses programs",
    ),
    "frontdesksuite": Foreign(
        "FrontDesk Suite",
        (
            _host(r"frontdesksuite\.(com|ca)"),
            address("/ReserveTime/", LIKELY, "ReserveTime in the path"),
            cookie("ReserveTimeState", SURE, "cookie ReserveTimeState"),
        ),
    ),
    "konsentas": Foreign(
        "konsentas", (_host(r"konsentas\.de"), address("signupform_id=", SURE, "signupform_id="))
    ),
    "lea": Foreign(
        "LEA Berlin",
        (address("otv.verwalt-berlin.de/ams/|/wizardng", SURE, "its host"),),
        _PERSONAL,
    ),
    "meinenterminvereinbaren": Foreign(
        "meinenterminvereinbaren.de", (_host(r"meinenterminvereinbaren\.de"),)
    ),
    "mobimed": Foreign("mobimed", (_host(r"scheduler\.mobimed\.at"),)),
    "nolis": Foreign("NOLIS", (_host(r"nolis(-[\w-]+)?\.de"), address("/nolis", LIKELY, "path"))),
    "noq": Foreign("no-q", (_host(r"no-q\.info"),)),
    "outsystems": Foreign(
        "OutSystems",
        (_host(r"outsystemsenterprise\.com"), address("TicketSystemOnlineTermine", SURE, "path")),
    ),
    "qmatic": Foreign("Qmatic Web Booking", (address("/qmaticwebbooking", SURE, "its path"),)),
    "rktermin": Foreign("RK-Termin", (address(r"/rktermin(/|$)", SURE, "its path"),), _CAPTCHA),
    "smartcjm": Foreign(
        "Smart CJM",
        (
            address(r"/m/[^/?]+/extern/calendar", SURE, "path /m/.../extern/calendar"),
            _host(r"smartcjm\.com"),
            markup('[src*="/extern/assets/js/rc."]', SURE, "its scripts (rc.core.js)"),
            markup('form[id^="calendar_"][action*="wsid="]', SURE, "form with wsid="),
            markup("#step_services, #step_locations, #step_search_results", SURE, "its steps"),
            markup('a[href*="/extern/calendar/"]', LIKELY, "links to extern/calendar"),
        ),
    ),
    "termindirekt": Foreign("Termin-Direkt", (_host(r"termin-direkt\.de"),)),
    "termed": Foreign("termed", (_host(r"termed\.de"),), "doctors' appointments, no office"),
    "terminapp": Foreign("terminapp", (_host(r"terminapp\.de"),)),
    "terminland": Foreign(
        "Terminland",
        (
            _host(r"terminland\.(de|eu|ch|at)"),
            markup("#tl_form, .tl-wizard", SURE, "tl_form or tl-wizard"),
        ),
    ),
    "terminonlinebuchen": Foreign("termin-online-buchen.de", (_host(r"termin-online-buchen\.de"),)),
    "timeacle": Foreign("Timeacle", (_host(r"timeacle\.com"),)),
    "timify": Foreign("TIMIFY", (_host(r"timify\.com"),)),
    "zms": Foreign(
        "ZMS (Berlin, München)",
        (
            address(r"service\.berlin\.de/terminvereinbarung", SURE, "its address"),
            address("/terminvereinbarung/(termin|api)/", LIKELY, "its path"),
            cookie("Zmsappointment", SURE, "cookie Zmsappointment"),
            markup(
                '[href*="/terminvereinbarung/termin/"]', SURE, "links to terminvereinbarung/termin"
            ),
            markup("body#dayselect, body#taken", SURE, "body#dayselect or body#taken"),
            source(
                "zms-appointment|Zmsbackend|schema.berlin.de/queuemanagement", SURE, "its interface"
            ),
        ),
        "Berlin's robots.txt forbids it, and captchas guard it",
    ),
}
