"""The first generation: one concern per calendar, one JSON answer per week."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ThrottledError, UnreachableError
from amtspuls.model import (
    KnownCalendar,
    Outcome,
    Reading,
    Slot,
    Window,
    day_of_slot,
    local_from_slot,
    slot_from_local,
)
from amtspuls.systems.base import Ask
from amtspuls.systems.tevis import SYSTEM
from support.fake_session import FETCHED_AT, FakeSession, Reply, Request, Rule, on
from support.tevis_pages import BASE, slots_on, start

TODAY = date(2021, 7, 28)
WINDOW = Window(TODAY, date(2021, 8, 10))
ERROR = "<html><head><title>Fehler</title></head><body><p>Kein gültiger Mandant gefunden</p></body></html>"


@dataclass
class Grid:
    """A portal of 2021; its weeks are right only for the concern that the session has chosen.

    Attributes:
        concerns: Concern id to (name, calendars).
        free: Free slots by calendar.
        hidden: Whether the list of concerns hides the calendars.
        several: Whether each concern has a form of its own.
        lost: Numbers of the requests (from 0) that are answered by a lost session.
    """

    concerns: Mapping[str, tuple[str, Sequence[str]]]
    free: Mapping[str, Sequence[Slot]]
    hidden: bool = False
    several: bool = False
    lost: set[int] = field(default_factory=set)
    count: int = 0
    chosen: str = ""
    unit: str = ""

    def __call__(self, request: Request) -> Reply | None:
        number, self.count = self.count, self.count + 1
        if number in self.lost:
            self.chosen = self.unit = ""
            return ERROR
        query = {k: v[0] for k, v in parse_qs(urlsplit(request.url).query, True).items()}
        step = urlsplit(request.url).path.removeprefix("/stadt/")
        if step == "":
            return start({"3": "Bürgerservice"}, links=True)
        if step == "select2":
            self.unit = query["md"]
            return self._concerns()
        if step == "calendar":
            return self._calendar(query)
        return self._week(query) if step == "caldiv" else None

    def _concerns(self) -> str:
        items = []
        for number, (name, calendars) in self.concerns.items():
            shown = "" if self.hidden else f' data-tevis-calendars="{"|".join(calendars) or "0"}"'
            items.append(
                f'<a href="#">{name}</a><input type="number" class="cnc-item" name="cnc-{number}"'
                f' data-tevis-cncname="{name}"{shown}>'
            )
        mdt = '<input type="hidden" name="mdt" value="31">'
        each = items if self.several else ["".join(items)]
        return "".join(
            f'<form class="cnc-form" action="calendar">{mdt}{item}</form>' for item in each
        )

    def _calendar(self, query: Mapping[str, str]) -> str:
        if not self.unit:
            return ERROR
        (self.chosen,) = [key.removeprefix("cnc-") for key in query if key.startswith("cnc-")]
        assert (query["mdt"], query["select_cnc"]) == ("31", "1")
        calendars = self.concerns[self.chosen][1]
        if not calendars:
            return "<h1>Eingabe der persönlichen Daten für den Termin</h1>"
        return f"<script>window.tevis = window.tevis || {{ calendar: {calendars[0]}, week: 1 }};\n</script>"

    def _week(self, query: Mapping[str, str]) -> str:
        assert {k: v for k, v in query.items() if k not in {"cal", "week"}} == {
            "cnc": "0",
            "cncdata": "",
            "json": "1",
            "offset": "1",
        }
        cal, week = query["cal"], query["week"]
        monday = date.fromisocalendar(int(week[:4]), int(week[4:]), 1)
        assert self.chosen, "the week would be the bare opening grid"
        assert cal in self.concerns[self.chosen][1]
        days = [monday + timedelta(days=n) for n in range(7)]
        valid = [
            [
                local_from_slot(s).hour * 60 + local_from_slot(s).minute
                for s in self.free.get(cal, ())
                if day_of_slot(s) == day
            ]
            for day in days
        ]
        return json.dumps({"days": [f"{day:%Y%m%d}" for day in days], "valid": valid, "html": ""})


MITTE = [*slots_on(date(2021, 7, 29), "08:00", "08:20"), *slots_on(date(2021, 8, 11), "09:00")]
TWO = {
    "12": ("Anmeldung", ("197",)),
    "13": ("Ummeldung", ("197", "198")),
    "14": ("Abmeldung", ("198",)),
}


def grid(**changes: Any) -> Grid:
    free = {"197": MITTE, "198": slots_on(date(2021, 8, 2), "15:15")}
    return Grid(**{"concerns": TWO, "free": free, **changes})


async def read(
    *rules: Rule, known: tuple[KnownCalendar, ...] = (), **given: Any
) -> tuple[Reading, FakeSession]:
    session = FakeSession(list(rules))
    portal = Portal(id="m", name="M", system="tevis", url=BASE, **given)
    return await SYSTEM.fetch_portal(session, Ask(portal, WINDOW, known)), session


@pytest.mark.parametrize("several", [True, False])
async def test_every_calendar_is_read_once_for_its_first_concern(several: bool) -> None:
    reading, session = await read(grid(several=several))
    weeks = ["202130", "202131", "202132"]
    chosen = "GET /stadt/calendar?mdt=31&select_cnc=1&cnc-"
    assert session.paths == [
        "GET /stadt/",
        "GET /stadt/select2?md=3",
        f"{chosen}12=1",
        *(f"GET /stadt/caldiv?cal=197&cnc=0&cncdata=&week={w}&json=1&offset=1" for w in weeks),
        f"{chosen}13=1",
        *(f"GET /stadt/caldiv?cal=198&cnc=0&cncdata=&week={w}&json=1&offset=1" for w in weeks),
    ]
    first, second = reading.views
    assert (first.calendar.key, first.calendar.name) == ("197", "Bürgerservice")
    assert first.calendar.services == ("Anmeldung", "Ummeldung")
    assert (first.asked, second.asked) == (("Anmeldung",), ("Ummeldung",))
    # 11 August lies behind the window, within the last week.
    assert list(first.slots) == MITTE[:2]
    assert list(second.slots) == slots_on(date(2021, 8, 2), "15:15")
    assert {str(view.covered) for view in reading.views} == {"2021-07-28..2021-08-10"}
    assert {view.outcome for view in reading.views} == {Outcome.OK}


async def test_a_failed_week_is_unknown() -> None:
    down = UnreachableError("termine.example answers 502")
    reading, _ = await read(on("cal=197&cnc=0&cncdata=&week=202131", down), grid())
    first, second = reading.views
    assert (first.outcome, str(first.covered)) == (
        Outcome.PARTIAL,
        "2021-07-28..2021-08-01,2021-08-09..2021-08-10",
    )
    assert "2021-08-02" in first.reason
    assert "502" in first.reason
    assert second.outcome is Outcome.OK


async def test_days_of_another_week_are_a_failed_week() -> None:
    other = '{"days":["20210802"],"valid":[[480]]}'
    reading, _ = await read(on("cal=197&cnc=0&cncdata=&week=202130", other), grid())
    assert (reading.views[0].outcome, str(reading.views[0].covered)) == (
        Outcome.PARTIAL,
        "2021-08-02..2021-08-10",
    )


async def test_a_lost_session_chooses_the_concern_again_and_keeps_its_weeks() -> None:
    reading, session = await read(grid(lost={4}))
    assert [len(view.slots) for view in reading.views] == [2, 1]
    assert {view.outcome for view in reading.views} == {Outcome.OK}
    assert session.paths[5:8] == [
        "GET /stadt/select2?md=3",
        "GET /stadt/calendar?mdt=31&select_cnc=1&cnc-12=1",
        "GET /stadt/caldiv?cal=197&cnc=0&cncdata=&week=202131&json=1&offset=1",
    ]


async def test_after_a_session_is_lost_twice_no_more_weeks_are_asked_for_that_concern() -> None:
    # They would show the opening grid; ``Grid`` fails when it is asked for that.
    reading, session = await read(grid(lost={4, 7}))
    first, second = reading.views
    assert (first.outcome, str(first.covered)) == (Outcome.PARTIAL, "2021-07-28..2021-08-01")
    assert second.outcome is Outcome.OK
    assert len(session.log) == 14


async def test_hidden_calendars_are_named_by_the_page_behind_one_concern() -> None:
    reading, session = await read(grid(hidden=True))
    assert [(v.calendar.key, v.asked) for v in reading.views] == [("197", ("Anmeldung",))]
    assert len(session.log) == 6


async def test_named_services_choose_the_calendars() -> None:
    reading, _ = await read(grid(), services=[{"common": "other", "name": "Abmeldung"}])
    (view,) = reading.views
    assert (view.calendar.key, view.asked) == ("198", ("Abmeldung",))


async def test_a_concern_without_calendar_is_skipped() -> None:
    without = {**TWO, "15": ("Beratung", ())}
    reading, _ = await read(
        grid(concerns=without), services=[{"common": "other", "id": n} for n in (12, 15)]
    )
    assert [view.calendar.key for view in reading.views] == ["197"]
    assert [(p.where, p.outcome) for p in reading.problems] == [
        ("Bürgerservice: Beratung", Outcome.SKIPPED)
    ]


async def test_a_throttle_leaves_the_other_calendars_unasked_but_named() -> None:
    stop = ThrottledError("termine.example answers 429", retry_after_s=60)
    reading, session = await read(on("calendar?", stop), grid())
    assert [(v.calendar.key, v.outcome) for v in reading.views] == [
        ("197", Outcome.THROTTLED),
        ("198", Outcome.THROTTLED),
    ]
    assert len(session.log) == 3


async def test_a_hidden_calendar_that_fails_is_a_problem() -> None:
    reading, _ = await read(on("calendar?", "<p>Guten Tag</p>"), grid(hidden=True))
    assert reading.views == ()
    assert [(p.where, p.outcome) for p in reading.problems] == [
        ("Bürgerservice: Anmeldung", Outcome.CHANGED)
    ]


async def test_a_unit_that_cannot_be_opened_names_what_is_known_of_it() -> None:
    remembered = (KnownCalendar("197", "Bürgerservice", FETCHED_AT),)
    down = UnreachableError("termine.example answers 502")
    reading, _ = await read(on("select2", down), grid(), known=remembered)
    assert [(v.calendar.key, v.outcome) for v in reading.views] == [("197", Outcome.UNREACHABLE)]


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["12", "13", "14", "15"]),
        st.lists(st.integers(0, 20 * 1440 - 1), max_size=12, unique=True),
        min_size=1,
    ),
    st.booleans(),
)
def test_what_is_read_is_what_is_free(free: dict[str, list[int]], several: bool) -> None:
    midnight = datetime(TODAY.year, TODAY.month, TODAY.day)
    slots = {
        cal: sorted(slot_from_local(midnight + timedelta(minutes=m)) for m in minutes)
        for cal, minutes in free.items()
    }
    concerns = {f"9{cal}": (f"Anliegen {cal}", (cal,)) for cal in free}
    reading, _ = asyncio.run(read(grid(concerns=concerns, free=slots, several=several)))
    assert {view.calendar.key: list(view.slots) for view in reading.views} == {
        cal: [slot for slot in mine if day_of_slot(slot) in WINDOW] for cal, mine in slots.items()
    }
