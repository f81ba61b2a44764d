"""One process that answers everything about an archive: `python -m benchmarks.answers_child FOLDER WORKERS`.

Prints its peak of memory in MB, those of its workers added; 0 workers is this process alone.
"""

from __future__ import annotations

import multiprocessing
import re
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from amtspuls.analysis import PRELOAD
from amtspuls.executor import load_early, open_executor

WATCHING = ("wait", "within-target", "zero-rate", "free-stock", "offered-hours", "coverage")
"""Measures of what was free, whatever became of it."""


def answer_all(folder: Path, workers: int) -> int:
    """Transitions by kind, estimates by portal, all measures by their usual grouping; returns the peak in MB."""
    from amtspuls.analysis.estimate_table import tabulate
    from amtspuls.analysis.grouping import By
    from amtspuls.analysis.measures import MEASURES, load_watched, take_measure
    from amtspuls.analysis.selection import Selection
    from amtspuls.analysis.sharing import Sharing, begin
    from amtspuls.analysis.transition_table import count_kinds
    from amtspuls.archive.live import open_reader

    with ExitStack() as opened:
        reader = opened.enter_context(closing(open_reader(folder)))
        sharing = None
        if workers:
            executor = opened.enter_context(open_executor("local", workers, preload=PRELOAD))
            sharing = Sharing(executor, folder)
        watched = load_watched(reader, Selection(), sharing=sharing)
        begin(watched)
        # What needs no transitions first, while others work them out.
        for measure in sorted(MEASURES.values(), key=lambda measure: measure.name not in WATCHING):
            take_measure(measure, watched, measure.by[0])
        count_kinds(watched)
        tabulate(watched, By.PORTAL, {}, None)
        pids = ["self", *(str(child.pid) for child in multiprocessing.active_children())]
        return sum(map(_peak_mb, pids))


def _peak_mb(pid: str) -> int:
    # Not ru_maxrss: a process begins with that of the one that started it.
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(line) // 1024


if __name__ == "__main__":
    if sys.argv[2] != "0":
        load_early(PRELOAD)  # on the other core, while this one loads the rest
    print(answer_all(Path(sys.argv[1]), int(sys.argv[2])))
