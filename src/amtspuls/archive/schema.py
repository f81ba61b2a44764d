"""Tables of the live archive; docs/reference/archive.md says what each column means.

Instants are whole Unix seconds UTC, slots are minutes of naive local wall time. A change of this file
needs a revision in ``migrations/versions`` and its name at the end of ``REVISIONS``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

REVISIONS = ("0001", "0002")
"""Names of all schemas this version knows, oldest first; new archives are made as the last one."""

METADATA = MetaData()

_SECONDS = BigInteger().with_variant(Integer, "sqlite")


def _index_some(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> None:
    """Index the rows that fulfil a condition; each is the only one with its columns."""
    index = Index(name, *columns, unique=True, sqlite_where=where)

    # To name PostgreSQL loads its dialect, which takes 0.04 s: not before tables are made there.
    @event.listens_for(METADATA, "before_create")
    def _tell_postgresql(_: MetaData, connection: Connection, **_told: Any) -> None:
        if connection.dialect.name == "postgresql":
            index.dialect_kwargs["postgresql_where"] = where


PORTALS = Table(
    "portals",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("zone", Text, nullable=False),
    # What the writer must know of snapshots that are sealed and no longer here.
    Column("sealed_at", _SECONDS),
    Column("sealed_requests", Integer),
)

CALENDARS = Table(
    "calendars",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("portal", ForeignKey("portals.number"), nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("services", Text, nullable=False),
    Column("sealed_at", _SECONDS),
    UniqueConstraint("portal", "key"),
)

FORMER_KEYS = Table(
    "former_keys",
    METADATA,
    Column("calendar", ForeignKey("calendars.number"), primary_key=True),
    Column("until_at", _SECONDS, primary_key=True),
    Column("key", Text, nullable=False),
    sqlite_with_rowid=False,
)

SEALED_WEEKS = Table(
    "sealed_weeks",
    METADATA,
    Column("week", String(7), primary_key=True),
    sqlite_with_rowid=False,
)

TEXTS = Table(
    "texts",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("portal", ForeignKey("portals.number"), nullable=False),
    Column("taken_at", _SECONDS, nullable=False),
    Column("finished_at", _SECONDS, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("bytes", _SECONDS, nullable=False),
    Column("period_s", Integer),
    Column("parser", Text, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    UniqueConstraint("portal", "taken_at"),
)

VIEWS = Table(
    "views",
    METADATA,
    Column("calendar", ForeignKey("calendars.number"), primary_key=True),
    Column("snapshot", ForeignKey("snapshots.number"), primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("covered", ForeignKey("texts.number"), nullable=False),
    Column("asked", ForeignKey("texts.number"), nullable=False),
    Column("duration_min", Integer),
    Column("free", Integer),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

SPANS = Table(
    "spans",
    METADATA,
    Column("calendar", ForeignKey("calendars.number"), primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("opened_at", _SECONDS, primary_key=True),
    Column("closed_at", _SECONDS),
    sqlite_with_rowid=False,
)

# The writer finds what is free now without walking through what was free ever.
_index_some("open_spans", SPANS.c.calendar, SPANS.c.slot, where=SPANS.c.closed_at.is_(None))

CAPACITY_CHANGES = Table(
    "capacity_changes",
    METADATA,
    Column("calendar", ForeignKey("calendars.number"), primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("at", _SECONDS, primary_key=True),
    Column("capacity", Integer),
    sqlite_with_rowid=False,
)

STOPS = Table(
    "stops",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("portal_id", Text, nullable=False),
    Column("since", _SECONDS, nullable=False),
    Column("reason", Text, nullable=False),
    Column("lifted_at", _SECONDS),
)

_index_some("standing_stops", STOPS.c.portal_id, where=STOPS.c.lifted_at.is_(None))

ROBOTS = Table(
    "robots",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("fetched_at", _SECONDS, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("text", Text, nullable=False),
)

Index("robots_of_origin", ROBOTS.c.origin, ROBOTS.c.number)

HOSTS = Table(
    "hosts",
    METADATA,
    Column("origin", Text, primary_key=True),
    Column("robots", ForeignKey("robots.number")),
    Column("robots_at", _SECONDS),
    Column("silent_until", _SECONDS),
    Column("budget_on", Text),
    Column("budget_spent", Integer, nullable=False),
    sqlite_with_rowid=False,
)

VERSION = Table(
    "alembic_version",
    METADATA,
    Column("version_num", String(32), primary_key=True, nullable=False),
)
