"""Each flow of docs/systems/netappoint.md, step by step, and every variant of the replica."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from amtspuls.errors import ConfigError
from amtspuls.replica.wire import Asked
from support.practice import (
    Offer,
    netappoint,
    netappoint_action,
    netappoint_buttons,
    netappoint_categories,
    netappoint_days,
    netappoint_month,
    netappoint_places,
    netappoint_times,
    read_netappoint,
    slots,
    visit,
)

MELDE = ("meldewesen", "Meldewesen", ("Ausweis", "Reisepass"))
KFZ = ("kfz", "Kfz", ("Ummeldung",))
NORD = ("nord/pass", "Nord: Pass", ("Reisepass",))
SUED = ("sued/pass", "Süd: Pass", ("Reisepass",))
FREE = slots("2026-02-03 08:10", "2026-02-03 09:15", "2026-04-07 12:00")
WEITER = {"sentcasetypes": "Weiter"}


def test_the_form_of_step_1_has_the_documented_names() -> None:
    page = (visitor := visit(netappoint(MELDE, KFZ), {"meldewesen": FREE})).get(
        "/netappoint/?" + "company=musterstadt"
    )
    assert netappoint_categories(page) == {
        "Kategorie Meldewesen": ["casetype_1001", "casetype_1002"]
    }
    assert netappoint_action(page) == (
        "/netappoint/index.php?company=musterstadt&cur_cause=0&step=2"
    )
    assert '<label for="casetype_1001">Ausweis</label>' in page
    assert '<input type="submit" name="sentcasetypes" value="Weiter" />' in page
    assert visitor.cookies.keys() == {"PHPSESSID"}


def test_controls_are_selects_checkboxes_or_both() -> None:
    def entry(controls: str) -> str:
        visitor = visit(netappoint(MELDE, variant={"controls": controls}), {"meldewesen": ()})
        return visitor.get(visitor.url)

    box = '<input type="checkbox" class="nat_casetypelist_casetype casetype_checkbox" name="'
    assert (entry("select").count("<select"), entry("select").count(box)) == (2, 0)
    assert (entry("checkbox").count("<select"), entry("checkbox").count(box)) == (0, 2)
    assert (entry("mixed").count("<select"), entry("mixed").count(box)) == (1, 1)


def test_categories_without_a_name_and_the_lost_action_keep_their_bare_texts() -> None:
    lost = "Diese Aktion steht nicht zur Verfügung"
    portal = netappoint(("kategorie", "Kategorie", ()), ("diese-aktion", lost, ()))
    page = (visitor := visit(portal, {"kategorie": (), "diese-aktion": ()})).get("/netappoint/")
    assert list(netappoint_categories(page)) == ["Kategorie", lost]
    assert visitor.answer.status == 200


def test_nothing_offered_leaves_a_form_without_categories() -> None:
    visitor = visit(netappoint(MELDE), {})
    page = visitor.get(visitor.url)
    assert 'name="frm_casetype"' in page
    assert "nat_casetypelist" not in page


@pytest.mark.parametrize("causes", ["cur_cause=7", "cur_causes=0|1|2", "cur_causes=0%7C1%7C2"])
def test_the_action_and_all_links_carry_the_cause_on_without_a_percent_sign(causes: str) -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    action = netappoint_action(visitor.get(f"{visitor.url}&{causes}"))
    plain = causes.replace("%7C", "|")
    assert action == f"/netappoint/index.php?company=musterstadt&{plain}&step=2"
    page = visitor.post(action, {"casetype_1001": "1"})
    for link in [*netappoint_days(page).values(), *netappoint_buttons(page)]:
        assert link.startswith(f"/netappoint/index.php?company=musterstadt&{plain}&step=")


def test_what_would_need_a_percent_sign_is_not_carried_on() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    for odd in ("cur_cause=a%2525b", "cur_cause=a%26b", "cur_cause=a+b"):
        action = netappoint_action(visitor.get(f"{visitor.url}&{odd}"))
        assert action == "/netappoint/index.php?company=musterstadt&cur_cause=0&step=2"


def test_a_post_with_one_categorys_fields_is_enough_and_needs_no_cookie() -> None:
    visitor = visit(netappoint(MELDE, KFZ), {"meldewesen": FREE, "kfz": ()})
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1002": "2"})
    visitor.cookies.clear()
    assert list(netappoint_days(page)) == [date(2026, 2, 3)]


def test_a_day_link_can_be_opened_without_cookie_as_step_3() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1001": "1"})
    link = netappoint_days(page)[date(2026, 2, 3)]
    assert "&step=4&year=2026&month=2&day=3&" in link
    plain = link.replace("&step=4&", "&step=3&")
    visitor.cookies.clear()
    assert netappoint_times(visitor.get(plain)) == ["08:10", "09:15"]
    assert visitor.cookies, "the answer sets a cookie"
    assert netappoint_times(visitor.get(plain)) == ["08:10", "09:15"], "which changes nothing"
    later = plain.replace("&month=2&day=3&", "&month=4&day=7&")
    assert netappoint_times(visitor.get(later)) == ["12:00"]


def test_within_the_booking_session_step_3_chooses_the_day_again_and_step_4_shows_times() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1001": "1"})
    link = netappoint_days(page)[date(2026, 2, 3)]
    assert netappoint_days(visitor.get(link.replace("&step=4&", "&step=3&")))
    assert netappoint_times(visitor.get(link)) == ["08:10", "09:15"]
    visitor.cookies.clear()
    page = visitor.get(link)
    assert "frm_casetype" in page, "without the session step 4 leads back to step 1"
    assert "nat_timeslist" not in page


@pytest.mark.parametrize("day", ["year=2026&month=2&day=4", "year=2026&month=2&day=31", "day=x"])
def test_a_day_without_free_times_has_no_table(day: str) -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    page = visitor.get(f"{visitor.url}&cur_cause=0&step=3&casetype_1001=1&{day}")
    assert "<table" not in page


def test_it_opens_at_the_first_month_with_a_free_day_and_walks_to_the_last() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1001": "1"})
    assert netappoint_month(page) == (2026, 2)
    assert len(netappoint_buttons(page)) == 2
    march = visitor.get(netappoint_buttons(page)[-1])
    assert netappoint_month(march) == (2026, 3)
    assert netappoint_days(march) == {}
    april = visitor.get(netappoint_buttons(march)[-1])
    assert netappoint_month(april) == (2026, 4)
    assert len(netappoint_buttons(april)) == 1, "the last month only leads back"
    back = visitor.get(netappoint_buttons(april)[0])
    assert netappoint_month(back) == (2026, 3)


def test_a_month_before_the_first_free_one_is_moved_forward() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    link = f"{visitor.url}&cur_cause=0&step=2&casetype_1001=1&month=1&year=2026"
    assert netappoint_month(visitor.get(link)) == (2026, 2)
    assert netappoint_month(visitor.get(link.replace("month=1", "month=9"))) == (2026, 4)


def test_nothing_free_shows_the_current_month_with_only_a_way_forward() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": ()})
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1001": "1"})
    assert netappoint_month(page) == (2026, 1)
    assert netappoint_days(page) == {}
    assert len(netappoint_buttons(page)) == 1
    assert page.count("Keine freien Termine am ") == 31


@pytest.mark.parametrize(("months", "last"), [(0, (2026, 1)), (1, (2026, 2)), (5, (2026, 6))])
def test_the_horizon_can_be_set(months: int, last: tuple[int, int]) -> None:
    visitor = visit(netappoint(MELDE, variant={"horizon_months": months}), {"meldewesen": ()})
    link = f"{visitor.url}&cur_cause=0&step=3&casetype_1001=1&month=12&year=2027"
    assert netappoint_month(visitor.get(link)) == last


def test_months_may_need_the_session() -> None:
    portal = netappoint(NORD, SUED, variant={"session_required_for_months": True})
    visitor = visit(portal, {"nord/pass": FREE, "sued/pass": ()})
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1001": "1"})
    calendar = visitor.get(netappoint_places(page)["Nord"])
    following = netappoint_buttons(calendar)[-1]
    assert "casetype" not in following
    assert netappoint_month(visitor.get(following)) == (2026, 3)
    visitor.cookies.clear()
    assert "frm_casetype" in visitor.get(following)


def test_places_are_chosen_from_a_list_whose_every_line_has_a_link() -> None:
    visitor = visit(netappoint(NORD, SUED), {"sued/pass": FREE})
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1001": "1"})
    assert list(netappoint_places(page)) == ["Süd"]
    assert page.count('<li class="nat_casetypelist_casetype_li"><a') == 2
    assert '<a title="Standort Nord">Nord</a> zurzeit nicht buchbar' in page
    assert "nat_calendar" not in page
    visitor.cookies.clear()
    assert list(netappoint_days(visitor.get(netappoint_places(page)["Süd"]))) == [date(2026, 2, 3)]


@pytest.mark.parametrize(
    ("style", "line"),
    [
        ("standort", 'title="Standort Nord">Nord</a>'),
        ("hannover", '">Nord</a>'),
        ("hamburg", "Nord<br /><strong>Frühester Termin</strong> <em>03.02.2026 um 08:10</em></a>"),
    ],
)
def test_places_are_listed_in_three_styles(style: str, line: str) -> None:
    visitor = visit(netappoint(NORD, variant={"locations": style}), {"nord/pass": FREE})
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1001": "1"})
    assert line in page
    assert list(netappoint_places(page)) == ["Nord"]


def test_a_place_without_a_name_is_called_by_its_key() -> None:
    visitor = visit(netappoint(("haus-nord/pass", "Pass", ())), {"haus-nord/pass": FREE})
    assert list(read_netappoint(visitor)) == ["Haus Nord: Pass"]


@pytest.mark.parametrize(
    ("wording", "text", "with_form"),
    [
        ("dienstleistung", "Dienstleistungs-Kombination kann nicht an einem Standort", True),
        ("anliegen", "Anliegens-Kombination kann nicht an einem Standort", False),
        ("keine-dienstleistung", "Bitte geben Sie mindestens 1 Dienstleistung an.", True),
        ("kein-anliegen", "Bitte geben Sie mindestens ein Anliegen an.", False),
        ("dauer", "Die vorraussichtliche Dauer der von Ihnen gewählten", False),
    ],
)
def test_services_can_be_refused(wording: str, text: str, with_form: bool) -> None:
    variant = {"refuses": {"1001": wording}}
    visitor = visit(netappoint(MELDE, variant=variant), {"meldewesen": FREE})
    action = netappoint_action(visitor.get(visitor.url))
    page = visitor.post(action, {"casetype_1001": "1", "casetype_1002": "0", **WEITER})
    assert text in page
    assert ("frm_casetype" in page) is with_form
    assert "nat_calendar" not in page
    assert netappoint_days(visitor.post(action, {"casetype_1002": "1"})), "the second one is not"


def test_refused_services_can_be_a_list_in_the_portals_usual_wording() -> None:
    variant = {"refuses": [1001], "refusal_wording": "anliegen"}
    visitor = visit(netappoint(MELDE, KFZ, variant=variant), {"meldewesen": FREE, "kfz": FREE})
    action = netappoint_action(visitor.get(visitor.url))
    assert "Anliegens-Kombination" in visitor.post(action, {"casetype_1001": "1"})
    both = visitor.post(action, {"casetype_1002": "1", "casetype_2001": "1"})
    assert "Anliegens-Kombination" in both, "two categories do not go together"
    assert "mindestens ein Anliegen" in visitor.post(action, {"casetype_1001": "0", **WEITER})


def test_choosing_nothing_is_refused() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    page = visitor.post(f"{visitor.url}&step=2", {"casetype_1001": "0", "casetype_x": "1"})
    assert "Bitte geben Sie mindestens 1 Dienstleistung an." in page
    assert "mindestens 1" in visitor.post(f"{visitor.url}&step=2", {"casetype_9999": "1"})


def test_a_company_without_services_shows_the_calendar_of_a_cause_at_once() -> None:
    portal = netappoint(MELDE, KFZ, variant={"services": False})
    offer: Offer = {"meldewesen": FREE, "kfz": slots("2026-01-30 10:00")}
    visitor = visit(portal, offer)
    entry = visitor.get(visitor.url)
    assert "frm_casetype" not in entry
    assert "&amp;step=2" in entry
    second = f"{visitor.url}&cur_cause=1"
    assert list(netappoint_days(visitor.get(f"{second}&step=2"))) == [date(2026, 1, 30)]
    assert list(netappoint_days(visitor.post(f"{second}&step=2", {}))) == [date(2026, 1, 30)]
    visitor.cookies.clear()
    times = visitor.get(f"{second}&step=3&month=1&year=2026&day=30")
    assert netappoint_times(times) == ["10:00"]
    unknown = visitor.get(f"{visitor.url}&cur_cause=8&step=2")
    assert netappoint_month(unknown) == (2026, 2), "an unknown cause is the first one"


@pytest.mark.parametrize(
    ("charset", "content_type", "encoding", "meta"),
    [
        ("utf-8-header", "text/html; charset=utf-8", "utf-8", False),
        ("utf-8-meta", "text/html", "utf-8", True),
        ("utf-8-silent", "text/html", "utf-8", False),
        ("latin-1-header", "text/html; charset=iso-8859-1", "latin-1", False),
        ("latin-1-meta", "text/html", "latin-1", True),
        ("latin-1-silent", "text/html", "latin-1", False),
    ],
)
def test_charsets(charset: str, content_type: str, encoding: str, meta: bool) -> None:
    portal = netappoint(
        ("k", "Führerscheine", ("Łódź",)), name="Prüfstadt", variant={"charset": charset}
    )
    visitor = visit(portal, {"k": ()})
    asked = Asked("GET", "/netappoint/index.php", "company=musterstadt")
    answer = visitor.pages.answer(asked)
    text = answer.body.decode(encoding)
    assert answer.content_type == content_type
    assert "Kategorie Führerscheine" in text
    assert ("charset=" in text) is meta
    assert ("&#321;" in text) is (encoding == "latin-1"), "what Latin-1 lacks is a reference"


def test_a_time_link_leads_to_a_form_that_counts_as_reserving() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    page = visitor.get(f"{visitor.url}&step=3&casetype_1001=1&year=2026&month=2&day=3")
    assert not visitor.answer.reserving
    (link, _) = [part.split('"')[0] for part in page.split('<td><a href="')[1:]]
    assert "frm_booking" in visitor.get(link.replace("&amp;", "&"))
    assert visitor.answer.reserving


def test_a_lost_session_shows_step_1_again_except_at_the_start() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    assert visitor.pages.session_lost(Asked("GET", "/", "company=musterstadt")) is None
    lost = visitor.pages.session_lost(Asked("GET", "/", "company=musterstadt&step=3&day=1"))
    assert lost is not None
    assert b"Ihre Sitzung ist abgelaufen" in lost.body
    assert b"frm_casetype" in lost.body


def test_days_follow_the_portals_zone_not_utc() -> None:
    now = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)  # 00:30 on 1 February in Berlin
    visitor = visit(netappoint(MELDE), {"meldewesen": ()}, now=now)
    page = visitor.post(netappoint_action(visitor.get(visitor.url)), {"casetype_1001": "1"})
    assert netappoint_month(page) == (2026, 2)


def test_an_odd_cookie_header_is_no_session() -> None:
    visitor = visit(netappoint(MELDE), {"meldewesen": FREE})
    visitor.cookies["PHPSESSID"] = "made up"
    assert "frm_casetype" in visitor.get(visitor.url)
    assert visitor.cookies["PHPSESSID"] != "made up"


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({"controls": "radio"}, "controls cannot be 'radio'"),
        ({"colour": 1}, "unknown variant 'colour'"),
        ({"refuses": {"1001": "nein"}}, "unknown wording 'nein'"),
    ],
)
def test_unknown_variants_are_refused(variant: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        visit(netappoint(MELDE, variant=variant), {})
