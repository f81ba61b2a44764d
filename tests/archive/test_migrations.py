"""Older archives: every schema that ever was is kept as a dump and can be brought to today's."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from amtspuls.archive import migrate, schema
from amtspuls.archive.live import open_reader, open_writer
from amtspuls.errors import ArchiveError
from support.histories import PORTAL, everything, made_up
from support.memory_archive import MemoryArchive

SCHEMAS = Path(__file__).parent / "schemas"
NEWEST = schema.REVISIONS[-1]
COLUMN = "op.add_column('portals', sa.Column('note', sa.Text, nullable=False, server_default=''))"


def _load(dump: Path, folder: Path) -> Path:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "live.sqlite")) as database:
        database.executescript(dump.read_text(encoding="utf-8"))
    return folder


def _shape(path: Path) -> dict[str, list[Any]]:
    """Columns, keys, references and indexes, however the statements were worded."""
    shape: dict[str, list[Any]] = {}
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name, wr FROM pragma_table_list WHERE schema = 'main'")
        for table, without_rowid in tables.fetchall():
            if table.startswith("sqlite_"):
                continue
            shape[table] = [without_rowid]
            for pragma in ("table_info", "foreign_key_list", "index_list"):
                shape[table] += sorted(database.execute(f"PRAGMA {pragma}({table})").fetchall())
        indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
        shape["indexes"] = sorted((name, sql or "") for name, sql in indexes)
    return shape


def _revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found: str = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    return found


def _add_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Pretend that this version of the program knows one more schema."""
    scripts = tmp_path / "migrations 100%"
    shutil.copytree(migrate.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    newest = schema.REVISIONS[-1]
    (scripts / "versions" / "rev_9000.py").write_text(
        dedent(f"""
            import sqlalchemy as sa
            from alembic import op
            revision, down_revision = "9000", "{newest}"
            def upgrade():
                {step}
        """)
    )
    monkeypatch.setattr(migrate, "MIGRATIONS", scripts)
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9000"))


def test_every_revision_has_a_script_and_a_dump() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert [script.revision for script in scripts][::-1] == list(schema.REVISIONS)
    assert sorted(dump.stem for dump in SCHEMAS.glob("*.sql")) == list(schema.REVISIONS)


@pytest.mark.parametrize("revision", schema.REVISIONS)
def test_an_archive_of_every_schema_becomes_one_of_today(tmp_path: Path, revision: str) -> None:
    folder = _load(SCHEMAS / f"{revision}.sql", tmp_path / "old")
    open_writer(folder).close()
    open_writer(tmp_path / "new").close()
    assert _shape(folder / "live.sqlite") == _shape(tmp_path / "new" / "live.sqlite")
    plain = MemoryArchive()
    for snapshot in made_up(3, calendars=2, slots=5):
        plain.store(PORTAL, snapshot)
    with closing(open_reader(folder)) as reader:
        assert everything(reader) == everything(plain)
    with closing(open_writer(folder)) as writer:
        assert list(writer.stops()) == ["refuser"]
        assert writer.host_states()["https://demo.example"].robots_text == "User-agent: *\n"


def test_migrating_makes_a_backup_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _load(SCHEMAS / f"{NEWEST}.sql", tmp_path / "old")
    with closing(open_reader(folder)) as reader:
        before = everything(reader)
    _add_revision(tmp_path, monkeypatch, COLUMN)
    with pytest.raises(ArchiveError, match=f"amtspuls migrate --archive {folder}"):
        open_reader(folder)
    with closing(open_writer(folder)) as writer, closing(open_reader(folder)) as reader:
        assert everything(reader) == before
        for snapshot in made_up(4, calendars=2, slots=5)[3:]:
            writer.store(PORTAL, snapshot)
    assert _revision(folder / "live.sqlite") == "9000"
    backup = folder / "live.sqlite.before-9000"
    assert _revision(backup) == NEWEST
    backup.rename(tmp_path / "live.sqlite")
    monkeypatch.undo()
    with closing(open_reader(tmp_path)) as reader:
        assert everything(reader) == before


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (f"{COLUMN}; op.execute('SELECT * FROM nowhere')", "no such table"),
        (f"{COLUMN}; op.execute('DELETE FROM portals')", "damaged"),
    ],
)
def test_a_migration_that_fails_leaves_the_archive_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, message: str
) -> None:
    folder = _load(SCHEMAS / f"{NEWEST}.sql", tmp_path / "old")
    shape = _shape(folder / "live.sqlite")
    with monkeypatch.context() as patch:
        _add_revision(tmp_path, patch, step)
        with pytest.raises(ArchiveError, match=message):
            open_writer(folder)
    assert _revision(folder / "live.sqlite") == NEWEST
    assert _shape(folder / "live.sqlite") == shape
    open_writer(folder).close()
