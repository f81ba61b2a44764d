"""Work for executors: functions that other processes can import."""

from __future__ import annotations

import os
import signal
import sys
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


def about(module: str) -> str:
    """What a worker knows before it has worked."""
    main = sys.modules["__main__"]
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return (
        f"loaded {module in sys.modules}, main {main.__name__} of {getattr(main, '__file__', None)},"
        f" interrupts ignored {ignored}"
    )


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
