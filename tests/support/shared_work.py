"""Work for executors: functions that other processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from amtspuls.errors import ArchiveError


def double(number: int) -> int:
    return 2 * number


def fail(place: str) -> None:
    raise ArchiveError(f"{place} is damaged", path=place)


def sleep(seconds: float, mark: Path | None = None) -> None:
    if mark is not None:
        mark.write_text(str(os.getpid()))
    time.sleep(seconds)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(mark: Path, number: int) -> int:
    """Kill the process that is asked first; whoever is asked then does the work."""
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return double(number)
    die()
    return 0
