"""How long a user waits for `amtspuls --help`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.base import Claim


def measure() -> list[Claim]:
    """Median of nine whole processes, beside a Python that does nothing."""
    command = [str(Path(sys.executable).with_name("amtspuls")), "--help"]
    helps = statistics.median(_spent_s(command) for _ in range(9))
    bare = statistics.median(_spent_s([sys.executable, "-c", ""]) for _ in range(9))
    return [
        Claim(
            "start of amtspuls --help",
            f"{helps:.2f} s, {helps / bare:.0f} times a Python that does nothing",
            "0.3 s",
            helps <= 0.3,
        )
    ]


def _spent_s(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
