"""What processes that share the work load before they are copied."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from amtspuls.analysis import preload_for
from amtspuls.archive.week import DATABASE_NAME


def test_the_database_is_loaded_only_where_there_is_one(tmp_path: Path) -> None:
    sealed = preload_for(tmp_path)
    (tmp_path / DATABASE_NAME).touch()
    live = preload_for(tmp_path)
    assert set(live) - set(sealed) == {"amtspuls.archive.opening"}
    for name in live:
        assert import_module(name).__name__ == name
