"""What gives a Tevis page of any generation away; pure. Wire facts: docs/systems/tevis.md."""

from __future__ import annotations

from urllib.parse import urlsplit

from amtspuls.systems.marks import (
    HINT,
    LIKELY,
    SURE,
    Fingerprint,
    Seen,
    address,
    cookie,
    markup,
    with_query,
)

MARKS = (
    address(r"/select2\?[^#?]*\bmd=\d", SURE, "select2?md="),
    address(r"/(calendar|suggest|location)\?[^#?]*\bmdt=\d", SURE, "mdt= of a unit"),
    address(r"/caldiv\?[^#?]*\bcal=", SURE, "caldiv?cal="),
    address(r"//([\w.-]+\.)?termine-reservieren\.(de|online)(:\d+)?(/|$)", SURE, "vendor's host"),
    address(r"//[^/]*\btevis|/tevis", LIKELY, "tevis in the address"),
    address(r"/(select2|suggest|caldiv)$", HINT, "name of a page"),
    markup("body.TEVISWEB", SURE, "body.TEVISWEB"),
    markup('script[src*="tvweb.js"], link[href*="/tvo.css"]', SURE, "tvweb.js or tvo.css"),
    markup('input[name^="cnc-"], input[id^="cnc-"]', SURE, "concerns (cnc-)"),
    markup('[href*="select2?md="], [onclick*="select2?md="]', SURE, "links to units (select2?md=)"),
    markup("[data-tevis-calendar], [data-tevis-calendars]", SURE, "data-tevis-calendar"),
    markup(
        "#suggest_filter_form, #suggest_details_summary, #details_suggest_times", SURE, "suggest"
    ),
    cookie(r"tvo_\w+", SURE, "cookie tvo_..."),
    cookie("TVWebSession", SURE, "cookie TVWebSession"),
)
_PAGES = frozenset({"select2", "calendar", "caldiv", "suggest", "location"})


def fingerprint(seen: Seen) -> Fingerprint:
    """Look at a page; the entry is one unit (``select2?md=``) or the base of the portal."""
    folder, _, page = urlsplit(seen.url).path.rpartition("/")
    url = with_query(seen.url, ())
    if page == "select2" and "md=" in seen.url:
        url = with_query(seen.url, ("md",))
    elif page in _PAGES:
        url = with_query(seen.url, (), f"{folder}/")
    return Fingerprint(seen.look_for(MARKS), url, _tenant(folder))


def _tenant(folder: str) -> str:
    last = folder.rpartition("/")[2].lower()
    return "" if last in {"", "tevis", "tevisweb", "termine"} else last
