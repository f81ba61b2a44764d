from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import (
    AmtspulsError,
    ConfigError,
    PageChangedError,
    RefusedError,
    SessionLostError,
    ThrottledError,
    UnreachableError,
)
from amtspuls.model import Outcome, Reading, View, Window, local_from_slot
from amtspuls.systems.base import Ask
from amtspuls.systems.etermin import SYSTEM
from amtspuls.systems.etermin.options import parse_options
from amtspuls.systems.markup import month_end, query_of
from support.fake_session import FakeSession, Reply, Request

HOST = "https://termine.example"
WINDOW = Window(date(2026, 1, 26), date(2026, 3, 10))
EXPIRED = "<p>Ihre Sitzung ist abgelaufen.</p>"
STOP = PageChangedError("answers 400", status=400)
FREE = {
    "1": ["2026-01-27 08:10", "2026-01-27 10:40", "2026-02-03 09:00"],
    "2": ["2026-02-03 09:00"],
}


def service(
    group: str, group_id: int, name: str, number: int, length: int | None
) -> dict[str, Any]:
    row = {"sg": group, "sgid": group_id, "s": name, "sid": number, "duration": length}
    return row | {"captype": 0, "fcs": -1, "showavcap": -1, "msdcm": -1}


EMPTY_GROUP = {"sg": "Leer", "sgid": 30, "s": "", "sid": None, "duration": None}
PICK_UP = service("Ausweise", 31, "Abholung", 410, 10)


@dataclass
class Tenant:
    """Answers as docs/systems/etermin.md says; ``trouble`` may answer first."""

    free: dict[str, list[str]] = field(default_factory=lambda: dict(FREE))
    rows: list[dict[str, Any]] = field(
        default_factory=lambda: [service("Ausweise", 31, "Pass", 411, 20), EMPTY_GROUP, PICK_UP]
    )
    desks: dict[str, str] = field(default_factory=lambda: {"410": "1,2", "411": "1,2"})
    settings: dict[str, Any] = field(default_factory=dict)
    trouble: Callable[[Request], Reply | None] = lambda _: None
    wants_visit: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    visited: set[int] = field(default_factory=set)

    def __call__(self, request: Request) -> Reply | None:
        found = self.trouble(request)
        if found is not None:
            return found
        path = request.url.removeprefix(HOST).partition("?")[0]
        if not path.startswith("/api/"):
            self.visited.add(request.visitor)
            return "<title>Online Termin buchen</title><p>Der Termin wurde nicht gebucht!</p>"
        if self.wants_visit and request.visitor not in self.visited:
            return "[]"
        return json.dumps(self._api(path, query_of(request.url)))

    def _api(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        if path == "/api/settingbs":
            zone = {"timezone": "W. Europe Standard Time", "showavcap": True, "z": 45039}
            return [zone | {"appfuture": 90, "vservices": 413} | self.settings]
        if path == "/api/servicegroupservice":
            return self.rows
        if path == "/api/calendar":
            ids = self.desks.get(query["serviceid"], "")
            return [
                {"calendarid": i, "calendarname": f"Schalter {i[0]}"} for i in ids.split(";") if i
            ]
        assert path == "/api/timeslots"
        asked = date.fromisoformat(query["date"])
        free = sorted(self.free.get(query["calendarid"], []))
        if "rangesearch" in query:
            return self._days([one for one in free if one[:10] >= query["date"]], asked)
        return [self._slot(one, query["calendarid"]) for one in free if one[:10] == query["date"]]

    def _days(self, free: list[str], asked: date) -> list[dict[str, Any]]:
        if not free:
            return []
        last = month_end(max(asked, date.fromisoformat(free[0][:10]))).isoformat()
        days = [one[:10] for one in free if one[:10] <= last]
        return [
            {"start": f"{day}T00:00:00", "available": days.count(day)} for day in sorted(set(days))
        ]

    def _slot(self, at: str, calendar: str) -> dict[str, Any]:
        named = {"start": at.replace(" ", "T") + ":00", "calendarid": calendar, "cap": 2}
        return named | {"calendarname": f"Schalter {calendar}", "f": True, "hv": "x"} | self.fields


def portal(**changes: Any) -> Portal:
    given: dict[str, Any] = {
        "id": "musterhausen",
        "name": "Stadt Musterhausen",
        "system": "etermin",
        "url": f"{HOST}/StadtMuster",
    }
    return Portal(**given | changes)


def asked(*wires: str | int) -> list[dict[str, str | int]]:
    """Services of a catalogue entry: numbers are ids, texts are names."""
    return [{"common": "other", "id" if isinstance(w, int) else "name": w} for w in wires]


async def read(tenant: Tenant, **changes: Any) -> tuple[FakeSession, Reading]:
    session = FakeSession([tenant])
    return session, await SYSTEM.fetch_portal(session, Ask(portal(**changes), WINDOW))


def times_of(view: View) -> list[str]:
    return [local_from_slot(slot).isoformat(" ", "minutes") for slot in view.slots]


def short(session: FakeSession) -> list[str]:
    """The requests in few words: path, or calendar and date of a search (R: of a range)."""
    said = []
    for request in session.log:
        query = query_of(request.url)
        path = request.url.removeprefix(HOST).partition("?")[0].removeprefix("/api/")
        if path != "timeslots":
            said.append(f"{path} {query['serviceid']}" if "serviceid" in query else path)
            continue
        mark = "R" if "rangesearch" in query else "D"
        said.append(f"{mark} {query['calendarid']} {query['date']}")
    return said


async def test_range_first_then_the_days_marked_free() -> None:
    session, reading = await read(Tenant())
    assert short(session) == [
        "settingbs",
        "servicegroupservice",
        "calendar 410",
        "R 1 2026-01-26",
        "R 1 2026-02-01",
        "R 1 2026-03-01",
        "D 1 2026-01-27",
        "D 1 2026-02-03",
        "R 2 2026-01-26",
        "R 2 2026-03-01",
        "D 2 2026-02-03",
    ]
    assert session.cleared == []
    first, second = reading.views
    assert reading.problems == ()
    assert (first.calendar.key, first.calendar.name) == ("1", "Ausweise")
    assert first.calendar.services == ("Pass", "Abholung")
    assert (first.asked, first.outcome, first.duration_min) == (("Abholung",), Outcome.OK, 10)
    assert str(first.covered) == "2026-01-26..2026-03-10"
    assert times_of(first) == FREE["1"]
    assert times_of(second) == FREE["2"]


async def test_requests_are_two_and_one_a_group_and_months_and_free_days() -> None:
    session, _ = await read(Tenant(free={}))
    months = 3
    assert len(session.log) == 2 + 1 + 2 * months
    free = {"1": ["2026-02-03 09:00", "2026-02-03 09:10", "2026-03-02 08:00"]}
    session, _ = await read(Tenant(free=free, desks={"410": "1"}))
    assert len(session.log) == 2 + 1 + 2 + 2, "an empty January is answered with February"


async def test_each_request_says_tenant_and_form() -> None:
    session, _ = await read(Tenant())
    for request in session.log:
        assert request.headers == {
            "Accept": "application/json, text/plain",
            "Referer": f"{HOST}/StadtMuster",
            "webid": "stadtmuster",
        }
        assert request.method == "GET"
    assert session.log[0].url == f"{HOST}/api/settingbs?t="
    assert (
        session.log[1].url == f"{HOST}/api/servicegroupservice?cache=1&w=stadtmuster&v=413&lang=de"
    )
    assert session.log[2].url == (
        f"{HOST}/api/calendar?availablecal=1&lang=de&serviceid=410&calendarid=undefined"
    )
    common = (
        "caching=false&duration=10&cluster=false&slottype=0&fillcalendarstrategy=0&showavcap=true"
        "&appfuture=90&appdeadline=0&appdeadlinewm=0&oneoff=null&msdcm=0&calendarid=1"
    )
    asked = f"{HOST}/api/timeslots?date=2026-01-26&serviceid=410&capacity=1&rangesearch=1&"
    assert session.log[3].url == asked + common
    zone = "&tz=W.+Europe+Standard+Time&tzaccount=W.+Europe+Standard+Time"
    asked = f"{HOST}/api/timeslots?date=2026-01-27&serviceid=410&capacity=1&"
    assert session.log[6].url == asked + common + zone


async def test_a_service_overrules_the_settings() -> None:
    own = PICK_UP | {"captype": -1, "fcs": 3, "showavcap": 0, "msdcm": 7}
    session, reading = await read(Tenant(rows=[own], settings={"cluster": True, "appdeadline": 60}))
    query = query_of(session.log[3].url)
    assert (query["duration"], query["fillcalendarstrategy"], query["msdcm"]) == ("0", "3", "7")
    assert (query["showavcap"], query["cluster"], query["appdeadline"]) == ("false", "true", "60")
    assert [dict(view.capacities) for view in reading.views] == [{}, {}]


async def test_places_are_kept_where_the_portal_shows_them() -> None:
    _, reading = await read(Tenant())
    assert set(reading.views[0].capacities) == set(reading.views[0].slots)
    assert set(reading.views[0].capacities.values()) == {2}


async def test_a_tenant_without_webid_is_told_by_the_referer() -> None:
    session, _ = await read(Tenant(), options={"webid": ""}, url=f"{HOST}/o/StadtMuster?x=1#top")
    for request in session.log:
        assert "webid" not in request.headers
        assert request.headers["Referer"] == f"{HOST}/o/StadtMuster?x=1"


async def test_an_empty_answer_leads_to_the_booking_page_once() -> None:
    session, reading = await read(Tenant(wants_visit=True))
    assert short(session)[:4] == ["settingbs", "/StadtMuster", "settingbs", "servicegroupservice"]
    assert short(session).count("/StadtMuster") == 1
    assert times_of(reading.views[0]) == FREE["1"]
    assert session.log[1].headers == {}


async def test_a_tenant_may_want_what_its_page_posts() -> None:
    tenant = Tenant()
    posted: list[str] = []

    def trouble(request: Request) -> Reply | None:
        if request.method == "POST":
            posted.append(request.url)
            return "1"
        return "[]" if "servicegroup" in request.url and len(posted) < 2 else None

    tenant.trouble = trouble
    session, reading = await read(tenant)
    assert short(session)[:6] == [
        "settingbs",
        "servicegroupservice",
        "/StadtMuster",
        "servicegroupservice",
        "/StadtMuster",
        "/site",
    ]
    assert "z=45039" in posted[0]
    assert reading.views[0].outcome is Outcome.OK


async def test_a_visit_that_is_forgotten_is_not_nothing_free() -> None:
    tenant = Tenant(wants_visit=True)

    def forget(request: Request) -> Reply | None:
        if "date=2026-02-01" in request.url and request.visitor == 0:
            tenant.visited.discard(0)
        return None

    tenant.trouble = forget
    session, reading = await read(tenant)
    assert session.visitor == 1
    assert [times_of(view) for view in reading.views] == [FREE["1"], FREE["2"]]
    assert short(session)[-1] == "servicegroupservice"


async def test_a_visit_that_is_forgotten_again_and_again_is_changed() -> None:
    tenant = Tenant(wants_visit=True)

    def forget(request: Request) -> Reply | None:
        if "rangesearch" in request.url:
            tenant.visited.clear()
        return None

    tenant.trouble = forget
    with pytest.raises(SessionLostError, match="twice"):
        await read(tenant)


async def test_a_tenant_that_stays_silent_is_changed_not_empty() -> None:
    with pytest.raises(PageChangedError, match="tenant is unknown") as caught:
        await read(Tenant(trouble=lambda request: "[]"))
    assert caught.value.context["url"].endswith("/api/settingbs?t=")


@pytest.mark.parametrize("options", [{"prime": True}, {"account": 45039}])
async def test_a_tenant_may_be_visited_first(options: dict[str, Any]) -> None:
    session, reading = await read(Tenant(wants_visit=True), options=options)
    if "prime" in options:
        assert short(session)[:2] == ["/StadtMuster", "settingbs"]
    else:
        visits = [f"{request}" for request in session.log[:2]]
        tail = "&z=45039&storeip=true&utm_source=&utm_medium=&utm_campaign=&ref_url="
        assert visits == [f"POST {HOST}/site?pageidx={n}{tail}" for n in (1, 2)]
        assert session.log[0].form == {}
    assert reading.views[0].outcome is Outcome.OK


async def test_a_captcha_on_the_booking_page_is_a_refusal() -> None:
    def captcha(request: Request) -> Reply | None:
        return None if "/api/" in request.url else '<div class="h-captcha"></div>'

    with pytest.raises(RefusedError, match="captcha"):
        await read(Tenant(trouble=captcha), options={"prime": True})


def stop_after(count: int, then: Reply = STOP) -> Callable[[Request], Reply | None]:
    """Range searches beyond ``count`` are answered otherwise."""
    seen: list[str] = []

    def trouble(request: Request) -> Reply | None:
        if "rangesearch" not in request.url:
            return None
        seen.append(request.url)
        return then if len(seen) > count else None

    return trouble


async def test_400_is_the_stop_sign() -> None:
    session, reading = await read(Tenant(trouble=stop_after(2)))
    searches = [line for line in short(session) if line.startswith("R")]
    assert searches == ["R 1 2026-01-26", "R 1 2026-02-01", "R 1 2026-03-01"]
    assert session.cleared == [], "nobody begins anew to get around it"
    first, second = reading.views
    assert first.outcome is Outcome.PARTIAL
    assert str(first.covered) == "2026-01-26..2026-02-28"
    assert times_of(first) == FREE["1"]
    assert "answered 2, then 400" in first.reason
    assert (second.outcome, len(second.covered)) == (Outcome.THROTTLED, 0)


async def test_400_at_once_is_no_stop_sign() -> None:
    session, reading = await read(Tenant(trouble=stop_after(0)))
    assert [view.outcome for view in reading.views] == [Outcome.CHANGED, Outcome.CHANGED]
    assert len(session.log) == 5


@pytest.mark.parametrize(
    ("error", "outcome", "requests"),
    [
        (ThrottledError("429"), Outcome.THROTTLED, 5),
        (RefusedError("403"), Outcome.REFUSED, 5),
        (UnreachableError("time-out"), Outcome.UNREACHABLE, 7),
    ],
)
async def test_trouble_in_the_middle_covers_less(
    error: AmtspulsError, outcome: Outcome, requests: int
) -> None:
    tenant = Tenant(free={"1": FREE["1"]}, trouble=stop_after(1, error))
    session, reading = await read(tenant)
    first, second = reading.views
    assert first.outcome is Outcome.PARTIAL
    asked_on = error.outcome == "unreachable"
    assert str(first.covered) == (
        "2026-01-26..2026-01-31" if asked_on else "2026-01-26,2026-01-28..2026-01-31"
    )
    assert times_of(first) == (FREE["1"][:2] if asked_on else [])
    assert second.outcome is outcome
    assert len(session.log) == requests


async def test_a_day_that_fails_is_not_covered() -> None:
    def trouble(request: Request) -> Reply | None:
        is_day = "date=2026-02-03" in request.url and "calendarid=1&" in request.url
        return "null" if is_day else None

    _, reading = await read(Tenant(trouble=trouble))
    first, second = reading.views
    assert first.outcome is Outcome.PARTIAL
    assert str(first.covered) == "2026-01-26..2026-02-02,2026-02-04..2026-03-10"
    assert times_of(first) == FREE["1"][:2]
    assert second.outcome is Outcome.OK


def lose(times: int) -> Callable[[Request], Reply | None]:
    """The first searches of single days find no session."""
    left = [EXPIRED] * times

    def trouble(request: Request) -> Reply | None:
        return left.pop() if left and "tzaccount" in request.url else None

    return trouble


async def test_a_lost_session_is_begun_anew_once() -> None:
    session, reading = await read(Tenant(trouble=lose(1), wants_visit=True))
    assert session.visitor == 1
    assert short(session).count("/StadtMuster") == 2
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.OK]
    session, reading = await read(Tenant(trouble=lose(3)))
    assert session.visitor == 1
    assert [view.outcome for view in reading.views] == [Outcome.PARTIAL, Outcome.OK]
    assert times_of(reading.views[0]) == []


async def test_a_group_whose_calendars_fail_is_a_problem() -> None:
    rows = [PICK_UP, service("Kfz", 32, "Zulassung", 500, 15)]
    _, reading = await read(Tenant(rows=rows, desks={"410": "1"}))
    assert [view.calendar.key for view in reading.views] == ["1"]
    (problem,) = reading.problems
    assert (problem.where, problem.outcome) == ("Zulassung", Outcome.CHANGED)


async def test_a_calendar_of_two_groups_is_asked_once() -> None:
    rows = [PICK_UP, service("Kfz", 32, "Zulassung", 500, 15)]
    session, reading = await read(Tenant(rows=rows, desks={"410": "1", "500": "1;2"}))
    assert [view.calendar.key for view in reading.views] == ["1", "2"]
    assert [view.asked for view in reading.views] == [("Abholung",), ("Zulassung",)]
    assert sum(line.startswith("R 1") for line in short(session)) == 3


async def test_a_group_without_a_length_is_asked_only_if_it_needs_none() -> None:
    none = service("Alt", 40, "Ohne Dauer", 600, None)
    other = service("Neu", 41, "Ohne Plätze", 601, None) | {"captype": -1}
    session, reading = await read(Tenant(rows=[none, other], desks={"600": "1", "601": "2"}))
    assert [view.calendar.key for view in reading.views] == ["2"]
    assert reading.views[0].duration_min is None
    (problem,) = reading.problems
    assert (problem.where, problem.outcome) == ("Alt", Outcome.SKIPPED)
    assert "calendar 600" not in short(session)


async def test_named_services_are_asked_at_all_their_calendars() -> None:
    tenant = Tenant(desks={"410": "1,2", "411": "1"})
    session, reading = await read(tenant, services=asked("pass", 410, "Fehlt"))
    assert [line for line in short(session) if line.startswith("cal")] == [
        "calendar 411",
        "calendar 410",
    ]
    one, two = reading.views
    assert (one.asked, two.asked) == (("Pass", "Abholung"), ("Abholung",))
    assert (one.duration_min, two.duration_min) == (None, 10)
    assert times_of(one) == FREE["1"]
    (problem,) = reading.problems
    assert (problem.where, problem.outcome) == ("Fehlt", Outcome.CHANGED)


async def test_a_day_is_covered_when_all_named_services_answered_for_it() -> None:
    def trouble(request: Request) -> Reply | None:
        failing = "serviceid=411&" in request.url and "date=2026-01-27&" in request.url
        return UnreachableError("time-out") if failing else None

    _, reading = await read(Tenant(trouble=trouble), services=asked(410, 411))
    assert reading.views[0].outcome is Outcome.PARTIAL
    assert date(2026, 1, 27) not in reading.views[0].covered
    assert times_of(reading.views[0]) == FREE["1"][2:]


async def test_all_services_are_opt_in() -> None:
    session, _ = await read(Tenant(rows=[*Tenant().rows, PICK_UP]), services="all")
    assert sum(line.startswith("calendar") for line in short(session)) == 2


async def test_the_address_may_narrow_what_is_asked() -> None:
    session, reading = await read(
        Tenant(), url=f"{HOST}/StadtMuster?calendarid=2&servicegroupid=31"
    )
    assert "&servicegroupid=31" in session.log[1].url
    assert [view.calendar.key for view in reading.views] == ["2"]
    _, reading = await read(Tenant(), url=f"{HOST}/StadtMuster/serviceid/411")
    assert {view.asked for view in reading.views} == {("Pass",)}


async def test_a_time_belongs_to_the_calendar_that_it_names() -> None:
    tenant = Tenant(free={"1": FREE["1"]}, fields={"calendarid": 9, "calendarname": "Zimmer 9"})
    _, reading = await read(tenant)
    assert [(view.calendar.key, times_of(view)) for view in reading.views] == [
        ("1", []),
        ("2", []),
        ("9", FREE["1"]),
    ]
    # A calendar's own name may be that of a clerk: it is never kept.
    assert {view.calendar.name for view in reading.views} == {"Ausweise"}
    _, reading = await read(tenant, url=f"{HOST}/StadtMuster?calendarid=1")
    assert [(view.calendar.key, times_of(view)) for view in reading.views] == [("1", [])]


async def test_days_beyond_the_tenants_horizon_are_not_asked() -> None:
    session, reading = await read(Tenant(settings={"appfuture": 10}))
    assert str(reading.views[0].covered) == "2026-01-26..2026-02-05"
    assert sum(line.startswith("R 1") for line in short(session)) == 2
    _, reading = await read(Tenant(settings={"appfuture": 0}))
    assert str(reading.views[0].covered) == "2026-01-26..2026-03-10", "0 sets no limit"


async def test_days_without_a_count_are_opened_until_one_has_a_count() -> None:
    def trouble(request: Request) -> Reply | None:
        if "rangesearch" not in request.url or "date=2026-01-26" in request.url:
            return None
        return json.dumps([{"start": f"{query_of(request.url)['date']}T00:00:00"}])

    session, _ = await read(Tenant(trouble=trouble, desks={"410": "1"}))
    assert [line for line in short(session) if line.startswith("D")] == ["D 1 2026-01-27"]
    session, _ = await read(Tenant(free={}, trouble=trouble, desks={"410": "1"}))
    assert [line for line in short(session) if line.startswith("D")] == [
        "D 1 2026-02-01",
        "D 1 2026-03-01",
    ]


async def test_an_answer_over_several_months_speaks_up_to_its_last_day() -> None:
    def trouble(request: Request) -> Reply | None:
        if "rangesearch" not in request.url or "date=2026-01-26" not in request.url:
            return None
        days = ["2026-01-27", "2026-02-03"]
        return json.dumps([{"start": f"{day}T00:00:00", "available": 1} for day in days])

    session, reading = await read(Tenant(trouble=trouble, desks={"410": "1"}))
    assert [line for line in short(session) if line.startswith("R")] == [
        "R 1 2026-01-26",
        "R 1 2026-02-04",
        "R 1 2026-03-01",
    ]
    assert times_of(reading.views[0]) == FREE["1"]


DAYS = st.dates(date(2026, 1, 26), date(2026, 3, 10))
WEEKS = st.dictionaries(
    st.sampled_from(["1", "2", "3"]), st.sets(st.tuples(DAYS, st.integers(1, 95)), max_size=12)
)


@settings(max_examples=60, deadline=None)
@given(WEEKS)
async def test_whatever_is_free_is_read(weeks: dict[str, set[tuple[date, int]]]) -> None:
    free = {
        key: sorted(f"{day} {at // 4:02}:{at % 4 * 15:02}" for day, at in slots)
        for key, slots in weeks.items()
    }
    session, reading = await read(Tenant(free=free, desks={"410": "1,2;3"}))
    assert {view.calendar.key: times_of(view) for view in reading.views} == {
        key: free.get(key, []) for key in ("1", "2", "3")
    }
    assert {str(view.covered) for view in reading.views} == {"2026-01-26..2026-03-10"}
    days = sum(len({day for day, _ in slots}) for slots in weeks.values())
    assert len(session.log) <= 3 + 3 * 3 + days
    assert all("appointment" not in request.url for request in session.log)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": f"{HOST}/"}, "needs a tenant"),
        ({"url": f"{HOST}/o"}, "needs a tenant"),
        ({"options": {"service": 1}}, "unknown option 'service'"),
        ({"options": {"webid": "Stadt Muster"}}, "webid must be"),
        ({"options": {"services": [411]}}, "unknown option 'services'"),
        ({"url": f"{HOST}/x?serviceid=1,,2"}, "names no service"),
        ({"url": f"{HOST}/x?serviceid=1,2,3,4,5,6,7,8,9"}, "more than 8"),
        ({"services": asked(1), "url": f"{HOST}/x?serviceidpresel=2"}, "given twice"),
        ({"options": {"prime": "page"}}, "prime must be"),
        ({"options": {"account": "x"}}, "account must be"),
        ({"url": f"{HOST}/x?calendarid=a"}, "calendarid in the url"),
    ],
)
def test_options_that_make_no_sense(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        SYSTEM.check_portal(portal(**changes))


def test_options_that_make_sense() -> None:
    found = parse_options(portal(url="https://www.qtermin.de/o/qtermin-Stadt/?servicegroupid=1,2"))
    assert (found.origin, found.webid, found.groups) == (
        "https://www.qtermin.de",
        "qtermin-stadt",
        "1,2",
    )
    assert parse_options(portal(services="all")).all_services
