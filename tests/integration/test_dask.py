"""A real scheduler and two workers on loopback: the same results, also when a worker is killed in the middle."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from amtspuls.archive.sealed.read import list_weeks
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.finding import find_bundles
from amtspuls.bundle.importing import Status, import_bundles, load_metadata
from amtspuls.cli.scoring import score_jobs
from amtspuls.errors import ArchiveError
from amtspuls.executor import open_executor
from support.bundles import write_bundle
from support.command import run_command, run_well
from support.dask_cluster import Cluster, running_cluster
from support.measure_archive import make_archive
from support.quirky_bundles import a_busy_week
from support.shared_work import die_once, fail

pytestmark = pytest.mark.sim

LARGE = ("2021-28", "2021-29", "2026-05", "2026-13")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five weeks of bundles, the last one damaged."""
    folder, week = tmp_path_factory.mktemp("raw"), IsoWeek.parse("2026-05")
    for _ in range(4):
        write_bundle(folder / f"{week}.tar.gz", a_busy_week(week, ["amt", "bau"]))
        week = week.following
    (folder / f"{week}.tar.gz").write_bytes(b"no gzip")
    return folder


def sealed_files(archive: Path) -> dict[str, bytes]:
    weeks = archive / WEEKS_NAME
    return {
        str(path.relative_to(weeks)): path.read_bytes()
        for path in weeks.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def heal(cluster: Cluster) -> None:
    """Two workers again, for the next test."""
    cluster.workers = [process for process in cluster.workers if process.poll() is None]
    while len(cluster.workers) < 2:
        cluster.add_worker()
    cluster.wait_for_workers()


def test_imported_weeks_are_the_same_bytes(cluster: Cluster, raw: Path, tmp_path: Path) -> None:
    asked = ("--format", "csv")
    here = run_command("import", raw, "--archive", tmp_path / "here", "-p", 1, *asked)
    there = run_command(
        "import", raw, "--archive", tmp_path / "there", "--executor", cluster.name, *asked
    )

    assert (here.code, there.code) == (1, 1)
    assert there.out == here.out
    assert there.err == here.err
    assert "2026-09.tar.gz" in there.err
    assert len(list_weeks(tmp_path / "there" / WEEKS_NAME)) == 4
    assert sealed_files(tmp_path / "there") == sealed_files(tmp_path / "here")


def test_a_worker_killed_amid_an_import_changes_nothing(
    cluster: Cluster, raw: Path, tmp_path: Path
) -> None:
    bundles, names = find_bundles([raw])[:4], load_metadata(None)
    done: list[str] = []

    def kill_one(week: str) -> None:
        # It was given a week and never began: only when it is dead another one gets that.
        if not done:
            cluster.kill()
        done.append(week)

    with open_executor(cluster.name) as executor:
        cluster.pause()
        reports = import_bundles(
            bundles, tmp_path / "there" / WEEKS_NAME, names, executor=executor, on_week=kill_one
        )
    heal(cluster)

    assert sorted(done) == [str(found.week) for found in bundles]
    assert import_bundles(bundles, tmp_path / "here" / WEEKS_NAME, names) == reports
    assert {report.status for report in reports} == {Status.IMPORTED}
    assert sealed_files(tmp_path / "there") == sealed_files(tmp_path / "here") != {}


def test_a_worker_that_dies_at_work_is_replaced(cluster: Cluster, tmp_path: Path) -> None:
    with open_executor(cluster.name) as executor:
        futures = [executor.submit(die_once, tmp_path / "mark", number) for number in range(6)]
        assert [future.result() for future in futures] == [0, 2, 4, 6, 8, 10]
    assert sum(process.poll() is not None for process in cluster.workers) == 1
    heal(cluster)


def test_an_error_of_a_worker_arrives_as_ours(cluster: Cluster) -> None:
    with (
        pytest.raises(ArchiveError, match=r"^archive is damaged") as caught,
        open_executor(cluster.name) as executor,
    ):
        executor.submit(fail, "archive").result()
    assert caught.value.context == {"path": "archive"}


def test_answers_and_scores_are_the_same(cluster: Cluster, tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    for command in (
        ("transitions",),
        ("estimate", "--by", "calendar"),
        ("measure", "activity", "--by", "calendar"),
        ("measure", "wait"),
    ):
        asked = (*command, "--archive", archive, "--format", "json")
        assert run_well(*asked, "--executor", cluster.name).out == run_well(*asked).out

    jobs = [("quiet-village", seed, 1) for seed in (4, 2)]
    assert list(score_jobs(jobs, cluster.name)) == [s for job in jobs for s in score_jobs([job])]


def test_a_worker_that_does_not_see_the_folder_says_so(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amtspuls.analysis.sharing.seen_of", lambda _: "another archive")
    archive = make_archive(tmp_path)
    result = run_command("transitions", "--archive", archive, "--executor", cluster.name)
    assert result.code == 1
    assert "one and the same folder" in result.err


@pytest.mark.slow
def test_the_largest_real_weeks_are_the_same(
    cluster: Cluster, shared: Path, tmp_path: Path
) -> None:
    raw = shared / "data" / "office-schedule-data" / "raw"
    # All four take two minutes: that is for the long runs.
    wanted = LARGE if os.environ.get("AMTSPULS_ENDURANCE") else LARGE[:2]
    bundles = [raw / name[:4] / f"{name}.tar.gz" for name in wanted]
    here, there = tmp_path / "here", tmp_path / "there"
    run_well("import", *bundles, "--archive", here)
    found, names = find_bundles(bundles), load_metadata(raw / "metadata.json")
    done: list[str] = []

    def kill_one(week: str) -> None:
        if not done:
            cluster.kill()
        done.append(week)

    with open_executor(cluster.name) as executor:
        import_bundles(found, there / WEEKS_NAME, names, executor=executor, on_week=kill_one)
    heal(cluster)

    assert sealed_files(there) == sealed_files(here)
    asked = ("transitions", "--archive", there, "--format", "json", "--out")
    # Of one name: the command stands beside the figures and in the file.
    files = [tmp_path / name / "changes.parquet" for name in ("alone", "together")]
    for file in files:
        file.parent.mkdir()
    alone = run_well(*asked, files[0])
    together = run_well(*asked, files[1], "--executor", cluster.name)
    assert together.out == alone.out
    # Every single change, with its kind, its reason and how sure that is.
    one, other = map(pq.read_table, files)
    assert len(one) > 100_000
    assert one.equals(other)
