"""What a portal that nobody knows yet is called."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Portal
from amtspuls.collect.proposing import (
    commented_table,
    find_known,
    propose_id,
    propose_name,
    title_of,
)
from amtspuls.fetch.page import Page
from amtspuls.model import Calendar, Outcome, Snapshot, View
from amtspuls.systems.marks import Seen
from support.fetching import unhurried

AT = datetime(2026, 1, 26, 6, tzinfo=UTC)


def titled(title: str, heading: str = "") -> str:
    body = f"<html><head><title>{title}</title></head><body><h1>{heading}</h1></body></html>"
    return title_of(Seen(Page("https://a.example/", 200, {}, body.encode(), AT)))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Terminvereinbarung Stadt Nürnberg", "Stadt Nürnberg"),
        ("Termine Städteregion Aachen - Ausländerbehörde -", "Städteregion Aachen - Ausländerbehörde"),
        ("Online-Terminvergabe | Stadt Kiel", "Stadt Kiel"),
        ("Stadt Hohenau, Ausländerbehörde", "Stadt Hohenau, Ausländerbehörde"),
        ("Online Termin buchen", ""),
        ("Termine", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_titles_lose_the_words_of_all_booking_pages(title: str, name: str) -> None:
    assert titled(title) == name


def test_the_heading_stands_in_for_an_empty_title() -> None:
    assert titled("Termine", "Terminvergabe der Gemeinde Ausfeld") == "Gemeinde Ausfeld"


@pytest.mark.parametrize(
    ("title", "short_name", "url", "proposed"),
    [
        ("Stadt Bad Münder", "x", "https://a.example", "bad-munder"),
        ("Stadt Gießen", "", "https://a.example", "giessen"),
        ("", "stadtbonn", "https://termine.bonn.de", "stadtbonn"),
        ("", "", "https://termine.bonn.de", "bonn"),
        ("", "", "http://127.0.0.1:8080/x", "portal"),
        ("???", "", "https://termine.de", "portal"),
    ],
)
def test_ids_follow_the_rule_of_the_old_bundles(
    title: str, short_name: str, url: str, proposed: str
) -> None:
    assert propose_id(title, short_name, url, ()) == proposed
    assert propose_id(title, short_name, url, {proposed}) == f"{proposed}-2"
    assert propose_id(title, short_name, url, {proposed, f"{proposed}-2"}) == f"{proposed}-3"


@unhurried
@given(
    title=st.text(max_size=200), short_name=st.text(max_size=80), taken=st.sets(st.text(max_size=3))
)
def test_whatever_a_page_is_called_makes_a_portal(
    title: str, short_name: str, taken: set[str]
) -> None:
    own = titled(title.replace("<", "").replace("&", ""))
    made = Portal(
        id=propose_id(own, short_name, "https://a.example/", taken),
        name=propose_name(own, "b", "https://a.example/"),
        system="tempus",
        url="https://a.example/",
    )
    assert made.id not in taken
    assert "\n" not in made.name


_view = st.builds(
    View,
    st.builds(Calendar, st.text(max_size=20), st.text(max_size=20)),
    st.just(Outcome.OK),
    asked=st.lists(st.text(max_size=20), max_size=2).map(tuple),
)


@unhurried
@given(views=st.lists(_view, max_size=3), reason=st.text(max_size=30))
def test_comments_never_spoil_the_table(
    tmp_path_factory: pytest.TempPathFactory, views: list[View], reason: str
) -> None:
    portal = Portal(
        id="musterstadt", name="Stadt", system="tempus", url="https://a.example/?anlagennr=1"
    )
    shot = Snapshot(portal.id, AT, AT, Outcome.PARTIAL, tuple(views), reason=reason)
    file: Path = tmp_path_factory.mktemp("overlay") / "overlay.toml"
    file.write_text(commented_table(portal, shot), "utf-8")
    assert load_catalogue([file]).require("musterstadt") == portal


def test_a_known_portal_is_found_by_either_address() -> None:
    portal = Portal(id="a", name="A", system="tempus", url="https://a.example/Termine/")
    for given_url, entry in (
        ("https://a.example/termine", "https://b.example"),
        ("https://b.example", "https://a.example/Termine/#top"),
    ):
        assert find_known(given_url, entry, [portal]) is portal
    assert find_known("https://a.example", "https://a.example", [portal]) is None
