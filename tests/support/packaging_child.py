"""Packages in processes that are killed, each forked from one that has loaded everything.

    python -m support.packaging_child ARCHIVE FOLDER

Reads lines ``after SECONDS`` and ``step NUMBER``: a package is made and killed at that moment, or just before that
step on files (0: never). Answers each with a line of JSON: exit code, or the signal as a negative number, and the steps
that were taken.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pandas  # Arrow loads it where it is there
import pyarrow.compute
import rich.progress

import amtspuls.analysis.legacy.ledger
import amtspuls.archive.live
import amtspuls.archive.opening
import amtspuls.archive.sealed.read
import amtspuls.bundle.package.choose
import amtspuls.bundle.package.write
import amtspuls.cli.output
import amtspuls.settings
from amtspuls.cli.app import main, make_app

LOADED = (amtspuls.analysis.legacy.ledger, pandas, pyarrow.compute, rich.progress)
STEPS = frozenset({"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove"})


def package(archive: str, folder: str, last: int, told: int) -> None:
    """Make a package; never returns."""
    taken = 0
    near = str(Path(folder).parent)

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal taken
        if event not in STEPS or (event == "open" and not str(arguments[0]).startswith(near)):
            return
        taken += 1
        if taken == last:
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(told, f"{event}\n".encode())

    sys.addaudithook(count)
    code = 1
    try:
        main(["package", "--archive", archive, "--to", folder])
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        os._exit(code)


def answer(archive: str, folder: str, what: str, number: float) -> tuple[int, list[str]]:
    """Fork a package, kill it, and say what became of it."""
    reading, told = os.pipe()
    pid = os.fork()
    if not pid:
        package(archive, folder, int(number) if what == "step" else 0, told)
    os.close(told)
    if what == "after":
        time.sleep(number)
        os.kill(pid, signal.SIGKILL)
    with os.fdopen(reading) as stream:
        steps = stream.read().split()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), steps


if __name__ == "__main__":
    make_app()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        word, figure = line.split()
        sys.stdout.write(json.dumps(answer(sys.argv[1], sys.argv[2], word, float(figure))) + "\n")
        sys.stdout.flush()
