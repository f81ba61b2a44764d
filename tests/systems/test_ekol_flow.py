from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
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
    ThrottledError,
    UnreachableError,
)
from amtspuls.model import Outcome, Reading, View, Window, local_from_slot
from amtspuls.systems.base import Ask
from amtspuls.systems.ekol import SYSTEM
from support.ekol_portal import EkolPortal, concerns, frame
from support.fake_session import FakeSession, Reply, Request

HOST = "https://termine.example"
WINDOW = Window(date(2026, 1, 26), date(2026, 3, 10))
GOHLIS, PAUNSDORF = "1279700237", "1317888459"
HEADS = {"1": "Bürgerämter", GOHLIS: "Bürgeramt Gohlis", PAUNSDORF: "Bürgeramt Paunsdorf"}
JAN, FEB, MAR = date(2026, 1, 27), date(2026, 2, 3), date(2026, 3, 4)
FREE = {GOHLIS: {JAN: ["08:10", "10:40"], FEB: ["09:00"]}, PAUNSDORF: {FEB: ["12:30"]}}
EXPIRED = "<p>Ihre Sitzung ist abgelaufen.</p>"
VARIANTS: list[dict[str, Any]] = [
    {"skin": "A", "sticky": True, "names_day": False, "epoch": False},
    {"skin": "A", "sticky": True, "names_day": True, "epoch": False},
    {"skin": "A2"},
    {"skin": "A2", "has_comments": True},
    {"skin": "B", "names_day": False, "shown_days": 20},
    {"skin": "B", "sticky": True, "shown_days": 20},
]


def make(**given: Any) -> EkolPortal:
    fields: dict[str, Any] = {"free": FREE, "heads": HEADS}
    return EkolPortal(**fields | given)


def portal(**changes: Any) -> Portal:
    given: dict[str, Any] = {
        "id": "musterhausen",
        "name": "Stadt Musterhausen",
        "system": "ekol",
        "url": f"{HOST}/tnv",
    }
    return Portal(**given | changes)


async def read(made: EkolPortal, **changes: Any) -> tuple[FakeSession, Reading]:
    session = FakeSession([made])
    return session, await SYSTEM.fetch_portal(session, Ask(portal(**changes), WINDOW))


def times_of(view: View) -> list[str]:
    return [local_from_slot(slot).isoformat(" ", "minutes") for slot in view.slots]


def pressed(session: FakeSession) -> list[str]:
    """The buttons in few words; GET for a start."""
    said = []
    for request in session.log:
        name = next((name for name in reversed([*request.form]) if "ACTION_" in name), "GET")
        said.append(name.removeprefix("ACTION_").partition("||1")[0].replace("_PREFIX", " "))
    return said


async def test_all_offices_are_read_in_one_session() -> None:
    session, reading = await read(make())
    assert pressed(session) == [
        "GET",
        "INFOPAGE_NEXT",
        f"TREE_EXPAND-{GOHLIS}",
        f"OFFICESELECT_TERMNEW {GOHLIS}",
        "CONCERNSELECT_NEXT",
        "CALENDARVIEW17||DAY_SELECT",
        "CALENDARVIEW17||DAY_SELECT",
        "CALENDARSELECT_PREVIOUS",
        "CONCERNSELECT_PREVIOUS",
        f"TREE_EXPAND-{PAUNSDORF}",
        f"OFFICESELECT_TERMNEW {PAUNSDORF}",
        "CONCERNSELECT_NEXT",
        "CALENDARVIEW17||DAY_SELECT",
    ]
    assert session.cleared == []
    assert session.log[0].url == f"{HOST}/tnv"
    assert session.log[4].form["71"] == "1"
    assert session.log[4].form["72"] == "0"
    first, second = reading.views
    assert (first.calendar.key, first.calendar.name) == (GOHLIS, "Bürgeramt Gohlis")
    assert first.calendar.services == ("Reisepass", "Meldung")
    assert (first.asked, first.outcome, first.reason) == (("Reisepass",), Outcome.OK, "")
    assert str(first.covered) == "2026-01-26..2026-03-10"
    assert times_of(first) == ["2026-01-27 08:10", "2026-01-27 10:40", "2026-02-03 09:00"]
    assert times_of(second) == ["2026-02-03 12:30"]
    assert reading.problems == ()


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
async def test_both_generations_are_read_alike(variant: dict[str, Any]) -> None:
    session, reading = await read(make(closed=frozenset({date(2026, 2, 2)}), **variant))
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.OK]
    assert [times_of(view) for view in reading.views] == [
        ["2026-01-27 08:10", "2026-01-27 10:40", "2026-02-03 09:00"],
        ["2026-02-03 12:30"],
    ]
    assert pressed(session).count("GET") == 1


@pytest.mark.parametrize(
    ("variant", "requests"), list(zip(VARIANTS, (15, 16, 13, 16, 17, 21), strict=True)), ids=str
)
async def test_requests_of_each_variant(variant: dict[str, Any], requests: int) -> None:
    session, _ = await read(make(**variant))
    assert len(session.log) == requests


async def test_a_portal_of_one_office_starts_at_it() -> None:
    url = f"{HOST}/tnv/?START_OFFICE=buergerservice"
    session, reading = await read(make(has_tree=False, free={"13": {FEB: ["09:00"]}}), url=url)
    assert pressed(session)[:3] == ["GET", "OFFICESELECT_TERMNEW 13", "CONCERNSELECT_NEXT"]
    (view,) = reading.views
    assert (view.calendar.key, view.calendar.name) == ("13", "Stadt Musterhausen")
    assert times_of(view) == ["2026-02-03 09:00"]


async def test_a_calendar_that_ends_covers_no_further() -> None:
    _, reading = await read(make(shown_days=10))
    assert str(reading.views[0].covered) == "2026-01-26..2026-02-24", "three pages of ten days"
    session, reading = await read(make(skin="B", shown_days=22))
    assert str(reading.views[0].covered) == "2026-01-26..2026-03-10"
    assert pressed(session).count("CALENDARVIEW17||FORWARD") == 2, "once for each office"


@pytest.mark.parametrize("wanted", [{"id": "72"}, {"name": "meldung "}])
async def test_the_catalogue_may_name_the_concern(wanted: dict[str, str]) -> None:
    missing = {"common": "other", "name": "Fehlt"}
    session, reading = await read(make(), services=[missing, {"common": "other"} | wanted])
    assert reading.views[0].asked == ("Meldung",)
    assert session.log[4].form["72"] == "1"


def once(at: int, reply: Reply) -> Callable[[int, Request], Reply | None]:
    return lambda number, _: reply if number == at else None


@pytest.mark.parametrize("at", [3, 4, 5, 6, 7])
async def test_a_lost_session_repeats_the_office_once(at: int) -> None:
    session, reading = await read(make(trouble=once(at, EXPIRED)))
    assert session.visitor == 1
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.OK]
    assert len(reading.views[0].slots) == 3


@pytest.mark.parametrize("at", [1, 2])
async def test_a_session_lost_at_the_start_is_begun_anew(at: int) -> None:
    session, reading = await read(make(trouble=once(at, EXPIRED)))
    assert session.visitor == 1
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.OK]


async def test_a_portal_that_forgets_silently_is_noticed() -> None:
    made = make()

    def forget(number: int, _: Request) -> Reply | None:
        if number == 6:
            made.state, made.day = "info", None
            return frame('<button name="ACTION_INFOPAGE_NEXT">Weiter</button>', "6")
        return None

    made.trouble = forget
    session, reading = await read(made)
    assert session.visitor == 1
    assert [len(view.slots) for view in reading.views] == [3, 1]


async def test_days_that_are_lost_twice_are_not_covered() -> None:
    def lose(_: int, request: Request) -> Reply | None:
        return EXPIRED if any("DAY_SELECT" in name for name in request.form) else None

    _, reading = await read(make(trouble=lose))
    first, second = reading.views
    assert (first.outcome, second.outcome) == (Outcome.PARTIAL, Outcome.PARTIAL)
    assert times_of(first) == []
    assert str(first.covered) == "2026-01-26,2026-01-28..2026-02-02,2026-02-04..2026-03-10"


@pytest.mark.parametrize(
    ("error", "second"),
    [
        (ThrottledError("429"), Outcome.THROTTLED),
        (RefusedError("403"), Outcome.REFUSED),
        (UnreachableError("time-out"), Outcome.OK),
        (PageChangedError("404"), Outcome.OK),
    ],
)
async def test_trouble_with_a_day_loses_that_office_only(
    error: AmtspulsError, second: Outcome
) -> None:
    session, reading = await read(make(trouble=once(7, error)))
    one, two = reading.views
    assert one.outcome is Outcome.PARTIAL
    assert times_of(one) == ["2026-01-27 08:10", "2026-01-27 10:40"]
    assert FEB not in one.covered
    assert two.outcome is second
    if second is Outcome.OK:
        assert pressed(session).count("GET") == 2, "the place is lost, so it begins anew"
    else:
        assert len(session.log) == 7


async def test_a_captcha_refuses_the_office_and_is_never_answered() -> None:
    page = frame('<img id="cssconstants_captcha_image" src="c.png"><input id="captcha_userinput">')
    _, reading = await read(make(trouble=once(5, page)))
    assert reading.views[0].outcome is Outcome.REFUSED
    assert reading.views[1].outcome is Outcome.OK


async def test_an_office_without_new_appointments_is_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = make(heads=HEADS | {"5": "Standesamt"})
    original = EkolPortal._press

    def closed(name: str, request: Request) -> None:
        if name != "ACTION_TREE_EXPAND-5":
            original(made, name, request)

    monkeypatch.setattr(made, "_press", closed)  # one office whose branch stays closed
    _, reading = await read(made)
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.OK, Outcome.SKIPPED]
    assert "no new appointment" in reading.views[2].reason


async def test_a_concern_that_leads_nowhere_is_skipped_with_what_the_page_says() -> None:
    page = frame(concerns({"71": "Reisepass"}, "22.11.2026 10:11:12: Bitte rufen Sie an"), "5")
    _, reading = await read(make(trouble=once(5, page)))
    first, second = reading.views
    assert first.outcome is Outcome.SKIPPED
    assert "Bitte rufen Sie an" in first.reason
    assert second.outcome is Outcome.OK


async def test_a_day_with_an_unknown_text_is_not_covered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = make(skin="A")
    original = EkolPortal._months

    def odd() -> str:
        return original(made).replace("1 frei", "auf Anfrage")

    monkeypatch.setattr(made, "_months", odd)  # a word that nobody knows
    _, reading = await read(made)
    assert reading.views[0].outcome is Outcome.PARTIAL
    assert FEB not in reading.views[0].covered
    assert JAN in reading.views[0].covered


async def test_times_of_another_day_are_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = make()
    original = EkolPortal._press_calendar

    def stuck(name: str) -> None:
        original(made, name)
        made.day = JAN if made.day is not None else None

    monkeypatch.setattr(made, "_press_calendar", stuck)  # always the same box
    _, reading = await read(made)
    assert reading.views[0].outcome is Outcome.PARTIAL
    assert times_of(reading.views[0]) == ["2026-01-27 08:10", "2026-01-27 10:40"]
    assert times_of(reading.views[1]) == []
    assert "another day" in reading.views[1].reason


async def test_no_start_is_no_empty_portal() -> None:
    with pytest.raises(PageChangedError):
        await read(make(trouble=lambda *_: "<p>Willkommen</p>"))
    with pytest.raises(PageChangedError, match="choice of offices"):
        await read(make(trouble=once(2, frame(concerns({"71": "Reisepass"}), "2"))))


DAYS = st.dates(WINDOW.first, WINDOW.last)
TIMES = st.sets(
    st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}"), min_size=1, max_size=3
)
WEEKS = st.dictionaries(
    st.sampled_from([GOHLIS, PAUNSDORF]), st.dictionaries(DAYS, TIMES.map(sorted), max_size=6)
)


@settings(max_examples=40, deadline=None)
@given(WEEKS, st.sampled_from(VARIANTS), st.sets(DAYS, max_size=5))
async def test_whatever_is_free_is_read(
    weeks: dict[str, dict[date, list[str]]], variant: dict[str, Any], closed: set[date]
) -> None:
    free = {
        key: {day: times for day, times in weeks.get(key, {}).items() if day not in closed}
        for key in (GOHLIS, PAUNSDORF)
    }
    made = make(**variant | {"free": free, "closed": frozenset(closed)})
    session, reading = await read(made)
    last = made.start + timedelta(days=3 * made.shown_days - 1)
    for view in reading.views:
        want = [
            f"{day} {time}"
            for day, times in sorted(free[view.calendar.key].items())
            for time in times
        ]
        assert times_of(view) == want
        assert view.covered == WINDOW.covered(last)
    opened = sum(len(days) for days in free.values())
    assert len(session.log) <= 2 + 2 * 9 + 2 * opened
    assert pressed(session).count("GET") == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"options": {"office": "1"}}, "no options"),
        ({"options": {"services": ["Reisepass"]}}, "no options"),
        ({"services": "all"}, "one service per calendar"),
    ],
)
def test_entries_that_make_no_sense(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        SYSTEM.check_portal(portal(**changes))
    SYSTEM.check_portal(portal(services=[{"common": "passport", "name": "Reisepass"}]))
