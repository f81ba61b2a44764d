from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import AmtspulsError, SessionLostError, ThrottledError, UnreachableError
from amtspuls.model import KnownCalendar, Outcome, Reading, View, Window, local_from_slot
from amtspuls.systems.base import Ask
from amtspuls.systems.tevis import SYSTEM
from support.fake_session import FETCHED_AT, FakeSession, Request, on
from support.tevis_pages import (
    BASE,
    Town,
    concerns,
    error,
    locations,
    page,
    slots_on,
    times,
)

TODAY = date(2026, 1, 26)
WINDOW = Window(TODAY, TODAY + timedelta(days=42))
FEB3 = date(2026, 2, 3)
FEB4 = date(2026, 2, 4)
UNITS = {"5": ("Bürgerbüro", {"11": "Abholung", "12": "Personalausweis", "13": "Reisepass"})}
PLACES = {"41": "Mitte", "42": "Süd, Nebenstelle"}


def portal(**changes: Any) -> Portal:
    given: dict[str, Any] = {
        "id": "musterstadt",
        "name": "Stadt Musterstadt",
        "system": "tevis",
        "url": BASE,
        "services": asked("12"),
    }
    return Portal(**given | changes)


def asked(*ids: str) -> list[dict[str, str]]:
    """Services of a catalogue entry; what is no number is a name."""
    return [{"common": "other", "id" if one.isdecimal() else "name": one} for one in ids]


async def read(
    session: FakeSession, known: tuple[KnownCalendar, ...] = (), **changes: Any
) -> Reading:
    return await SYSTEM.fetch_portal(session, Ask(portal(**changes), WINDOW, known))


def town(**changes: Any) -> Town:
    free = [(s, "169") for s in [*slots_on(FEB3, "08:00", "08:15"), *slots_on(FEB4, "15:30")]]
    given: dict[str, Any] = {
        "units": UNITS,
        "offers": {("12", "41"): free, ("12", "42"): [(slots_on(FEB4, "09:00")[0], "170")]},
        "places": PLACES,
        "today": TODAY,
    }
    return Town(**given | changes)


def times_of(view: View) -> list[str]:
    return [local_from_slot(slot).isoformat(" ", "minutes") for slot in view.slots]


def known(key: str, name: str, days_ago: int = 0) -> KnownCalendar:
    return KnownCalendar(key, name, FETCHED_AT - timedelta(days=days_ago))


FILTER = "&mdt=0&cnc-12=1&filter_date_from={}&filter_date_to=09.03.2026&suggest_filter=Filtern"
CHOSEN = "/stadt/location?mdt=95&select_cnc=1&cnc-12=1"


async def test_a_concern_is_read_at_all_of_its_locations() -> None:
    session = FakeSession([town()])
    reading = await read(session)
    # One list of several days: asked again from its last day. One of a single day: from the next one.
    assert session.paths == [
        "GET /stadt/",
        "GET /stadt/select2?md=5",
        f"GET {CHOSEN}",
        f"POST {CHOSEN}",
        "GET /stadt/suggest?loc=41" + FILTER.format("04.02.2026"),
        f"POST {CHOSEN}",
        "GET /stadt/suggest?loc=42" + FILTER.format("05.02.2026"),
    ]
    assert session.log[3].form == {
        "loc": "41",
        "gps_lat": "1.5",
        "gps_long": "2.5",
        "select_location": "Weiter mit 1",
    }
    assert reading.problems == ()
    first, second = reading.views
    assert (first.calendar.key, first.calendar.name) == ("169", "Bürgerbüro / Mitte")
    assert (second.calendar.key, second.calendar.name) == ("170", "Bürgerbüro / Süd, Nebenstelle")
    assert times_of(first) == ["2026-02-03 08:00", "2026-02-03 08:15", "2026-02-04 15:30"]
    assert times_of(second) == ["2026-02-04 09:00"]
    for view in reading.views:
        assert (view.outcome, view.reason, view.duration_min) == (Outcome.OK, "", 15)
        assert view.asked == view.calendar.services == ("Personalausweis",)
        assert str(view.covered) == "2026-01-26..2026-03-09"


async def test_a_single_location_takes_no_more_than_its_pages() -> None:
    one = town(offers={("12", "41"): []})
    session = FakeSession([one])
    (view,) = (await read(session)).views
    assert len(session.log) == 4
    assert (view.calendar.key, view.slots, view.outcome) == ("-/5-41", (), Outcome.OK)
    assert view.covered == WINDOW.covered()
    assert view.duration_min == 15


async def test_a_location_that_says_it_has_no_times_is_not_opened() -> None:
    offers = {("12", "41"): [], ("12", "42"): [(slots_on(FEB4, "09:00")[0], "170")]}
    session = FakeSession([town(offers=offers, says_next=True)])
    reading = await read(session, (known("169", "Bürgerbüro / Mitte"),))
    assert [(v.calendar.key, len(v.slots)) for v in reading.views] == [("169", 0), ("170", 1)]
    assert [r.form["loc"] for r in session.log if r.method == "POST"] == ["42"]


async def test_a_calendar_that_sells_out_keeps_its_key() -> None:
    remembered = (
        known("-/5-41", "Bürgerbüro / Mitte"),
        known("169", "Bürgerbüro / Mitte"),
        known("134", "Bürgerbüro / Mitte", days_ago=30),
        known("171", "Bürgerbüro / Süd, Nebenstelle"),
    )
    offers = {("12", "41"): [], ("12", "42"): [(slots_on(FEB4, "09:00")[0], "170")]}
    reading = await read(FakeSession([town(offers=offers)]), remembered)
    # 134 was numbered anew long ago; 171 is sold out beside 170.
    assert [(v.calendar.key, len(v.slots)) for v in reading.views] == [
        ("169", 0),
        ("170", 1),
        ("171", 0),
    ]
    assert {v.outcome for v in reading.views} == {Outcome.OK}


async def test_history_may_name_a_calendar_otherwise() -> None:
    session = FakeSession([town()])
    reading = await read(session, calendar_aliases={"169": "63"})
    assert [view.calendar.key for view in reading.views] == ["63", "170"]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("checkbox", [True, False])
async def test_both_forms_of_step_one_and_of_the_concerns(links: bool, checkbox: bool) -> None:
    reading = await read(FakeSession([town(links=links, checkbox=checkbox)]))
    assert [view.calendar.key for view in reading.views] == ["169", "170"]
    assert reading.views[0].asked == ("Personalausweis",)


async def test_the_address_of_a_unit_needs_no_entry_page() -> None:
    session = FakeSession([town()])
    reading = await read(session, url=BASE + "select2?md=5")
    assert session.paths[:2] == ["GET /stadt/select2?md=5", f"GET {CHOSEN}"]
    assert [view.calendar.name for view in reading.views] == [
        "Bürgerbüro / Mitte",
        "Bürgerbüro / Süd, Nebenstelle",
    ]


TWO_UNITS = {
    "5": ("Bürgerbüro", {"12": "Personalausweis", "13": "Reisepass"}),
    "8": ("Kfz-Zulassung", {"21": "Abmeldung", "22": "Neuzulassung"}),
}


async def test_without_services_each_unit_is_asked_by_name() -> None:
    paper = [(slots_on(FEB3, "08:00")[0], "169")]
    offers = {("12", "41"): paper, ("13", "41"): paper, ("22", "42"): []}
    session = FakeSession([town(units=TWO_UNITS, offers=offers)])
    reading = await read(session, services=())
    assert [(v.calendar.name, v.asked) for v in reading.views] == [
        ("Bürgerbüro / Mitte", ("Personalausweis", "Reisepass")),
        ("Kfz-Zulassung / Süd, Nebenstelle", ("Neuzulassung",)),
    ]
    assert sum("select2" in path for path in session.paths) == 2
    assert sum("location?" in path and "GET" in path for path in session.paths) == 3


async def test_named_services_are_asked_and_no_more_units_than_needed() -> None:
    offers = {
        ("12", "41"): [(slots_on(FEB3, "08:00")[0], "169")],
        ("13", "41"): [(slots_on(FEB3, "08:30")[0], "169"), (slots_on(FEB4, "08:30")[0], "171")],
    }
    session = FakeSession([town(units=TWO_UNITS, offers=offers)])
    reading = await read(session, services=asked("reisepass", "12"))
    assert [(v.calendar.key, v.asked, len(v.slots)) for v in reading.views] == [
        ("169", ("Personalausweis", "Reisepass"), 2),
        ("171", ("Personalausweis", "Reisepass"), 1),
    ]
    assert sum("select2" in path for path in session.paths) == 1


async def test_a_service_that_no_unit_offers_is_a_problem() -> None:
    session = FakeSession([town()])
    reading = await read(session, services=asked("12", "Fischereischein"))
    (problem,) = reading.problems
    assert (problem.where, problem.outcome) == ("Fischereischein", Outcome.CHANGED)
    assert len(reading.views) == 2


async def test_all_services_when_the_catalogue_says_so() -> None:
    offers: dict[tuple[str, str], list[object]] = {(c, "41"): [] for c in ("11", "12", "13")}
    session = FakeSession([town(offers=offers)])
    (view,) = (await read(session, services="all")).views
    assert view.asked == ("Abholung", "Personalausweis", "Reisepass")
    assert len(session.log) == 2 + 3 * 2


async def test_a_lost_session_is_begun_anew_once_and_read_places_stay_read() -> None:
    one = town(lost={5})
    session = FakeSession([one])
    reading = await read(session)
    assert [len(view.slots) for view in reading.views] == [3, 1]
    assert session.cleared == [6]
    assert session.paths[6:] == [
        "GET /stadt/select2?md=5",
        f"GET {CHOSEN}",
        f"POST {CHOSEN}",
        "GET /stadt/suggest?loc=42" + FILTER.format("05.02.2026"),
    ]


async def test_a_session_that_is_lost_again_costs_that_location_only() -> None:
    session = FakeSession([town(lost={5, 8})])
    first, second = (await read(session)).views
    assert (first.outcome, len(first.slots)) == (Outcome.OK, 3)
    assert (second.outcome, second.covered, second.calendar.key) == (
        Outcome.CHANGED,
        WINDOW.covered().without(WINDOW.covered()),
        "-/5-42",
    )
    assert len(session.cleared) == 1


async def test_a_portal_that_never_keeps_a_session_is_changed() -> None:
    session = FakeSession([on("location", error()), town()])
    reading = await read(session, (known("169", "Bürgerbüro / Mitte"), known("1", "Kfz / Mitte")))
    (view,) = reading.views
    assert (view.calendar.key, view.outcome) == ("169", Outcome.CHANGED)
    assert [problem.where for problem in reading.problems] == ["Bürgerbüro: Personalausweis"]
    assert len(session.log) == 5


async def test_an_entry_page_that_is_an_error_raises() -> None:
    with pytest.raises(SessionLostError):
        await read(FakeSession([on(BASE, error())]))


async def test_a_unit_that_fails_takes_nothing_from_the_others() -> None:
    offers = {("12", "41"): [(slots_on(FEB3, "08:00")[0], "169")]}
    down = UnreachableError("termine.example answers 502")
    session = FakeSession([on("select2?md=8", down), town(units=TWO_UNITS, offers=offers)])
    reading = await read(session, services=asked("12", "22"))
    # Nobody knows whether the unit that failed offers service 22: that is no problem of its own.
    assert [(v.calendar.key, v.outcome) for v in reading.views] == [("169", Outcome.OK)]
    assert [(p.where, p.outcome) for p in reading.problems] == [
        ("Kfz-Zulassung", Outcome.UNREACHABLE)
    ]


async def test_a_throttle_ends_the_visit() -> None:
    stop = ThrottledError("termine.example answers 429", retry_after_s=60)
    session = FakeSession([on("suggest?loc=41", stop), town()])
    first, second = (await read(session)).views
    assert [path for path in session.paths if "loc=42" in path] == []
    assert len(session.log) == 5
    # The first list may be cut on its last day: nothing has shown a bigger page yet.
    assert (first.outcome, str(first.covered)) == (Outcome.PARTIAL, "2026-01-26..2026-02-03")
    assert len(first.slots) == 2
    assert second.outcome is Outcome.THROTTLED


async def test_one_failing_concern_makes_the_whole_location_unknown() -> None:
    free = [(slots_on(FEB3, "08:00")[0], "169")]
    offers = {("12", "41"): free, ("13", "41"): free}
    broken = on("location?mdt=95&select_cnc=1&cnc-13=1", page(4, "Anderes", ""))
    session = FakeSession([broken, town(offers=offers)])
    reading = await read(session, services=asked("12", "13"))
    # A slot of 13 alone would look taken if 12 alone were shown.
    assert reading.views == ()
    assert [p.outcome for p in reading.problems] == [Outcome.CHANGED]


async def test_a_unit_that_wants_data_first_is_skipped() -> None:
    asks = page(5, "Eingabe der persönlichen Daten", "<form></form>", kind="personaldata")
    reading = await read(FakeSession([on("location", asks), town()]))
    assert reading.views == ()
    assert [(p.where, p.outcome) for p in reading.problems] == [
        ("Bürgerbüro: Personalausweis", Outcome.SKIPPED)
    ]


async def test_times_may_follow_the_concern_at_once() -> None:
    fields = {"loc": "41", "mdt": "0", "cnc-12": "1"}
    shown = times([(slots_on(WINDOW.last, "10:00")[0], "169")], fields=fields, first=TODAY)
    session = FakeSession([on("location", shown), town()])
    (view,) = (await read(session)).views
    assert (view.calendar.key, view.calendar.name) == ("169", "Bürgerbüro / Mitte")
    assert (view.outcome, len(view.slots), len(session.log)) == (Outcome.OK, 1, 3)


async def test_a_list_without_filter_covers_what_it_shows() -> None:
    free = [(s, "169") for s in [*slots_on(FEB3, "08:00"), *slots_on(FEB4, "15:30")]]
    one = town(offers={("12", "41"): free})
    session = FakeSession([on("location", times(free, fields=None), method="POST"), one])
    (view,) = (await read(session)).views
    # It may be cut on its last day, and nothing can tell.
    assert (view.outcome, str(view.covered)) == (Outcome.PARTIAL, "2026-01-26..2026-02-03")
    assert "no filter" in view.reason
    assert len(view.slots) == 1


async def test_a_list_that_begins_late_is_asked_from_today_on() -> None:
    free = [(slots_on(date(2026, 1, 27), "08:00")[0], "169"), (slots_on(FEB4, "08:00")[0], "169")]
    session = FakeSession([town(offers={("12", "41"): free}, first_gap_days=5)])
    (view,) = (await read(session)).views
    assert len(view.slots) == 2
    assert "filter_date_from=26.01.2026" in session.paths[4]


async def test_the_budget_of_pages_ends_the_list_before_its_last_day() -> None:
    free = [(s, "169") for d in range(20) for s in slots_on(FEB3 + timedelta(d), "08:00", "09:00")]
    session = FakeSession([town(offers={("12", "41"): free}, most_slots=16)])
    (view,) = (await read(session, options={"filter_pages": 1})).views
    # Page 1 ends on 10 February, page 2 begins there and ends on 17 February, perhaps inside it.
    assert (view.outcome, str(view.covered)) == (Outcome.PARTIAL, "2026-01-26..2026-02-16")
    assert "filter_pages" in view.reason
    assert times_of(view)[-1] == "2026-02-16 09:00"


async def test_a_filter_that_answers_something_else_ends_the_list() -> None:
    session = FakeSession([on("suggest?loc=41", concerns("Bürgerbüro", {"1": "X"})), town()])
    first, second = (await read(session)).views
    assert (first.outcome, len(first.slots)) == (Outcome.PARTIAL, 2)
    assert "begins again" in first.reason
    assert second.outcome is Outcome.OK


async def test_errors_are_ours() -> None:
    with pytest.raises(AmtspulsError, match="units"):
        await read(FakeSession([on(BASE, "<html><body><p>Willkommen</p></body></html>")]))


async def test_once_the_session_is_lost_for_good_no_further_location_is_posted() -> None:
    free = [(slots_on(FEB4, "09:00")[0], "170")]
    places = {str(n): f"Ort {n}" for n in range(41, 46)}
    offers = {("12", loc): free for loc in places}
    session = FakeSession([town(offers=offers, places=places, lost={5, 8})])
    views = (await read(session)).views
    assert [view.outcome for view in views] == [Outcome.OK, *[Outcome.CHANGED] * 4]
    assert len(session.log) == 9


V2_CHOSEN = "/stadt/suggest?mdt=95&select_cnc=1&cnc-12=1"


async def test_the_second_generation_shows_times_behind_the_concern() -> None:
    free = [(s, "701") for s in [*slots_on(FEB3, "08:00"), *slots_on(FEB4, "15:30")]]
    session = FakeSession([town(offers={("12", "41"): free}, action="suggest", choice=False)])
    (view,) = (await read(session)).views
    assert session.paths == [
        "GET /stadt/",
        "GET /stadt/select2?md=5",
        f"GET {V2_CHOSEN}",
        "GET /stadt/suggest?loc=41" + FILTER.format("04.02.2026"),
    ]
    assert (view.calendar.key, view.calendar.name) == ("701", "Bürgerbüro / Mitte")
    assert (view.outcome, str(view.covered)) == (Outcome.OK, "2026-01-26..2026-03-09")
    assert times_of(view) == ["2026-02-03 08:00", "2026-02-04 15:30"]


async def test_the_later_second_generation_posts_the_location_to_the_same_address() -> None:
    session = FakeSession([town(action="suggest")])
    reading = await read(session)
    assert session.paths[2:] == [
        f"GET {V2_CHOSEN}",
        f"POST {V2_CHOSEN}",
        "GET /stadt/suggest?loc=41" + FILTER.format("04.02.2026"),
        f"POST {V2_CHOSEN}",
        "GET /stadt/suggest?loc=42" + FILTER.format("05.02.2026"),
    ]
    assert [(v.calendar.key, len(v.slots)) for v in reading.views] == [("169", 3), ("170", 1)]


async def test_the_second_generation_says_that_nothing_is_free() -> None:
    remembered = (known("701", "Bürgerbüro / Mitte"),)
    session = FakeSession([town(offers={("12", "41"): []}, action="suggest", choice=False)])
    (view,) = (await read(session, remembered)).views
    assert (view.calendar.key, view.outcome, view.slots) == ("701", Outcome.OK, ())
    assert len(session.log) == 3


async def test_a_lost_session_of_the_second_generation() -> None:
    session = FakeSession([town(action="suggest", lost={3})])
    reading = await read(session)
    assert [len(view.slots) for view in reading.views] == [3, 1]
    assert session.paths[4:7] == [
        "GET /stadt/select2?md=5",
        f"GET {V2_CHOSEN}",
        f"POST {V2_CHOSEN}",
    ]


@pytest.mark.parametrize("action", ["location", "suggest"])
async def test_no_request_reserves_anything(action: str) -> None:
    session = FakeSession([town(action=action, most_slots=1)])
    await read(session)
    for request in session.log:
        assert "personaldata" not in request.url
        assert not {"start", "end", "date", "cal", "checksum"} & set(request.form)
        if request.method == "POST":
            assert set(request.form) == {"loc", "gps_lat", "gps_long", "select_location"}


async def test_a_filter_that_ignores_its_dates_is_noticed() -> None:
    free = [(s, "169") for s in [*slots_on(FEB3, "08:00"), *slots_on(FEB4, "15:30")]]
    fields = {"loc": "41", "mdt": "0", "cnc-12": "1"}
    same = times(free, fields=fields, first=TODAY)
    session = FakeSession([on("filter_date_from", same), town(offers={("12", "41"): free})])
    (view,) = (await read(session)).views
    assert (view.outcome, len(session.log)) == (Outcome.PARTIAL, 5)
    assert "not asked for" in view.reason


async def test_a_filter_that_answers_with_locations_is_noticed() -> None:
    free = [(slots_on(FEB3, "08:00")[0], "169")]
    again = locations([("41", "Mitte", "")])
    session = FakeSession([on("filter_date_from", again), town(offers={("12", "41"): free})])
    (view,) = (await read(session)).views
    assert (view.outcome, str(view.covered)) == (Outcome.PARTIAL, "2026-01-26..2026-02-03")
    assert "no list of times" in view.reason


async def test_many_units_are_asked_for_eight_services_and_the_rest_is_named() -> None:
    units = {str(n): (f"Amt {n}", {f"1{n}": "Personalausweis"}) for n in range(1, 11)}
    offers: dict[tuple[str, str], list[object]] = {(f"1{n}", "41"): [] for n in range(1, 11)}
    reading = await read(FakeSession([town(units=units, offers=offers)]), services=())
    assert len(reading.views) == 8
    assert [(p.where, p.outcome) for p in reading.problems] == [
        ("Amt 9", Outcome.SKIPPED),
        ("Amt 10", Outcome.SKIPPED),
    ]


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ('data-tevis-calendars="168|169"', ("Abholung", "Reisepass")),
        ('data-tevis-locations="41|41"', ("Abholung", "Reisepass")),
        ('data-tevis-calendars="170" data-tevis-locations="42"', ("Personalausweis",)),
    ],
)
async def test_a_calendar_is_for_the_services_of_which_the_page_says_it(
    attribute: str, expected: tuple[str, ...]
) -> None:
    text = concerns("Bürgerbüro", UNITS["5"][1], mdt="95")
    for number in ("11", "13"):
        text = text.replace(f'name="cnc-{number}"', f'name="cnc-{number}" {attribute}')
    one = town(offers={("12", "41"): [(slots_on(FEB3, "08:00")[0], "169")]})

    def select(request: Request) -> str | None:
        # The portal must know that the unit was chosen.
        return text if "select2" in request.url and one(request) else None

    (view,) = (await read(FakeSession([select, one]))).views
    assert view.calendar.services == expected
    assert view.asked == ("Personalausweis",)
