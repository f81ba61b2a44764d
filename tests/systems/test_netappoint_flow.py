from __future__ import annotations

from datetime import date
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
from amtspuls.systems.netappoint import SYSTEM
from support.composed import html, nat_form, nat_month, nat_places, nat_times
from support.fake_session import FETCHED_AT, FakeSession, Rule, on, posting

WINDOW = Window(date(2026, 1, 26), date(2026, 3, 10))
ONE = {"Meldewesen": [("casetype_1", "Reisepass"), ("casetype_2", "Ausweis")]}
TWO = ONE | {"Kfz-Zulassung": [("casetype_3", "Abmeldung")]}
EXPIRED = html("<p>Ihre Sitzung ist abgelaufen.</p>")
REFUSED = nat_form(ONE, "<p>Bitte geben Sie mindestens 1 Dienstleistung an.</p>")


def portal(**changes: Any) -> Portal:
    given: dict[str, Any] = {
        "id": "musterstadt",
        "name": "Stadt Musterstadt",
        "system": "netappoint",
        "url": "https://termine.example/index.php?company=musterstadt",
    }
    return Portal(**given | changes)


async def read(
    session: FakeSession, known: tuple[KnownCalendar, ...] = (), **changes: Any
) -> Reading:
    return await SYSTEM.fetch_portal(session, Ask(portal(**changes), WINDOW, known))


def times_of(view: View) -> list[str]:
    return [local_from_slot(slot).isoformat(" ", "minutes") for slot in view.slots]


def simple(*first: Rule) -> list[Rule]:
    """January has the 27th and the 28th, February the 3rd, March nothing."""
    return [
        *first,
        posting("casetype_1", nat_month(2026, 1, [27, 28], later=(2026, 2))),
        on("day=27", nat_times(2026, 1, 27, ["09:15", "08:00"])),
        on("day=28", nat_times(2026, 1, 28, ["10:00"])),
        on("day=3&", nat_times(2026, 2, 3, ["07:30"])),
        on("month=2&", nat_month(2026, 2, [3], earlier=(2026, 1), later=(2026, 3))),
        on("month=3&", nat_month(2026, 3, [], earlier=(2026, 2))),
        on("company=musterstadt", nat_form(ONE), method="GET"),
    ]


async def test_walks_months_in_the_session_and_days_without_it() -> None:
    session = FakeSession(simple())
    reading = await read(session)
    link = "GET /index.php?company=musterstadt&cur_cause=0&step=3"
    assert session.paths == [
        "GET /index.php?company=musterstadt",
        "POST /index.php?company=musterstadt&cur_cause=0&step=2",
        f"{link}&month=2&year=2026&casetypes=casetype_1",
        f"{link}&month=3&year=2026&casetypes=casetype_1",
        f"{link}&year=2026&month=1&day=27&casetypes=casetype_1",
        f"{link}&year=2026&month=1&day=28&casetypes=casetype_1",
        f"{link}&year=2026&month=2&day=3&casetypes=casetype_1",
    ]
    assert [request.visitor for request in session.log] == [0, 0, 0, 0, 1, 1, 1]
    assert session.log[1].form == {
        "casetype_1": "1",
        "casetype_2": "0",
        "sentcasetypes": "Weiter",
    }
    (view,) = reading.views
    assert reading.problems == ()
    assert (view.calendar.key, view.calendar.name) == ("meldewesen", "Meldewesen")
    assert view.calendar.services == ("Reisepass", "Ausweis")
    assert view.asked == ("Reisepass",)
    assert view.outcome is Outcome.OK
    assert view.reason == ""
    assert str(view.covered) == "2026-01-26..2026-03-10"
    assert times_of(view) == [
        "2026-01-27 08:00",
        "2026-01-27 09:15",
        "2026-01-28 10:00",
        "2026-02-03 07:30",
    ]


async def test_each_category_is_a_new_visitor_and_sends_its_own_fields_only() -> None:
    session = FakeSession(
        [
            posting("casetype_3", nat_month(2026, 1)),
            *simple(on("company=musterstadt", nat_form(TWO), method="GET"))[1:-1],
            on("company=musterstadt", nat_form(TWO), method="GET"),
        ]
    )
    reading = await read(session)
    assert [view.calendar.key for view in reading.views] == ["meldewesen", "kfz-zulassung"]
    last = session.log[-1]
    assert last.form == {"casetype_3": "1", "sentcasetypes": "Weiter"}
    assert last.visitor > session.log[-2].visitor
    nothing = reading.views[1]
    assert (nothing.outcome, nothing.slots, str(nothing.covered)) == (
        Outcome.OK,
        (),
        "2026-01-26..2026-03-10",
    )


async def test_coverage_ends_with_the_last_month_that_the_portal_offers() -> None:
    rules = [on("month=2&", nat_month(2026, 2, [], earlier=(2026, 1))), *simple()]
    session = FakeSession([on("day=3&", nat_times(2026, 2, 3, [])), *rules])
    session.rules.insert(0, on("day=27", nat_times(2026, 1, 27, [])))
    session.rules.insert(0, on("day=28", nat_times(2026, 1, 28, [])))
    (view,) = (await read(session)).views
    assert (view.outcome, str(view.covered)) == (Outcome.OK, "2026-01-26..2026-02-28")


async def test_months_that_the_portal_jumps_over_have_nothing_free() -> None:
    session = FakeSession(
        [
            posting("casetype_1", nat_month(2026, 3, [9])),
            on("day=9", nat_times(2026, 3, 9, ["08:00"])),
            *simple()[1:],
        ]
    )
    (view,) = (await read(session)).views
    assert (str(view.covered), times_of(view)) == ("2026-01-26..2026-03-10", ["2026-03-09 08:00"])


async def test_behind_an_empty_month_the_cut_one_at_the_windows_end_stays_unknown() -> None:
    session = FakeSession(
        [
            posting("casetype_1", nat_month(2026, 1, [26], later=(2026, 2))),
            on("month=2&", nat_month(2026, 2, [], later=(2026, 3))),
            on("day=26", nat_times(2026, 1, 26, ["08:00"])),
            on("company=musterstadt", nat_form(ONE), method="GET"),
        ]
    )
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.OK
    assert str(view.covered) == "2026-01-26..2026-02-28"
    assert not [path for path in session.paths if "month=3" in path]


async def test_only_days_inside_the_window_are_opened() -> None:
    session = FakeSession(
        [
            posting("casetype_1", nat_month(2026, 1, [20, 25, 26], later=(2026, 2))),
            on("day=5", nat_times(2026, 2, 5, [])),
            on("month=2&", nat_month(2026, 2, [5], later=(2026, 3))),
            on("month=3&", nat_month(2026, 3, [10, 11], later=(2026, 4))),
            on("day=26", nat_times(2026, 1, 26, ["08:00"])),
            on("company=musterstadt", nat_form(ONE), method="GET"),
        ]
    )
    # The rule for month=3 answers before that for its day: put the day first.
    session.rules.insert(0, on("day=10", nat_times(2026, 3, 10, ["08:00"])))
    (view,) = (await read(session)).views
    opened = [path.split("day=")[1].split("&")[0] for path in session.paths if "day=" in path]
    assert opened == ["26", "5", "10"]
    assert view.outcome is Outcome.OK
    assert not [path for path in session.paths if "month=4" in path]
    assert times_of(view) == ["2026-01-26 08:00", "2026-03-10 08:00"]


async def test_a_failed_day_is_not_covered() -> None:
    session = FakeSession(simple(on("day=28", UnreachableError("time-out after 20 s"))))
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.PARTIAL
    assert str(view.covered) == "2026-01-26..2026-01-27,2026-01-29..2026-03-10"
    assert view.reason == "not read: 2026-01-28 (time-out after 20 s)"
    assert "2026-02-03 07:30" in times_of(view)


async def test_a_day_with_an_unknown_time_is_not_covered() -> None:
    session = FakeSession(simple(on("day=28", nat_times(2026, 1, 28, ["9 Uhr"]))))
    (view,) = (await read(session)).views
    assert date(2026, 1, 28) not in view.covered
    assert view.outcome is Outcome.PARTIAL


async def test_a_failed_month_ends_the_coverage() -> None:
    session = FakeSession(
        simple(
            on("day=", nat_times(2026, 1, 27, [])),
            on("month=2&", UnreachableError("connection reset")),
        )
    )
    session.rules.insert(0, on("day=28", nat_times(2026, 1, 28, [])))
    (view,) = (await read(session)).views
    assert (view.outcome, str(view.covered)) == (Outcome.PARTIAL, "2026-01-26..2026-01-31")
    assert view.reason == "later months not read (connection reset)"


async def test_a_month_that_does_not_advance_ends_the_walk() -> None:
    session = FakeSession(
        simple(
            on("day=", nat_times(2026, 1, 27, [])),
            on("month=2&", nat_month(2026, 1, [27], later=(2026, 2))),
        )
    )
    session.rules.insert(0, on("day=28", nat_times(2026, 1, 28, [])))
    (view,) = (await read(session)).views
    assert str(view.covered) == "2026-01-26..2026-01-31"
    assert len([path for path in session.paths if "month=2&" in path]) == 1


@pytest.mark.parametrize(
    "error",
    [
        ThrottledError("429", retry_after_s=60),
        SkippedError("the budget is spent"),
        RefusedError("403"),
    ],
    ids=["throttled", "skipped", "refused"],
)
async def test_no_request_after_the_portal_says_stop(error: AmtspulsError) -> None:
    session = FakeSession(
        [
            on("day=28", error),
            *simple()[:-1],
            posting("casetype_3", "must not be asked"),
            on("company=musterstadt", nat_form(TWO), method="GET"),
        ]
    )
    reading = await read(session)
    first, second = reading.views
    assert "day=28" in session.paths[-1]
    assert first.outcome is Outcome.PARTIAL
    assert (
        str(first.covered) == "2026-01-26..2026-01-27,2026-01-29..2026-02-02,2026-02-04..2026-03-10"
    )
    assert times_of(first) == ["2026-01-27 08:00", "2026-01-27 09:15"]
    assert second.outcome == error.outcome
    assert second.calendar.key == "kfz-zulassung"
    assert not second.covered
    assert second.reason == str(error)


async def test_three_unreachable_pages_in_a_row_end_the_round() -> None:
    session = FakeSession(
        [
            on("day=", UnreachableError("reset")),
            *simple(posting("casetype_1", nat_month(2026, 1, [26, 27, 28])))[:-1],
            on("company=musterstadt", nat_form(TWO), method="GET"),
        ]
    )
    reading = await read(session)
    assert len(session.log) == 5
    assert [view.outcome for view in reading.views] == [Outcome.PARTIAL, Outcome.UNREACHABLE]


async def test_an_answer_in_between_keeps_the_round_going() -> None:
    days = [26, 27, 28]
    session = FakeSession(
        [
            on("month=1&day=27", nat_times(2026, 1, 27, ["08:00"])),
            on("day=", UnreachableError("reset")),
            *simple(posting("casetype_1", nat_month(2026, 1, days, later=(2026, 2)))),
        ]
    )
    session.rules.insert(0, on("month=2&year", nat_month(2026, 2, [3, 4], earlier=(2026, 1))))
    (view,) = (await read(session)).views
    assert str(view.covered) == "2026-01-27,2026-01-29..2026-02-02,2026-02-05..2026-02-28"
    assert [path for path in session.paths if "day=4&" in path]


async def test_a_captcha_at_one_category_refuses_that_view_only() -> None:
    captcha = html('<div class="g-recaptcha"></div>')
    session = FakeSession(
        [
            posting("casetype_1", captcha),
            posting("casetype_3", nat_month(2026, 1)),
            on("company=musterstadt", nat_form(TWO), method="GET"),
        ]
    )
    reading = await read(session)
    assert [view.outcome for view in reading.views] == [Outcome.REFUSED, Outcome.OK]


async def test_a_lost_session_gets_one_fresh_one() -> None:
    answers = [EXPIRED, nat_month(2026, 1)]
    session = FakeSession([posting("casetype_1", *answers), *simple()[1:]])
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.OK
    assert [request.method for request in session.log] == ["GET", "POST", "GET", "POST"]
    assert session.log[2].visitor == session.log[3].visitor == 1


async def test_a_session_lost_twice_is_changed() -> None:
    session = FakeSession([posting("casetype_1", EXPIRED), *simple()[1:]])
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.CHANGED
    assert len(session.log) == 4


async def test_a_session_lost_while_walking_repeats_the_category_once() -> None:
    february = nat_month(2026, 2, [], earlier=(2026, 1))
    session = FakeSession(
        [
            on("day=27", nat_times(2026, 1, 27, ["08:00"])),
            on("day=28", nat_times(2026, 1, 28, ["08:00"])),
            on("month=2&", nat_form(ONE), february),
            *simple(),
        ]
    )
    (view,) = (await read(session)).views
    assert (view.outcome, str(view.covered)) == (Outcome.OK, "2026-01-26..2026-02-28")


async def test_a_session_lost_while_walking_twice_is_partial() -> None:
    session = FakeSession(
        [
            on("day=27", nat_times(2026, 1, 27, ["08:00"])),
            on("day=28", nat_times(2026, 1, 28, ["08:00"])),
            on("month=2&", nat_form(ONE)),
            *simple(),
        ]
    )
    (view,) = (await read(session)).views
    assert (view.outcome, str(view.covered)) == (Outcome.PARTIAL, "2026-01-26..2026-01-31")


async def test_a_day_that_stays_lost_is_not_covered() -> None:
    again = nat_month(2026, 1, [27, 28])
    session = FakeSession(simple(on("day=28", again)))
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.PARTIAL
    assert date(2026, 1, 28) not in view.covered
    assert len([path for path in session.paths if path.startswith("POST")]) == 2


async def test_a_service_that_is_not_booked_alone_gives_way_to_the_second() -> None:
    session = FakeSession(
        [posting("casetype_1", REFUSED), posting("casetype_2", nat_month(2026, 1)), *simple()[1:]]
    )
    (view,) = (await read(session)).views
    assert (view.outcome, view.asked) == (Outcome.OK, ("Ausweis",))
    assert session.log[2].form == {"casetype_1": "0", "casetype_2": "1", "sentcasetypes": "Weiter"}
    assert session.log[2].visitor == 1


async def test_a_category_that_is_never_booked_alone_is_skipped() -> None:
    session = FakeSession([on("step=2", REFUSED), *simple()[1:]])
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.SKIPPED
    assert view.reason == "Bitte geben Sie mindestens 1 Dienstleistung an"
    assert not view.covered
    assert len(session.log) == 3


async def test_locations_are_calendars_of_their_own() -> None:
    place = "/index.php?company=musterstadt&amp;step=3&amp;loc="
    session = FakeSession(
        [
            posting(
                "casetype_1",
                nat_places([("Ehrenfeld", place + "4"), ("Kalk", ""), ("Süd", place + "6")]),
            ),
            on("loc=4", nat_month(2026, 1, [27])),
            on("loc=6", nat_places([("Süd", place + "6")])),
            *simple()[1:],
        ]
    )
    reading = await read(session)
    assert [(view.calendar.key, view.calendar.name) for view in reading.views] == [
        ("ehrenfeld/meldewesen", "Ehrenfeld: Meldewesen"),
        ("kalk/meldewesen", "Kalk: Meldewesen"),
        ("sud/meldewesen", "Süd: Meldewesen"),
    ]
    assert [view.outcome for view in reading.views] == [Outcome.OK, Outcome.OK, Outcome.CHANGED]
    assert times_of(reading.views[0]) == ["2026-01-27 08:00", "2026-01-27 09:15"]
    # Locations are followed in the session, days are read after it.
    assert [request.visitor for request in session.log] == [0, 0, 0, 0, 1]


async def test_a_refused_location_is_skipped_and_a_lost_one_changed() -> None:
    place = "/index.php?company=musterstadt&amp;step=3&amp;loc="
    places = nat_places([("Nord", place + "4"), ("Ost", place + "5")])
    session = FakeSession(
        [
            posting("casetype_1", places),
            on("loc=4", REFUSED),
            on("loc=5", EXPIRED),
            *simple()[1:],
        ]
    )
    reading = await read(session)
    assert [view.outcome for view in reading.views] == [Outcome.SKIPPED, Outcome.CHANGED]


async def test_a_failed_category_with_locations_fails_under_their_keys() -> None:
    known = (
        KnownCalendar("kalk/meldewesen", "Kalk: Meldewesen", FETCHED_AT),
        KnownCalendar("porz/kfz", "Porz: Kfz", FETCHED_AT),
    )
    session = FakeSession([posting("casetype_1", UnreachableError("reset")), *simple()[1:]])
    reading = await read(session, known)
    assert [view.calendar.key for view in reading.views] == ["kalk/meldewesen"]
    assert reading.views[0].outcome is Outcome.UNREACHABLE


async def test_companies_without_services_start_with_a_calendar() -> None:
    session = FakeSession(
        [on("step=2", nat_month(2026, 1, [27])), on("day=27", nat_times(2026, 1, 27, ["08:00"]))]
    )
    reading = await read(session, options={"start": "calendar", "cur_causes": "1|2"})
    assert session.paths[0] == "GET /index.php?company=musterstadt&cur_causes=1|2&step=2"
    assert [view.calendar.key for view in reading.views] == ["default"]
    assert reading.views[0].calendar.name == "Stadt Musterstadt"


async def test_causes_are_calendars_of_their_own() -> None:
    session = FakeSession(
        [on("cur_cause=0&step=2", nat_month(2026, 1)), on("cur_cause=1", UnreachableError("reset"))]
    )
    options = {"start": "calendar", "causes": {"0": "Altstadt", "1": "Weißer Hirsch"}}
    reading = await read(session, options=options)
    assert [(v.calendar.key, v.outcome) for v in reading.views] == [
        ("altstadt", Outcome.OK),
        ("weisser-hirsch", Outcome.UNREACHABLE),
    ]


async def test_an_entry_page_that_is_a_calendar_needs_no_option() -> None:
    session = FakeSession(
        [
            on("day=27", nat_times(2026, 1, 27, ["08:00"])),
            on("company=", nat_month(2026, 1, [27])),
        ]
    )
    reading = await read(session)
    assert [view.calendar.key for view in reading.views] == ["default"]
    assert len(session.log) == 2


async def test_an_entry_calendar_can_be_asked_again_in_a_fresh_session() -> None:
    session = FakeSession(
        [
            on("day=27", EXPIRED, nat_times(2026, 1, 27, ["08:00"])),
            on("company=", nat_month(2026, 1, [27])),
        ]
    )
    (view,) = (await read(session)).views
    assert (view.outcome, len(view.slots)) == (Outcome.OK, 1)


async def test_the_cause_is_added_to_the_first_request_only() -> None:
    session = FakeSession(simple())
    await read(session, options={"cur_cause": 10})
    assert session.paths[0] == "GET /index.php?company=musterstadt&cur_cause=10"
    assert "cur_cause=10" not in session.paths[1]


async def test_aliases_give_history_its_key() -> None:
    form = nat_form({"Auskunft / Auszüge": [("casetype_1", "Flurkarte")]})
    session = FakeSession(
        [posting("casetype_1", nat_month(2026, 1)), on("company=", form, method="GET")]
    )
    aliases = {"auskunft-auszuge": "auskunft-ausza14ge"}
    (view,) = (await read(session, calendar_aliases=aliases)).views
    assert view.calendar.key == "auskunft-ausza14ge"


async def test_a_category_without_services_is_skipped_without_a_request() -> None:
    head = "<h3><a href=\"javascript:toggle('x');\">Kategorie Leer</a></h3>"
    session = FakeSession(
        [
            posting("casetype_1", nat_month(2026, 1)),
            on("company=", nat_form(ONE, head), method="GET"),
        ]
    )
    reading = await read(session)
    assert [(v.calendar.key, v.outcome) for v in reading.views] == [
        ("leer", Outcome.SKIPPED),
        ("meldewesen", Outcome.OK),
    ]
    assert len(session.log) == 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (ThrottledError("429"), ThrottledError),
        (html("<p>Wartungsarbeiten</p>"), UnreachableError),
        (html('<input type="password">'), RefusedError),
        (html("<p>Hallo</p>"), PageChangedError),
        ("", PageChangedError),
    ],
    ids=["throttled", "maintenance", "login", "unknown", "empty"],
)
async def test_a_failed_entry_page_fails_the_portal(
    reply: str | AmtspulsError, error: type[AmtspulsError]
) -> None:
    session = FakeSession([on("company=", reply)])
    with pytest.raises(error):
        await read(session)
    assert len(session.log) == 1


async def test_a_category_that_is_gone_in_the_fresh_session_is_changed() -> None:
    forms = [nat_form(ONE), nat_form({"Neues": [("casetype_9", "Neu")]})]
    session = FakeSession([posting("casetype_1", EXPIRED), on("company=", *forms, method="GET")])
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.CHANGED
    assert "gone from the entry page" in view.reason


async def test_a_link_that_chooses_a_time_is_never_opened() -> None:
    month = nat_month(2026, 1, [27]).replace("&amp;day=27", "&amp;day=27&amp;time=09:15")
    session = FakeSession([posting("casetype_1", month), *simple()[1:]])
    (view,) = (await read(session)).views
    assert date(2026, 1, 27) not in view.covered
    assert not [path for path in session.paths if "time=" in path]


async def test_a_calendar_that_ends_before_the_window_is_changed() -> None:
    session = FakeSession([posting("casetype_1", nat_month(2025, 12, [5])), *simple()[1:]])
    (view,) = (await read(session)).views
    assert view.outcome is Outcome.CHANGED


async def test_requests_stay_within_the_budget() -> None:
    session = FakeSession(simple())
    reading = await read(session)
    marked = 3
    assert len(session.log) <= 1 + 4 * len(reading.views) + marked


async def test_the_entry_may_name_the_service_and_only_its_categories_are_asked() -> None:
    session = FakeSession(
        [
            posting("casetype_2", nat_month(2026, 1, [27])),
            on("day=27", nat_times(2026, 1, 27, ["08:00"])),
            on("company=musterstadt", nat_form(TWO), method="GET"),
        ]
    )
    wanted = [{"common": "id_card", "name": "AUSWEIS"}, {"common": "other", "id": "99"}]
    reading = await read(session, services=wanted)
    (view,) = reading.views
    assert (view.calendar.key, view.asked) == ("meldewesen", ("Ausweis",))
    assert view.calendar.services == ("Reisepass", "Ausweis")
    assert [one.where for one in reading.problems] == ["99"]
    assert [one.form["casetype_1"] for one in session.log if one.method == "POST"] == ["0"]
    again = await read(FakeSession(simple()), services=[{"common": "passport", "id": 1}])
    assert again.views[0].asked == ("Reisepass",)


def test_all_services_cannot_be_asked() -> None:
    with pytest.raises(ConfigError, match="netappoint asks one service per calendar"):
        SYSTEM.check_portal(portal(services="all"))
