"""Commands in processes that can be killed, without a new interpreter for each.

    python -m support.commands_child

reads lines `["import", ...]` (JSON, the words of a command), forks for each, answers with the number of the
process, and when that is over with its exit code. It has imported everything before, so that a kill hits
the work and not the start.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

from amtspuls.cli.app import main

_HEAVY = (
    "amtspuls.archive.live",
    "amtspuls.archive.opening",
    "amtspuls.bundle.importing",
    "amtspuls.bundle.legacy",
    "amtspuls.cli.practice",
    "amtspuls.cli.replay",
    "amtspuls.collect.replay",
    "amtspuls.collect.round",
    "amtspuls.fetch.client",
    "amtspuls.replica.recording",
    "amtspuls.replica.server",
    "amtspuls.settings",
    "amtspuls.systems.netappoint",
    "amtspuls.systems.tempus",
    "anyio._backends._asyncio",
    "httpcore2",
    "rich.progress",
    "selectolax.lexbor",
    "structlog",
    "truststore",
    "uvicorn.lifespan.off",
)


def work(words: list[str]) -> int:
    """Run the command and return its exit code."""
    try:
        main(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def serve() -> None:
    """Do what the lines say, one after another."""
    for name in _HEAVY:
        importlib.import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(work(json.loads(line)))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
