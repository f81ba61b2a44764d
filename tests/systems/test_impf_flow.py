from __future__ import annotations

from datetime import date, datetime, timedelta

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
from amtspuls.systems.impfthueringen import SYSTEM
from support.fake_session import FETCHED_AT, FakeSession, Reply, Request, Rule, on

BASE = "https://termine.example/terminvergabe"
WINDOW = Window(date(2026, 1, 26), date(2026, 3, 10))
EXPIRED = "<p>Ihre Sitzung ist abgelaufen.</p>"
NO_BODY = PageChangedError("answers 200 with no page", status=200)
NAMES = {"10": "IST Altdorf | Nachmittag", "138": "IST Neudorf | Wochenende"}


def index(names: dict[str, str]) -> str:
    options = "".join(f'<option value="{key}">{name}</option>' for key, name in names.items())
    return (
        "<h1>Impf-Termine buchen</h1><form><select name='ID_LIB_Indikation'><option value='7'>Alter"
        "</option></select><div class='select-ort-area'><select name='ID_LIB_Ort'>"
        f"<option value='0'>Bitte wählen</option>{options}</select></div></form>"
    )


def dates(*times: str) -> str:
    return "".join(f'<option value="{time}" data-folge-termin="">{time}</option>' for time in times)


def place(key: str, *replies: Reply) -> Rule:
    answer = on("func.php", *replies, method="POST")
    return lambda request: answer(request) if request.form.get("ort") == key else None


def rules(*first: Rule) -> list[Rule]:
    return [
        *first,
        place("10", dates("2026-01-27 09:12", "2026-01-30 10:00")),
        place("138", dates("2026-02-01 09:00", "2026-02-02 09:03", "2026-02-04 09:06")),
        on("index.php", index(NAMES)),
    ]


async def read(session: FakeSession, url: str = BASE, **changes: object) -> Reading:
    given = {"id": "impfthueringen", "name": "Impftermin", "system": "impfthueringen", "url": url}
    return await SYSTEM.fetch_portal(
        session, Ask(Portal.model_validate({**given, **changes}), WINDOW)
    )


def times_of(view: View) -> list[str]:
    return [local_from_slot(slot).isoformat(" ", "minutes") for slot in view.slots]


@pytest.mark.parametrize("url", [BASE, BASE + "/", BASE + "/index.php"])
async def test_one_request_for_the_list_and_one_for_each_place(url: str) -> None:
    session = FakeSession(rules())
    reading = await read(session, url)
    assert session.paths == [
        "GET /terminvergabe/index.php",
        "POST /terminvergabe/func.php",
        "POST /terminvergabe/func.php",
    ]
    stamp = str(int(FETCHED_AT.timestamp() * 1000))
    assert session.log[1].form == {"typ": "1", "ort": "10", "pos": "0", "timestamp": stamp}
    assert session.cleared == []
    first, second = reading.views
    assert (first.calendar.key, first.calendar.name) == ("10", "IST Altdorf | Nachmittag")
    assert (first.outcome, second.outcome) == (Outcome.OK, Outcome.OK)
    assert times_of(first) == ["2026-01-27 09:12", "2026-01-30 10:00"]
    assert times_of(second) == ["2026-02-01 09:00", "2026-02-02 09:03", "2026-02-04 09:06"]


async def test_only_days_that_are_shown_are_covered() -> None:
    """An answer is a sample: the days between may well have times."""
    first, second = (await read(FakeSession(rules()))).views
    assert str(first.covered) == "2026-01-27,2026-01-30"
    assert str(second.covered) == "2026-02-01..2026-02-02,2026-02-04"


@pytest.mark.parametrize("nothing", [NO_BODY, "<!-- -->", "<optgroup></optgroup>", "Keine Termine"])
async def test_an_answer_without_options_has_no_free_time(nothing: Reply) -> None:
    first, second = (await read(FakeSession(rules(place("10", nothing))))).views
    assert (first.outcome, first.slots) == (Outcome.OK, ())
    assert str(first.covered) == "2026-01-26..2026-03-10"
    assert len(second.slots) == 3


@pytest.mark.parametrize(
    ("error", "other", "requests"),
    [
        (PageChangedError("404", status=404), Outcome.OK, 3),
        (UnreachableError("time-out"), Outcome.OK, 3),
        (ThrottledError("429"), Outcome.THROTTLED, 2),
        (RefusedError("403"), Outcome.REFUSED, 2),
    ],
)
async def test_trouble_at_a_place_stays_there_unless_it_says_go_away(
    error: AmtspulsError, other: Outcome, requests: int
) -> None:
    session = FakeSession(rules(place("10", error)))
    first, second = (await read(session)).views
    assert (first.outcome, len(first.covered)) == (Outcome(error.outcome), 0)
    assert second.outcome is other
    assert len(session.log) == requests


async def test_a_page_instead_of_a_fragment_is_not_nothing_free() -> None:
    for page in (index(NAMES), "<p>Willkommen</p>", "<script>x()</script>"):
        first, _ = (await read(FakeSession(rules(place("10", page))))).views
        assert first.outcome is Outcome.CHANGED, page


async def test_a_lost_session_is_begun_anew_once() -> None:
    session = FakeSession(rules(place("10", EXPIRED, dates("2026-01-27 09:12"))))
    assert [view.outcome for view in (await read(session)).views] == [Outcome.OK, Outcome.OK]
    assert session.visitor == 1
    assert len(session.log) == 5
    session = FakeSession(rules(place("10", EXPIRED), place("138", EXPIRED)))
    assert {view.outcome for view in (await read(session)).views} == {Outcome.CHANGED}
    assert session.visitor == 1


async def test_no_list_of_places_is_no_empty_portal() -> None:
    with pytest.raises(PageChangedError, match="choice of a place"):
        await read(FakeSession([on("index.php", "<h1>Danke!</h1>")]))
    assert (await read(FakeSession([on("index.php", index({}))]))).views == ()


async def test_old_keys_are_kept_by_the_catalogue() -> None:
    reading = await read(FakeSession(rules()), calendar_aliases={"10": "11"})
    assert [view.calendar.key for view in reading.views] == ["11", "138"]


def test_there_are_no_options() -> None:
    given = {"id": "x", "name": "X", "system": "impfthueringen", "url": BASE}
    SYSTEM.check_portal(Portal.model_validate(given))
    with pytest.raises(ConfigError, match=r"no options \(ort\)"):
        SYSTEM.check_portal(Portal.model_validate({**given, "options": {"ort": 1}}))
    with pytest.raises(ConfigError, match="no services"):
        SYSTEM.check_portal(Portal.model_validate({**given, "services": "all"}))


DAYS = st.integers(1, 60).map(lambda n: WINDOW.first + timedelta(days=n))
SHOWN = st.dictionaries(
    st.integers(1, 300).map(str),
    st.dictionaries(DAYS, st.integers(0, 1439), max_size=3),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(SHOWN)
async def test_whatever_is_shown_in_the_window_is_read(shown: dict[str, dict[date, int]]) -> None:
    texts = {
        key: [f"{day} {minute // 60:02}:{minute % 60:02}" for day, minute in days.items()]
        for key, days in shown.items()
    }

    def answer(request: Request) -> Reply | None:
        return dates(*texts[request.form["ort"]]) or NO_BODY if request.form else None

    names = {key: f"Stelle {key}" for key in shown}
    session = FakeSession([answer, on("index.php", index(names))])
    reading = await read(session)
    assert len(session.log) == 1 + len(shown)
    for view in reading.views:
        want = [at for at in sorted(texts[view.calendar.key]) if at[:10] <= "2026-03-10"]
        assert times_of(view) == want
        assert all(datetime.fromisoformat(at).date() in view.covered for at in want)
