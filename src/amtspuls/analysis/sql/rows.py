"""The rows that DuckDB gives, as plain values or as Arrow, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from amtspuls.errors import QueryError

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 2048


class Rows:
    """The rows of a query, worked out as they are asked for, once.

    Attributes:
        columns: Names of their columns.
    """

    def __init__(
        self, text: str, connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement
    ) -> None:
        self._text, self._connection, self._statement = text, connection, statement
        self._whole = connection.sql(statement)
        self.columns = [*self._whole.columns]

    def __iter__(self) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Rows, some at a time."""
        if any("TIME ZONE" in str(kind) for kind in self._whole.types):
            # DuckDB hands these over with the help of a library that is not there; Arrow needs none.
            for batch in self.to_arrow()[1]:
                yield [*zip(*(column.to_pylist() for column in batch.columns), strict=True)]
            return
        with saying(self._text):
            result = self._connection.execute(self._statement)
            while rows := result.fetchmany(_ROWS_AT_ONCE):
                yield rows

    def to_arrow(self) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Their columns, and the same rows as Arrow, some at a time."""
        with saying(self._text):
            reader = self._whole.to_arrow_reader()
        return reader.schema, self._batches(reader)

    def _batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        with saying(self._text):
            yield from reader

    def to_dicts(self) -> list[dict[str, Any]]:
        """All rows at once, by the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for rows in self for row in rows]


@contextmanager
def saying(text: str) -> Iterator[None]:
    """Turn an error of DuckDB into ours; DuckDB's message has place and hint."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise QueryError(
            f"{error}\nThe tables and their columns: amtspuls sql --schema", query=text
        ) from error
