"""Bringing an older archive to today's schema; the only module that imports Alembic."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from amtspuls.archive import schema
from amtspuls.archive.failures import damaged

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine, path: Path) -> Path:
    """Migrate to the newest revision in one transaction, after a backup.

    Args:
        engine: The writing engine of the archive.
        path: Its database file.

    Returns:
        The backup, ``live.sqlite.before-<revision>``.

    Raises:
        ArchiveError: A row points at another one that does not exist; the archive is as before.
    """
    backup = _back_up(path)
    config = Config()
    # Config.set_main_option interpolates percent signs.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    with engine.connect() as connection:
        # Tables are rebuilt under their references; outside a transaction, or SQLite ignores it.
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                astray = connection.execute(text("PRAGMA foreign_key_check")).first()
                if astray is not None:
                    raise damaged(path, ValueError(f"reference without a row: {astray!r}"))
        finally:
            connection.connection.cursor().execute("PRAGMA foreign_keys=ON")
    return backup


def _back_up(path: Path) -> Path:
    backup = path.with_name(f"{path.name}.before-{schema.REVISIONS[-1]}")
    unfinished = backup.with_name(f"{backup.name}.part")
    unfinished.unlink(missing_ok=True)
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    copy = sqlite3.connect(unfinished)
    try:
        source.backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        copy.close()
        source.close()
    unfinished.replace(backup)
    return backup
