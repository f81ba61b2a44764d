"""Importing many weeks with one process and with two, as whole commands, beside what two cores are worth.

What they are worth is measured, not assumed: two commands that know nothing of each other, at once, beside
one of them alone. More weeks than are at hand are copies of these, moved by whole weeks.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.finding import Found
from amtspuls.executor import open_executor
from benchmarks.base import Claim

ROUNDS = {1: 3, 2: 2, 4: 1}
"""How often the weeks are there (once as they are, else with copies), and how often that is measured."""

_DAY = re.compile(rb"\d{4}-\d\d-\d\d(?= \d)")
_STEP_WEEKS = 2
"""So far apart that the two pairs of neighbouring weeks never meet."""


class Times(NamedTuple):
    """Wall seconds of commands, each from its start to its end.

    Attributes:
        one_s: With one process.
        two_s: With two.
        apart_s: Two at once with one process each, both with all weeks: twice the work.
    """

    one_s: float
    two_s: float
    apart_s: float

    @property
    def gain(self) -> float:
        """How many times as fast two processes are."""
        return self.one_s / self.two_s

    @property
    def worth(self) -> float:
        """How many times as much work two cores do in the same time; more than two is a machine that sped up."""
        return min(2.0, 2 * self.one_s / self.apart_s)


def measure_many(bundles: Sequence[Found], metadata: Path | None) -> Iterator[Claim]:
    """Claims about all bundles at once, and about two and four times as many.

    Args:
        bundles: Their weeks, and those two, four and six weeks later, are all different.
        metadata: Their metadata.json.
    """
    with tempfile.TemporaryDirectory() as folder:
        copies = _copy_all(bundles, Path(folder), max(ROUNDS) - 1)
        for times, rounds in ROUNDS.items():
            paths = [found.path for found in bundles] + copies[: (times - 1) * len(bundles)]
            yield _claim(len(paths), _least(paths, metadata, rounds), 0.85 if times == 1 else 0.9)


def _claim(weeks: int, times: Times, wanted: float) -> Claim:
    share = times.gain / times.worth
    return Claim(
        f"`amtspuls import` of {weeks} weeks, two processes beside one, whole commands",
        f"{times.two_s:.1f} s beside {times.one_s:.1f} s, {times.gain:.2f} times as fast; two commands at"
        f" once do {times.worth:.2f} times the work of one, {share:.2f} of that",
        f"{wanted:.2f} of what two commands do",
        share >= wanted,
    )


def _least(paths: Sequence[Path], metadata: Path | None, rounds: int) -> Times:
    """The least of each: a shared machine makes a run wait, never work less."""
    commands = [(1, 1), (1, 2), (2, 1)]
    rows = [[_run_s(paths, metadata, *command) for command in commands] for _ in range(rounds)]
    return Times(*(min(column) for column in zip(*rows, strict=True)))


def _run_s(paths: Sequence[Path], metadata: Path | None, commands: int, processes: int) -> float:
    """Wall seconds until the last of some commands is done that begin together."""
    command = [sys.executable, "-m", "amtspuls", "import", *map(str, paths), "-p", str(processes)]
    if metadata:
        command += ["--metadata", str(metadata)]
    with ExitStack() as opened:
        archives = [
            opened.enter_context(tempfile.TemporaryDirectory(prefix="amtspuls-"))
            for _ in range(commands)
        ]
        began = time.perf_counter()
        running = [
            subprocess.Popen(
                [*command, "--archive", archive],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for archive in archives
        ]
        codes = [begun.wait() for begun in running]
        took_s = time.perf_counter() - began
    assert not any(codes), "an import failed"
    return took_s


def _copy_all(bundles: Sequence[Found], folder: Path, times: int) -> list[Path]:
    """Copies of all, each time some weeks later."""
    with open_executor("local") as pool:
        copies = [
            pool.submit(_copy, found, folder, time * _STEP_WEEKS)
            for time in range(1, times + 1)
            for found in bundles
        ]
        return [copy.result() for copy in copies]


def _copy(found: Found, folder: Path, weeks: int) -> Path:
    """A bundle with all its days some weeks later."""
    by = timedelta(weeks=weeks)

    @cache
    def later(day: bytes) -> bytes:
        return str(date.fromisoformat(day.decode()) + by).encode()

    copy = folder / f"{IsoWeek.of(found.week.start + by)}.tar.gz"
    with tarfile.open(found.path) as its, tarfile.open(copy, "w:gz", compresslevel=6) as mine:
        for member in its:
            file = its.extractfile(member)
            data = _DAY.sub(lambda day: later(day[0]), file.read() if file else b"")
            mine.addfile(member, io.BytesIO(data))
    return copy
