"""Composed pages: ``systems/<system>/pages/<case>/{meta.toml, body.*, expected.json}``.

``expected.json`` is written by hand from reading the page: what ``parse_<kind>`` must return, or the
error that it must raise. A case without it fails.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from amtspuls.errors import AmtspulsError
from amtspuls.fetch.page import Page
from amtspuls.model import local_from_slot

PAGES = Path(__file__).resolve().parents[1] / "systems"
REQUIRED_CASES = {
    "full": "ok",
    "sparse": "ok",
    "none-free": "ok",
    "session-expired": "changed",
    "maintenance": "unreachable",
    "markup-changed": "changed",
}
"""The six cases that every system has, and what each one means as an outcome."""


@dataclass(frozen=True)
class Case:
    """One composed page.

    Attributes:
        system: Name of the system.
        name: Name of the folder.
        kind: ``parse_<kind>`` of the system's parse module reads it.
        page: The answer.
        day: The day that was asked for; only pages of times have one.
        folder: Where it lies.
    """

    system: str
    name: str
    kind: str
    page: Page
    day: date | None
    folder: Path

    @property
    def expected(self) -> Any:
        """What must come out, as JSON."""
        return json.loads((self.folder / "expected.json").read_text("utf-8"))

    def parse(self, page: Page | None = None) -> Any:
        """Run the parser of this kind of page, on another page if one is given."""
        module = importlib.import_module(f"amtspuls.systems.{self.system}.parse")
        parse: Callable[..., Any] = getattr(module, f"parse_{self.kind}")
        given = self.page if page is None else page
        return parse(given) if self.day is None else parse(given, self.day)

    def outcome(self) -> tuple[str, Any]:
        """Return the outcome, and what came out as JSON."""
        try:
            result = self.parse()
        except AmtspulsError as error:
            return error.outcome, {"error": type(error).__name__, "says": str(error)}
        if self.kind == "day":
            return "ok", [local_from_slot(slot).isoformat(timespec="minutes") for slot in result]
        return "ok", to_json(result)


def to_json(value: Any) -> Any:
    """Turn a model into JSON; dataclasses name themselves under ``is``."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return value


def load_case(folder: Path) -> Case:
    """Read one case."""
    (body,) = folder.glob("body.*")
    meta = tomllib.loads((folder / "meta.toml").read_text("utf-8"))
    page = Page(
        url=meta["url"],
        status=meta["status"],
        headers=meta["headers"],
        body=body.read_bytes(),
        fetched_at=datetime(2026, 1, 26, 6, 0, tzinfo=UTC),
    )
    return Case(folder.parts[-3], folder.name, meta["kind"], page, meta.get("day"), folder)


def find_cases() -> list[Case]:
    """Read all cases, by system and name."""
    return [load_case(path.parent) for path in sorted(PAGES.glob("*/pages/*/meta.toml"))]
