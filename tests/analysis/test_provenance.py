from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls import __version__
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.provenance import (
    COLUMNS,
    DIGEST_LENGTH,
    Provenance,
    command_text,
    digest_of,
    provenance_of,
)
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import ArchiveReader
from amtspuls.archive.live import open_reader, open_writer
from amtspuls.archive.week import IsoWeek, is_sealed
from amtspuls.model import Calendar, Outcome, Snapshot
from support.command import run_well
from support.measure_archive import BONN, KIEL, make_archive, store_morning
from support.measure_cases import morning, morning_portal, portals, with_gap
from support.memory_archive import MemoryArchive
from support.tiny_archive import TinyPortal, TinyReader, every, slot, utc

RANGE = Selection(from_at=utc("2026-01-26 05:00"), until_at=utc("2026-01-26 06:15"))


def digest(reader: ArchiveReader, selection: Selection = RANGE) -> str:
    return digest_of(load_watched(reader, selection))


def test_it_says_all_five_things() -> None:
    found = provenance_of(load_watched(with_gap(), Selection()), "amtspuls measure wait")
    assert found.as_dict() == {
        "weeks": ["2026-05"],
        "coverage": 0.5,
        "version": __version__,
        "archive_digest": found.archive_digest,
        "command": "amtspuls measure wait",
    }
    assert len(found.archive_digest) == DIGEST_LENGTH
    assert found.line() == (
        f"week 2026-05, 50 % covered; amtspuls {__version__}; data {found.archive_digest}; "
        "amtspuls measure wait"
    )


@pytest.mark.parametrize(
    ("weeks", "text"),
    [((), ""), (("2026-05",), "2026-05"), (("2026-05", "2026-06", "2026-07"), "2026-05..2026-07")],
)
def test_rows_have_one_text_for_the_weeks_and_no_second_coverage(
    weeks: tuple[str, ...], text: str
) -> None:
    columns = Provenance(weeks, 0.5, "1", "abc", "amtspuls").columns()
    assert columns == {
        "weeks": text,
        "version": "1",
        "archive_digest": "abc",
        "command": "amtspuls",
    }
    assert list(columns) == [column.key for column in COLUMNS]


def test_an_office_that_never_answered_has_no_week_and_coverage_zero() -> None:
    silent = TinyReader(
        TinyPortal("bonn", every("2026-01-26 05:00", 4, views=(), outcome="refused"))
    )
    found = provenance_of(load_watched(silent, Selection()), "amtspuls measure wait")
    assert (found.weeks, found.coverage) == ((), 0.0)
    assert found.line().startswith("no week, 0 % covered; ")


def test_commands_can_be_pasted() -> None:
    text = command_text(
        "measure",
        "wait",
        options={
            "-i": ["kiel*", "bonn"],
            "-e": [],
            "--by": None,
            "--from": "2026-01-26 08:15",
            "--target-days": 7,
            "--quiet": False,
            "--all": True,
        },
    )
    assert text == (
        "amtspuls measure wait -i 'kiel*' -i bonn --from '2026-01-26 08:15' --target-days 7 --all"
    )
    assert shlex.split(text)[4] == "kiel*"


def test_live_sealed_plain_and_hand_written_archives_with_equal_data_have_equal_digests(
    tmp_path: Path,
) -> None:
    plain = MemoryArchive()
    store_morning(plain)
    wanted = digest(plain)
    assert digest(morning()) == wanted
    folder = make_archive(tmp_path / "live")
    only_bonn = replace(RANGE, include=("bonn",))
    with closing(open_reader(folder)) as reader:
        assert digest(reader, only_bonn) == wanted
    run_well("seal", "--archive", folder)
    assert is_sealed(folder / "weeks", IsoWeek.parse("2026-05"))
    with closing(open_reader(folder)) as reader:
        assert digest(reader, only_bonn) == wanted


def test_what_is_stored_later_does_not_change_an_older_range(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / "a")) as writer:
        store_morning(writer)
        with closing(open_reader(tmp_path / "a")) as reader:
            before = digest(reader)
        at = utc("2026-01-30 05:00")
        writer.store(BONN, Snapshot("bonn", at, at, Outcome.OK, period_s=900))
        store_morning(writer, KIEL)
    with closing(open_reader(tmp_path / "a")) as reader:
        assert digest(reader, replace(RANGE, include=("bonn",))) == before


Change = Callable[[TinyPortal], TinyPortal]

CHANGES: dict[str, Change] = {
    "another slot": lambda p: replace(
        p, spans=[*p.spans[:-1], replace(p.spans[-1], slot=slot("2026-01-30 10:05"))]
    ),
    "free for longer": lambda p: replace(
        p, spans=[*p.spans[:-1], replace(p.spans[-1], closed=utc("2026-01-26 05:45"))]
    ),
    "one span less": lambda p: replace(p, spans=p.spans[:-1]),
    "one snapshot less": lambda p: replace(p, snapshots=p.snapshots[:-1]),
    "another outcome": lambda p: replace(
        p, snapshots=[*p.snapshots[:-1], replace(p.snapshots[-1], outcome="partial")]
    ),
    "another period": lambda p: replace(
        p, snapshots=[*p.snapshots[:-1], replace(p.snapshots[-1], period_s=1800)]
    ),
    "another calendar": lambda p: replace(p, calendars={1: Calendar("198", "Paß")}),
    "another portal": lambda p: replace(p, portal_id="köln"),
    "another zone": lambda p: replace(p, zone="UTC"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_data_changes_the_digest(name: str) -> None:
    portal = morning_portal()
    assert digest(TinyReader(CHANGES[name](portal))) != digest(TinyReader(portal))


def test_another_range_has_another_digest() -> None:
    later = replace(RANGE, from_at=utc("2026-01-26 05:15"))
    assert digest(morning(), later) != digest(morning())


@settings(max_examples=30, deadline=None)
@given(portals(), portals("kiel"), st.integers(1, 20_000))
def test_numbers_of_calendars_and_order_do_not_matter(
    one: TinyPortal, other: TinyPortal, shift: int
) -> None:
    far = {number: number + shift for number in one.calendars}
    moved = replace(
        one,
        snapshots=[
            replace(s, views=tuple(replace(v, calendar=far[v.calendar]) for v in s.views))
            for s in one.snapshots
        ],
        spans=[replace(span, calendar=far[span.calendar]) for span in one.spans],
        calendars={far[number]: calendar for number, calendar in one.calendars.items()},
    )
    everything = Selection()
    watched = load_watched(TinyReader(one, other), everything)
    assert digest_of(watched[::-1]) == digest_of(watched)
    assert digest(TinyReader(moved, other), everything) == digest_of(watched)


@settings(max_examples=30, deadline=None)
@given(portals())
def test_every_shorter_history_has_its_own_digest(portal: TinyPortal) -> None:
    first = portal.snapshots[0].at
    until = datetime.fromtimestamp(portal.snapshots[-1].at.timestamp() + 900, UTC)
    whole = Selection(from_at=first, until_at=until)
    shorter = replace(portal, snapshots=portal.snapshots[:-1])
    assert digest(TinyReader(shorter), whole) != digest(TinyReader(portal), whole)
    assert until - first > timedelta(0)


def test_an_office_that_nobody_asked_is_no_part_of_it() -> None:
    gone = TinyPortal("gone", every("2021-07-12 05:00", 5))
    ours = morning_portal()
    alone = provenance_of(load_watched(TinyReader(ours), RANGE), "amtspuls measure wait")
    beside = provenance_of(load_watched(TinyReader(gone, ours), RANGE), "amtspuls measure wait")
    assert beside == alone
    assert alone.coverage == 1.0
