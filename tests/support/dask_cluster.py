"""A Dask scheduler and its workers as processes on loopback, started as the documentation says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]


class Cluster:
    """A scheduler with workers that can be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._scheduler = self._start(
            "scheduler", "--port", "0", "--idle-timeout", "600", "--scheduler-file", str(self._file)
        )
        self.name = ""

    def wait_for_scheduler(self) -> None:
        """Wait until it has written where it listens."""
        for _ in range(2400):
            if self._file.exists() and self._file.stat().st_size:
                address = json.loads(self._file.read_text("utf-8"))["address"]
                self.name = address.replace("tcp://", "dask://")
                return
            assert self._scheduler.poll() is None, "the scheduler did not start"
            time.sleep(0.05)
        raise AssertionError("the scheduler did not start in time")

    def add_worker(self) -> None:
        """Start a worker with one thread, and nobody who starts it again."""
        process = self._start(
            "worker",
            self.name.replace("dask://", "tcp://"),
            "--no-nanny",
            "--nthreads",
            "1",
            "--local-directory",
            str(self._folder),
            "--death-timeout",
            "120",
        )
        self.workers.append(process)

    def wait_for_workers(self) -> None:
        """Wait until all living workers are known, and no other."""
        import distributed  # slow to load, and only the parent of a cluster needs it

        connect: Any = distributed.Client  # comes without types
        with connect(self.name.replace("dask", "tcp"), set_as_default=False) as client:
            for _ in range(2400):
                if len(client.scheduler_info(n_workers=-1)["workers"]) == len(self.workers):
                    return
                time.sleep(0.05)
        raise AssertionError("the workers did not come in time")

    def pause(self) -> None:
        """Stop the first worker as it is: what it is given stays undone."""
        self.workers[0].send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """Kill the first worker as ``kill -9`` does."""
        process = self.workers.pop(0)
        process.kill()
        process.wait()

    def close(self) -> None:
        """End all processes."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()

    def _start(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dask",
                what,
                "--host",
                "127.0.0.1",
                "--no-dashboard",
                *arguments,
            ],
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def running_cluster(workers: int = 2) -> Iterator[Cluster]:
    """A cluster that ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder))
        try:
            cluster.wait_for_scheduler()
            for _ in range(workers):
                cluster.add_worker()
            cluster.wait_for_workers()
            yield cluster
        finally:
            cluster.close()
