"""Where work is done that can be split: in processes of this machine, or on the workers of a Dask cluster.

Everything that is split goes through ``concurrent.futures``; who splits it does not know where it is done.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess, SpawnContext
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from amtspuls.errors import ConfigError, WorkerError

Context = ForkServerContext | SpawnContext
"""How processes of this machine are begun."""

LOCAL = "local"
CONNECT_S = 10.0
"""How long a scheduler may take to answer, and the first worker to be there, each."""
_RETRIES = 2
_PACKAGE = "amtspuls"
_COPIES = sys.platform == "linux"
"""Elsewhere a copy of a process that has libraries of the system loaded may crash."""
_SAFE_PATH = "PYTHONSAFEPATH"


def is_cluster(name: str | None) -> bool:
    """Whether the value of ``--executor`` names a cluster; None is this machine.

    Raises:
        ConfigError: It is none of the two forms.
    """
    return name is not None and _address_of(name) is not None


@contextmanager
def open_executor(
    name: str | None = None, workers: int | None = None, *, preload: Sequence[str] = ()
) -> Iterator[Executor]:
    """Open what takes work, as ``concurrent.futures`` has it.

    A function that is submitted must be one of a module, not of the script that runs; its arguments and what
    it returns must be picklable; of an error that it raises the waiting side gets the same one. On a cluster
    the work of a worker that is killed is given to another one, so it must be work that may be begun twice.

    Args:
        name: ``local``, or ``dask://HOST:PORT`` of a scheduler; None is ``local``.
        workers: How many processes, of this machine only; None is one for each core.
        preload: Modules that the work needs, as ``load_early`` takes them.

    Raises:
        ConfigError: The name has another form, the extra ``cluster`` is missing, ``workers`` were given for
            a cluster, or its workers run another version.
        WorkerError: No scheduler or no worker is there, or one died with the work.
    """
    address = None if name is None else _address_of(name)
    if address is None:
        with _open_processes(workers or core_count(), preload) as executor:
            yield executor
        return
    if workers is not None:
        raise ConfigError(
            f"{name}: how many workers a cluster has is said where they are started; leave the number away"
        )
    with _open_cluster(address) as executor:
        yield executor


def core_count() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _address_of(name: str) -> str | None:
    """Address of the scheduler; None for this machine."""
    if name == LOCAL:
        return None
    try:
        parts = urlsplit(name)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not name.startswith("dask://") or not host or not port or name.count("/") > 2:
        raise ConfigError(
            f"--executor {name!r}: is `local`, or `dask://HOST:PORT` with the address of a Dask scheduler,"
            " for example dask://127.0.0.1:8786",
            executor=name,
        )
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def load_early(preload: Sequence[str]) -> None:
    """Begin to load what processes of this machine will need, and come back at once.

    Loading the libraries takes longer than much of the work. So one process loads them, once, on a core of
    its own while this one still loads its own; workers are copies of it, made in milliseconds. It ends with
    this process. Where processes cannot be copied (outside Linux) each worker loads them for itself.

    Args:
        preload: Names of modules; one that is not there is left to the worker that needs it. Only those of
            the first call count: that process is there until this one ends.
    """
    if not _COPIES:
        return
    # First, because it would lift the block of the interrupt.
    resource_tracker.ensure_running()
    with _quiet_start():
        forkserver.set_forkserver_preload(list(preload))
        forkserver.ensure_running()


def process_context(preload: Sequence[str] = ()) -> Context:
    """How processes of this machine are begun; what they run must be in modules, not in the script that runs.

    None is a copy of this process: libraries and progress bars have threads here, and copies of threads can
    hang. What they are copies of has loaded modules and done nothing else; the libraries that begin threads
    when they are loaded (of NumPy and Arrow) have put them in order for copies themselves.

    Args:
        preload: As ``load_early`` takes them.
    """
    load_early(preload)
    return _Copying() if _COPIES else multiprocessing.get_context("spawn")


@contextmanager
def _quiet_start() -> Iterator[None]:
    """What the process that is copied inherits: no modules of the current folder, no Ctrl-C of the terminal."""
    before = os.environ.get(_SAFE_PATH)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class _Copy(ForkServerProcess):
    """A copy of the process that has loaded what workers need."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # noqa: N802 - the name that multiprocessing calls
        # A worker would run the script again that began this process, which loads the command line.
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return ForkServerProcess._Popen(process_obj)
        except (EOFError, ConnectionError) as error:
            raise WorkerError(
                "processes cannot be started: run again, with fewer if memory is short"
            ) from error
        finally:
            sys.modules["__main__"] = main


class _Copying(ForkServerContext):
    """Begins copies."""

    Process = _Copy


@contextmanager
def _open_processes(count: int, preload: Sequence[str]) -> Iterator[Executor]:
    """Processes of this machine; they end with it, also when it is killed or interrupted."""
    context = process_context(preload)
    before = set(multiprocessing.active_children())
    with ProcessPoolExecutor(count, context, initializer=_begin_worker) as pool:
        try:
            yield pool
        except BrokenExecutor as error:
            raise WorkerError(
                "a process that shared the work died: run again, with fewer processes if memory is short"
            ) from error
        except BaseException:
            # Nobody waits for what is still being worked out.
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _begin_worker() -> None:
    """What a process of the pool does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted and ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _open_cluster(address: str) -> Iterator[Executor]:
    """A Dask cluster that others started."""
    try:
        from distributed import CancelledError as LostError
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError
    except ImportError as error:
        raise ConfigError(
            f"a cluster needs Dask distributed, which is not installed: pip install '{_PACKAGE}[cluster]'"
        ) from error
    with _connect(address) as client:
        # Not pure: what a folder holds is no function of its name, so no answer is taken from an earlier one.
        executor: Executor = client.get_executor(pure=False, retries=_RETRIES)
        try:
            yield executor
        except KilledWorker as error:
            raise WorkerError(
                f"several workers of {_shown(address)} died with the same work: give them more memory, and"
                " see their logs"
            ) from error
        except (CancelledError, LostError, CommClosedError) as error:
            raise WorkerError(
                f"the scheduler at {_shown(address)} was lost: start it again, then run again"
            ) from error
        finally:
            executor.shutdown(wait=False)


@contextmanager
def _connect(address: str) -> Iterator[Any]:
    """A connection to a scheduler with at least one worker of our version."""
    import logging

    import distributed

    connect: Any = distributed.Client  # comes without types
    # What it logs is said by the errors below, or is about connections that are made again.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = connect(address, timeout=CONNECT_S, set_as_default=False)
    except OSError as error:
        raise WorkerError(
            f"no Dask scheduler answers at {_shown(address)}: start one, or correct --executor"
        ) from error
    try:
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError as error:
            raise WorkerError(
                f"the scheduler at {_shown(address)} has no worker: start one that connects to it"
            ) from error
        _require_same_version(client)
        yield client
    finally:
        client.close()


def _require_same_version(client: Any) -> None:
    versions = client.get_versions(packages=[_PACKAGE])
    mine = versions["client"]["packages"][_PACKAGE]
    for worker, about in sorted(versions["workers"].items()):
        its = about["packages"][_PACKAGE]
        if its != mine:
            says = f"has {_PACKAGE} {its}" if its else f"has no {_PACKAGE}"
            raise ConfigError(
                f"worker {_shown(worker)} {says}, this machine has {mine}: install the same version on all"
                " machines, then start the workers again",
                worker=worker,
            )


def _shown(address: str) -> str:
    return address.removeprefix("tcp://")
