"""Making test cases out of tapes: nothing is kept that a test does not need."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amtspuls.catalogue.portal import Portal
from amtspuls.collect.describe import snapshot_json
from amtspuls.collect.reread import portal_of, reread_visit
from amtspuls.errors import ConfigError
from amtspuls.fetch.tape.layout import Visit
from amtspuls.fetch.tape.scrub import prose_steps, replace_tokens, scrub


@dataclass(frozen=True, slots=True)
class MadeCase:
    """A scrubbed visit.

    Attributes:
        visit: What is left of it.
        expected: What reading it gives, as JSON.
        replaced: How often what was replaced.
    """

    visit: Visit
    expected: Mapping[str, Any]
    replaced: Mapping[str, int]


def make_case(visit: Visit, portal: Portal) -> MadeCase:
    """Scrub a finished visit, and make sure that it reads the same as before.

    Prose is taken out step by step; a step that changes the reading is not taken.

    Raises:
        ConfigError: Without its secrets the visit reads differently; nothing was made.
    """
    before = expected_of(visit, portal)
    done = scrub(visit)
    wanted = {**before, "reason": replace_tokens(str(before["reason"]), done.tokens)}
    made = done.visit
    after = _read(made)
    if not _same(after, wanted):
        raise ConfigError(
            f"scrubbed, the visit to {portal.id} reads differently: {_difference(wanted, after)};"
            " nothing was written. A calendar may be named after a person: choose another portal"
        )
    replaced = Counter(done.replaced)
    for what, step in prose_steps():
        shorter, count = step(made)
        if count and _same(_read(shorter), wanted):
            made = shorter
            replaced[what] += count
        elif count:
            replaced[f"{what} (kept, the reading needs some of them)"] += count
    return MadeCase(made, _read(made), replaced)


def expected_of(visit: Visit, portal: Portal) -> dict[str, Any]:
    """Read a visit as a case is read: the snapshot as JSON, without the version of the parser."""
    said = snapshot_json(asyncio.run(reread_visit(visit, portal)))
    return {key: value for key, value in said.items() if key != "parser"}


def _read(visit: Visit) -> dict[str, Any]:
    return expected_of(visit, portal_of(visit, Path("the case")))


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two readings say the same; unpacked bodies have another size."""
    return {**one, "bytes": 0} == {**other, "bytes": 0}


def _difference(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> str:
    key = next(key for key in wanted if key != "bytes" and wanted[key] != got.get(key))
    if key != "calendars":
        return f"{key} is {got.get(key)!r}, not {wanted[key]!r}"
    names = [one["name"] for one in got[key]]
    changed = [one["name"] for one in wanted[key] if one not in got[key]]
    return f"calendars {changed} became {[name for name in names if name not in changed] or names}"
