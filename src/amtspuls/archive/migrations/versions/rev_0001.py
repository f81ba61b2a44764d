"""The first schema: what every older archive starts from.

New archives are made by ``metadata.create_all`` and stamped, so there is nothing to do here.
"""

from __future__ import annotations

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Nothing is older than this schema."""
