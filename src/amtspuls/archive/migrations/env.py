"""Run by Alembic for every migration: on the connection that ``migrate`` hands over."""

from __future__ import annotations

from alembic import context

from amtspuls.archive.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
