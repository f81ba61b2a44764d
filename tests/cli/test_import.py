"""`amtspuls import` and `export --format legacy`, and what they say when something is wrong."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.archive.sealed import manifest as manifests
from amtspuls.model import Calendar, Covered, Outcome, Snapshot, View, slot_from_local
from support.bundles import csv_text, tar_bytes, write_bundle, write_metadata
from support.command import Result, run_command, run_well
from support.histories import PORTAL
from support.limits import as_nobody, small_files
from support.quirky_bundles import members_of

COLUMNS = ("2026-01-27 08:00:00", "2026-01-27 08:20:00")
ROWS = [
    ("2026-01-26 00:03:10", "278/3294", COLUMNS),
    ("2026-01-26 00:03:10", "bürgeramt", ()),
    ("2026-01-26 00:18:11", "278/3294", COLUMNS[:1]),
]
GOOD = csv_text("amt", COLUMNS, ROWS)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but locks and what readers keep beside a database."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with week 05 in it."""
    bundle = write_bundle(tmp_path / "2026-05.tar.gz", {"amt.csv": GOOD})
    run_well("import", bundle, "--archive", tmp_path / "archive", "-p", 1)
    bundle.unlink()
    return tmp_path / "archive"


def import_(archive: Path, *arguments: object) -> Result:
    return run_command("import", "--archive", archive, "-p", 1, *arguments)


def refused(archive: Path, says: str, *arguments: object) -> None:
    """The command fails with this message, no traceback, and the archive stays as it was."""
    before = tree(archive)
    result = import_(archive, *arguments)
    assert result.code == 1, result.err
    assert says in result.err
    assert "Traceback" not in result.err
    assert tree(archive) == before


def test_weeks_are_imported_and_told(tmp_path: Path) -> None:
    later = GOOD.replace("2026-01", "2026-02").replace("-02-26", "-02-03")
    for name, text in (("2026-05", GOOD), ("2026-06", later)):
        (tmp_path / "raw" / "2026").mkdir(parents=True, exist_ok=True)
        write_bundle(tmp_path / "raw" / "2026" / f"{name}.tar.gz", {"amt.csv": text})
    write_metadata(tmp_path / "raw" / "metadata.json", {"amt": ("tempus", {"278/3294": "Pass"})})

    result = run_well("import", tmp_path / "raw", "--archive", tmp_path / "a", "--format", "json")

    odd = json.loads(result.out)
    assert [(row["week"], row["portal"], row["kind"], row["count"]) for row in odd] == [
        ("2026-05", "amt", "holes", 1),
        ("2026-05", "amt", "absent_calendars", 0),
        ("2026-06", "amt", "holes", 2),
        ("2026-06", "amt", "absent_calendars", 0),
    ]
    assert "2026-05: 3 rows of 1 portals, 2 spans" in result.err
    assert "metadata" not in result.err
    again = run_well("import", tmp_path / "raw", "--archive", tmp_path / "a", "--format", "json")
    assert again.out == result.out
    assert again.err.count("(there already)") == 2


def test_what_was_imported_is_given_back(tmp_path: Path, archive: Path) -> None:
    out = tmp_path / "out"
    result = run_well("export", "--format", "legacy", "--archive", archive, "--to", out)

    assert "2026-05.tar.gz: 3 rows" in result.err
    assert members_of(out / "2026" / "2026-05.tar.gz") == {"amt.csv": GOOD.encode()}
    assert json.loads((out / "metadata.json").read_text("utf-8"))["amt"]["locations"].keys() == {
        "278/3294",
        "bürgeramt",
    }
    again = run_well("export", "--format", "legacy", "--archive", archive, "--to", out)
    assert "every sealed week is in" in again.err

    folder = ["--to", tmp_path / "folder", "--no-compressed", "--week", "2026-05"]
    run_well("export", "--format", "legacy", "--archive", archive, *folder)
    assert (tmp_path / "folder/2026/2026-05/amt.csv").read_bytes() == GOOD.encode()


def test_what_cannot_be_given_back_is_named(tmp_path: Path, archive: Path) -> None:
    legacy = ["export", "--format", "legacy", "--archive", archive, "--to", tmp_path / "out"]

    choice = run_command(*legacy, "-i", "amt")
    missing = run_command(*legacy, "--week", "2026-06")

    assert (choice.code, missing.code) == (2, 1)
    assert "it goes with neither -i" in choice.err
    assert "week 2026-06 is not sealed" in missing.err
    legacy[4] = tmp_path / "empty"
    assert "is sealed" in run_well(*legacy).err


def test_a_key_that_is_no_ascii_is_kept(archive: Path) -> None:
    from amtspuls.archive.sealed.read import open_week
    from amtspuls.archive.week import IsoWeek

    calendars = open_week(archive / "weeks", IsoWeek.parse("2026-05")).calendars("amt")

    assert [calendar.key for calendar in calendars] == ["278/3294", "bürgeramt"]


NEXT = GOOD.replace("2026-01", "2026-02").replace("-02-26", "-02-03")
BAD_MEMBERS: dict[str, tuple[dict[str, str | bytes], str]] = {
    "foreign file": (
        {"amt.csv": NEXT, "LIESMICH.txt": "x"},
        "member 'LIESMICH.txt' does not belong",
    ),
    "ragged row": (
        {"amt.csv": NEXT + "2026-02-03 08:00:00,amt,x,1\r\n"},
        "amt.csv, line 5: has 4 fields, the header has 5",
    ),
    "cell": ({"amt.csv": NEXT + "2026-02-03 08:00:00,amt,x,1,2\r\n"}, "line 5: field 5 must be 1"),
    "key not UTF-8": (
        {"amt.csv": NEXT.encode() + b"2026-02-03 08:00:00,amt,\xfc,1,\r\n"},
        "amt.csv, line 5: location_id is not UTF-8",
    ),
    "another week": ({"amt.csv": GOOD}, "line 2: 2026-01-26 00:03:10 lies outside week 2026-06"),
    "cut off": ({"amt.csv": NEXT[:-2]}, "amt.csv, line 4: the line has no CRLF"),
    "empty": ({}, "holds no <portal>.csv"),
}


@pytest.mark.parametrize("case", BAD_MEMBERS)
def test_a_bad_member_is_named_with_its_line(tmp_path: Path, archive: Path, case: str) -> None:
    members, says = BAD_MEMBERS[case]
    bundle = write_bundle(tmp_path / "2026-06.tar.gz", members)

    refused(archive, says, bundle)
    refused(archive, str(bundle), bundle)


def test_a_truncated_bundle_is_named(tmp_path: Path, archive: Path) -> None:
    bundle = write_bundle(
        tmp_path / "2026-06.tar.gz", {"amt.csv": NEXT, "bau.csv": NEXT.replace(",amt,", ",bau,")}
    )
    whole = bundle.read_bytes()
    for length in (0, 5, len(whole) // 2, len(whole) - 1):
        bundle.write_bytes(whole[:length])
        refused(archive, f"{bundle}: is no complete tar.gz", bundle)


def test_a_tar_that_is_cut_off_inside_whole_gzip_is_named(tmp_path: Path, archive: Path) -> None:
    bundle = tmp_path / "2026-06.tar.gz"
    bundle.write_bytes(gzip.compress(tar_bytes({"amt.csv": NEXT.encode()})[:600]))

    refused(archive, f"{bundle}: is no complete tar.gz (amt.csv is cut off)", bundle)


def test_wrong_paths_are_named(tmp_path: Path, archive: Path) -> None:
    refused(archive, f"{tmp_path / 'nichts.tar.gz'}: is missing", tmp_path / "nichts.tar.gz")
    other = tmp_path / "januar.tar.gz"
    other.write_bytes(b"")
    refused(archive, f"{other}: the name of a bundle is its ISO week", other)
    (tmp_path / "leer").mkdir()
    empty = import_(archive, tmp_path / "leer")
    assert (empty.code, "no YYYY-WW.tar.gz in" in empty.err) == (2, True)
    bundle = write_bundle(tmp_path / "2026-06.tar.gz", {"amt.csv": NEXT})
    refused(archive, "gibtesnicht.json", bundle, "--metadata", tmp_path / "gibtesnicht.json")


def test_another_bundle_for_a_week_is_refused(tmp_path: Path, archive: Path) -> None:
    bundle = write_bundle(tmp_path / "2026-05.tar.gz", {"bau.csv": csv_text("bau", (), [])})

    refused(archive, "week 2026-05 is sealed already, from 2026-05.tar.gz (sha256 ", bundle)


def test_a_week_newer_than_what_is_not_sealed_waits_for_the_command_that_is_named(
    tmp_path: Path,
) -> None:
    """Imported at once, the slot would have opened with the bundle and closed without it."""
    monday = datetime(2026, 1, 26, 8, tzinfo=UTC)
    days = Covered.from_ranges([(date(2026, 1, 26), date(2026, 3, 1))])
    archive, slot = tmp_path / "alle wochen", slot_from_local(datetime(2026, 2, 20, 8))
    with closing(open_writer(archive)) as writer:
        for at in (monday, monday + timedelta(days=14)):
            view = View(Calendar("278/3294", "Pass"), Outcome.OK, days, (slot,))
            writer.store(
                PORTAL.model_copy(update={"id": "amt"}),
                Snapshot("amt", at, at, Outcome.OK, (view,)),
            )
    rows = [("2026-02-02 00:03:10", "278/3294", ("2026-02-20 08:00:00",))]
    text = csv_text("amt", ("2026-02-20 08:00:00",), rows)
    bundle = write_bundle(tmp_path / "2026-06.tar.gz", {"amt.csv": text})

    refused(archive, "before week 2026-06 that are not sealed, of amt in 2026-05:", bundle)
    command = re.search("`amtspuls (.*)`", import_(archive, bundle).err)
    assert command
    run_well(*shlex.split(command[1]))
    assert import_(archive, bundle).code == 0

    told = run_well("sql", "SELECT opened_at, closed_at FROM spans", "--archive", archive).out
    assert "2026-01-26" in told
    assert told.count("2026-") == 1


def test_a_full_disk_leaves_the_archive_as_it_was(tmp_path: Path, archive: Path) -> None:
    bundle = write_bundle(tmp_path / "2026-06.tar.gz", {"amt.csv": NEXT})
    with small_files(400):
        refused(archive, "iso_year=2026/iso_week=06 cannot be written", bundle)
        legacy = ["export", "--format", "legacy", "--archive", archive, "--to", tmp_path / "out"]
        full = run_command(*legacy)
    assert full.code == 0 or "cannot be written" in full.err

    assert import_(archive, bundle).code == 0


def test_a_full_disk_leaves_no_bundle(tmp_path: Path, archive: Path) -> None:
    with small_files(100):
        result = run_command(
            "export", "--format", "legacy", "--archive", archive, "--to", tmp_path / "out"
        )

    assert result.code == 1
    assert "cannot be written" in result.err
    assert not list((tmp_path / "out").rglob("*.tar.gz*"))


def test_an_archive_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "2026-06.tar.gz", {"amt.csv": NEXT})
    (tmp_path / "archive").mkdir(mode=0o555)
    own = Path(tempfile.gettempdir()).resolve()
    for folder in (tmp_path, *tmp_path.parents):
        if own in folder.parents:
            folder.chmod(0o755)
    # Libraries are loaded by whoever may read them.
    run_well("import", bundle, "--archive", tmp_path / "first", "-p", 1)
    with as_nobody():
        result = run_command("import", bundle, "--archive", tmp_path / "archive", "-p", 1)

    assert result.code == 1
    assert f"{tmp_path / 'archive'}" in result.err
    assert "cannot be written: " in result.err
    assert tree(tmp_path / "archive") == {}


def test_a_flipped_byte_is_named_and_never_exported(tmp_path: Path, archive: Path) -> None:
    spans = archive / "weeks/iso_year=2026/iso_week=05/spans.parquet"
    data = bytearray(spans.read_bytes())
    data[len(data) // 2] ^= 0x04
    spans.write_bytes(data)
    before = tree(archive)

    result = run_command(
        "export", "--format", "legacy", "--archive", archive, "--to", tmp_path / "out"
    )

    assert result.code == 1
    assert f"{spans}: does not have the digest" in result.err
    assert not list((tmp_path / "out").rglob("*.tar.gz"))
    assert tree(archive) == before


def test_a_newer_schema_is_named(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "SCHEMA_VERSION", 0)
    bundle = write_bundle(tmp_path / "2026-05.tar.gz", {"amt.csv": GOOD})

    refused(archive, "week.json: has schema version 1, this version of Amtspuls knows 0", bundle)


def test_one_bad_bundle_does_not_keep_the_others_back(tmp_path: Path) -> None:
    write_bundle(tmp_path / "2026-05.tar.gz", {"amt.csv": GOOD})
    write_bundle(tmp_path / "2026-06.tar.gz", {"amt.csv": GOOD})

    result = run_command("import", tmp_path, "--archive", tmp_path / "a", "-p", 2)

    assert result.code == 1
    assert "amtspuls: " in result.err
    assert "lies outside week 2026-06" in result.err
    assert "2026-05: 3 rows of 1 portals" in result.err
    assert "no metadata.json" in result.err


def run_script(text: str, *arguments: object) -> str:
    """What a script says in a process of its own, that has loaded nothing."""
    command = [sys.executable, "-c", dedent(text), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_processes_begin_to_load_before_the_command_does(tmp_path: Path) -> None:
    for week in ("2026-05", "2026-06"):
        write_bundle(tmp_path / f"{week}.tar.gz", {})
    told = run_script(
        """
        import sys
        from amtspuls import executor
        from amtspuls.cli.app import main

        def load_early(names):
            print(*names, *sorted({"numpy", "pyarrow"} & sys.modules.keys()))
            sys.exit()

        executor.load_early = load_early
        main(["import", sys.argv[1], "-p", "2"])
        """,
        tmp_path,
    )
    assert told == "amtspuls.bundle.workers\n"


@pytest.mark.parametrize(("weeks", "processes"), [(2, 1), (1, 2)])
def test_where_nothing_is_shared_nothing_is_loaded_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weeks: int, processes: int
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("processes were begun")

    monkeypatch.setattr("amtspuls.executor.load_early", refuse)
    write_bundle(tmp_path / "2026-05.tar.gz", {"amt.csv": GOOD})
    if weeks > 1:
        later = GOOD.replace("2026-01", "2026-02").replace("-02-26", "-02-03")
        write_bundle(tmp_path / "2026-06.tar.gz", {"amt.csv": later})
    run_well("import", tmp_path, "--archive", tmp_path / "archive", "-p", processes)


def test_processes_that_import_have_loaded_all_that_it_takes(tmp_path: Path) -> None:
    write_bundle(tmp_path / "2026-05.tar.gz", {"amt.csv": GOOD})
    told = run_script(
        """
        import sys
        from importlib import import_module
        from pathlib import Path
        from amtspuls.bundle.finding import PRELOAD, find_bundles

        for name in PRELOAD:
            import_module(name)
        before = set(sys.modules)
        from amtspuls.bundle.importing import load_metadata, try_import

        folder = Path(sys.argv[1])
        print(try_import(*find_bundles([folder]), folder / "weeks", load_metadata(None)).status)
        print(*sorted(set(sys.modules) - before))
        """,
        tmp_path,
    )
    assert told == "imported\n\n"
