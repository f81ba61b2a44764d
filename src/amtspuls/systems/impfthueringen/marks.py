"""What gives the vaccination portal of 2021 away; pure. Wire facts: docs/systems/impfthueringen.md."""

from __future__ import annotations

from urllib.parse import urlsplit

from amtspuls.systems.marks import LIKELY, SURE, Fingerprint, Seen, address, markup, with_query

MARKS = (
    address(r"//([\w.-]+\.)?impfen-thueringen\.de(:\d+)?(/|$)", SURE, "its host"),
    address(r"/terminvergabe/(index|func)\.php", LIKELY, "terminvergabe/index.php"),
    markup('select[name="ID_LIB_Ort"], select[name="ID_LIB_Indikation"]', SURE, "ID_LIB_Ort"),
    markup("div.select-ort-area", SURE, "select-ort-area"),
    markup("option[data-folge-termin]", SURE, "data-folge-termin"),
)


def fingerprint(seen: Seen) -> Fingerprint:
    """Look at a page; the entry is the folder of ``index.php``."""
    path = urlsplit(seen.url).path
    folder, _, page = path.rpartition("/")
    entry = f"{folder}/" if page.endswith(".php") else path
    return Fingerprint(seen.look_for(MARKS), with_query(seen.url, (), entry))
