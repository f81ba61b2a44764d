"""Whatever a portal offers: what the client reads equals what the replica holds, on the covered days."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amtspuls.model import Outcome, Slot, day_of_slot, slot_from_local
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from support.collecting import collecting
from support.practice import Offers
from support.practice_ekol import ekol
from support.practice_etermin import etermin
from support.practice_impf import impf
from support.practice_tevis import tevis

pytestmark = [pytest.mark.sim, pytest.mark.slow]

BERLIN = ZoneInfo("Europe/Berlin")
WORDS = st.sampled_from(
    [
        "Pässe",
        "Kfz & Führerschein",
        "Ummeldung <neu>",
        "Straßenverkehr",
        '"Eilt"',
        "Ämter-Lotse",
        "Bürger’s",
    ]
)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Working hours of any day, and the nights in which the clocks change."""
    plain = st.datetimes(datetime(2026, 1, 1, 5), datetime(2026, 12, 30, 22))
    nights = st.sampled_from(
        [datetime(2026, 3, 29, 0, 58), datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 1, 2)]
    )
    return draw(st.one_of(plain, nights)).replace(microsecond=0, tzinfo=UTC)


def _is_left_out(local: datetime) -> bool:
    """Whether a wall time lies in the hour that spring leaves out: no office offers it.

    Midnight is left out of the offers too: eTermin shows a time at 00:00 where a day is booked up.
    """
    there = local.replace(tzinfo=BERLIN).astimezone(UTC).astimezone(BERLIN)
    return there.replace(tzinfo=None) != local


@st.composite
def offers_at(draw: st.DrawFn, at: datetime, keys: list[str]) -> Mapping[str, tuple[Slot, ...]]:
    local = at.astimezone(BERLIN).replace(tzinfo=None, second=0)
    offer = {}
    for key in keys:
        if draw(st.booleans()):
            minutes = draw(st.sets(st.integers(3, 60 * 24 * 60), max_size=12))
            offer[key] = tuple(
                sorted(
                    slot_from_local(shown)
                    for shown in (local + timedelta(minutes=m) for m in minutes)
                    if not _is_left_out(shown) and shown.time() != time()
                )
            )
    return offer


@st.composite
def tempus_portals(draw: st.DrawFn) -> ReplicaPortal:
    layout = draw(st.sampled_from("ABC"))
    offices = draw(st.integers(1, 3))
    names = draw(st.lists(WORDS, min_size=1, max_size=1 if layout == "B" else 3, unique=True))
    calendars = []
    for task, name in enumerate(names, start=70):
        shown = "default" if layout == "B" else name
        for office in range(offices):
            full = f"Amt {office}: {shown}" if offices > 1 else shown
            calendars.append(
                ReplicaCalendar(f"{office + 5}/{task}", full, (f"{name} eins", f"{name} zwei"))
            )
    variant: dict[str, Any] = {
        "layout": layout,
        "notices": draw(st.integers(0, 1)),
        "notice_after_office": draw(st.booleans()),
        "privacy_checkbox": draw(st.booleans()),
        "sold_out": draw(st.sampled_from(["text", "tables", "appointment"])),
    }
    return ReplicaPortal(
        "auwinkel", "Gemeinde Auwinkel", "tempus",
        "https://tempus.example/termine/index.php?anlagennr=901", tuple(calendars), variant=variant,
    )  # fmt: skip


@st.composite
def netappoint_portals(draw: st.DrawFn) -> ReplicaPortal:
    names = draw(
        st.lists(
            st.sampled_from(["meldewesen", "kfz-zulassung", "passe"]),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    titles = {"meldewesen": "Meldewesen", "kfz-zulassung": "Kfz-Zulassung", "passe": "Pässe"}
    places = draw(st.sampled_from([[], ["nord", "sud"]]))
    calendars = [
        ReplicaCalendar(
            f"{place}/{name}",
            f"{ {'nord': 'Nord', 'sud': 'Süd'}[place] }: {titles[name]}",
            ("Antrag",),
        )
        for name in names
        for place in places
    ] or [ReplicaCalendar(name, titles[name], ("Antrag", "Abholung")) for name in names]
    variant: dict[str, Any] = {
        "controls": draw(st.sampled_from(["select", "checkbox", "mixed"])),
        "charset": draw(st.sampled_from(["utf-8-header", "utf-8-silent", "latin-1-meta"])),
    }
    base = draw(st.sampled_from(["", "/netappoint"]))
    return ReplicaPortal(
        "musterstadt", "Stadt Musterstadt", "netappoint",
        f"https://termine.example{base}/index.php?company=musterstadt", tuple(calendars), variant=variant,
    )  # fmt: skip


@st.composite
def tevis_portals(draw: st.DrawFn) -> ReplicaPortal:
    generation = draw(st.sampled_from(["v3", "v2", "v2b", "v1"]))
    places = draw(st.integers(1, 3))
    calendars = [
        (f"{301 + n}", f"Amt {n}" if generation == "v1" else f"Bürgeramt / Amt {n}", ("Reisepass",))
        for n in range(places)
    ]
    variant: dict[str, Any] = {"generation": generation}
    if generation != "v1":
        variant["concerns"] = draw(st.sampled_from(["number", "checkbox"]))
        variant["page_slots"] = draw(st.sampled_from([2, 3, 5, 16, 50]))
    return tevis(*calendars, variant=variant)


@st.composite
def etermin_portals(draw: st.DrawFn) -> ReplicaPortal:
    count = draw(st.integers(1, 3))
    calendars = [(f"{90701 + n}", f"Zimmer {n}", (f"Antrag {n}",)) for n in range(count)]
    variant = {"group_only_rows": draw(st.booleans()), "placeholder": draw(st.booleans())}
    return etermin(*calendars, variant=variant)


@st.composite
def ekol_portals(draw: st.DrawFn) -> ReplicaPortal:
    count = draw(st.integers(1, 3))
    calendars = [(f"12229360{n:02}", f"Bürgeramt {n}", ("Reisepass",)) for n in range(count)]
    skin = draw(st.sampled_from(["leipzig-2021", "potsdam-2024"]))
    return ekol(*calendars, variant={"skin": skin})


@st.composite
def impf_portals(draw: st.DrawFn) -> ReplicaPortal:
    names = draw(st.lists(WORDS, min_size=1, max_size=3, unique=True))
    # Dealt over the minutes an answer is a sample; whole ones say all that there is.
    variant = {"answers": "whole", "optgroups": draw(st.booleans())}
    places = ((f"{310 + n}", f"Impfstelle {name}") for n, name in enumerate(names))
    return impf(*places, variant=variant)


async def check(portal: ReplicaPortal, at: datetime, offer: Mapping[str, tuple[Slot, ...]]) -> None:
    offers = Offers(portal)
    offers.now[portal.id] = offer
    async with collecting(offers, at) as running:
        (snapshot,) = await running.at(at)
    read = {view.calendar.key: view for view in snapshot.views}
    first = at.astimezone(BERLIN).date()
    # One list may hold the times of several calendars, so that they fill it together.
    together = _left_open(portal, tuple(chain(*offer.values())), first)
    if portal.system == "impfthueringen":
        together = set()
    left = {key: together | _left_open(portal, slots, first) for key, slots in offer.items()}
    if portal.system == "impfthueringen" or not any(left.values()):
        assert snapshot.outcome is Outcome.OK, snapshot.reason
    for key, slots in offer.items():
        if key not in read:
            # Lists name a calendar only where something is free in it, on a day that was read.
            assert not slots or {day_of_slot(slot) for slot in slots} <= left[key]
            continue
        view = read[key]
        inside = [
            slot
            for slot in slots
            if any(low <= slot < high for low, high in view.covered.slot_bounds())
        ]
        assert list(view.slots) == inside
        if slots:
            three_weeks = {first + timedelta(days=n) for n in range(21)}
            assert three_weeks - left[key] <= set(view.covered)
    assert all(not read[key].slots for key in read.keys() - offer.keys())


def _left_open(portal: ReplicaPortal, slots: tuple[Slot, ...], first: date) -> set[date]:
    """Days that may stay unknown: tevis lists say nothing of what they leave out inside an hour.

    The vaccination portal says nothing of days without a time. Where one page shows two times or more of one hour and no page shows more than that, the portal
    may have shown all that it ever shows.
    """
    if portal.system == "impfthueringen":
        return {first + timedelta(days=n) for n in range(61)} - set(map(day_of_slot, slots))
    if portal.system != "tevis" or portal.variant["generation"] == "v1":
        return set()
    hours = Counter(slot // 60 for slot in slots)
    most = min(len(slots), portal.variant["page_slots"])
    return {day_of_slot(Slot(hour * 60)) for hour, count in hours.items() if count >= most > 1}


PORTALS = {
    "tempus": tempus_portals(),
    "netappoint": netappoint_portals(),
    "tevis": tevis_portals(),
    "etermin": etermin_portals(),
    "ekol": ekol_portals(),
    "impfthueringen": impf_portals(),
}


@pytest.mark.parametrize("portals", PORTALS.values(), ids=PORTALS)
def test_what_is_read_is_what_is_offered(portals: st.SearchStrategy[ReplicaPortal]) -> None:
    @settings(
        max_examples=400 if os.environ.get("AMTSPULS_ENDURANCE") else 25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        portal, at = data.draw(portals), data.draw(moments())
        offer = dict(data.draw(offers_at(at, [calendar.key for calendar in portal.calendars])))
        draws_what_is_there = (
            portal.system in {"netappoint", "impfthueringen"}
            or portal.variant.get("generation") == "v1"
        )
        if draws_what_is_there and not offer:
            offer[portal.calendars[0].key] = ()  # it draws no empty form: a real one has a category
        asyncio.run(check(portal, at, offer))

    holds()
