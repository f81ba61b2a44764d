"""What gives an eKOL page of either generation away; pure. Wire facts: docs/systems/ekol.md."""

from __future__ import annotations

from urllib.parse import urlsplit

from amtspuls.systems.marks import (
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
    address(r"[?&]START_OFFICE(GROUP)?=", SURE, "START_OFFICE="),
    address(r"/bgr(;jsessionid=|$|\?)", SURE, "page bgr"),
    address(r"/tnv(/|$|\?)", LIKELY, "tnv in the path"),
    markup('input[name="PGUTSMSC"], input[name="TCSID"]', SURE, "tokens PGUTSMSC and TCSID"),
    markup('form[action*="bgr;jsessionid="]', SURE, "form to bgr;jsessionid"),
    markup(
        '[class*="ekolStep"], [class*="ekolSegment"], [class*="ekolCalendar"]', SURE, "ekol boxes"
    ),
    markup('[name^="ACTION_INFOPAGE"], [name^="ACTION_OFFICESELECT"]', SURE, "buttons ACTION_..."),
    source(r"Terminverwaltung by Telecomputer", SURE, "its maker's name"),
)
_KEPT = ("START_OFFICE", "START_OFFICEGROUP")


def fingerprint(seen: Seen) -> Fingerprint:
    """Look at a page; the entry is the folder of the wizard, with the office that it starts with."""
    path = urlsplit(seen.url).path
    folder, _, page = path.rpartition("/")
    if page.startswith("bgr"):
        path = f"{folder}/"
    return Fingerprint(seen.look_for(MARKS), with_query(seen.url, _KEPT, path))
