"""What gives an eTermin or qTermin page away; pure. Wire facts: docs/systems/etermin.md."""

from __future__ import annotations

from urllib.parse import urlsplit

from amtspuls.systems.marks import (
    HINT,
    LIKELY,
    SURE,
    Fingerprint,
    Seen,
    address,
    markup,
    source,
    with_query,
)

MARKS = (
    address(r"//([\w.-]+\.)?etermin\.net(:\d+)?(/|$)", SURE, "vendor's host"),
    address(r"//([\w.-]+\.)?qtermin\.de(:\d+)?(/|$)", SURE, "host of the white label"),
    address(r"/api/(settingbs|servicegroupservice|timeslots)\b", SURE, "its interface"),
    markup("#divWizard", LIKELY, "divWizard"),
    markup("#SelServicesFooter, #SelAppFooter, #cmdBookAppointment", LIKELY, "its steps"),
    markup("#divFields", HINT, "divFields"),
    source(r"Der Termin wurde nicht gebucht!", HINT, "its hidden text"),
)
_KEPT = ("servicegroupid", "calendarid", "serviceid", "serviceidpresel")


def fingerprint(seen: Seen) -> Fingerprint:
    """Look at a page; the entry is the tenant's page with what it narrows down."""
    segments = [part for part in urlsplit(seen.url).path.split("/") if part]
    if segments[:1] == ["o"]:
        segments = segments[1:]
    short_name = segments[0].lower() if segments and segments[0] != "api" else ""
    return Fingerprint(seen.look_for(MARKS), with_query(seen.url, _KEPT), short_name)
