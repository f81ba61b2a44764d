"""What the archive says: one file per question."""

from __future__ import annotations

from pathlib import Path

from amtspuls.archive.week import DATABASE_NAME

_PRELOAD = (
    "amtspuls.analysis.sharing",
    "amtspuls.analysis.measures",
    "amtspuls.archive.sealed.read",
)
_PRELOAD_LIVE = "amtspuls.archive.opening"


def preload_for(folder: Path) -> tuple[str, ...]:
    """Modules that processes need which share the work on an archive; see ``executor.load_early``."""
    live = (folder / DATABASE_NAME).is_file()
    return (*_PRELOAD, _PRELOAD_LIVE) if live else _PRELOAD
