"""What every system owes Amtspuls. It fails until the work is done; each failure says what comes next."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from amtspuls.catalogue.portal import Portal
from amtspuls.errors import AmtspulsError, UnreachableError
from amtspuls.fetch.page import Page
from amtspuls.model import Window
from amtspuls.systems.base import Ask
from amtspuls.systems.fingerprint import rank
from amtspuls.systems.registry import ENTRY_POINT_GROUP, load_systems

NAME = "schalter"
PACKAGE = "amtspuls_schalter"
HERE = Path(__file__).resolve().parent
PAGES = HERE / "pages"
DOCS = HERE.parent / "docs" / f"{NAME}.md"
HEADINGS = (
    "Address and options",
    "Flow",
    "Fields",
    "Page states",
    "Quirks",
    "Requests",
    "By hand",
    "Inferred",
    "Quality",
)
CASES = {
    "full": "ok",
    "sparse": "ok",
    "none-free": "ok",
    "session-expired": "changed",
    "maintenance": "unreachable",
    "markup-changed": "changed",
}


def test_1_the_system_is_installed() -> None:
    if NAME not in load_systems():
        pytest.fail(f"no package brings {NAME} ({ENTRY_POINT_GROUP}): run pip install -e . first")
    assert load_systems()[NAME].name == NAME


@pytest.mark.parametrize("heading", HEADINGS)
def test_2_the_protocol_is_written_down(heading: str) -> None:
    text = DOCS.read_text("utf-8")
    _, found, rest = text.partition(f"\n## {heading}\n")
    lines = rest.partition("\n## ")[0].splitlines()
    if not found or not any(line.strip() and not line.startswith(">") for line in lines):
        pytest.fail(f"{DOCS.name}: answer the questions below the heading {heading!r}")


@pytest.mark.parametrize("case", CASES)
def test_3_the_six_pages_are_composed_and_read(case: str) -> None:
    folder = PAGES / case
    for name in ("meta.toml", "expected.json"):
        if not (folder / name).is_file():
            pytest.fail(
                f"tests/pages/{case}/{name} is missing: compose a page that is {CASES[case]!r} when read,"
                " and write by hand what must come out of it"
            )
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    assert _read(folder) == (CASES[case], expected)


def test_4_its_pages_are_recognised() -> None:
    page, _ = _page(PAGES / "full")
    candidates = rank(page, load_systems())
    if not candidates or candidates[0].system != NAME or not candidates[0].is_sure:
        pytest.fail("marks.py does not recognise tests/pages/full: name what only this system has")


def test_5_a_portal_that_does_not_answer_is_no_empty_portal() -> None:
    portal = Portal(id="musterstadt", name="Musterstadt", system=NAME, url="https://a.example/")
    ask = Ask(portal, Window.weeks_ahead(date(2026, 1, 26), 4))
    with pytest.raises(AmtspulsError):
        asyncio.run(load_systems()[NAME].fetch_portal(_Silent(), ask))


def test_6_the_words_of_the_real_portal_are_in_place() -> None:
    if load_systems()[NAME].version < 1:
        pytest.fail(
            f"src/{PACKAGE}/__init__.py: set version = 1 when parse.py, read.py and marks.py hold the"
            " words of the real portal and docs and pages agree with them"
        )


class _Silent:
    """A session to a host that is down."""

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        raise UnreachableError("no answer", url=url, host="a.example")

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        return await self.get(url)

    def clear_cookies(self) -> None:
        """There are none."""


def _page(folder: Path) -> tuple[Page, str]:
    """Return a composed page and what reads it: ``parse_<kind>``."""
    meta = tomllib.loads((folder / "meta.toml").read_text("utf-8"))
    (body,) = folder.glob("body.*")
    at = datetime(2026, 1, 26, 6, 0, tzinfo=UTC)
    return Page(meta["url"], meta["status"], meta["headers"], body.read_bytes(), at), meta["kind"]


def _read(folder: Path) -> tuple[str, Any]:
    """Return the outcome and, as JSON, what came out or the name of the error."""
    page, kind = _page(folder)
    parse = getattr(importlib.import_module(f"{PACKAGE}.parse"), f"parse_{kind}")
    try:
        return "ok", _as_json(parse(page))
    except AmtspulsError as error:
        return error.outcome, {"error": type(error).__name__}


def _as_json(value: Any) -> Any:
    """Dataclasses name themselves under ``is``; slots are minutes of local time since 1970."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: _as_json(getattr(value, one.name)) for one in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
