"""Tables of the live part, and what its schema loads."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import create_mock_engine
from sqlalchemy.sql.ddl import CreateIndex, ExecutableDDLElement

from amtspuls.archive.schema import METADATA


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_indexes_of_some_rows_have_their_condition_in_every_database(database: str) -> None:
    made: list[ExecutableDDLElement] = []
    engine = create_mock_engine(
        f"{database}://", lambda statement, *_, **__: made.append(statement)
    )
    METADATA.create_all(engine, checkfirst=False)
    indexes = {
        str(one.compile(dialect=engine.dialect)) for one in made if isinstance(one, CreateIndex)
    }
    assert indexes == {
        "CREATE UNIQUE INDEX open_spans ON spans (calendar, slot) WHERE closed_at IS NULL",
        "CREATE UNIQUE INDEX standing_stops ON stops (portal_id) WHERE lifted_at IS NULL",
        "CREATE INDEX robots_of_origin ON robots (origin, number)",
    }


def test_opening_the_live_part_loads_no_other_database_and_no_catalogue() -> None:
    program = (
        "import sys, amtspuls.archive.opening\n"
        "sys.exit(any(name.startswith(('sqlalchemy.dialects.postgresql', 'amtspuls.catalogue.', 'pydantic'))"
        " for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
