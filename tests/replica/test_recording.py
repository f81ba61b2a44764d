from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.bundle.read import local_to_utc, open_bundle
from amtspuls.errors import BundleError, ConfigError
from amtspuls.model import slot_from_local
from amtspuls.replica.availability import Availability, ReplicaCalendar
from amtspuls.replica.recording import Recording, load_recording
from support.bundles import csv_text, write_bundle, write_metadata

COLUMNS = ("2026-01-27 08:00:00", "2026-01-27 08:20:00")
EIGHT, LATER = (slot_from_local(datetime.fromisoformat(column)) for column in COLUMNS)
ROWS = [
    ("2026-01-26 06:03:10", "1/2", COLUMNS),
    ("2026-01-26 06:03:10", "1/10", ()),
    ("2026-01-26 06:18:00", "1/2", COLUMNS[1:]),
]
BONN = [("2026-01-26 05:00:00", "meldewesen", COLUMNS[:1])]


@pytest.fixture
def week(tmp_path: Path) -> tuple[Path, Path]:
    bundle = write_bundle(
        tmp_path / "2026-05.tar.gz",
        {
            "amt.csv": csv_text("amt", COLUMNS, ROWS),
            "bonn.csv": csv_text("bonn", COLUMNS[:1], BONN),
            "kiel.csv": csv_text("kiel", (), [(BONN[0][0], "197", ())]),
            "ulm.csv": csv_text("ulm", (), [(BONN[0][0], "5", ())]),
            "leer.csv": csv_text("leer", (), []),
            "neu.csv": csv_text("neu", (), [(BONN[0][0], "1", ())]),
        },
    )
    metadata = write_metadata(
        tmp_path / "metadata.json",
        {
            "amt": ("tempus", {"1/2": "Rathaus: Ausweise"}),
            "bonn": ("netappoint", {"meldewesen": "Meldewesen"}),
            "kiel": ("tevis", {"197": "Stadtamt"}),
            "ulm": ("papier", {"5": "Rathaus"}),
            "leer": ("tempus", {}),
        },
    )
    return bundle, metadata


@pytest.fixture
def recording(week: tuple[Path, Path]) -> Recording:
    return load_recording(*week)


def test_portals_of_systems_with_a_replica_are_there(recording: Recording) -> None:
    availability: Availability = recording

    assert list(availability.portals) == ["amt", "bonn", "kiel"]
    portal = availability.portals["amt"]
    assert (portal.name, portal.system, portal.zone) == ("Stadt Amt", "tempus", "Europe/Berlin")
    assert portal.url == "https://termine.amt.example/index.php?company=amt"
    assert portal.calendars == (
        ReplicaCalendar("1/10", "1/10"),
        ReplicaCalendar("1/2", "Rathaus: Ausweise", ("Ausweis abholen",)),
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-26T{text}+00:00")


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("05:03:09", {}),
        ("05:03:10", {"1/2": (EIGHT, LATER), "1/10": ()}),
        ("05:17:59", {"1/2": (EIGHT, LATER), "1/10": ()}),
        ("05:18:00", {"1/2": (LATER,)}),
        ("23:59:59", {"1/2": (LATER,)}),
    ],
)
def test_the_newest_group_of_rows_is_shown(
    recording: Recording, instant: str, expected: dict[str, tuple[int, ...]]
) -> None:
    assert recording.offer("amt", at(instant)) == expected


def test_times_are_aware(recording: Recording) -> None:
    assert recording.first_at == at("04:00:00")
    assert recording.last_at == at("05:18:00")
    assert recording.row_times("amt") == (at("05:03:10"), at("05:18:00"))


def test_portals_can_be_chosen(week: tuple[Path, Path]) -> None:
    assert list(load_recording(*week, ["bonn"]).portals) == ["bonn"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("bon", "did you mean bonn"),
        ("xyz", "there are: amt, bonn, kiel"),
        ("ulm", "is on papier; there are replicas of: netappoint, tempus, tevis"),
        ("neu", "does not know it; there are replicas of"),
    ],
)
def test_a_portal_that_cannot_be_had_is_a_config_error(
    week: tuple[Path, Path], wanted: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        load_recording(*week, ["amt", wanted])


def test_a_bundle_without_anything_to_replay_is_an_error(week: tuple[Path, Path]) -> None:
    with pytest.raises(BundleError, match="no rows of a portal with a replica"):
        load_recording(*week, ["leer"])


def test_rows_that_are_there_twice_are_joined(tmp_path: Path) -> None:
    rows = [(BONN[0][0], "1/2", COLUMNS[1:]), (BONN[0][0], "1/2", COLUMNS[:1])]
    bundle = write_bundle(tmp_path / "b.tar.gz", {"amt.csv": csv_text("amt", COLUMNS, rows)})
    metadata = write_metadata(tmp_path / "m.json", {"amt": ("tempus", {})})

    recording = load_recording(bundle, metadata)

    assert recording.offer("amt", recording.last_at) == {"1/2": (EIGHT, LATER)}


def test_rows_out_of_order_are_named(tmp_path: Path) -> None:
    rows = [ROWS[2], ROWS[0]]
    bundle = write_bundle(tmp_path / "b.tar.gz", {"amt.csv": csv_text("amt", COLUMNS, rows)})
    metadata = write_metadata(tmp_path / "m.json", {"amt": ("tempus", {})})

    with pytest.raises(BundleError, match=r"amt\.csv, line 3: 2026-01-26 06:03:10 comes after"):
        load_recording(bundle, metadata)


def test_a_real_week_is_shown_row_for_row(shared: Path) -> None:
    raw = shared / "data" / "office-schedule-data" / "raw"
    path = raw / "2026" / "2026-13.tar.gz"
    recording = load_recording(path, raw / "metadata.json", ["teltow", "wuppertalgeo"])
    with open_bundle(path) as bundle:
        for portal_id in recording.portals:
            rows = bundle.read_portal(portal_id)
            groups = list(rows.groups())
            instants = local_to_utc([local for local, _ in groups])
            assert recording.row_times(portal_id) == tuple(instants)
            for instant, (_, part) in zip(instants, groups, strict=True):
                expected = dict(zip(rows.keys[part], rows.free[part], strict=True))
                assert recording.offer(portal_id, instant) == expected
                assert recording.offer(portal_id, instant + timedelta(minutes=5)) == expected
    assert recording.last_at < datetime(2026, 3, 29, 22, tzinfo=UTC)
