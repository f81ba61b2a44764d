"""Pages made to be slow: a model or a typed error, within a bound that a page of any size must keep."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from amtspuls.errors import AmtspulsError
from amtspuls.fetch.page import Page
from amtspuls.systems.tevis import parse
from support.fake_session import make_page

MANY = 3000
PARSERS: list[Callable[[Page], object]] = [
    parse.parse_entry,
    parse.parse_concerns,
    parse.parse_answer,
    parse.parse_calendar,
    parse.parse_week,
]
FORM = '<input name="loc" value="{n}"><input name="select_location">'


def nested(text: str, closing: str = "</div>") -> str:
    return "".join(text.format(n=n) for n in range(MANY)) + closing * MANY


PAGES = {
    "nested locations": nested('<div><form method="post">' + FORM + "</form>"),
    "nested rows": '<div class="content">' + nested('<div class="row">{n}'),
    "nested units": nested("<div onclick=\"window.location.href='select2?md={n}'\">"),
    "unnamed concerns": '<form action="location"><input name="mdt" value="1">'
    + nested('<input name="cnc-{n}">', "")
    + "</form>",
    "scripts": nested("window.tevis = window.tevis || {{ ", ""),
    "blanks": "window.tevis =" + " " * 200_000 + "Fehlermeldung: " + " " * 200_000,
    "slots": nested(
        '<form class="suggestion_form"><input name="date" value="20260203"><input name="start"'
        ' value="480"><button class="suggest_btn">08:00</button></form>',
        "",
    ),
    "deep json": "[" * 200_000,
    "long number": '{"days":["20260203"],"valid":[[' + "1" * 100_000 + "]]}",
    "errors": '<h1 class="error">' + nested("Fehlermeldung: Kein gültiger Mandant gefunden ", ""),
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_hostile_pages_end_soon(name: str) -> None:
    page = make_page(PAGES[name])
    for parser in PARSERS:
        began = time.process_time()
        failed: AmtspulsError | None = None
        try:
            assert type(parser(page)).__module__.startswith("amtspuls.systems.tevis")
        except AmtspulsError as error:
            failed = error
        assert failed is None or failed.message
        assert time.process_time() - began < 2.0, parser
