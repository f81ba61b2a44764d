"""What a measure asks, how it is worked out and what to mind, for ``amtspuls measure NAME --explain``."""

from __future__ import annotations

from textwrap import fill
from typing import NamedTuple

from amtspuls.analysis.base import Measure, Unit
from amtspuls.analysis.transitions import RULE

_WIDTH = 100
_TITLES = {
    "question": "question",
    "formula": "formula",
    "column": "columns",
    "source": "where the definition comes from",
    "caveat": "mind before you compare, between booking systems above all",
    "by": "--by (the usual one first)",
    "rule": "rule",
    "more": "more",
}


class Part(NamedTuple):
    """One statement about a measure.

    Attributes:
        part: question, formula, column, source, caveat, by, rule or more.
        key: Name of the column; empty for everything else.
        unit: Its unit; empty for everything else.
        text: The statement.
    """

    part: str
    key: str
    unit: str
    text: str


def explain(measure: Measure) -> tuple[Part, ...]:
    """Everything that there is to say about a measure, in the order to read."""

    def parts(name: str, *texts: str) -> list[Part]:
        return [Part(name, "", "", text) for text in texts]

    return (
        *parts("question", measure.question),
        *parts("formula", *measure.formula.splitlines()),
        *(
            Part("column", column.key, _unit(column.unit), column.title)
            for column in measure.columns
        ),
        *parts("source", measure.source),
        *parts("caveat", *measure.caveats),
        *parts("by", ", ".join(measure.by)),
        *parts("rule", f"{measure.rule} (docs/reference/measures.md#{_place_of_rule(measure)})"),
        *parts("more", f"docs/reference/measures.md#{measure.name}"),
    )


def explain_text(measure: Measure) -> str:
    """The same for people."""
    lines = [measure.name]
    told = ""
    wide = max(len(column.key) for column in measure.columns)
    for part, key, unit, text in explain(measure):
        if part != told:
            lines += ["", f"  {_TITLES[part]}"]
            told = part
        head = f"    {key:{wide}}  {unit:8}  " if key else "    " + "- " * (part == "caveat")
        rest = " " * len(head)
        lines.append(
            fill(
                text,
                _WIDTH,
                initial_indent=head,
                subsequent_indent=rest,
                break_on_hyphens=False,
                break_long_words=False,
            )
        )
    return "\n".join(lines)


def _place_of_rule(measure: Measure) -> str:
    """What the estimator does has a section of its own; other rules are told with their measure."""
    return "rule" if measure.rule == RULE else measure.name


def _unit(unit: Unit) -> str:
    return unit.value or "no unit"
