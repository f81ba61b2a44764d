"""Whatever the availability offers, exactly that stands on the pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from amtspuls.model import Slot, slot_from_local
from support.practice import Offer, netappoint, read_netappoint, read_tempus, tempus, visit

_INSTANTS = st.datetimes(
    datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)
)  # clock changes and turns of the year included


@st.composite
def _slots_after(draw: st.DrawFn, today: date) -> tuple[Slot, ...]:
    days = draw(st.lists(st.integers(0, 100), max_size=6, unique=True))
    minutes = st.lists(st.integers(0, 1439), min_size=1, max_size=4, unique=True)
    found = {
        slot_from_local(
            datetime(today.year, today.month, today.day) + timedelta(days=day, minutes=minute)
        )
        for day in days
        for minute in draw(minutes)
    }
    return tuple(sorted(found))


@st.composite
def _cases(draw: st.DrawFn, keys: tuple[str, ...]) -> tuple[datetime, Offer]:
    now = draw(_INSTANTS)
    shown = draw(st.sets(st.sampled_from(keys)))
    today = (now + timedelta(hours=2)).date()  # never before the day in Berlin
    return now, {key: draw(_slots_after(today)) for key in keys if key in shown}


NETAPPOINT = (
    ("meldewesen", "Meldewesen", ()),
    ("kfz", "Kfz & Co", ("Ummeldung", "Abmeldung")),
    ("nord/pass", "Nord: Paß", ("Reisepass",)),
    ("sued/pass", "Süd: Paß", ()),
)
TEMPUS = (
    ("278/3294", "Nord: Melde", ("Anmeldung 01\xa0\xa0 Person2\xa0\xa0 Personen", "Abmeldung")),
    ("279/3294", "Süd: Melde", ()),
    ("279/3295", "Sonstiges", ("Beglaubigung",)),
)


@given(
    _cases(tuple(key for key, _, _ in NETAPPOINT)),
    st.fixed_dictionaries(
        {
            "controls": st.sampled_from(["select", "checkbox", "mixed"]),
            "locations": st.sampled_from(["standort", "hannover", "hamburg"]),
            "session_required_for_months": st.booleans(),
        }
    ),
)
def test_netappoint(case: tuple[datetime, Offer], variant: dict[str, object]) -> None:
    now, offer = case
    portal = netappoint(*NETAPPOINT, variant=variant)
    read = read_netappoint(visit(portal, offer, now=now))
    names = {key: name for key, name, _ in NETAPPOINT}
    assert read == {names[key]: found for key, found in offer.items()}


@given(
    _cases(tuple(key for key, _, _ in TEMPUS)),
    st.fixed_dictionaries(
        {
            "layout": st.sampled_from(["A", "C"]),
            "names": st.sampled_from(["span", "anliegen"]),
            "notices": st.integers(0, 2),
            "notice_after_office": st.booleans(),
            "office_list": st.sampled_from(["auto", "always"]),
            "sold_out": st.sampled_from(["text", "tables", "appointment"]),
            "today": st.sampled_from(["monatevent", "actualdate"]),
            "privacy_checkbox": st.booleans(),
        }
    ),
)
def test_tempus(case: tuple[datetime, Offer], variant: dict[str, object]) -> None:
    now, offer = case
    read = read_tempus(visit(tempus(*TEMPUS, variant=variant), offer, now=now))
    expected: dict[str, tuple[Slot, ...] | None] = dict(offer)
    if not {"278/3294", "279/3294"} & set(offer):
        expected["Melde"] = None
    if "279/3295" not in offer:
        expected["Sonstiges"] = None
    assert read == expected


@given(
    _cases(("144/1180", "145/1180")),
    st.fixed_dictionaries({"controls": st.sampled_from(["select", "radio", "checkbox"])}),
)
def test_tempus_with_one_nameless_category(
    case: tuple[datetime, Offer], variant: dict[str, object]
) -> None:
    now, offer = case
    calendars = (("144/1180", "Nord: default", ("a", "b")), ("145/1180", "Süd: default", ()))
    read = read_tempus(visit(tempus(*calendars, variant=variant), offer, now=now))
    expected: dict[str, tuple[Slot, ...] | None] = dict(offer)
    assert read == (expected or {"default": None})
