"""The vaccination portal: its two pages, how slots are dealt out, and real rows of July 2021."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.clock import SimulatedClock, utc_from_local
from amtspuls.errors import ConfigError
from amtspuls.model import Slot, day_of_slot, slot_from_local
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.portals import impfthueringen
from amtspuls.replica.portals.impfthueringen import dealt
from amtspuls.replica.recording import load_recording
from amtspuls.replica.server import ReplicaServer
from amtspuls.replica.wire import Asked
from support.bundles import csv_text, write_bundle, write_metadata
from support.practice import NOW, Offers, slots
from support.practice_impf import ImpfVisitor, impf, read_pass, read_passes

PLACES = (
    ("10", "IST Oberau (barrierefrei) | Nachmittag | Impfstoff: A & B"),
    ("101", "IST Süd | Wochenende"),
    ("102", "IST Nord"),
)
FREE = slots("2026-01-28 09:12", "2026-01-28 09:15", "2026-01-30 10:00")
DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "practise-on-replicas.md"
BERLIN = ZoneInfo("Europe/Berlin")

SLOTS = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 1439)), max_size=40, unique=True).map(
    lambda chosen: tuple(
        sorted(
            Slot(slot_from_local(datetime(2026, 3, 27)) + 1440 * day + minute)
            for day, minute in chosen
        )
    )
)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.sampled_from([key for key, _ in PLACES]), SLOTS),
    st.integers(0, 10_000),
    st.fixed_dictionaries(
        {"optgroups": st.booleans(), "none_free": st.sampled_from(["comment", "blank", "empty"])}
    ),
)
def test_all_that_is_offered_is_shown_minute_by_minute(
    offer: dict[str, tuple[Slot, ...]], minute: int, variant: dict[str, object]
) -> None:
    now = NOW + timedelta(minutes=minute)
    united = read_passes(ImpfVisitor(impf(*PLACES, variant=variant), offer, now), 40)
    assert united == {key: set(found) for key, found in offer.items()}
    whole = impf(*PLACES, variant={**variant, "answers": "whole"})
    assert read_pass(ImpfVisitor(whole, offer, now)) == offer


@given(SLOTS, st.integers(0, 100_000))
def test_a_deal_shows_each_slot_once_in_turn(found: tuple[Slot, ...], minute: int) -> None:
    days = [day_of_slot(slot) for slot in found]
    passes = max([15, *map(days.count, days), -(-len(found) // 3)])
    shown = [slot for step in range(passes) for slot in dealt(found, minute + step)]
    assert sorted(shown) == list(found)


def test_a_quarter_of_an_hour_is_enough_for_what_was_ever_seen() -> None:
    days = [datetime(2021, 7, 21 + day, 8) for day in range(3)]
    full = tuple(
        slot_from_local(day + timedelta(minutes=3 * step)) for day in days for step in range(15)
    )
    visitor = ImpfVisitor(impf(*PLACES), {"10": full}, datetime(2021, 7, 20, 8, tzinfo=UTC))
    assert read_passes(visitor, 15) == {"10": set(full)}
    assert len(full) == 45


def test_a_day_with_more_slots_takes_more_minutes() -> None:
    morning = slot_from_local(datetime(2026, 1, 28, 8))
    full = tuple(Slot(morning + 3 * step) for step in range(20))
    assert [len(dealt(full, minute)) for minute in range(20)] == [1] * 20


def test_the_index_lists_only_places_on_offer() -> None:
    visitor = ImpfVisitor(impf(*PLACES), {"10": FREE, "101": ()})
    assert visitor.places() == dict(PLACES[:2])
    page = visitor.index()
    assert "<title>Impf-Termine buchen</title>" in page
    for name in ("ID_LIB_Indikation", "ID_LIB_Indikation_Sub", "ID_LIB_Ort", "DatumUhrzeit"):
        assert f'<select name="{name}"' in page
    assert "Indikation nach Alter (STIKO) &gt; 80 J." in page
    assert '<div class="select-ort-area"><select name="ID_LIB_Ort"' in page
    bare = visitor.pages.answer(Asked("GET", "/terminvergabe/")).body.decode()
    assert bare == page


def test_a_fragment_of_dates() -> None:
    plain = ImpfVisitor(impf(*PLACES, variant={"answers": "whole"}), {"10": FREE})
    first = (
        '<option value="2026-01-28 09:12" data-folge-termin="2026-03-11 09:12">'
        "28.01.2026, 09:12 Uhr</option>\n"
    )
    assert plain.dates("10").startswith(first)
    assert plain.dates("10").count("<option") == 3
    variant = {"answers": "whole", "optgroups": True}
    grouped = ImpfVisitor(impf(*PLACES, variant=variant), {"10": FREE}).dates("10")
    assert grouped.startswith(f'<optgroup label="Mittwoch, 28.01.2026">\n{first}')
    assert grouped.count("<optgroup") == grouped.count("</optgroup>") == 2


@pytest.mark.parametrize(
    ("form", "text"),
    [("comment", "<!-- keine freien Termine -->\n"), ("blank", "\n"), ("empty", "")],
)
def test_nothing_free_is_a_fragment_without_an_option(form: str, text: str) -> None:
    visitor = ImpfVisitor(impf(*PLACES, variant={"none_free": form}), {"10": (), "101": FREE})
    assert visitor.dates("10") == visitor.dates("999") == visitor.dates("101", typ="2") == text


def test_what_cannot_be_drawn_is_refused() -> None:
    for key in ("0", "nord"):
        with pytest.raises(ConfigError, match="keys like 138"):
            ImpfVisitor(impf((key, "x")), {})
    with pytest.raises(ConfigError, match="answers cannot be 'half'"):
        ImpfVisitor(impf(variant={"answers": "half"}), {})


def test_every_switch_is_described() -> None:
    text = DOCS.read_text("utf-8")
    values = {value for known in impfthueringen.VARIANTS.values() for value in known or ()}
    for word in {*impfthueringen.VARIANTS, *(one for one in values if isinstance(one, str))}:
        assert f"`{word}`" in text, word


async def test_both_pages_on_a_server() -> None:
    portal = impf(*PLACES, variant={"answers": "whole"})
    availability = Offers(portal)
    availability.now[portal.id] = {"10": FREE}
    async with (
        ReplicaServer(availability, SimulatedClock(NOW)) as server,
        httpx2.AsyncClient() as client,
    ):
        url = f"{server.portals['impfthueringen']['url']}"
        assert "select-ort-area" in (await client.get(f"{url}/index.php")).text
        posted = await client.post(f"{url}/func.php", data={"typ": "1", "ort": "10", "pos": "0"})
        assert posted.text.count("<option") == 3
        server.faults.set("impfthueringen", Fault(FaultName.SESSION_LOST))
        assert "select-ort-area" in (await client.get(f"{url}/")).text, "there is no session"
        server.faults.set("impfthueringen", Fault(FaultName.CHANGED))
        changed = (await client.get(f"{url}/index.php")).text
        assert "select-ort-area" not in changed
        assert PLACES[2][1] not in changed


# --- real rows --------------------------------------------------------------------------------------


def test_a_recorded_row_is_what_was_free_in_its_quarter(tmp_path: Path) -> None:
    columns = ["2021-07-21 08:03:00", "2021-07-21 08:06:00", "2021-07-22 09:00:00"]
    rows = [("2021-07-20 10:00:00", "10", columns), ("2021-07-20 10:15:00", "10", columns[:1])]
    bundle = write_bundle(
        tmp_path / "b.tar.gz", {"impfthueringen.csv": csv_text("impfthueringen", columns, rows)}
    )
    table = {"impfthueringen": ("custom", {"10": PLACES[0][1]}), "ulm": ("custom", {})}
    recording = load_recording(bundle, write_metadata(tmp_path / "m.json", table))
    portal = recording.portals["impfthueringen"]
    assert (portal.system, portal.variant) == ("impfthueringen", {"answers": "whole"})
    at = utc_from_local(datetime(2021, 7, 20, 10, 14, 59), BERLIN)
    seen = read_pass(ImpfVisitor(portal, recording.offer("impfthueringen", at), at))
    assert seen == {"10": slots(*columns)}


def test_a_quarter_of_the_real_week_comes_back(shared: Path) -> None:
    raw = shared / "data" / "office-schedule-data" / "raw"
    recording = load_recording(
        raw / "2021" / "2021-29.tar.gz", raw / "metadata.json", ["impfthueringen"]
    )
    portal = recording.portals["impfthueringen"]
    first = utc_from_local(datetime(2021, 7, 20, 10), BERLIN)
    for quarter in range(5):
        at = first + timedelta(minutes=15 * quarter)
        offer = recording.offer("impfthueringen", at)
        assert len(offer) >= 50
        assert read_pass(ImpfVisitor(portal, offer, at)) == offer
    by_minute = impf(*((one.key, one.name) for one in portal.calendars))
    offer = recording.offer("impfthueringen", first)
    expected = {key: set(found) for key, found in offer.items()}
    assert read_passes(ImpfVisitor(by_minute, offer, first), 15) == expected
    assert min(day_of_slot(slot) for found in offer.values() for slot in found) > date(2021, 7, 20)
