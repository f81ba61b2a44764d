"""A package is there whole or not at all, and what somebody else put there is never lost."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from amtspuls.archive.week import WEEKS_NAME
from amtspuls.bundle.package.place import building
from amtspuls.errors import AmtspulsError, ArchiveError, BundleError, ConfigError, OutputError
from support.limits import as_nobody, small_files
from support.packages import WEEK, files_of, following, package_of, plain_archive

WEEKS = following(WEEK, 3)
ENDURANCE = bool(os.environ.get("AMTSPULS_ENDURANCE"))
KILLS = 100 if ENDURANCE else 10
TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plain_archive(tmp_path_factory.mktemp("archive"), WEEKS)


@pytest.fixture(scope="module")
def old(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of the first week."""
    place = tmp_path_factory.mktemp("old") / "package"
    package_of(archive, place, WEEKS[:1])
    return place


@pytest.fixture
def place(old: Path, tmp_path: Path) -> Path:
    """A place in which there is that package."""
    shutil.copytree(old, tmp_path / "pub" / "package")
    return tmp_path / "pub" / "package"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_package_of_ours_is_replaced_whole(archive: Path, place: Path, tmp_path: Path) -> None:
    package_of(archive, place, WEEKS[1:])
    package_of(archive, tmp_path / "fresh", WEEKS[1:])

    assert files_of(place) == files_of(tmp_path / "fresh")
    assert names_in(place.parent) == ["package"]


def test_an_empty_folder_is_taken(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    package_of(archive, tmp_path / "a" / "b", WEEKS[:1])
    assert (tmp_path / "a" / "b" / "README.md").exists()


def test_a_link_to_a_folder_stays_one(archive: Path, place: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(place)
    package_of(archive, tmp_path / "link", WEEKS)
    assert (tmp_path / "link").is_symlink()
    assert len(list(place.glob("data/spans/*/*"))) == 3


def _git(place: Path) -> None:
    (place / ".git").mkdir()
    (place / ".git" / "HEAD").write_text("ref: refs/heads/main\n")


def _folder(place: Path) -> None:
    shutil.rmtree(place)
    (place / "photos").mkdir(parents=True)


def _file(place: Path) -> None:
    shutil.rmtree(place)
    place.write_text("notes")


def _link(place: Path) -> None:
    (place / "data" / "link").symlink_to("/")


def _other_format(place: Path) -> None:
    (place / "datapackage.json").write_text('{"amtspuls": 1}')


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_git, ".git/HEAD is not of a package"),
        (_folder, "holds other folders"),
        (_file, "is a file"),
        (_link, "data/link is not of a package"),
        (_other_format, "DICTIONARY.md is not of a package"),
        (lambda place: (place / "README.md").write_text("mine"), "README.md was changed"),
        (lambda place: (place / "SHA256SUMS").unlink(), "DICTIONARY.md is not of a package"),
    ],
)
def test_what_is_not_ours_is_refused(archive: Path, place: Path, spoil: object, named: str) -> None:
    assert callable(spoil)
    spoil(place)
    before = files_of(place.parent)

    with pytest.raises(ConfigError, match="name another folder") as caught:
        package_of(archive, place, WEEKS)

    assert named in str(caught.value)
    assert files_of(place.parent) == before
    assert names_in(place.parent) == ["package"]


def test_a_file_put_there_meanwhile_is_not_lost(place: Path) -> None:
    def put() -> None:
        with building(place) as builder:
            builder.add("README.md", b"new")
            (place / "notes").write_text("mine")

    before = files_of(place)
    with pytest.raises(ConfigError, match="notes"):
        put()
    assert files_of(place) == {**before, "notes": b"mine"}
    assert names_in(place.parent) == ["package"]


def test_a_full_disk_leaves_the_old_package(archive: Path, place: Path) -> None:
    before = files_of(place.parent)
    for limit in (600, 5_000):
        with small_files(limit), pytest.raises(OutputError, match="untouched"):
            package_of(archive, place, WEEKS)
        assert files_of(place.parent) == before
        assert names_in(place.parent) == ["package"]


def test_a_folder_that_may_not_be_written_is_named(archive: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    with (
        as_nobody(),
        pytest.raises(OutputError, match=r"closed/package cannot be written"),
        building(closed / "package"),
    ):
        pass
    with pytest.raises(OutputError, match="cannot be written"):
        package_of(archive, Path("/proc/package"), WEEKS)


def test_a_damaged_week_leaves_the_old_package(place: Path, tmp_path: Path) -> None:
    archive = plain_archive(tmp_path / "damaged", WEEKS)
    spans = sorted((archive / WEEKS_NAME).rglob("spans.parquet"))[-1]
    data = bytearray(spans.read_bytes())
    data[len(data) // 2] ^= 1
    spans.write_bytes(data)
    before = files_of(place.parent)

    with pytest.raises(ArchiveError, match=r"spans\.parquet"):
        package_of(archive, place, WEEKS)

    assert files_of(place.parent) == before
    assert names_in(place.parent) == ["package"]


def test_only_one_at_a_time(archive: Path, place: Path) -> None:
    part = place.with_name(".package.part")
    part.mkdir()
    handle = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(BundleError, match="another process"):
            package_of(archive, place, WEEKS)
        assert part.exists()
    finally:
        os.close(handle)
    package_of(archive, place, WEEKS)
    assert names_in(place.parent) == ["package"]


def test_an_old_package_in_the_way_that_somebody_changed_is_kept(
    archive: Path, place: Path, old: Path
) -> None:
    aside = place.with_name(".package.old")
    shutil.copytree(old, aside)
    (aside / "notes").write_text("mine")

    with pytest.raises(AmtspulsError, match="notes"):
        package_of(archive, place, WEEKS)

    assert (aside / "notes").read_text() == "mine"


def test_what_a_killed_run_left_is_cleaned_up(place: Path, old: Path) -> None:
    aside, part = place.with_name(".package.old"), place.with_name(".package.part")

    def look_and_stop() -> None:
        with building(place):
            assert files_of(place) == files_of(old)
            raise KeyboardInterrupt

    for missing in (True, False):
        part.mkdir()
        (part / "README.md").write_text("half")
        if missing:
            place.rename(aside)
        else:
            shutil.copytree(old, aside)
        with pytest.raises(KeyboardInterrupt):
            look_and_stop()
        assert files_of(place) == files_of(old)
        assert names_in(place.parent) == ["package"]


def test_a_failed_exchange_brings_the_old_package_back(
    place: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name == ".package.part":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="untouched"), building(place) as builder:
        builder.add("README.md", b"new")
    assert files_of(place) == files_of(old)
    assert names_in(place.parent) == ["package"]


class Driver:
    """Makes packages that are killed."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child

    def hear(self) -> tuple[int, list[str]]:
        assert self._child.stdout
        code, steps = json.loads(self._child.stdout.readline())
        return code, steps

    def run(self, what: str, number: float) -> tuple[int, list[str]]:
        assert self._child.stdin
        self._child.stdin.write(f"{what} {number}\n")
        self._child.stdin.flush()
        return self.hear()


@contextmanager
def driving(archive: Path, place: Path) -> Iterator[Driver]:
    command = [sys.executable, "-m", "support.packaging_child", str(archive), str(place)]
    with subprocess.Popen(
        command,
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        yield Driver(child)


def put_back(old: Path, place: Path) -> None:
    """The old package again, and nothing else."""
    shutil.rmtree(place.parent)
    shutil.copytree(old, place)


@pytest.mark.slow
def test_a_run_killed_at_any_moment_is_started_again(
    archive: Path, old: Path, place: Path, tmp_path: Path
) -> None:
    package_of(archive, tmp_path / "whole", WEEKS)
    before, after = files_of(old), files_of(tmp_path / "whole")
    rng, killed = random.Random(20260126), 0
    with driving(archive, place) as driver:
        began = time.monotonic()
        assert driver.run("step", 0)[0] == 0
        limit_s = time.monotonic() - began
        put_back(old, place)
        while killed < KILLS:
            code, _ = driver.run("after", rng.uniform(0, limit_s))
            killed += code == -signal.SIGKILL
            found = place if place.exists() else place.with_name(".package.old")
            assert files_of(found) in (before, after)
            if rng.random() < 0.3:
                assert driver.run("step", 0)[0] == 0
                assert files_of(place) == after
                assert names_in(place.parent) == ["package"]
                put_back(old, place)
    assert files_of(archive)


@pytest.mark.slow
def test_a_run_killed_at_each_step_of_the_exchange_is_started_again(
    archive: Path, old: Path, place: Path, tmp_path: Path
) -> None:
    package_of(archive, tmp_path / "whole", WEEKS)
    before, after = files_of(old), files_of(tmp_path / "whole")
    with driving(archive, place) as driver:
        code, steps = driver.run("step", 0)
        assert code == 0
        renames = [number for number, step in enumerate(steps, 1) if step == "os.rename"]
        assert len(renames) == 3
        late = range(renames[0], len(steps) + 1, 1 if ENDURANCE else 60)
        early = range(1, renames[0], 5 if ENDURANCE else 150)
        for step in sorted({*renames, renames[-1] + 1, *late, *early}):
            put_back(old, place)
            code, _ = driver.run("step", step)
            assert code == -signal.SIGKILL
            found = place if place.exists() else place.with_name(".package.old")
            assert files_of(found) == (after if renames[1] < step else before)
            assert driver.run("step", 0)[0] == 0
            assert files_of(place) == after
            assert names_in(place.parent) == ["package"]
