"""One read-only DuckDB session over an archive.

DuckDB may open private copies of the sealed files that a query needs and nothing else: no other file, no network,
no extension. Only one statement is run, a SELECT or the EXPLAIN of one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Any

import duckdb

from amtspuls.analysis.sql.free import FREE_COUNTS
from amtspuls.analysis.sql.ground import (
    SmallTable,
    catalogue_table,
    clock_changes,
    renamed_table,
    weeks_table,
)
from amtspuls.analysis.sql.rows import Rows, saying
from amtspuls.analysis.sql.sources import Sources
from amtspuls.analysis.sql.spans import SPANS, WEEK_SPANS, slot_start
from amtspuls.analysis.sql.tables import (
    CALENDARS,
    CAPACITIES,
    CATALOGUE,
    CATALOGUE_TABLE,
    PORTALS,
    RENAMED_TABLE,
    SEALED_CALENDARS,
    SEALED_FILES,
    SNAPSHOTS,
    VIEWS,
    WEEKS,
    WEEKS_TABLE,
    SqlView,
)
from amtspuls.archive.sealed.manifest import SealedFiles, file_name
from amtspuls.archive.week import folder_of
from amtspuls.errors import ArchiveError, QueryError
from amtspuls.model import Slot

if TYPE_CHECKING:
    from amtspuls.analysis.sql.running import Running

SQL_VIEWS: Mapping[str, SqlView] = {
    view.name: view
    for view in (
        WEEKS,
        PORTALS,
        CALENDARS,
        SNAPSHOTS,
        VIEWS,
        FREE_COUNTS,
        SPANS,
        WEEK_SPANS,
        CAPACITIES,
        CATALOGUE,
    )
}
"""All views by name, in the order in which they are explained."""

# No comment and no quote fits in between, so what follows is what DuckDB explains.
_EXPLAIN = re.compile(r"\s*explain\s+(?:analyze\s+|\([\w\s,]*\)\s*)?", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_SETTINGS = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class SqlSession:
    """An open session; use it in a ``with`` statement. Only the files that a query needs are opened.

    Args:
        sources: The archive and the catalogue.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        # For copies, and for what does not fit in memory: nothing below the folder that the user is in.
        self._spill = TemporaryDirectory(prefix="amtspuls-sql-", ignore_cleanup_errors=True)
        self._connection = duckdb.connect(
            ":memory:", config={"temp_directory": str(Path(self._spill.name) / "spill")}
        )

    def __enter__(self) -> SqlSession:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._connection.close()
        finally:
            self._spill.cleanup()

    @cached_property
    def _running(self) -> Running | None:
        """What is in no sealed week, and the types of the tables where nothing else tells them."""
        portals = self._sources.running()
        if self._sources.sealed and not portals:
            return None
        # Arrow takes longer to load than most questions to sealed weeks to answer.
        from amtspuls.analysis.sql.running import Running

        return Running(portals)

    def run(self, text: str) -> Rows:
        """Run one SELECT, or the EXPLAIN of one.

        Returns:
            The rows, worked out as they are asked for; timestamps have no zone (see the comments of
            the columns). A QueryError may still come while they are.

        Raises:
            QueryError: It is not one such statement, or DuckDB refuses it; the message has its hint.
            ArchiveError: A file that it needs is missing or damaged.
        """
        with saying(text):
            statement = self._require_select(text)
            self._prepare(text)
            return Rows(text, self._connection, statement)

    def _require_select(self, text: str) -> duckdb.Statement:
        """The only statement of a text: a SELECT, or the EXPLAIN of one."""
        kinds = duckdb.StatementType
        found = self._connection.extract_statements(text)
        if not found:
            raise QueryError('the query is empty: write a SELECT, such as "FROM portals"')
        if len(found) != 1:
            raise QueryError(f"one statement is wanted, not {len(found)}: run them one by one")
        if found[0].type == kinds.EXPLAIN:
            # EXPLAIN ANALYZE runs what it explains.
            explained = _EXPLAIN.match(text)
            if explained is None:
                raise QueryError("write EXPLAIN first, or EXPLAIN ANALYZE, and the SELECT after it")
            self._require_select(text[explained.end() :])
        elif found[0].type != kinds.SELECT:
            raise QueryError(
                f"only SELECT (or EXPLAIN of one) is run, not {found[0].type.name}: an archive is"
                " changed by snapshots, never by SQL"
            )
        return found[0]

    def _prepare(self, text: str) -> None:
        """Make the views that a query names, and what they stand on."""
        words = set(_WORD.findall(text.lower()))
        # A statement that names none (SHOW, a list of columns) may mean any of them.
        used = [view for view in SQL_VIEWS.values() if view.name in words] or [*SQL_VIEWS.values()]
        tables = sorted(frozenset[str]().union(*(view.uses for view in used)))
        files = {table: self._files(table) for table in tables}
        allowed = [path for paths in files.values() for path in paths]
        self._connection.execute(f"SET allowed_paths = {_list_of(allowed)}")
        for setting in _SETTINGS:
            self._connection.execute(setting)
        running = self._running.week if self._running else None
        manifests = (week.manifest for week in self._sources.sealed)
        self._fill(WEEKS_TABLE, weeks_table(manifests, running))
        for table, paths in files.items():
            self._make_table(table, paths)
        if SPANS in used or WEEK_SPANS in used:
            self._connection.execute(self._slot_start())
        if CATALOGUE in used:
            self._fill(CATALOGUE_TABLE, catalogue_table(self._sources.portals()))
        for view in used:
            self._connection.execute(f'CREATE VIEW "{view.name}" AS {view.query}')

    def _fill(self, name: str, table: SmallTable) -> None:
        columns = ", ".join(f"{column} {kind}" for column, kind in table.columns.items())
        self._connection.execute(f"CREATE TABLE {name} ({columns})")
        if table.rows:
            row = f"({', '.join('?' * len(table.columns))})"
            self._connection.execute(
                f"INSERT INTO {name} VALUES {', '.join([row] * len(table.rows))}",
                [*chain.from_iterable(table.rows)],
            )

    def _files(self, table: str) -> list[str]:
        """Private copies of the files of a table, each compared with its digest.

        Who may read a file by its path may write to it too, and DuckDB knows many ways to write. What is
        sealed is therefore out of its reach: whatever a query manages to do, it does to a copy.
        """
        name, found = file_name(table), []
        for week in self._sources.sealed:
            if week.manifest.file(name):
                copy = folder_of(Path(self._spill.name), week.manifest.week) / name
                _write_copy(copy, _verified(week, name))
                found.append(str(copy))
        return found

    def _slot_start(self) -> str:
        (ends,) = self._ask("SELECT min(slot), max(slot) FROM sealed_spans")
        first, last = (Slot(slot or 0) for slot in ends)
        zones = [zone for (zone,) in self._ask("SELECT DISTINCT zone FROM sealed_portals")]
        return slot_start({zone: clock_changes(zone, first, last) for zone in sorted(zones)})

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _make_table(self, table: str, paths: Sequence[str]) -> None:
        """One table of all weeks: files, and what is not sealed as Arrow."""
        parts = []
        if self._running:
            self._connection.register(f"running_{table}", self._running.table(table))
            parts.append(f"SELECT * FROM running_{table}")
        if paths:
            parts.append(SEALED_FILES.format(files=_list_of(paths)))
        renamed = self._sources.renamed() if paths and table == "calendars" else ()
        if renamed:
            self._fill(RENAMED_TABLE, renamed_table(renamed))
            parts[-1] = SEALED_CALENDARS.format(files=parts[-1])
        self._connection.execute(
            f'CREATE VIEW "sealed_{table}" AS ' + " UNION ALL BY NAME ".join(parts)
        )


def _verified(week: SealedFiles, name: str) -> bytes:
    """A file that has the digest its week names: a damaged one is an error, no wrong number."""
    path, entry = week.path.resolve() / name, week.manifest.file(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror}", path=str(path)) from error
    if entry is None or hashlib.sha256(data).hexdigest() != entry.sha256:
        raise ArchiveError(
            f"{path}: is damaged: fetch this week from a copy, or import it again", path=str(path)
        )
    return data


def _write_copy(copy: Path, data: bytes) -> None:
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
    except OSError as error:
        raise ArchiveError(
            f"{gettempdir()}: no copy of the files that the query needs can be put there: {error.strerror}:"
            " make room, or name another folder for temporary files in the variable TMPDIR",
            path=str(copy),
        ) from error


def _list_of(texts: Iterable[str]) -> str:
    """A list of texts as SQL."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"
