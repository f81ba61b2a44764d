from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.bundle.read import BUNDLE_ZONE, RecordedPortal, local_to_utc, open_bundle
from amtspuls.errors import BundleError
from amtspuls.model import slot_from_local
from support.bundles import csv_text, tar_bytes, write_bundle

COLUMNS = ("2026-01-27 08:00:00", "2026-01-27 08:20:00", "2026-01-28 09:05:00")
ROWS = [
    ("2026-01-26 00:03:10", "278/3294", COLUMNS[:2]),
    ("2026-01-26 00:03:10", "278/3295", ()),
    ("2026-01-26 00:18:11", "278/3294", COLUMNS[:2]),
    ("2026-01-26 00:18:11", "278/3295", COLUMNS[2:]),
    ("2026-01-26 00:33:12", "278/3295", COLUMNS),
]
GOOD = csv_text("amt", COLUMNS, ROWS)


def slots(*columns: str) -> tuple[int, ...]:
    return tuple(slot_from_local(datetime.fromisoformat(column)) for column in columns)


def read_one(folder: Path, text: str | bytes, portal_id: str = "amt") -> RecordedPortal:
    with open_bundle(write_bundle(folder / "2026-05.tar.gz", {f"{portal_id}.csv": text})) as bundle:
        return bundle.read_portal(portal_id)


def test_rows_are_read_as_they_are_written(tmp_path: Path) -> None:
    portal = read_one(tmp_path, GOOD)

    assert portal.columns == slots(*COLUMNS)
    assert portal.times == tuple(datetime.fromisoformat(row[0]) for row in ROWS)
    assert portal.keys == tuple(row[1] for row in ROWS)
    assert portal.free == tuple(slots(*row[2]) for row in ROWS)
    assert portal.free[0] is portal.free[2]


def test_groups_are_the_rows_of_one_date(tmp_path: Path) -> None:
    groups = list(read_one(tmp_path, GOOD).groups())

    assert [(local.minute, part.start, part.stop) for local, part in groups] == [
        (3, 0, 2),
        (18, 2, 4),
        (33, 4, 5),
    ]


def test_a_file_without_slot_columns_says_that_nothing_was_free(tmp_path: Path) -> None:
    text = "date,source_id,location_id\r\n2026-01-26 00:03:10,amt,pass\r\n"

    portal = read_one(tmp_path, text)

    assert (portal.columns, portal.keys, portal.free) == ((), ("pass",), ((),))


def test_a_file_without_rows_is_read(tmp_path: Path) -> None:
    assert read_one(tmp_path, "date,source_id,location_id\r\n").times == ()


def test_rows_that_are_there_twice_are_kept(tmp_path: Path) -> None:
    portal = read_one(tmp_path, csv_text("amt", COLUMNS, [ROWS[0], ROWS[0]]))

    assert portal.keys == ("278/3294", "278/3294")


def test_portals_come_in_the_order_of_the_members(tmp_path: Path) -> None:
    path = write_bundle(
        tmp_path / "b.tar.gz", {"a.csv": csv_text("a", (), []), "b-2.csv": csv_text("b-2", (), [])}
    )

    with open_bundle(path) as bundle:
        assert (bundle.path, bundle.portal_ids) == (path, ("a", "b-2"))
        assert bundle.read_portal("b-2").portal_id == "b-2"
        assert bundle.read_portal("a").portal_id == "a"
        with pytest.raises(BundleError, match=r"no c\.csv in it"):
            bundle.read_portal("c")


HEADER = "date,source_id,location_id"
DATE = "2026-01-26 00:03:10"
DAMAGED_CSV: dict[str, tuple[str | bytes, int, str]] = {
    "empty file": ("", 1, "header is missing"),
    "bad header": ("time,source_id,location_id\r\n", 1, "header must begin"),
    "header without a comma": (HEADER + "x\r\n", 1, "header must begin"),
    "semicolons": (HEADER.replace(",", ";") + "\r\n", 1, "header must begin"),
    "byte order mark": ("\ufeff" + GOOD, 1, "header must begin"),
    "newlines of another kind": (GOOD.replace("\r\n", "\n"), 1, "CRLF"),
    "column no time": (HEADER + ",morgen\r\n", 1, "'morgen' is no time"),
    "column not in the calendar": (HEADER + ",2026-02-30 08:00:00\r\n", 1, "is no time"),
    "column with seconds": (HEADER + ",2026-01-27 08:00:30\r\n", 1, "whole minutes"),
    "columns that descend": (
        f"{HEADER},{COLUMNS[1]},{COLUMNS[0]}\r\n",
        1,
        "do not ascend at '2026-01-27 08:00:00'",
    ),
    "column twice": (f"{HEADER},{COLUMNS[0]},{COLUMNS[0]}\r\n", 1, "do not ascend"),
    "header not UTF-8": (HEADER.encode() + b",\xfc\r\n", 1, "not UTF-8"),
    "row too short": (GOOD + f"{DATE},amt,x,1\r\n", 7, "has 4 fields, the header has 6"),
    "row too long": (GOOD + f"{DATE},amt,x,1,,,\r\n", 7, "has 7 fields, the header has 6"),
    "row without slots": (GOOD + f"{DATE},amt,x\r\n", 7, "has 3 fields"),
    "trailing comma": (f"{HEADER}\r\n{DATE},amt,x,\r\n", 2, "has 4 fields, the header has 3"),
    "blank line": (GOOD + "\r\n", 7, "date must be"),
    "cell 0": (GOOD + f"{DATE},amt,x,1,0,\r\n", 7, "field 5 must be 1 or empty, not '0'"),
    "cell 11": (GOOD + f"{DATE},amt,x,1,,11\r\n", 7, "field 6 must be 1 or empty, not '11'"),
    "quoted cell": (GOOD + f'{DATE},amt,x,"1",,\r\n', 7, "field 4 must be 1 or empty"),
    "blank in a cell": (GOOD + f"{DATE},amt,x, ,,\r\n", 7, "field 4 must be 1 or empty, not ' '"),
    "other newline in a row": (GOOD + f"{DATE},amt,x,,,\n\r\n", 7, "field 6 must be 1 or empty"),
    "date of another form": (GOOD + "26.01.2026 00:03:10,amt,x,,,\r\n", 7, "date must be"),
    "date with a T": (GOOD + "2026-01-26T00:03:10,amt,x,,,\r\n", 7, "date must be"),
    "date that is none": (GOOD + "2026-02-29 00:03:10,amt,x,,,\r\n", 7, "date must be"),
    "another source_id": (GOOD + f"{DATE},amtx,x,,,\r\n", 7, "source_id must be 'amt'"),
    "no location_id": (GOOD + f"{DATE},amt,,,,\r\n", 7, "is no location_id"),
    "quoted location_id": (GOOD + f'{DATE},amt,"x",,,\r\n', 7, "is no location_id"),
    "location_id not UTF-8": (GOOD.encode() + DATE.encode() + b",amt,\xfc,,,\r\n", 7, "not UTF-8"),
    "cut off": (GOOD[:-4], 6, "cut off"),
}


@pytest.mark.parametrize("case", DAMAGED_CSV)
def test_a_damaged_csv_is_named_with_file_member_and_line(tmp_path: Path, case: str) -> None:
    text, line, says = DAMAGED_CSV[case]

    with pytest.raises(BundleError) as caught:
        read_one(tmp_path, text)

    assert f"2026-05.tar.gz: amt.csv, line {line}: " in str(caught.value)
    assert says in str(caught.value)
    assert caught.value.context["line"] == line


def folder_member() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("amt.csv")
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    return buffer.getvalue()


def twice() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for _ in range(2):
            tar.addfile(tarfile.TarInfo("amt.csv"))
    return buffer.getvalue()


def broken_second_header() -> bytes:
    raw = bytearray(tar_bytes({"amt.csv": GOOD.encode(), "bau.csv": GOOD.encode()}))
    raw[raw.index(b"bau.csv")] ^= 0xFF
    return bytes(raw)


TAR = tar_bytes({"amt.csv": GOOD.encode(), "bau.csv": GOOD.encode()})
DAMAGED_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "no gzip": (lambda: b"Sehr geehrte Damen und Herren", "no complete tar.gz"),
    "nothing": (lambda: b"", "no complete tar.gz"),
    "no tar": (lambda: gzip.compress(b"x" * 2000), "no complete tar.gz"),
    "plain tar": (lambda: TAR, "no complete tar.gz"),
    "gzip cut off": (lambda: gzip.compress(TAR)[:-20], "no complete tar.gz"),
    "gzip checksum": (lambda: gzip.compress(TAR)[:-8] + b"\0" * 8, "no complete tar.gz"),
    "tar cut off in a member": (lambda: gzip.compress(TAR[:1800]), "no complete tar.gz"),
    "tar cut off after a member": (lambda: gzip.compress(TAR[:2048]), "followed by damaged bytes"),
    "tar header": (lambda: gzip.compress(broken_second_header()), "followed by damaged bytes"),
    "foreign file": (lambda: gzip.compress(tar_bytes({"LIESMICH.txt": b""})), "'LIESMICH.txt'"),
    "file in a folder": (lambda: gzip.compress(tar_bytes({"a/amt.csv": b""})), "'a/amt.csv'"),
    "a folder": (lambda: gzip.compress(folder_member()), "does not belong here"),
    "member twice": (lambda: gzip.compress(twice()), "is there twice"),
    "no member": (lambda: gzip.compress(tar_bytes({})), "holds no <portal>.csv"),
}


@pytest.mark.parametrize("case", DAMAGED_FILES)
def test_a_damaged_file_is_named(tmp_path: Path, case: str) -> None:
    make, says = DAMAGED_FILES[case]
    path = tmp_path / "2026-05.tar.gz"
    path.write_bytes(make())

    with pytest.raises(BundleError) as caught:
        open_bundle(path)

    assert str(path) in str(caught.value)
    assert says in str(caught.value)


def test_a_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"gibtesnicht\.tar\.gz: No such file"):
        open_bundle(tmp_path / "gibtesnicht.tar.gz")


@given(
    start=st.sampled_from(
        [
            datetime(2026, 3, 28, 22, tzinfo=UTC),
            datetime(2025, 10, 25, 22, tzinfo=UTC),
            datetime(2026, 7, 1, tzinfo=UTC),
        ]
    ),
    steps=st.lists(st.integers(min_value=60, max_value=3000), min_size=1, max_size=60),
)
def test_local_times_in_order_give_back_their_instants(start: datetime, steps: list[int]) -> None:
    """Rows less than an hour apart always show the step back, unless the first pass has no row."""
    instants = [start]
    for step in steps:
        instants.append(instants[-1] + timedelta(seconds=step))
    local = [at.astimezone(BUNDLE_ZONE).replace(tzinfo=None) for at in instants]
    if any(at.astimezone(BUNDLE_ZONE).fold for at in instants) and local == sorted(local):
        return

    assert local_to_utc(local) == instants


def test_the_repeated_hour_is_told_by_the_step_back() -> None:
    local = [datetime(2025, 10, 26, 2, 48), datetime(2025, 10, 26, 2, 3), datetime(2025, 10, 26, 3)]

    assert [at.isoformat() for at in local_to_utc(local)] == [
        "2025-10-26T00:48:00+00:00",
        "2025-10-26T01:03:00+00:00",
        "2025-10-26T02:00:00+00:00",
    ]


def test_mixed_passes_are_read_as_the_first() -> None:
    local = [datetime(2025, 10, 26, 2, 3, 1), datetime(2025, 10, 26, 2, 3, 4)]

    assert [at.hour for at in local_to_utc(local)] == [0, 0]


def test_equal_times_are_one_instant_and_any_zone_will_do() -> None:
    local = [datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 12)]

    assert local_to_utc(local, ZoneInfo("UTC")) == [datetime(2026, 1, 1, 12, tzinfo=UTC)] * 2


@pytest.mark.parametrize(
    "second", [datetime(2026, 1, 26, 11, 59), datetime(2025, 10, 26, 2, 30)], ids=str
)
def test_a_time_that_steps_back_elsewhere_is_an_error(second: datetime) -> None:
    with pytest.raises(BundleError, match="comes after 2026-01-26 12:00:00"):
        local_to_utc([datetime(2026, 1, 26, 12), second])
