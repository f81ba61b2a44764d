"""The live part of an archive opened for reading: one transaction for each question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from amtspuls.archive.base import Stop
from amtspuls.archive.failures import archive_errors, damaged
from amtspuls.archive.hosts import read_stops
from amtspuls.archive.live_part import LivePart


class LiveReader:
    """Gives moments of the live part. May be used from several threads."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One moment of the archive, however long the reading takes.

        Raises:
            ArchiveError: The file is damaged, or cannot be read.
        """
        with archive_errors(self._path):
            try:
                with self._engine.begin() as connection:
                    yield connection
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                raise damaged(self._path, error) from error

    @contextmanager
    def part(self) -> Iterator[LivePart]:
        """As ``reading``, with what readers ask."""
        with self.reading() as connection:
            yield LivePart(connection)

    def stops(self) -> Mapping[str, Stop]:
        """Portals that must not be asked, by id."""
        with self.reading() as connection:
            return read_stops(connection)

    def close(self) -> None:
        """Release the connections; a second time does nothing."""
        self._engine.dispose()
