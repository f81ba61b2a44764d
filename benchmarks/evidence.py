"""`make evidence`: docs/evidence.md out of tests/evidence.toml, the table of what proves each system."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import NotRequired, TypedDict

ROOT = Path(__file__).resolve().parents[1]
FACTS = ROOT / "tests" / "evidence.toml"
PAGE = ROOT / "docs" / "evidence.md"

KINDS = {
    "pages": "real pages",
    "weeks": "real weeks",
    "composed": "composed pages",
    "replica": "the replica",
}
"""How a system is proved, strongest first, and how the page calls it."""

HEAD = """# Evidence

Written by `make evidence` from `tests/evidence.toml`; each row names the tests that prove it.

Four kinds of proof are told apart, from strong to weak:

- **real pages**: pages that a real portal sent, recorded and published by others. Expected values were written down by reading them.
- **real weeks**: weeks that the predecessor recorded. A replica shows them, the client reads them over HTTP, and the export must hold the same
  slots again. They prove calendars and times, but the pages are drawn by the replica.
- **composed pages**: written by us from the protocol. They prove that a page is read as it is understood.
- **the replica**: whatever a replica offers (drawn at random), the client reads. Replica and client were written apart from each other, from the same notes.

Recorded pages and weeks are not part of the project. Their tests are skipped, with the reason, where the files are not present.

"""


class Fact(TypedDict):
    """One row of the table; ``limit`` says in the overview what keeps the proof from being a whole one."""

    system: str
    kind: str
    what: str
    tests: list[str]
    limit: NotRequired[str]


def read_facts() -> list[Fact]:
    """Read the table."""
    facts: list[Fact] = tomllib.loads(FACTS.read_text("utf-8"))["fact"]
    return facts


def page_of(facts: list[Fact]) -> str:
    """Write the page: an overview, then the facts of each system."""
    systems = sorted({fact["system"] for fact in facts})
    overview = f"| system | {' | '.join(KINDS.values())} |\n|:---|{':---|' * len(KINDS)}\n"
    for system in systems:
        marks = [_mark(facts, system, kind) for kind in KINDS]
        overview += f"| [{system}](systems/{system}.md) | {' | '.join(marks)} |\n"
    return HEAD + overview + "".join(_section(facts, system) for system in systems)


def _mark(facts: list[Fact], system: str, kind: str) -> str:
    rows = [fact for fact in facts if (fact["system"], fact["kind"]) == (system, kind)]
    proved = [fact for fact in rows if fact["tests"]]
    if not proved:
        return "**none**"
    return next(iter({fact.get("limit", "") for fact in proved} - {""}), "yes")


def _section(facts: list[Fact], system: str) -> str:
    rows = [f"\n## {system}\n\n| proved by | what | tests |\n|:---|:---|:---|\n"]
    for kind, called in KINDS.items():
        found = [fact for fact in facts if (fact["system"], fact["kind"]) == (system, kind)]
        for fact in found:
            tests = "<br>".join(f"`{test}`" for test in fact["tests"]) or "none"
            rows.append(f"| {called} | {fact['what']} | {tests} |\n")
        if not found:
            rows.append(f"| {called} | There are none. | none |\n")
    return "".join(rows)


def main(arguments: list[str]) -> int:
    """Write the page; with ``--check`` only say whether it is the one that would be written."""
    page = page_of(read_facts())
    if arguments == ["--check"]:
        current = PAGE.is_file() and PAGE.read_text("utf-8") == page
        print("docs/evidence.md is up to date" if current else "docs/evidence.md: make evidence")
        return 0 if current else 1
    PAGE.write_text(page, "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
