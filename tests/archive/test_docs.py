from __future__ import annotations

import re
from pathlib import Path

from amtspuls.archive.schema import METADATA

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "archive.md"


def test_every_table_and_column_is_explained() -> None:
    text = PAGE.read_text(encoding="utf-8").split("## Tables")[1]
    text = text.split("`alembic_version`")[0]
    sections = dict(re.findall(r"^`(\w+)`(.*?)(?=^`\w+`|\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == set(METADATA.tables) - {"alembic_version"}
    for name in sections:
        explained = set(re.findall(r"`(\w+)`", sections[name]))
        assert {column.name for column in METADATA.tables[name].columns} <= explained, name
