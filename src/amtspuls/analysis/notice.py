"""How long before their start slots leave the pages although nobody books them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, measured_in
from amtspuls.analysis.behaviour import CalendarBehaviour, Moves
from amtspuls.analysis.behaviour.words import calendars_by, most_have, notice_text
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import HOUR_S
from amtspuls.archive.median import median

RULE = "edges-1"
"""The lead that agrees with most changes less those that contradict it."""


def compute_notice(watched: Sequence[Watched], by: By) -> Figures:
    """Give the minimum notice that most calendars of a row have."""
    return {label: _describe(found) for label, found in calendars_by(watched, by).items()}


def _describe(calendars: Sequence[CalendarBehaviour]) -> dict[str, Any]:
    text, usual, known = most_have((one.notice for one in calendars), notice_text)
    in_hours = [edge for edge in usual if edge.moves is Moves.START]
    return {
        "notice": text,
        "notice_hours": _hours([edge.offset_s for edge in in_hours]),
        "low_hours": _hours([edge.low_s for edge in in_hours]),
        "high_hours": _hours([edge.high_s for edge in in_hours]),
        "calendars": len(calendars),
        "known": known,
        "agreeing": len(usual),
        "changes": sum(edge.support for edge in usual),
        "against": sum(edge.against for edge in usual),
    }


def _hours(seconds: Sequence[int | None]) -> float | None:
    known = [value for value in seconds if value is not None]
    return median(known) / HOUR_S if known else None


def _say(row: Row) -> str:
    if row["notice"] is None:
        return f"the minimum notice is unknown, {measured_in(row)}"
    return (
        f"most often: {row['notice']} ({row['agreeing']} of {row['calendars']} calendars, "
        f"{row['known']} known), {measured_in(row)}"
    )


MEASURE = Measure(
    name="notice",
    question="How long before they begin do free slots leave the page by themselves.",
    by=(By.PORTAL, By.ALL, By.CALENDAR),
    columns=(
        Column("notice", "minimum notice"),
        Column("notice_hours", "notice, hours", Unit.HOURS),
        Column("low_hours", "notice, at least", Unit.HOURS),
        Column("high_hours", "notice, at most", Unit.HOURS),
        Column("calendars", "calendars", Unit.COUNT),
        Column("known", "known", Unit.COUNT),
        Column("agreeing", "with this rule", Unit.COUNT),
        Column("changes", "changes for it", Unit.COUNT),
        Column("against", "against", Unit.COUNT),
    ),
    compute=compute_notice,
    say=_say,
    rule=RULE,
    formula=(
        "a slot that vanished between two snapshots allows a notice from (start - later) to (start - earlier snapshot)\n"
        "notice = the lead that most such intervals contain, less twice the slots that were shown at shorter leads\n"
        "the same with the midnight of the slot's day instead of its start; the simpler of the two unless the "
        "other explains a quarter more"
    ),
    source=(
        "Lead-time cut-off as the lower envelope of (start - now) among free slots, made robust; "
        "docs/reference/measures.md#notice and docs/reference/behaviour.md."
    ),
    caveats=(
        "Known only where slots often stay free until then; a portal that is booked out long before says nothing.",
        "Hours are no measure of service: an office with a long notice may keep its near slots for the counter.",
    ),
)
