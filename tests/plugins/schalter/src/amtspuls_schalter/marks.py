"""What gives a page of schalter away; pure. ``amtspuls probe`` asks this of any page."""

from __future__ import annotations

from amtspuls.systems.marks import LIKELY, SURE, Fingerprint, Seen, address, markup, with_query

MARKS = (
    address(r"/schalter(/|$)", LIKELY, "schalter in the path"),
    markup("main#schalter", SURE, "main#schalter"),
    markup("table.schalter-zeiten", SURE, "table.schalter-zeiten"),
)


def fingerprint(seen: Seen) -> Fingerprint:
    """Look at a page; the entry is the address without its query."""
    return Fingerprint(seen.look_for(MARKS), with_query(seen.url, ()))
