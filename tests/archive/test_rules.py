"""The rules of the archive, one by one, on values worked out by hand; both archives must follow them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from amtspuls.archive.base import STILL_OPEN, ArchiveReader, ArchiveWriter, Stop, Stored
from amtspuls.archive.live import open_reader, open_writer
from amtspuls.errors import ArchiveError
from amtspuls.model import (
    Calendar,
    Covered,
    HostState,
    Outcome,
    Slot,
    Snapshot,
    View,
    slot_from_local,
)
from support.histories import BERLIN, PORTAL
from support.memory_archive import MemoryArchive

MONDAY = date(2026, 1, 26)
TUESDAY = date(2026, 1, 27)
BOTH = (MONDAY, TUESDAY)


class Pair(NamedTuple):
    writer: ArchiveWriter
    reader: ArchiveReader


@pytest.fixture(params=["sql", "plain"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    if request.param == "plain":
        plain = MemoryArchive()
        yield Pair(plain, plain)
        return
    writer = open_writer(tmp_path / "archive")
    reader = open_reader(tmp_path / "archive")
    yield Pair(writer, reader)
    reader.close()
    writer.close()


def at(text: str, day: date = MONDAY) -> datetime:
    """Local time in Berlin as an instant."""
    local = datetime.fromisoformat(f"{day.isoformat()}T{text}")
    return local.replace(tzinfo=BERLIN).astimezone(UTC)


def slot(text: str, day: date = MONDAY) -> Slot:
    return slot_from_local(datetime.fromisoformat(f"{day.isoformat()}T{text}"))


def view(*slots: Slot, days: tuple[date, ...] = BOTH, key: str = "k") -> View:
    calendar = Calendar(key, "Meldewesen", ("Ausweis",))
    return View(calendar, Outcome.OK, Covered.from_days(days), slots)


def failed(key: str = "k", outcome: Outcome = Outcome.REFUSED) -> View:
    return View(Calendar(key, "", ()), outcome, reason="captcha")


def shot(
    taken_at: datetime, *views: View, outcome: Outcome = Outcome.OK, requests: int = 3
) -> Snapshot:
    return Snapshot(
        PORTAL.id, taken_at, taken_at + timedelta(seconds=9), outcome, views, requests=requests
    )


def spans(reader: ArchiveReader) -> list[tuple[int, int, int]]:
    columns = reader.spans(PORTAL.id)
    return list(
        zip(
            columns.slot.tolist(),
            columns.opened_at.tolist(),
            columns.closed_at.tolist(),
            strict=True,
        )
    )


def s(instant: datetime) -> int:
    return int(instant.timestamp())


def test_a_slot_is_open_until_a_snapshot_covers_its_day_without_it(archive: Pair) -> None:
    nine, ten = slot("09:00"), slot("10:00")
    assert archive.writer.store(PORTAL, shot(at("06:00"), view(nine, ten))) == Stored(1, 2, 0)
    assert archive.writer.store(PORTAL, shot(at("06:15"), view(ten))) == Stored(2, 0, 1)
    assert spans(archive.reader) == [
        (nine, s(at("06:00")), s(at("06:15"))),
        (ten, s(at("06:00")), STILL_OPEN),
    ]


def test_a_slot_that_comes_back_is_a_new_span(archive: Pair) -> None:
    nine = slot("09:00")
    for time, slots in (("06:00", (nine,)), ("06:15", ()), ("06:30", (nine,))):
        archive.writer.store(PORTAL, shot(at(time), view(*slots)))
    assert spans(archive.reader) == [
        (nine, s(at("06:00")), s(at("06:15"))),
        (nine, s(at("06:30")), STILL_OPEN),
    ]


def test_spans_of_a_range_touch_it(archive: Pair) -> None:
    archive.writer.store(PORTAL, shot(at("06:00"), view(slot("09:00"))))
    archive.writer.store(PORTAL, shot(at("07:00"), view()))

    def count(first: str, until: str) -> int:
        return len(archive.reader.spans(PORTAL.id, at(first), at(until)).slot)

    assert count("05:00", "06:00") == 0
    assert count("05:00", "06:01") == 1
    assert count("07:00", "08:00") == 1
    assert count("07:01", "08:00") == 0
    assert count("06:30", "06:30") == count("06:40", "06:20") == 0


def test_a_span_nobody_closed_is_over_when_its_slot_has_begun(archive: Pair) -> None:
    archive.writer.store(PORTAL, shot(at("06:00"), view(slot("09:00"))))
    assert len(archive.reader.spans(PORTAL.id, at("09:00")).slot) == 1
    assert len(archive.reader.spans(PORTAL.id, at("09:01")).slot) == 0


def test_a_day_that_is_not_covered_changes_nothing(archive: Pair) -> None:
    monday, tuesday = slot("09:00"), slot("09:00", TUESDAY)
    archive.writer.store(PORTAL, shot(at("06:00"), view(monday, tuesday)))
    archive.writer.store(PORTAL, shot(at("06:15"), view(days=(MONDAY,))))
    [state] = archive.reader.state(PORTAL.id, at("06:15"))
    assert (state.slots, state.unknown) == ((), (tuesday,))
    archive.writer.store(PORTAL, shot(at("06:30"), view(tuesday)))
    assert spans(archive.reader) == [
        (monday, s(at("06:00")), s(at("06:15"))),
        (tuesday, s(at("06:00")), STILL_OPEN),
    ]


@pytest.mark.parametrize("gap", [failed(), None])
def test_a_calendar_that_gives_no_answer_changes_nothing(archive: Pair, gap: View | None) -> None:
    nine = slot("09:00")
    archive.writer.store(PORTAL, shot(at("06:00"), view(nine)))
    views = () if gap is None else (gap,)
    assert archive.writer.store(PORTAL, shot(at("06:15"), *views)) == Stored(2, 0, 0)
    [state] = archive.reader.state(PORTAL.id, at("06:20"))
    if gap is None:
        assert (state.outcome, state.taken_at, state.slots) == (Outcome.OK, at("06:00"), (nine,))
    else:
        assert (state.outcome, state.slots, state.unknown) == (Outcome.REFUSED, (), (nine,))
    # What a failed page could not name stays as it was.
    assert state.calendar == Calendar("k", "Meldewesen", ("Ausweis",))


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.SKIPPED, Outcome.OK])
def test_a_slot_ends_when_it_begins_whoever_looks(archive: Pair, outcome: Outcome) -> None:
    nine = slot("09:00")
    archive.writer.store(PORTAL, shot(at("06:00"), view(nine)))
    stored = archive.writer.store(PORTAL, shot(at("09:20"), outcome=outcome))
    assert (stored.opened, stored.closed) == (0, 1)
    assert spans(archive.reader) == [(nine, s(at("06:00")), s(at("09:00")))]


def test_a_slot_that_has_begun_is_neither_stored_nor_shown(archive: Pair) -> None:
    archive.writer.store(
        PORTAL, shot(at("09:00"), view(slot("08:45"), slot("09:00"), slot("09:01")))
    )
    [state] = archive.reader.state(PORTAL.id, at("09:00"))
    assert state.slots == (slot("09:01"),)
    assert archive.reader.views(PORTAL.id).free.tolist() == [1]
    [state] = archive.reader.state(PORTAL.id, at("09:01"))
    assert (state.slots, state.unknown) == ((), ())


def test_a_slot_of_the_repeated_hour_is_kept_until_its_second_pass(archive: Pair) -> None:
    day = date(2026, 10, 25)
    half_past_two = slot("02:30", day)
    first_pass = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    archive.writer.store(PORTAL, shot(first_pass, view(half_past_two, days=(day,))))
    again = first_pass + timedelta(minutes=50)
    archive.writer.store(PORTAL, shot(again, view(half_past_two, days=(day,))))
    assert spans(archive.reader) == [(half_past_two, s(first_pass), STILL_OPEN)]
    later = first_pass + timedelta(minutes=70)
    archive.writer.store(PORTAL, shot(later, view(half_past_two, days=(day,))))
    assert spans(archive.reader) == [
        (half_past_two, s(first_pass), s(first_pass + timedelta(hours=1)))
    ]


def test_history_joins_on_when_the_office_is_learned(archive: Pair) -> None:
    archive.writer.store(PORTAL, shot(at("06:00"), view(key="-/77")))
    archive.writer.store(PORTAL, shot(at("06:15"), view(slot("09:00"), key="280/77")))
    [record] = archive.reader.calendars(PORTAL.id)
    assert (record.number, record.calendar.key) == (1, "280/77")
    assert archive.reader.views(PORTAL.id).calendar.tolist() == [1, 1]
    assert [known.key for known in archive.writer.known_calendars(PORTAL.id)] == ["280/77"]


def test_history_does_not_join_where_two_offices_are_possible(archive: Pair) -> None:
    archive.writer.store(PORTAL, shot(at("06:00"), view(key="-/77")))
    archive.writer.store(PORTAL, shot(at("06:15"), view(key="280/77"), view(key="281/77")))
    assert [r.calendar.key for r in archive.reader.calendars(PORTAL.id)] == [
        "-/77",
        "280/77",
        "281/77",
    ]


def test_history_does_not_join_while_the_unknown_office_is_still_shown(archive: Pair) -> None:
    archive.writer.store(PORTAL, shot(at("06:00"), view(key="-/77")))
    archive.writer.store(PORTAL, shot(at("06:15"), view(key="280/77"), view(key="-/77")))
    assert [r.calendar.key for r in archive.reader.calendars(PORTAL.id)] == ["-/77", "280/77"]


def test_what_is_no_next_snapshot_is_refused_and_changes_nothing(archive: Pair) -> None:
    archive.writer.store(PORTAL, shot(at("06:00"), view(slot("09:00"))))
    nine, ten = slot("09:00"), slot("10:00")
    wrong = [
        shot(at("06:00"), view()),
        shot(at("05:59"), view()),
        shot(at("06:15"), view(), view()),
        shot(at("06:15"), view(ten, nine)),
        shot(at("06:15"), view(nine, nine)),
        shot(at("06:15"), view(slot("09:00", TUESDAY), days=(MONDAY,))),
        Snapshot("stranger", at("06:15"), at("06:15"), Outcome.OK),
    ]
    for snapshot in wrong:
        with pytest.raises(ArchiveError):
            archive.writer.store(PORTAL, snapshot)
    assert archive.writer.store(PORTAL, shot(at("06:15"), view(nine))) == Stored(2, 0, 0)


def test_names_follow_the_newest_answered_view_and_portals_the_catalogue(archive: Pair) -> None:
    archive.writer.store(PORTAL, shot(at("06:00"), view()))
    renamed = View(Calendar("k", "Bürgerbüro", ()), Outcome.OK, Covered.from_days(BOTH))
    moved = PORTAL.model_copy(update={"name": "Stadt Neu", "zone": "Europe/Vienna"})
    archive.writer.store(moved, shot(at("06:15"), renamed))
    [record] = archive.reader.portals()
    assert (record.name, record.zone) == ("Stadt Neu", "Europe/Vienna")
    assert archive.reader.calendars(PORTAL.id)[0].calendar == Calendar("k", "Bürgerbüro", ())


def test_a_corrected_zone_never_closes_a_span_before_it_opened(archive: Pair) -> None:
    wrong = PORTAL.model_copy(update={"zone": "America/Los_Angeles"})
    archive.writer.store(wrong, shot(at("12:00"), view(slot("09:00"))))
    archive.writer.store(PORTAL, shot(at("12:15"), view()))
    assert spans(archive.reader) == [(slot("09:00"), s(at("12:00")), s(at("12:00")))]


def test_calendars_seen_last_come_first(archive: Pair) -> None:
    archive.writer.store(PORTAL, shot(at("06:00"), view(key="b"), view(key="a"), view(key="c")))
    archive.writer.store(PORTAL, shot(at("06:15"), failed("c")))
    known = archive.writer.known_calendars(PORTAL.id)
    assert [(k.key, k.seen_at) for k in known] == [
        ("c", at("06:15")),
        ("a", at("06:00")),
        ("b", at("06:00")),
    ]


def test_requests_are_those_of_the_newest_answer(archive: Pair) -> None:
    assert archive.writer.recent_requests(PORTAL.id) is None
    archive.writer.store(PORTAL, shot(at("06:00"), outcome=Outcome.REFUSED, requests=1))
    assert archive.writer.recent_requests(PORTAL.id) is None
    archive.writer.store(PORTAL, shot(at("06:15"), outcome=Outcome.PARTIAL, requests=42))
    archive.writer.store(PORTAL, shot(at("06:30"), outcome=Outcome.THROTTLED, requests=2))
    assert archive.writer.recent_requests(PORTAL.id) == 42
    assert archive.writer.newest_snapshot_at(PORTAL.id) == at("06:30")


def test_an_unknown_portal_has_nothing(archive: Pair) -> None:
    assert archive.writer.known_calendars("nobody") == ()
    assert archive.writer.newest_snapshot_at("nobody") is None
    assert list(archive.reader.state("nobody", at("06:00"))) == []
    assert list(archive.reader.calendars("nobody")) == []
    for columns in (
        archive.reader.snapshots("nobody"),
        archive.reader.views("nobody"),
        archive.reader.spans("nobody", at("06:00"), at("07:00")),
    ):
        assert {len(column) for column in columns} == {0}


def test_hosts_are_remembered_to_the_second(archive: Pair) -> None:
    states = [
        HostState("https://b.example"),
        HostState(
            "https://a.example", 200, "User-agent: *\n", at("06:00"), at("07:00"), MONDAY, 17
        ),
    ]
    archive.writer.save_host_states(states)
    archive.writer.save_host_states([HostState("https://b.example", 404, "", at("06:30"))])
    kept = archive.writer.host_states()
    assert list(kept) == ["https://a.example", "https://b.example"]
    assert kept["https://a.example"] == states[1]
    assert kept["https://b.example"].robots_status == 404


def test_a_stop_keeps_its_first_reason_until_it_is_lifted(archive: Pair) -> None:
    first = Stop(PORTAL.id, at("06:00"), "captcha")
    archive.writer.stop(first)
    archive.writer.stop(Stop(PORTAL.id, at("06:15"), "403"))
    assert archive.writer.stops() == {PORTAL.id: first}
    assert archive.writer.lift_stop(PORTAL.id, at("08:00"))
    assert not archive.writer.lift_stop(PORTAL.id, at("08:00"))
    assert archive.writer.stops() == {}
    again = Stop(PORTAL.id, at("09:00"), "login")
    archive.writer.stop(again)
    assert archive.writer.stops() == {PORTAL.id: again}
