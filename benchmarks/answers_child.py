"""One process that answers everything about an archive: `python -m benchmarks.answers_child FOLDER WORKERS`.

Prints its peak of memory in MB and its CPU seconds, those of its workers added; 0 workers is this process alone.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
import sys
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from amtspuls.analysis import preload_for
from amtspuls.executor import load_early, open_executor


class Cost(NamedTuple):
    """What processes took so far."""

    peak_mb: int
    cpu_s: float

    @classmethod
    def of(cls, pid: str) -> Cost:
        """Of one process."""
        # Not ru_maxrss: a process begins with that of the one that started it.
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        cpu_s = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        return cls(int(_about(pid, "VmHWM")) // 1024, cpu_s)

    def with_others(self, others: Iterable[Cost]) -> Cost:
        """Of this one and others together."""
        peaks, seconds = zip(self, *others, strict=True)
        return Cost(sum(peaks), sum(seconds))


def answer_all(folder: Path, workers: int) -> Cost:
    """Transitions by kind, estimates by portal, all measures by their usual grouping."""
    from amtspuls.analysis.estimate_table import tabulate
    from amtspuls.analysis.grouping import By
    from amtspuls.analysis.measures import MEASURES, PARTS, load_watched, take_measure
    from amtspuls.analysis.selection import Selection
    from amtspuls.analysis.sharing import Sharing, begin
    from amtspuls.analysis.transition_table import count_kinds
    from amtspuls.archive.live import open_reader

    with ExitStack() as opened:
        reader = opened.enter_context(closing(open_reader(folder)))
        sharing = None
        if workers:
            executor = opened.enter_context(
                open_executor("local", workers, preload=preload_for(folder))
            )
            sharing = Sharing(executor, folder)
        watched = load_watched(reader, Selection(), sharing=sharing)
        begin(watched, PARTS)
        # Coverage first: nobody else is needed for it, and others are at work meanwhile.
        for measure in sorted(MEASURES.values(), key=lambda measure: measure.name != "coverage"):
            take_measure(measure, watched, measure.by[0])
        count_kinds(watched)
        tabulate(watched, By.PORTAL, {}, None)
        return Cost.of("self").with_others(map(Cost.of, _helpers()))


def _helpers() -> set[str]:
    """Workers, and the process that they are copies of."""
    workers = {str(child.pid) for child in multiprocessing.active_children()}
    return workers | {_about(pid, "PPid") for pid in workers}


def _about(pid: str, key: str) -> str:
    (line,) = re.findall(rf"^{key}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return str(line)


if __name__ == "__main__":
    gc.set_threshold(50_000)  # as the command line does
    if sys.argv[2] != "0":
        load_early(
            preload_for(Path(sys.argv[1]))
        )  # on the other core, while this one loads the rest
    print(*answer_all(Path(sys.argv[1]), int(sys.argv[2])))
