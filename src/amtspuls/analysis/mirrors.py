"""Which calendars share desks, told by the slots that they lose together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, measured_in
from amtspuls.analysis.behaviour import Behaviour, behaviour_of
from amtspuls.analysis.behaviour.mirrors import LEAST_CHANCES
from amtspuls.analysis.changes import Bools
from amtspuls.analysis.grouping import By, Label, Watched

RULE = "together-1"
"""Calendars share desks that lose most starts, which both showed, in the same snapshot."""


def compute_mirrors(watched: Sequence[Watched], by: By) -> Figures:
    """Count calendars, and the groups of them that share desks."""
    rows: dict[Label, list[dict[str, Any]]] = defaultdict(list)
    for one in watched:
        learned = behaviour_of(one.evidence)
        if by is By.CALENDAR:
            for number in set(learned.calendars.tolist()) & set(one.calendars):
                rows[one.label(by, number)].append(_one(one, learned, number))
        elif len(learned.calendars):
            rows[one.label(by, 0)].append(_portal(learned))
    return {label: _sum(found) for label, found in rows.items()}


def _one(one: Watched, learned: Behaviour, number: int) -> dict[str, Any]:
    place = int(learned.place(np.array([number]))[0])
    others = [other for other in learned.of(number).mirrors if other != number]
    keys = [one.calendars[other].key for other in others if other in one.calendars]
    chances, shared = _totals(learned, place)
    return {
        "calendars": len(others) + 1,
        "groups": 1,
        "mirrored": int(bool(others)),
        "decided": int(_decided(learned)[place].sum()),
        "pairs": len(learned.calendars) - 1,
        "with": " ".join(keys) or None,
        "chances": chances,
        "shared": shared,
    }


def _totals(learned: Behaviour, place: int) -> tuple[int, int]:
    """Chances and shared closings with the calendars of the same group, both ways."""
    same = learned.group == learned.group[place]
    same[place] = False
    chances, shared = (
        int(table[place, same].sum() + table[same, place].sum()) for table in learned.pairs
    )
    return chances, shared


def _decided(learned: Behaviour) -> Bools:
    """Pairs with enough chances to tell."""
    found: Bools = np.maximum(learned.pairs.chances, learned.pairs.chances.T) >= LEAST_CHANCES
    return found


def _portal(learned: Behaviour) -> dict[str, Any]:
    count = len(learned.calendars)
    same = np.equal.outer(learned.group, learned.group) & ~np.eye(count, dtype=np.bool_)
    return {
        "calendars": count,
        "groups": len(np.unique(learned.group)),
        "mirrored": int(same.any(axis=1).sum()),
        "decided": int(np.triu(_decided(learned), 1).sum()),
        "pairs": count * (count - 1) // 2,
        "with": None,
        "chances": int(learned.pairs.chances[same].sum()),
        "shared": int(learned.pairs.shared[same].sum()),
    }


def _sum(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = ("calendars", "groups", "mirrored", "decided", "pairs", "chances", "shared")
    total: dict[str, Any] = {name: sum(one[name] for one in found) for name in names}
    told = total["decided"] or not total["pairs"]
    return {
        "calendars": total["calendars"],
        "groups": total["groups"],
        "mirrored": total["mirrored"] if told else None,
        "mirrors_with": found[0]["with"] if len(found) == 1 else None,
        "together": total["shared"] / total["chances"] if total["chances"] else None,
        "chances": total["chances"],
        "decided": total["decided"] / total["pairs"] if total["pairs"] else None,
    }


def _say(row: Row) -> str:
    if row["mirrored"] is None:
        return f"which calendars share desks is unknown, {measured_in(row)}"
    return (
        f"{row['mirrored']} of {row['calendars']} calendars share desks with another one; "
        f"together they are at most {row['groups']} groups of desks, {measured_in(row)}"
    )


MEASURE = Measure(
    name="mirrors",
    question="Which calendars share desks, so that one booking shows in several of them.",
    by=(By.PORTAL, By.ALL, By.CALENDAR),
    columns=(
        Column("calendars", "calendars", Unit.COUNT),
        Column("groups", "groups of desks, at most", Unit.COUNT),
        Column("mirrored", "sharing calendars", Unit.COUNT),
        Column("mirrors_with", "together with"),
        Column("together", "lost together, %", Unit.SHARE),
        Column("chances", "of so many", Unit.COUNT),
        Column("decided", "pairs with evidence, %", Unit.SHARE),
    ),
    compute=compute_mirrors,
    say=_say,
    rule=RULE,
    formula=(
        "chances of a pair = starts that one calendar lost while the other showed them too\n"
        "together = share of them that the other lost in the same snapshot\n"
        "two calendars share desks from 4 chances and 60 % on, in one of the two directions; two groups stay apart "
        "where a fifth of their pairs have at most 20 %"
    ),
    source="Our own definition; docs/reference/measures.md#mirrors and docs/reference/behaviour.md.",
    caveats=(
        "Where people book little there is no evidence, and calendars count as different: groups are an upper bound.",
        "Starts that went by themselves, came back within 4 hours, or went with most of a page are no evidence.",
    ),
)
