"""Connections to ``live.sqlite``: one that writes, many that only read, and which schema it has."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, Pool, create_engine, event, select, text
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from amtspuls.archive import schema
from amtspuls.archive.schema import METADATA, VERSION
from amtspuls.errors import ArchiveError

_BUSY_MS = 10_000
_WAL_KEPT_BYTES = 64 * 1024 * 1024


def writing_engine(path: Path) -> Engine:
    """Make an engine with one connection that writes, only while the writer's lock is held.

    ``synchronous=FULL``: what was stored survives a power failure.
    """

    def connect() -> sqlite3.Connection:
        connection = _connect(path, "rwc")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA journal_size_limit={_WAL_KEPT_BYTES}")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    return _engine(connect, StaticPool, begin="BEGIN IMMEDIATE")


def log_ahead(engine: Engine) -> None:
    """Turn the write-ahead log on; lasting, so only for a database known to be ours."""
    with engine.connect() as connection:
        # The plain connection: SQLite refuses this inside a transaction.
        connection.connection.cursor().execute("PRAGMA journal_mode=WAL")


def reading_engine(path: Path) -> Engine:
    """An engine whose connections only read; they neither block the writer nor wait for it."""
    # Beside a write-ahead log SQLite keeps a shared-memory file, so even readers need to write to the
    # folder. Where they may not and nobody writes, the file is read as what it then is: unchanging.
    frozen = not os.access(path.parent, os.W_OK, effective_ids=True) and not _has_log(path)

    def connect() -> sqlite3.Connection:
        return _connect(path, "ro&immutable=1" if frozen else "ro")

    return _engine(connect, NullPool if frozen else QueuePool, begin="BEGIN")


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Transactions are begun below: the driver's own habit leaves SELECTs outside of them.
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )


def _engine(connect: Callable[[], sqlite3.Connection], pool: type[Pool], *, begin: str) -> Engine:
    engine = create_engine("sqlite://", creator=connect, poolclass=pool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def create_schema(connection: Connection) -> None:
    """Make all tables of a new archive and stamp it with the newest revision."""
    METADATA.create_all(connection)
    connection.execute(VERSION.insert().values(version_num=schema.REVISIONS[-1]))


def revision_of(connection: Connection, path: Path) -> str | None:
    """Return the revision of an archive; None for an empty database.

    Raises:
        ArchiveError: It is a database, but no archive, or one of a newer version.
    """
    tables = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    if not tables:
        return None
    found = None
    if VERSION.name in tables:
        found = connection.scalar(select(VERSION.c.version_num))
    if found is None or "spans" not in tables:
        raise ArchiveError(
            f"{path} is a database, but no archive: name another folder with --archive",
            path=str(path),
        )
    if found not in schema.REVISIONS:
        raise ArchiveError(
            f"{path} was written by a newer version of amtspuls (schema {found}, this one knows"
            f" {schema.REVISIONS[-1]}): update amtspuls, then run again",
            path=str(path),
            revision=found,
        )
    revision: str = found
    return revision
