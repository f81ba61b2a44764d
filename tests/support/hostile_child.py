"""A process of its own that reads the expensive pages with every parser of a system and measures it.

``python -m support.hostile_child SYSTEM all`` prints JSON: per page and parser what came out, CPU seconds, and by
how many bytes the process grew at most (what the parser in C takes is in it). With ``some`` instead of ``all``
each page is read by one parser only, in turn.
"""

from __future__ import annotations

import inspect
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

from amtspuls.errors import AmtspulsError
from amtspuls.fetch.page import Page
from support.fake_session import make_page
from support.hostile import EXPENSIVE

DAY = date(2026, 2, 3)
CPU_S = 120


def main(system: str, how_many: str) -> None:
    """Measure; an error that is not typed ends the process."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    module = import_module(f"amtspuls.systems.{system}.parse")
    parsers = {
        name: _of_page(parse) for name, parse in vars(module).items() if name.startswith("parse_")
    }
    measured = []
    for number, (page, draw) in enumerate(EXPENSIVE.items()):
        body = draw().encode("utf-8")
        chosen = list(parsers.items())
        if how_many == "some":
            chosen = [chosen[number % len(chosen)]]
        for name, parse in chosen:
            sys.stderr.write(f"{page}, {name}\n")
            measured.append((page, name, *measure(parse, body)))
    json.dump(measured, sys.stdout)


def measure(parse: Callable[[Page], object], body: bytes) -> tuple[str, float, int]:
    """Read one page: what came out, CPU seconds, growth in bytes."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak begins anew
    before, began = _peak_bytes(), time.process_time()
    try:
        ended = type(parse(make_page(body))).__module__
    except AmtspulsError as error:
        ended = f"refused by {type(error).__name__}"
    return ended, time.process_time() - began, _peak_bytes() - before


def _peak_bytes() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if "VmHWM" in line)


def _of_page(parse: Callable[..., object]) -> Callable[[Page], object]:
    """A parser as a function of the page; some are told the day."""
    if len(inspect.signature(parse).parameters) == 1:
        return parse
    return lambda page: parse(page, DAY)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
