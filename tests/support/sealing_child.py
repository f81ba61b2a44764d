"""A process that seals archives in children of its own, which can be killed at any moment.

Usage: ``python -m support.sealing_child``. Each line of the input names an archive; the answer is the id of
the child that seals it, and when that is over, a line with its exit code (negative: a signal).
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from support.sealing import seal

NOW = datetime(2027, 6, 1, tzinfo=UTC)


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the input ends."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            seal(Path(line.strip()), NOW)
            os._exit(0)
        _tell(child)
        _, status = os.waitpid(child, 0)
        _tell(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
