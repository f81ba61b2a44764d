"""What gives a netappoint page away; pure. Wire facts: docs/systems/netappoint.md."""

from __future__ import annotations

from amtspuls.systems.marks import (
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
    address(r"/index\.php\?[^#?]*\bcompany=[^&]", SURE, "index.php?company="),
    address(r"[?&]company=[^&]", LIKELY, "company="),
    address(r"//([\w.-]+\.)?netappoint\.de(:\d+)?(/|$)", SURE, "vendor's host"),
    address("/netappoint", LIKELY, "netappoint in the path"),
    markup('form[name="frm_casetype"]', SURE, "form frm_casetype"),
    markup('[class*="nat_casetypelist"]', SURE, "lists of services (nat_casetypelist)"),
    markup("table.nat_calendar, table.nat_timeslist", SURE, "nat_calendar or nat_timeslist"),
    markup(".nat_navigation, .nat_error", LIKELY, "nat_navigation or nat_error"),
)


def fingerprint(seen: Seen) -> Fingerprint:
    """Look at a page; the entry is ``index.php`` with the company, and the causes where they are given."""
    url = with_query(seen.url, ("company", "cur_cause", "cur_causes"))
    return Fingerprint(seen.look_for(MARKS), url, query_of(seen.url).get("company", ""))
