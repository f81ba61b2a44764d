"""Running the command line inside the test process, as a user would from a shell."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

from amtspuls.cli.app import main


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str


def run_command(*arguments: object) -> Result:
    """Run ``amtspuls ARGUMENTS`` and return its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return Result(code, out.getvalue(), err.getvalue())


def run_well(*arguments: object) -> Result:
    """Run a command that must succeed."""
    result = run_command(*arguments)
    assert result.code == 0, result.err
    return result
