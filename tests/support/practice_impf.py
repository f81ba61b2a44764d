"""A reader of the vaccination portal made of regular expressions, for tests of the replica."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from amtspuls.clock import SimulatedClock
from amtspuls.model import Slot, day_of_slot
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals import make_pages
from amtspuls.replica.wire import Asked
from support.practice import NOW, Offer, Offers, slots

_AREA = re.compile(r'<div class="select-ort-area">(.*?)</div>', re.DOTALL)
_PLACE = re.compile(r'<option value="(\d+)">([^<]*)</option>')
_DATE = re.compile(
    r'<option value="(\d{4}-\d\d-\d\d \d\d:\d\d)" data-folge-termin="(\d{4}-\d\d-\d\d \d\d:\d\d)">'
)


def impf(*calendars: tuple[str, str], **given: Any) -> ReplicaPortal:
    """The vaccination portal; calendars are (key, name)."""
    made = {
        "id": "impfthueringen",
        "name": "Impftermin Thüringen",
        "system": "impfthueringen",
        "url": "https://www.impfen-thueringen.de/terminvergabe",
    }
    found = tuple(ReplicaCalendar(key, name) for key, name in calendars)
    return ReplicaPortal(**{**made, **given}, calendars=found)


class ImpfVisitor:
    """Asks the pages of the portal; keeps nothing but the clock."""

    def __init__(self, portal: ReplicaPortal, offer: Offer, now: datetime = NOW) -> None:
        availability = Offers(portal)
        availability.now[portal.id] = offer
        self.clock = SimulatedClock(now)
        self.pages = make_pages(portal, availability, self.clock)

    def index(self) -> str:
        return self.pages.answer(Asked("GET", "/terminvergabe/index.php")).body.decode()

    def dates(self, place: str, **fields: str) -> str:
        sent = {"typ": "1", "ort": place, "pos": "0", "timestamp": "1626768000000", **fields}
        asked = Asked("POST", "/terminvergabe/func.php", body=urlencode(sent).encode())
        return self.pages.answer(asked).body.decode()

    def places(self) -> dict[str, str]:
        """Places on offer: their number and their text."""
        ((area),) = _AREA.findall(self.index())
        return {key: html.unescape(text) for key, text in _PLACE.findall(area) if key != "0"}


def read_pass(visitor: ImpfVisitor) -> dict[str, tuple[Slot, ...]]:
    """Read every place once."""
    found = {}
    for place in visitor.places():
        dates = _DATE.findall(visitor.dates(place))
        for first, second in dates:
            days = datetime.fromisoformat(second) - datetime.fromisoformat(first)
            assert days == timedelta(days=42)
        found[place] = slots(*(first for first, _ in dates))
    return found


def read_passes(visitor: ImpfVisitor, count: int) -> dict[str, set[Slot]]:
    """Read every place once a minute and unite what was seen; no answer is more than it may be."""
    united: dict[str, set[Slot]] = {}
    for _ in range(count):
        for place, found in read_pass(visitor).items():
            assert len({day_of_slot(slot) for slot in found}) == len(found) <= 3
            united.setdefault(place, set()).update(found)
        visitor.clock.set(visitor.clock.now() + timedelta(minutes=1))
    return united
