"""What gives a Tempus page away; pure. Wire facts: docs/systems/tempus.md."""

from __future__ import annotations

from amtspuls.systems.marks import (
    HINT,
    LIKELY,
    SURE,
    Fingerprint,
    Seen,
    address,
    markup,
    with_query,
)
from amtspuls.systems.markup import query_of

MARKS = (
    address(r"[?&]anlagennr=\d", SURE, "anlagennr="),
    address(r"[?&]sna=T[0-9a-f]{32}", SURE, "session sna=T..."),
    address(r"//([\w.-]+\.)?tempus-termine\.com(:\d+)?(/|$)", SURE, "vendor's host"),
    markup('form[action*="sna=T"], a[href*="sna=T"], [onclick*="sna=T"]', SURE, "links with sna=T"),
    markup('a[href*="standortrowid="], [onclick*="standortrowid="]', SURE, "standortrowid="),
    markup('form[action*="anlagennr="], form[action*="anr="]', SURE, "form with anlagennr="),
    markup("table.cal th.monatslabel, td.monatevent", LIKELY, "calendar (monatslabel)"),
    markup("ul.nav_menu2, .untermenuepunkt, .menuepunkt", LIKELY, "nav_menu2 or menuepunkt"),
    markup("#menu_container, #body_container", HINT, "menu_container"),
)
_KEPT = ("anlagennr", "anwendung", "anlagentoken", "standort", "infotext")


def fingerprint(seen: Seen) -> Fingerprint:
    """Look at a page; the entry has the customer's number and nothing of the visit."""
    url = with_query(seen.url, _KEPT)
    number = query_of(seen.url).get("anr", "")
    if number and "anlagennr" not in query_of(url):
        url = f"{url}{'&' if '?' in url else '?'}anlagennr={number}"
    return Fingerprint(seen.look_for(MARKS), url)
