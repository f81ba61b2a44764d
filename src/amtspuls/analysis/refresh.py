"""How often pages are renewed: some are copies that are brought up to date every few hours or days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, measured_in
from amtspuls.analysis.behaviour import behaviour_of
from amtspuls.analysis.behaviour.refresh import Refresh
from amtspuls.analysis.behaviour.words import refresh_text
from amtspuls.analysis.grouping import By, Label, Watched
from amtspuls.analysis.localtime import HOUR_S
from amtspuls.archive.median import median

RULE = "beat-1"
"""A page is a copy where nearly all changes that people make come at one beat."""


def compute_refresh(watched: Sequence[Watched], by: By) -> Figures:
    """Say which portals are renewed at a beat."""
    rows: dict[Label, list[Refresh]] = defaultdict(list)
    for one in watched:
        rows[one.label(by, 0)].append(behaviour_of(one.evidence).refresh)
    return {label: _describe(found) for label, found in rows.items()}


def _describe(found: Sequence[Refresh]) -> dict[str, Any]:
    known = [one for one in found if one.known]
    periods = [one.period_s for one in known if one.period_s is not None]
    only = found[0] if len(found) == 1 else None
    return {
        "refresh": refresh_text(only) if only else None,
        "refresh_hours": median(periods) / HOUR_S if periods else None,
        "portals": len(found),
        "known": len(known),
        "renewed": len(periods) if known else None,
        "renewals": sum(len(one.at) for one in known) if periods else None,
        "changes": sum(one.changes for one in found),
        "on_beat": sum(one.support for one in known) if periods else None,
    }


def _say(row: Row) -> str:
    if not row["known"]:
        return f"whether pages are renewed at a beat is unknown, {measured_in(row)}"
    return (
        f"{row['renewed']} of {row['known']} portals with enough changes are renewed at a beat "
        f"of an hour or more, {measured_in(row)}"
    )


MEASURE = Measure(
    name="refresh",
    question="Which pages are copies that are renewed only every few hours or days.",
    by=(By.PORTAL, By.ALL),
    columns=(
        Column("refresh", "page"),
        Column("refresh_hours", "every, hours", Unit.HOURS),
        Column("portals", "portals", Unit.COUNT),
        Column("known", "known", Unit.COUNT),
        Column("renewed", "with a beat", Unit.COUNT),
        Column("renewals", "renewals seen", Unit.COUNT),
        Column("changes", "snapshots with a change", Unit.COUNT),
        Column("on_beat", "of them on the beat", Unit.COUNT),
    ),
    compute=compute_refresh,
    say=_say,
    rule=RULE,
    formula=(
        "changes = snapshots in which slots vanished before their time, but not most of a page at once\n"
        "beat = the longest of 1, 2, 3, 4, 6, 8, 12, 24, 48, 72 and 168 hours at whose beat 95 % of them come, "
        "where chance would do that less than once in 10,000 pages"
    ),
    source="Our own definition; docs/reference/measures.md#refresh and docs/reference/behaviour.md.",
    caveats=(
        "Unknown with fewer than five such snapshots: a page on which nobody books looks like one that stands still.",
        "A beat shorter than three snapshots cannot be told from a fresh page.",
        "On a copy waits, lead times and booking times are off by up to one beat.",
    ),
)
