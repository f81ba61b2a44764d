"""Commands that are killed when they take longer than they may."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).parents[1]


class Runner:
    """Runs commands in processes of their own."""

    def __init__(self, server: subprocess.Popen[bytes]) -> None:
        assert server.stdin
        assert server.stdout
        self._in, self._out = server.stdin, server.stdout

    def run(self, *words: object, limit_s: float | None = None) -> int:
        """Exit code of the command; -9 when it was killed."""
        self._in.write(json.dumps([str(word) for word in words]).encode() + b"\n")
        self._in.flush()
        pid = int(self._out.readline())
        if not select.select([self._out], [], [], limit_s)[0]:
            os.kill(pid, signal.SIGKILL)
        return int(self._out.readline())

    def whole_s(self, *words: object) -> float:
        """How long the work takes without a kill."""
        began = time.monotonic()
        assert self.run(*words) == 0
        return time.monotonic() - began


@contextmanager
def running() -> Iterator[Runner]:
    """A runner; starting one costs as much as a command."""
    with subprocess.Popen(
        [sys.executable, "-m", "support.commands_child"],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as server:
        assert server.stdin
        with server.stdin:
            yield Runner(server)
