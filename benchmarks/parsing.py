"""Pages parsed per second, beside the same extraction on trees of html.parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

from bs4 import BeautifulSoup

from amtspuls.fetch.page import Page
from amtspuls.model import Slot, slot_from_local
from amtspuls.systems.netappoint import parse as netappoint_parse
from amtspuls.systems.tempus import parse as tempus_parse
from benchmarks.base import Claim, cpu_s, ratio_in_turn
from support.practice import NOW, netappoint, tempus, visit

DAY = date(2026, 2, 2)
MINUTES = [(hour, minute) for hour in range(7, 19) for minute in range(0, 60, 3)]
PAGES_A_RUN = 12


def _slots(days: list[date]) -> tuple[Slot, ...]:
    return tuple(
        slot_from_local(datetime(d.year, d.month, d.day, h, m)) for d in days for h, m in MINUTES
    )


def _pages() -> dict[str, Page]:
    """Draw the two kinds of pages that make up a snapshot, of both systems, with 240 times a day."""
    free = {"7/70": _slots([DAY]), "passe": _slots([DAY])}
    one = visit(tempus(("7/70", "Pässe", ("Reisepass",))), {"7/70": free["7/70"]}, now=NOW)
    two = visit(netappoint(("passe", "Pässe", ("Reisepass",))), {"passe": free["passe"]}, now=NOW)
    form = one.get(one.url)
    action = _first(r'action="([^"]+)"', form)
    field = _first(r'<select id="([^"]+)"', form)
    tempus_month = one.post(_join(one.url, action), {field: "1"})
    tempus_day = one.get(
        _join(one.url, _first(r'class="monatevent"><a href="([^"]+)"', tempus_month))
    )
    form = two.get(two.url)
    field = _first(r'name="(casetype_\d+)"', form)
    month = two.post(_first(r'action="([^"]+)"', form), {field: "1", "sentcasetypes": "Weiter"})
    two.cookies.clear()
    day = two.get(
        _first(r'weekday_bookable" href="([^"]+)"', month).replace("&step=4&", "&step=3&")
    )
    texts = {
        "tempus month": tempus_month,
        "tempus day": tempus_day,
        "netappoint month": month,
        "netappoint day": day,
    }
    url = "https://amt.example/termine/index.php?anlagennr=1"
    headers = {"content-type": "text/html; charset=utf-8"}
    return {
        name: Page(url, 200, headers, _padded(text), datetime(2026, 1, 26, tzinfo=UTC))
        for name, text in texts.items()
    }


def _padded(text: str) -> bytes:
    """Put the page into 20 kB of head and footer, as real sites have around what matters."""
    chrome = "".join(
        f'<li class="nav"><a href="/seite-{n}.html" title="Thema {n}">Thema {n}</a></li>\n'
        for n in range(280)
    )
    return text.replace(
        "</body>", f'<footer class="chrome"><ul>{chrome}</ul></footer></body>'
    ).encode()


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return found.group(1).replace("&amp;", "&")


def _join(url: str, link: str) -> str:
    return link if link.startswith("/") else url.partition("?")[0] + link.removeprefix("index.php")


def _ours(name: str, page: Page) -> object:
    if name == "tempus day":
        return set(tempus_parse.parse_day(page, DAY))
    if name == "netappoint day":
        return set(netappoint_parse.parse_day(page, DAY))
    parse = (
        tempus_parse.parse_answer if name.startswith("tempus") else netappoint_parse.parse_answer
    )
    shown = parse(page)
    assert isinstance(shown, tempus_parse.Calendar | netappoint_parse.Month)
    return {free.day for free in shown.days}


def _theirs(name: str, page: Page) -> object:
    soup = BeautifulSoup(page.text, "html.parser")
    if name.endswith("month"):
        links = soup.select(
            "td.monatevent a" if name.startswith("tempus") else "a.nat_calendar_weekday_bookable"
        )
        return {_day_of_link(str(link["href"])) for link in links}
    texts = (
        [cell.get_text(strip=True) for cell in soup.select("table.termine td a")]
        if name.startswith("tempus")
        else [abbr.get_text(strip=True) for abbr in soup.select("table.nat_timeslist a abbr")]
    )
    return {
        slot_from_local(datetime.combine(DAY, datetime.strptime(t, "%H:%M").time())) for t in texts
    }


def _day_of_link(href: str) -> date:
    found = re.search(r"datum=(\d+)-(\d+)-(\d+)", href)
    if found is None:
        parts = [re.search(rf"{name}=(\d+)", href) for name in ("year", "month", "day")]
        numbers = [int(part.group(1)) for part in parts if part is not None]
    else:
        numbers = [int(part) for part in found.groups()]
    return date(*numbers)


def measure() -> list[Claim]:
    """Compare on all four pages; the results of both sides must be equal."""
    claims = []
    for name, page in _pages().items():
        assert _ours(name, page) == _theirs(name, page), name

        def many(one: Callable[[str, Page], object], name: str = name, page: Page = page) -> None:
            for _ in range(PAGES_A_RUN):
                one(name, Page(page.url, page.status, page.headers, page.body, page.fetched_at))

        ratio = ratio_in_turn(lambda: many(_theirs), lambda: many(_ours))
        rate = PAGES_A_RUN / cpu_s(lambda: many(_ours))
        claims.append(
            Claim(
                f"parse a {name} page ({len(page.body) / 1000:.0f} kB)",
                f"{rate:,.0f} pages per CPU second, {ratio:.0f} times html.parser trees",
                "15 times",
                ratio >= 15,
            )
        )
    return claims
