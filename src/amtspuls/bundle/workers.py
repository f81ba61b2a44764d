"""Several processes that import bundles.

Each has a pipe of its own and nobody else's end of it: when the parent is killed the pipe breaks and the
worker ends after its week, so none is left behind. A process that dies costs its week only. An executor
promises neither, so only clusters are given weeks that way (``bundle.cluster``).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from amtspuls.bundle.finding import PRELOAD, Found
from amtspuls.bundle.importing import Status, WeekImport, try_import
from amtspuls.bundle.metadata import Metadata
from amtspuls.executor import Context, process_context


def import_in_parallel(
    bundles: Sequence[Found],
    weeks: Path,
    names: Metadata,
    processes: int,
    on_week: Callable[[str], None],
) -> list[WeekImport]:
    """Import bundles with several processes.

    Args:
        bundles: Which, at least one.
        weeks: Folder of sealed weeks.
        names: What metadata.json says.
        processes: How many processes.
        on_week: Called with each week when it is done.

    Returns:
        One report for each bundle, in their order. A process that died has a failed report.
    """
    context = process_context(PRELOAD)
    reports: dict[Found, WeekImport] = {}
    # The largest first, so that no process has to wait for another one's last and longest week.
    waiting = sorted(bundles, key=_size_bytes)
    busy: dict[Connection, tuple[BaseProcess, Found]] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < processes:
                process, connection = _start(context, weeks, names)
                _hand_out(busy, connection, process, waiting.pop())
            ready = wait(list(busy))
            for connection in [own for own in busy if own in ready]:
                process, found = busy.pop(connection)
                reports[found] = _receive(connection, process, found)
                on_week(str(found.week))
                if waiting and process.is_alive():
                    _hand_out(busy, connection, process, waiting.pop())
                else:
                    _end(connection, process)
    finally:
        for connection, (process, _) in busy.items():
            process.terminate()
            _end(connection, process)
    return [reports[found] for found in bundles]


def _size_bytes(found: Found) -> int:
    return found.path.stat().st_size if found.path.exists() else 0


def _start(context: Context, weeks: Path, names: Metadata) -> tuple[BaseProcess, Connection]:
    mine, its = context.Pipe()
    process = context.Process(target=_work, args=(its, weeks, names), daemon=True)
    process.start()
    its.close()
    return process, mine


def _hand_out(
    busy: dict[Connection, tuple[BaseProcess, Found]],
    connection: Connection,
    process: BaseProcess,
    found: Found,
) -> None:
    with suppress(BrokenPipeError):  # a dead process is told when its answer is waited for
        connection.send(found)
    busy[connection] = (process, found)


def _receive(connection: Connection, process: BaseProcess, found: Found) -> WeekImport:
    try:
        report: WeekImport = connection.recv()
    except (EOFError, ConnectionResetError):
        process.join()
        return WeekImport(
            found,
            Status.FAILED,
            error=f"{found.path}: the process that imported it died (exit code {process.exitcode}):"
            " run the import again, with -p 1 if memory is short",
        )
    return report


def _end(connection: Connection, process: BaseProcess) -> None:
    connection.close()
    process.join()


def _work(connection: Connection, weeks: Path, names: Metadata) -> None:
    """What a process does: import what comes down the pipe until it breaks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted and ends us
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            connection.send(try_import(connection.recv(), weeks, names))
