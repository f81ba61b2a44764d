"""The views with the types of their columns, as ``amtspuls sql --schema`` shows them."""

from __future__ import annotations

from amtspuls.analysis.sql.session import SQL_VIEWS, SqlSession
from amtspuls.analysis.sql.sources import Sources


def describe() -> list[dict[str, str]]:
    """One row for each view (column empty), followed by one for each of its columns."""
    rows = []
    for view in SQL_VIEWS.values():
        with SqlSession(Sources()) as session:
            found = session.run(f"DESCRIBE {view.name}").to_dicts()
        rows.append({"table": view.name, "column": "", "type": "", "meaning": view.comment})
        rows += [
            {
                "table": view.name,
                "column": column["column_name"],
                "type": column["column_type"],
                "meaning": view.columns[column["column_name"]],
            }
            for column in found
        ]
    return rows
