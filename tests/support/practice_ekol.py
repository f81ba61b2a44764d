"""A reader of eKOL TNV pages made of regular expressions and nothing else, for tests of the replica."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from amtspuls.clock import SimulatedClock
from amtspuls.model import Slot
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals import make_pages
from amtspuls.replica.wire import Answer, Asked, Pages
from support.practice import NOW, Offer, Offers, slots

_FORM = re.compile(
    r'<form (?:id="contextForm" )?action="(bgr;jsessionid=[0-9A-F]{32})" method="post"'
    r'(?: data-ajax="false")?>\n'
    r'<input type="hidden" name="PGUTSMSC" value="([^"]*)"/>\n'
    r'<input type="hidden" name="TCSID" value="([^"]*)"/>'
)
_TREE = re.compile(
    r'<div class="CLASS_TREEVIEWSEARCH_HEAD_LEVEL_2"><button name="([^"]*-(\d+))" '
    r'class="buttonTreeviewExpand" title="öffnen">([^<]*)</button></div>'
)
_MONTH = re.compile(
    r'<table class="ekolCalendar_?MonthTable"(?: id="month[tT]able\d+")?>'
    r"<caption>(\w+) (\d{4})</caption>(.*?)</table>",
    re.DOTALL,
)
_DAY = re.compile(
    r'<td class="(?:eKOLCalendarCell|ekolCalendar_Cell)InRange">'
    r'(?:<b class="ui-table-cell-label">\w\w</b>)?'
    r'<button name="([^"]*\|\|DAY_SELECT\|\|(\d+))" id="[^"]*" class="[^"]*DayFree[X0]">'
    r'<div class="ekolCalendar_?DayNumberInRange">(\d+)(?:<span[^>]*>\.\d+\.</span>)?</div>'
    r'<div class="ekolCalendar_?FreeTimeContainer">([^<]*)</div></button></td>'
)
_BOX = re.compile(
    r'<div class="ekolstaticpopup"><div>Verfügbare Termine am: ([\d.]*)</div>.*?'
    r'<select name="ekolCalendarTimeSelect"[^>]*>(.*?)</select>',
    re.DOTALL,
)
_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip


def ekol(*calendars: tuple[str, str, tuple[str, ...]], **given: Any) -> ReplicaPortal:
    """An ekol portal; calendars are (key, name, services)."""
    made = {
        "id": "seehausen",
        "name": "Stadt Seehausen",
        "system": "ekol",
        "url": "https://tnv.seehausen.example/tnv/",
    }
    found = tuple(ReplicaCalendar(key, name, services) for key, name, services in calendars)
    return ReplicaPortal(**{**made, **given}, calendars=found)


class EkolVisitor:
    """Walks through one portal without cookies; ``page`` is the newest page, references resolved."""

    def __init__(self, pages: Pages, url: str) -> None:
        self.pages = pages
        self.url = url
        self.folder = urlsplit(url).path.rstrip("/")
        self.raw = ""
        self.page = ""
        self.answer = Answer(b"")

    def start(self, url: str | None = None) -> str:
        parts = urlsplit(url or self.url)
        return self._ask(Asked("GET", parts.path, parts.query))

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        return self._ask(Asked("POST", path, body=urlencode(fields).encode()))

    def press(self, name: str, **fields: str) -> str:
        action, page_token, context_token = self.form()
        tokens = {"PGUTSMSC": page_token, "TCSID": context_token}
        sent = {**tokens, "SELECTED_LANGUAGE": "de", **fields, name: ""}
        return self.post(f"{self.folder}/{action}", sent)

    def form(self) -> tuple[str, str, str]:
        action, *tokens = _FORM.findall(self.raw)[-1]
        return action, html.unescape(tokens[0]), html.unescape(tokens[1])

    def _ask(self, asked: Asked) -> str:
        self.answer = self.pages.answer(asked)
        self.raw = self.answer.body.decode("utf-8")
        self.page = html.unescape(self.raw)
        return self.page

    def to_offices(self) -> str:
        self.start()
        if "ACTION_INFOPAGE_NEXT" in self.page:
            self.press("ACTION_INFOPAGE_NEXT", AGREEMENT_ACCEPT="on", AGREEMENT_REQUIRED="true")
        return self.page

    def to_calendar(self, office: str) -> str:
        for button, key in self.tree().items():
            if key == office:
                self.press(button)
        self.press(f"ACTION_OFFICESELECT_TERMNEW_PREFIX{office}")
        (concern, *_) = re.findall(r'<select name="(\d+)" id="id_\1">', self.page)
        self.press("ACTION_CONCERNSELECT_NEXT", **{concern: "1"})
        if "ACTION_CONCERNCOMMENTS_NEXT" in self.page:
            self.press("ACTION_CONCERNCOMMENTS_NEXT")
        return self.page

    def tree(self) -> dict[str, str]:
        """Buttons of the tree and the offices they open; heads of groups are left out."""
        found = _TREE.findall(self.page)
        return {
            button: key for button, key, name in found if name not in {"Bürgerämter", "Ordnungsamt"}
        }

    def days(self) -> dict[date, tuple[str, str]]:
        """Days in range on this page: their button and their text."""
        found = {}
        for name, year, body in _MONTH.findall(self.page):
            for button, epoch, number, text in _DAY.findall(body):
                day = date(int(year), _MONTHS.index(name) + 1, int(number))
                assert datetime.fromtimestamp(int(epoch) / 1000, UTC).hour in {22, 23}
                found[day] = (button, text)
        return found

    def times(self, day: date) -> tuple[Slot, ...]:
        """Times in the message box, which must be that of the day."""
        ((shown, options),) = _BOX.findall(self.page)
        assert shown == f"{day:%d.%m.%Y}"
        first, *others = re.findall(r'<option value="([^"]*)">([^<]*)</option>', options)
        assert first[0] == ""
        return slots(*(f"{day} {time}" for _, time in others))


def visit_ekol(portal: ReplicaPortal, offer: Offer, *, now: datetime = NOW) -> EkolVisitor:
    """A visitor of a portal that shows an offer."""
    availability = Offers(portal)
    availability.now[portal.id] = offer
    return EkolVisitor(make_pages(portal, availability, SimulatedClock(now)), portal.url)


def read_ekol(visitor: EkolVisitor) -> dict[str, tuple[Slot, ...] | None]:
    """Read all offices in one session; None for an office without any free day."""
    visitor.to_offices()
    keys = list(visitor.tree().values()) or re.findall(r"TERMNEW_PREFIX(\d+)\" id", visitor.page)
    found: dict[str, tuple[Slot, ...] | None] = {}
    for key in keys:
        visitor.to_calendar(key)
        found[key] = _read_calendar(visitor)
        for _ in range(3):
            if "ACTION_OFFICESELECT_TERM" not in visitor.page and not visitor.tree():
                (back,) = re.findall(r'name="(ACTION_\w+_PREVIOUS)"', visitor.page)
                visitor.press(back)
    return found


def _read_calendar(visitor: EkolVisitor) -> tuple[Slot, ...] | None:
    read: list[Slot] = []
    any_day = False
    while True:
        free = {day: found for day, found in visitor.days().items() if found[1][0] in "123456789"}
        for day, (button, text) in free.items():
            any_day = True
            visitor.press(button)
            times = visitor.times(day)
            assert text == f"{len(times) or 1} frei"
            read += times
            visitor.press("ACTION_CALENDARVIEW1||POPUP_CLOSE")
        if re.search(r'\|\|forward" disabled', visitor.page):
            return tuple(sorted(read)) if any_day else None
        visitor.press("ACTION_CALENDARVIEW1||FORWARD")
