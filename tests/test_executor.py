"""Who shares work: the option, processes of this machine, and what is said where a cluster is not there."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from contextlib import nullcontext
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from distributed import KilledWorker
from distributed.comm.core import CommClosedError

from amtspuls import executor as seam
from amtspuls.analysis.score import Score
from amtspuls.cli.scoring import score_jobs
from amtspuls.errors import ArchiveError, ConfigError, WorkerError
from amtspuls.executor import is_cluster, open_executor
from support.command import run_command, run_well
from support.measure_archive import make_archive
from support.shared_work import die, double, fail, sleep


def run_script(folder: Path, text: str) -> str:
    """What a script says that is run in a process of its own, in a folder."""
    script = folder / "script.py"
    script.write_text(dedent(text))
    done = subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_two_forms_are_told_apart() -> None:
    assert not is_cluster(None)
    assert not is_cluster("local")
    assert is_cluster("dask://host.example:8786")
    assert is_cluster("dask://[::1]:8786")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "dask",
        "dask://",
        "dask://host",
        "dask://:8786",
        "dask://host:port",
        "dask://host:99999",
        "tcp://host:8786",
        "dask://host:8786/x",
        "dask://[::1:8786",
        "LOCAL",
    ],
)
def test_any_other_form_is_answered_with_both(name: str) -> None:
    with pytest.raises(ConfigError, match=r"`local`, or `dask://HOST:PORT`"):
        is_cluster(name)


def test_processes_work_and_pass_errors_on() -> None:
    with open_executor("local", 2) as executor:
        assert list(executor.map(double, range(5))) == [0, 2, 4, 6, 8]
        with pytest.raises(ArchiveError, match=r"^archive is damaged") as caught:
            executor.submit(fail, "archive").result()
    assert caught.value.context == {"path": "archive"}


def test_processes_are_copies_of_one_that_has_loaded_what_they_need(tmp_path: Path) -> None:
    # In a process of its own: of all calls in one process the first says what is loaded.
    done = run_script(
        tmp_path,
        """
        import sys, time
        from amtspuls.executor import load_early, open_executor
        from support.shared_work import about

        began = time.monotonic()
        load_early(["json.tool", "colorsys", "amtspuls.no_such_module"])
        assert not sys.modules.keys() & {"colorsys", "json.tool"}
        with open_executor("local", 2, preload=["json.tool", "colorsys"]) as executor:
            print(executor.submit(about, "colorsys").result())
            print(executor.submit(about, "wave").result())
        """,
    )
    state = "main __main__ of None, interrupts ignored True"
    assert done == f"loaded True, {state}\nloaded False, {state}\n"


def test_nothing_is_taken_from_the_folder_where_the_command_is_started(tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "work").mkdir()
    done = run_script(
        tmp_path / "work",
        """
        import os, sys
        os.chdir("..")
        from amtspuls.executor import open_executor
        from support.shared_work import about

        before = dict(os.environ)
        with open_executor("local", 1, preload=["colorsys"]) as executor:
            assert executor.submit(about, "colorsys").result().startswith("loaded True")
        assert dict(os.environ) == before
        """,
    )
    assert not done


def test_where_processes_cannot_be_copied_they_begin_afresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seam, "_COPIES", False)
    assert seam.process_context(["colorsys"]).get_start_method() == "spawn"
    with open_executor("local", 1) as executor:
        assert executor.submit(double, 4).result() == 8


def test_processes_that_cannot_be_started_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("multiprocessing.context.ForkServerProcess._Popen", refuse)
    main = sys.modules["__main__"]
    with (
        pytest.raises(WorkerError, match="cannot be started"),
        open_executor("local", 1) as executor,
    ):
        executor.submit(double, 1)
    assert sys.modules["__main__"] is main


def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(WorkerError, match="fewer processes"), open_executor(None, 1) as executor:
        executor.submit(die).result()


def test_nobody_is_waited_for_after_an_interruption(tmp_path: Path) -> None:
    mark = tmp_path / "begun"
    began = time.monotonic()

    def work_and_interrupt() -> None:
        with open_executor("local", 1) as executor:
            executor.submit(sleep, 300.0, mark)
            while not mark.exists():
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_and_interrupt()
    assert time.monotonic() - began < 120
    assert not multiprocessing.active_children()


def test_a_number_of_workers_is_for_this_machine_only() -> None:
    with (
        pytest.raises(ConfigError, match="leave the number away"),
        open_executor("dask://127.0.0.1:8786", 2),
    ):
        pass


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = run_command("score", "--executor", "dask://127.0.0.1:8786", "--weeks", "1")
    assert result.code == 2
    assert "pip install 'amtspuls[cluster]'" in result.err


def test_no_scheduler_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seam, "CONNECT_S", 0.5)
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        name = f"dask://127.0.0.1:{unheard.getsockname()[1]}"
        result = run_command("transitions", "--archive", make_archive(tmp_path), "--executor", name)
    assert result.code == 1
    assert result.out == ""
    assert f"no Dask scheduler answers at {name.removeprefix('dask://')}" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        (KilledWorker("task", MagicMock(), 4), "several workers of 127.0.0.1:1 died"),
        (CommClosedError("gone"), "the scheduler at 127.0.0.1:1 was lost"),
        (CancelledError(), "the scheduler at 127.0.0.1:1 was lost"),
    ],
)
def test_a_cluster_that_is_lost_is_told(
    lost: Exception, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = SimpleNamespace(shutdown=lambda **_: ended.append(True))
    client = SimpleNamespace(get_executor=lambda **_: taken)
    ended: list[bool] = []
    monkeypatch.setattr(seam, "_connect", lambda _: nullcontext(client))
    with pytest.raises(WorkerError, match=says), open_executor("dask://127.0.0.1:1"):
        raise lost
    assert ended == [True]


@pytest.mark.parametrize(("its", "says"), [("0.0.1", "has amtspuls 0.0.1"), (None, "no amtspuls")])
def test_a_worker_with_another_version_is_refused(its: str | None, says: str) -> None:
    def packages(version: str | None) -> dict[str, Any]:
        return {"packages": {"amtspuls": version}}

    versions = {
        "client": packages("9.9"),
        "workers": {"tcp://127.0.0.1:1": packages("9.9"), "tcp://127.0.0.1:2": packages(its)},
    }
    client = SimpleNamespace(get_versions=lambda **_: versions)
    with pytest.raises(ConfigError, match=says) as caught:
        seam._require_same_version(client)
    assert "127.0.0.1:2" in str(caught.value)


@pytest.mark.parametrize("command", [("measure", "activity"), ("estimate",), ("transitions",)])
def test_a_wrong_form_is_a_usage_error(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run_command(*command, "--archive", make_archive(tmp_path), "--executor", "ray://x:1")
    assert result.code == 2
    assert "dask://HOST:PORT" in result.err


def test_two_processes_say_what_one_says(tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    for command in (("transitions",), ("measure", "activity", "--by", "calendar")):
        asked = (*command, "--archive", archive, "--format", "json")
        assert run_well(*asked, "--workers", 2).out == run_well(*asked).out


def test_what_needs_no_transitions_gives_nobody_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("work was handed out")

    monkeypatch.setattr("amtspuls.analysis.sharing.find_in_folder", refuse)
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor.submit", refuse)
    archive = make_archive(tmp_path)
    assert run_well("measure", "free-stock", "--archive", archive, "--workers", 2).out


def test_scores_come_in_the_order_of_the_jobs() -> None:
    jobs = [("quiet-village", seed, 1) for seed in (4, 2)]
    alone = [list(score_jobs([job])) for job in jobs]
    shared: list[tuple[Score, ...]] = list(score_jobs(jobs, "local", 2))
    assert [[scores] for scores in shared] == alone
