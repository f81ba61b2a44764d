"""One writer at a time: an advisory lock that the kernel releases when its process dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from amtspuls.errors import ArchiveLockedError

LOCK_NAME = "live.lock"
_TRY_AGAIN_S = 0.05


class WriterLock:
    """The lock on an archive folder; held from the moment it is made until ``release``."""

    def __init__(self, folder: Path, *, wait_s: float = 0.0) -> None:
        """Take the lock.

        Args:
            folder: The archive; must exist.
            wait_s: How long to wait for another writer, in seconds of the machine.

        Raises:
            ArchiveLockedError: Another writer still holds it.
            OSError: The lock file cannot be written.
        """
        self._fd: int | None = os.open(
            folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644
        )
        deadline = time.monotonic() + wait_s
        while not self._take(self._fd):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                holder = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip()
                self.release()
                raise ArchiveLockedError(
                    f"another process{f' ({holder})' if holder else ''} writes to {folder}:"
                    " wait for it, or stop it",
                    path=str(folder),
                )
            time.sleep(min(_TRY_AGAIN_S, left_s))
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode("ascii"), 0)
        except OSError:
            self.release()
            raise

    @staticmethod
    def _take(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
