from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import (
    AmtspulsError,
    ConfigError,
    PageChangedError,
    RefusedError,
    SkippedError,
    ThrottledError,
    UnreachableError,
)
from amtspuls.model import KnownCalendar, Outcome, Reading, View, Window, local_from_slot
from amtspuls.systems.base import Ask
from amtspuls.systems.tempus import SYSTEM
from support.composed import (
    SNA,
    html,
    tempus_calendar,
    tempus_form,
    tempus_link,
    tempus_notice,
    tempus_offices,
    tempus_times,
)
from support.fake_session import FETCHED_AT, FakeSession, Rule, on, posting

WINDOW = Window(date(2026, 1, 26), date(2026, 3, 10))
FIELD = "Anm-1180-mittermin"
ONE = {"Meldeangelegenheiten": [(FIELD, "Anmeldung"), ("Abm-1181-mittermin", "Abmeldung")]}
TWO = ONE | {"Ausweise": [("Aus-2000-mittermin", "Personalausweis")]}
ENTRY = "anlagennr=39"
SOLD_OUT = html("<p>Leider sind derzeit alle Termine ausgebucht.</p>")
NOWHERE = html("<p>Leider können wir Ihnen im Moment an keinem Standort einen Termin anbieten.</p>")
EXPIRED = html("<p>Sitzung abgelaufen</p>")
MARKED = {(2026, 1): [27], (2026, 2): [3, 4]}


def portal(**changes: Any) -> Portal:
    given: dict[str, Any] = {
        "id": "musterhausen",
        "name": "Stadt Musterhausen",
        "system": "tempus",
        "url": "https://termine.example/termine/index.php?anlagennr=39&anwendung=2",
    }
    return Portal(**given | changes)


async def read(
    session: FakeSession, known: tuple[KnownCalendar, ...] = (), **changes: Any
) -> Reading:
    return await SYSTEM.fetch_portal(session, Ask(portal(**changes), WINDOW, known))


def known(key: str, name: str, days_ago: int = 0) -> KnownCalendar:
    return KnownCalendar(key, name, FETCHED_AT - timedelta(days=days_ago))


def times_of(view: View) -> list[str]:
    return [local_from_slot(slot).isoformat(" ", "minutes") for slot in view.slots]


def days(*first: Rule) -> list[Rule]:
    return [
        *first,
        on("datum=2026-01-27", tempus_times(["10:40", "08:10"], day="2026-01-27")),
        on("datum=2026-02-03", tempus_times([], day="2026-02-03")),
        on("datum=2026-02-04", tempus_times(["09:00"], day="2026-02-04")),
    ]


def direct(*first: Rule) -> list[Rule]:
    return [
        *days(*first),
        posting(FIELD, tempus_calendar(MARKED)),
        on(ENTRY, tempus_form(ONE), method="GET"),
    ]


def offices(*first: Rule) -> list[Rule]:
    """Mitte (105) has days, Süd (106) is sold out."""
    listed = tempus_offices(
        [("Mitte", tempus_link("1180", "105")), ("Süd", tempus_link("1180", "106"))]
    )
    return [
        *days(*first),
        posting(FIELD, listed),
        on("standortrowid=105", tempus_calendar(MARKED, office="105")),
        on("standortrowid=106", SOLD_OUT),
        on(ENTRY, tempus_form(ONE), method="GET"),
    ]


async def test_a_direct_calendar_takes_one_post_and_its_marked_days() -> None:
    session = FakeSession(direct())
    reading = await read(session)
    base = f"/termine/index.php?anr=39&sna={SNA}&action=open"
    link = f"{base}&page=tagesauswahl&tasks=1180&kuerzel=X&schlangen=1-2&standortrowid=144"
    assert session.paths == [
        "GET /termine/index.php?anlagennr=39&anwendung=2",
        f"POST {base}",
        f"GET {link}&datum=2026-01-27",
        f"GET {link}&datum=2026-02-03",
        f"GET {link}&datum=2026-02-04",
    ]
    assert session.log[1].form == {FIELD: "1", "Abm-1181-mittermin": "0"}
    assert session.cleared == []
    (view,) = reading.views
    assert reading.problems == ()
    assert (view.calendar.key, view.calendar.name) == ("144/1180", "Meldeangelegenheiten")
    assert view.calendar.services == ("Anmeldung", "Abmeldung")
    assert (view.asked, view.outcome, view.reason) == (("Anmeldung",), Outcome.OK, "")
    # The days after the last month shown are unknown.
    assert str(view.covered) == "2026-01-26..2026-02-28"
    assert times_of(view) == ["2026-01-27 08:10", "2026-01-27 10:40", "2026-02-04 09:00"]


async def test_days_outside_the_window_are_not_opened() -> None:
    marked = {(2026, 1): [5, 25, 27], (2026, 3): [10, 11]}
    session = FakeSession(
        [
            on("datum=2026-03-10", tempus_times([], day="2026-03-10")),
            posting(FIELD, tempus_calendar(marked)),
            *direct(),
        ]
    )
    (view,) = (await read(session)).views
    assert [path[-10:] for path in session.paths if "datum" in path] == ["2026-01-27", "2026-03-10"]
    assert str(view.covered) == "2026-01-26..2026-03-10"


async def test_an_office_list_gives_one_calendar_per_office() -> None:
    session = FakeSession(offices())
    reading = await read(session)
    assert [(v.calendar.key, v.calendar.name, v.outcome) for v in reading.views] == [
        ("105/1180", "Mitte: Meldeangelegenheiten", Outcome.OK),
        ("106/1180", "Süd: Meldeangelegenheiten", Outcome.OK),
    ]
    first, second = reading.views
    assert len(first.slots) == 3
    assert (second.slots, str(second.covered)) == ((), "2026-01-26..2026-03-10")
    assert len(session.log) == 7


async def test_categories_are_posted_to_one_action_in_one_session() -> None:
    session = FakeSession(
        [
            on(ENTRY, tempus_form(TWO), method="GET"),
            posting("Aus-2000-mittermin", SOLD_OUT),
            *direct(),
        ]
    )
    reading = await read(session)
    assert [view.calendar.key for view in reading.views] == ["144/1180", "-/2000"]
    assert session.log[-1].url == session.log[1].url
    assert session.log[-1].form == {"Aus-2000-mittermin": "1"}
    assert session.cleared == []


async def test_notices_are_passed_before_lists_calendars_and_offices() -> None:
    before_list = tempus_notice(tempus_link("1180", page="standortauswahl"))
    before_office = tempus_notice(tempus_link("1180", "105", page="tagesauswahl2"))
    session = FakeSession(
        [
            on("page=tagesauswahl2", tempus_calendar({(2026, 1): []})),
            posting(FIELD, before_list),
            on("standortauswahl", tempus_offices([("Mitte", tempus_link("1180", "105"))])),
            on("standortrowid=105", before_office),
            on(ENTRY, tempus_form(ONE), method="GET"),
        ]
    )
    (view,) = (await read(session)).views
    assert (view.calendar.key, view.outcome) == ("105/1180", Outcome.OK)
    assert str(view.covered) == "2026-01-26..2026-01-31"
    assert len(session.log) == 5


async def test_two_notices_in_a_row_are_passed_and_three_are_not() -> None:
    def notices(count: int) -> list[Rule]:
        return [
            on("page=n1", tempus_notice(tempus_link("1180", page="n2"))),
            on("page=n2", *([SOLD_OUT] if count == 2 else [tempus_notice("?page=n1")])),
            posting(FIELD, tempus_notice(tempus_link("1180", page="n1"))),
            on(ENTRY, tempus_form(ONE), method="GET"),
        ]

    two = await read(FakeSession(notices(2)))
    assert [view.outcome for view in two.views] == [Outcome.OK]
    endless = await read(FakeSession(notices(3)))
    assert endless.views == ()
    assert [problem.outcome for problem in endless.problems] == [Outcome.CHANGED]


async def test_a_marked_day_without_times_is_covered() -> None:
    (view,) = (await read(FakeSession(direct()))).views
    assert date(2026, 2, 3) in view.covered


async def test_a_failed_day_is_not_covered() -> None:
    session = FakeSession(direct(on("datum=2026-02-03", html("<p>Bitte wählen.</p>"))))
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.PARTIAL
    assert str(view.covered) == "2026-01-26..2026-02-02,2026-02-04..2026-02-28"
    assert view.reason.startswith("not read: 2026-02-03 (times of 2026-02-03 lacks")
    assert times_of(view)[-1] == "2026-02-04 09:00"


@pytest.mark.parametrize(
    "error",
    [ThrottledError("429"), SkippedError("the budget is spent"), RefusedError("403")],
    ids=["throttled", "skipped", "refused"],
)
async def test_no_request_after_the_portal_says_stop(error: AmtspulsError) -> None:
    session = FakeSession(
        [
            on(ENTRY, tempus_form(TWO | {"Neues": [("N-3-mittermin", "Neu")]}), method="GET"),
            *offices(on("datum=2026-02-03", error)),
        ]
    )
    reading = await read(session, (known("144/2000", "Ausweise"),))
    assert session.paths[-1].endswith("datum=2026-02-03")
    assert [(v.calendar.key, str(v.outcome)) for v in reading.views] == [
        ("105/1180", "partial"),
        ("106/1180", error.outcome),
        ("144/2000", error.outcome),
    ]
    assert str(reading.views[0].covered) == "2026-01-26..2026-02-02,2026-02-05..2026-02-28"
    assert [(p.where, str(p.outcome)) for p in reading.problems] == [("Neues", error.outcome)]


async def test_a_captcha_at_one_office_refuses_that_view_only() -> None:
    captcha = html('<div class="frc-captcha"></div>')
    session = FakeSession(offices(on("standortrowid=106", captcha)))
    reading = await read(session)
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.REFUSED]


async def test_a_lost_session_gets_a_fresh_form_and_one_more_try() -> None:
    fresh = "T" + "f" * 32
    session = FakeSession(
        [
            posting(FIELD, EXPIRED, tempus_calendar({(2026, 1): []}, office="144")),
            on(ENTRY, tempus_form(ONE), tempus_form(ONE, sna=fresh), method="GET"),
        ]
    )
    reading = await read(session, (known("144/1180", "Meldeangelegenheiten"),))
    assert [view.outcome for view in reading.views] == [Outcome.OK]
    assert [request.method for request in session.log] == ["GET", "POST", "GET", "POST"]
    assert session.cleared == [2]
    assert fresh in session.log[3].url


async def test_a_session_lost_twice_is_changed() -> None:
    session = FakeSession([posting(FIELD, EXPIRED), *direct()])
    reading = await read(session, (known("144/1180", "Meldeangelegenheiten"),))
    (view,) = reading.views
    assert (view.outcome, view.calendar.key) == (Outcome.CHANGED, "144/1180")
    assert len(session.log) == 4


async def test_an_office_that_stays_lost_is_changed_and_the_other_is_read() -> None:
    session = FakeSession(offices(on("standortrowid=106", tempus_form(ONE))))
    reading = await read(session)
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.CHANGED]
    assert len([path for path in session.paths if path.startswith("POST")]) == 2


async def test_a_category_that_is_gone_in_the_fresh_session_is_changed() -> None:
    other = tempus_form({"Neues": [("N-3-mittermin", "Neu")]})
    session = FakeSession(
        [posting(FIELD, EXPIRED), on(ENTRY, tempus_form(ONE), other, method="GET")]
    )
    (problem,) = (await read(session)).problems
    assert (problem.where, problem.outcome) == ("Meldeangelegenheiten", Outcome.CHANGED)


async def test_a_sold_out_calendar_keeps_the_key_it_had() -> None:
    remembered = (known("231/1180", "Mitte: Melde"), known("-/1180", "Melde"))
    session = FakeSession([posting(FIELD, SOLD_OUT), *direct()])
    (view,) = (await read(session, remembered)).views
    assert (view.calendar.key, view.calendar.name) == ("231/1180", "Mitte: Melde")
    assert (view.outcome, view.slots, str(view.covered)) == (
        Outcome.OK,
        (),
        "2026-01-26..2026-03-10",
    )


async def test_a_sold_out_calendar_never_seen_gets_a_key_without_office() -> None:
    session = FakeSession([posting(FIELD, SOLD_OUT), *direct()])
    (view,) = (await read(session)).views
    assert (view.calendar.key, view.calendar.name) == ("-/1180", "Meldeangelegenheiten")


async def test_a_failed_calendar_without_office_is_failed_under_the_key_it_had() -> None:
    session = FakeSession([posting(FIELD, UnreachableError("reset")), *direct()])
    (view,) = (await read(session, (known("-/1180", "Melde"),))).views
    assert (view.calendar.key, view.outcome) == ("-/1180", Outcome.UNREACHABLE)


async def test_a_calendar_without_marked_days_keeps_the_key_it_had() -> None:
    bare = '<table class="cal"><tr><th class="monatslabel">Januar 2026</th></tr><td>5</td></table>'
    session = FakeSession([posting(FIELD, html(bare)), *direct()])
    (view,) = (await read(session, (known("144/1180", "Melde"),))).views
    assert (view.calendar.key, str(view.covered)) == ("144/1180", "2026-01-26..2026-01-31")


async def test_nothing_anywhere_is_said_of_every_office_seen_last() -> None:
    remembered = (
        known("105/1180", "Mitte: Melde"),
        known("106/1180", "Süd: Melde"),
        known("105/2000", "Mitte: Ausweise"),
        known("99/1180", "Alt: Melde", days_ago=3),
    )
    session = FakeSession([posting(FIELD, NOWHERE), *direct()])
    reading = await read(session, remembered)
    assert [view.calendar.key for view in reading.views] == ["105/1180", "106/1180"]
    assert {view.outcome for view in reading.views} == {Outcome.OK}
    (alone,) = (await read(FakeSession([posting(FIELD, NOWHERE), *direct()]))).views
    assert alone.calendar.key == "-/1180"


def listing(*names: str) -> FakeSession:
    listed = tempus_offices(
        [("Mitte", tempus_link("1180", "105")), *((name, "") for name in names)]
    )
    return FakeSession([posting(FIELD, listed), *offices()])


async def test_an_office_without_link_is_known_by_task_and_name() -> None:
    remembered = (
        known("7/1180", "Süd: Meldeangelegenheiten"),
        known("8/2000", "Süd: Ausweise"),
    )
    reading = await read(listing("Süd"), remembered)
    assert [view.calendar.key for view in reading.views] == ["105/1180", "7/1180"]
    south = reading.views[1]
    assert (south.outcome, south.slots, str(south.covered)) == (
        Outcome.OK,
        (),
        "2026-01-26..2026-03-10",
    )


async def test_an_office_without_link_is_known_by_its_other_calendars() -> None:
    reading = await read(listing("Süd"), (known("8/2000", "Süd: Ausweise"),))
    assert reading.views[1].calendar.key == "8/1180"
    assert reading.views[1].calendar.name == "Süd: Meldeangelegenheiten"


async def test_an_office_without_link_is_known_by_an_earlier_category() -> None:
    earlier = tempus_offices([("Süd", tempus_link("2000", "106"))])
    categories = {"Ausweise": [("Aus-2000-mittermin", "Ausweis")]} | ONE
    session = listing("Süd")
    session.rules[:0] = [
        posting("Aus-2000-mittermin", earlier),
        on(ENTRY, tempus_form(categories), method="GET"),
    ]
    reading = await read(session)
    assert [view.calendar.key for view in reading.views] == ["106/2000", "105/1180", "106/1180"]


async def test_an_office_of_two_ids_or_none_cannot_be_keyed() -> None:
    ambiguous = (known("8/2000", "Süd: Ausweise"), known("9/2001", "Süd: Sonstiges"))
    for remembered in (ambiguous, ()):
        reading = await read(listing("Süd"), remembered)
        assert [view.calendar.key for view in reading.views] == ["105/1180"]
        (problem,) = reading.problems
        assert (problem.where, problem.outcome) == (
            "Süd: Meldeangelegenheiten",
            Outcome.SKIPPED,
        )


async def test_an_unexplained_office_without_link_is_a_problem() -> None:
    listed = tempus_offices([("Mitte", tempus_link("1180", "105"))])
    listed = listed.replace("</ul>", "<li>Nord</li></ul>")
    session = FakeSession([posting(FIELD, listed), *offices()])
    reading = await read(session, (known("9/1180", "Nord: Meldeangelegenheiten"),))
    (problem,) = reading.problems
    assert problem.outcome is Outcome.CHANGED


async def test_an_office_that_answers_with_a_list_again_is_changed() -> None:
    listed = tempus_offices([("Mitte", tempus_link("1180", "105"))])
    session = FakeSession(offices(on("standortrowid=106", listed)))
    reading = await read(session)
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.CHANGED]


async def test_an_option_without_task_can_only_be_keyed_by_links() -> None:
    form = tempus_form({"Melde": [("irgendwas", "Anmeldung")]})
    session = FakeSession([posting("irgendwas", SOLD_OUT), on(ENTRY, form, method="GET")])
    reading = await read(session)
    assert reading.views == ()
    assert [problem.outcome for problem in reading.problems] == [Outcome.CHANGED]
    session = FakeSession([posting("irgendwas", tempus_calendar({(2026, 1): []})), *direct()])
    session.rules[:0] = [
        posting("irgendwas", tempus_calendar(MARKED)),
        on(ENTRY, form, method="GET"),
        *days(),
    ]
    assert [view.calendar.key for view in (await read(session)).views] == ["144/1180"]


async def test_marked_days_without_office_are_filed_without_one_when_it_is_ambiguous() -> None:
    calendar = tempus_calendar(MARKED).replace("&amp;standortrowid=144", "")
    remembered = (known("105/1180", "Mitte: Melde"), known("106/1180", "Süd: Melde"))
    session = FakeSession(days(posting(FIELD, calendar), on(ENTRY, tempus_form(ONE), method="GET")))
    (view,) = (await read(session, remembered)).views
    assert view.calendar.key == "-/1180"


async def test_aliases_give_history_its_key() -> None:
    session = FakeSession(direct())
    (view,) = (await read(session, calendar_aliases={"144/1180": "144/999"})).views
    assert view.calendar.key == "144/999"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (ThrottledError("429"), ThrottledError),
        (html("<p>Wartungsarbeiten</p>"), UnreachableError),
        (html('<div class="g-recaptcha"></div>'), RefusedError),
        (html("<p>Hallo</p>"), PageChangedError),
    ],
    ids=["throttled", "maintenance", "captcha", "unknown"],
)
async def test_a_failed_entry_page_fails_the_portal(
    reply: str | AmtspulsError, error: type[AmtspulsError]
) -> None:
    session = FakeSession([on(ENTRY, reply)])
    with pytest.raises(error):
        await read(session)
    assert len(session.log) == 1


async def test_a_lost_session_on_the_entry_page_is_tried_once_more() -> None:
    session = FakeSession([on(ENTRY, EXPIRED, tempus_form(ONE), method="GET"), *direct()])
    assert len((await read(session)).views) == 1
    assert session.cleared == [1]


async def test_a_window_that_lies_behind_the_calendar_is_changed() -> None:
    session = FakeSession([posting(FIELD, tempus_calendar({(2025, 12): [5]})), *direct()])
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.CHANGED


async def test_requests_stay_within_the_budget() -> None:
    session = FakeSession(offices())
    reading = await read(session)
    assert len(session.log) <= 1 + 4 * len(reading.views) + 3


async def test_the_entry_may_name_the_service_and_keys_stay_as_they_were() -> None:
    other = "Abm-1181-mittermin"
    calendar = tempus_calendar(MARKED).replace("tasks=1180", "tasks=1181")
    session = FakeSession(
        [*days(posting(other, calendar)), on(ENTRY, tempus_form(ONE), method="GET")]
    )
    wanted = [{"common": "other", "id": 1181}, {"common": "other", "name": "anmeldung"}]
    reading = await read(session, services=wanted)
    assert session.log[1].form == {FIELD: "0", other: "1"}
    (view,) = reading.views
    assert reading.problems == ()
    assert (view.calendar.key, view.asked) == ("144/1180", ("Abmeldung",))
    assert view.calendar.services == ("Anmeldung", "Abmeldung")
    assert len(view.slots) == 3


async def test_what_the_entry_does_not_name_is_not_asked() -> None:
    session = FakeSession(direct())
    reading = await read(session, services=[{"common": "other", "name": "Fehlt"}])
    assert len(session.log) == 1
    assert reading.views == ()
    assert [(one.where, one.outcome) for one in reading.problems] == [("Fehlt", Outcome.CHANGED)]


def test_all_services_cannot_be_asked() -> None:
    with pytest.raises(ConfigError, match="tempus asks one service per calendar"):
        SYSTEM.check_portal(portal(services="all"))
