"""Weeks that are sealed leave the database: what the writer must still know of them stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"

# As on the day of this revision; archive/schema.py may say something else later.
_SECONDS = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add what the database keeps of sealed weeks; nothing that is there changes."""
    op.add_column("portals", sa.Column("sealed_at", _SECONDS))
    op.add_column("portals", sa.Column("sealed_requests", sa.Integer))
    op.add_column("calendars", sa.Column("sealed_at", _SECONDS))
    op.create_table(
        "former_keys",
        sa.Column("calendar", sa.Integer, sa.ForeignKey("calendars.number"), primary_key=True),
        sa.Column("until_at", _SECONDS, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sealed_weeks",
        sa.Column("week", sa.String(7), primary_key=True),
        sqlite_with_rowid=False,
    )
