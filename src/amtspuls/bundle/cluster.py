"""Many bundles imported by an executor, a week each; its workers see the same folders.

Processes of this machine have a way of their own (``bundle.workers``): there a process that dies costs one
week and no more, and none is left behind when the parent is killed. An executor promises neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import replace
from pathlib import Path

from amtspuls.archive.sealed.read import list_weeks
from amtspuls.bundle.finding import Found
from amtspuls.bundle.importing import Status, WeekImport, try_import
from amtspuls.bundle.metadata import Metadata
from amtspuls.errors import OutputError


def import_with(
    executor: Executor,
    bundles: Sequence[Found],
    weeks: Path,
    names: Metadata,
    on_week: Callable[[str], None],
) -> list[WeekImport]:
    """Import bundles with an executor; each week is written by the worker that has it.

    Args:
        executor: Takes the work; see ``amtspuls.executor``.
        bundles: Which, under paths that its workers see too.
        weeks: Folder of sealed weeks; they see that too.
        names: What metadata.json says.
        on_week: Called with each week when it is done.

    Returns:
        One report for each bundle, in their order.

    Raises:
        OutputError: The folder cannot be made.
        WorkerError: Workers died; weeks that were finished are kept.
    """
    try:
        weeks.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{weeks}: cannot be made: {error.strerror}", path=str(weeks)) from error
    before = set(list_weeks(weeks))
    # The largest first, so that no worker has to wait for another one's last and longest week.
    futures = {
        executor.submit(import_there, _absolute(found), weeks.absolute(), names): found
        for found in sorted(bundles, key=_size_bytes, reverse=True)
    }
    reports: dict[Found, WeekImport] = {}
    for future in as_completed(futures):
        found, report = futures[future], future.result()
        if report.status is Status.THERE and found.week not in before:
            # A worker was killed after the week was written and before it could say so.
            report = replace(report, status=Status.IMPORTED)
        reports[found] = replace(report, found=found)
        on_week(str(found.week))
    return [reports[found] for found in bundles]


def import_there(found: Found, weeks: Path, names: Metadata) -> WeekImport:
    """Import one bundle where the worker is; what goes wrong is in the report."""
    for path in (found.path, weeks):
        if not path.exists():
            error = f"{path}: a worker does not see it: bundles and archive must lie in a folder that all share"
            return WeekImport(found, Status.FAILED, error=error)
    return try_import(found, weeks, names)


def _absolute(found: Found) -> Found:
    return replace(found, path=found.path.absolute())


def _size_bytes(found: Found) -> int:
    return found.path.stat().st_size if found.path.exists() else 0
