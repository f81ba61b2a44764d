"""``amtspuls score``: rules that count bookings, held against a simulated town whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from amtspuls.cli.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from datetime import date

    from amtspuls.analysis.score import Score
    from amtspuls.analysis.score_truth import TruthRecord
    from amtspuls.replica.town import Town

_TITLES = {
    "bookings_truth": "bookings",
    "bookings_central": "found",
    "bookings_error": "error",
    "bookings_precision": "precision",
    "bookings_recall": "recall",
    "cancellations_truth": "cancellations",
    "cancellations_central": "found",
    "cancellations_error": "error",
    "cancellations_precision": "precision",
    "cancellations_recall": "recall",
    "lead_error_days": "lead time, days",
    "wait_error_days": "wait, days",
}
_SHARES = ("precision", "recall")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score")(score)


def score(
    scenario: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this scenario; repeat for more. Else all."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Another seed is another office.")
    ] = 1,
    weeks: Annotated[
        int, typer.Option(metavar="N", min=1, max=26, help="Simulated weeks of snapshots.")
    ] = 4,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Hold every rule that counts bookings against simulated offices whose truth is known.

    The rules see snapshots only. Errors are shares of the truth: +100 % is twice as many.
    """
    from amtspuls.analysis.score import score_rows
    from amtspuls.replica.town import SCENARIOS, require_scenario

    names = [require_scenario(name).name for name in scenario or SCENARIOS]
    rows: list[dict[str, Any]] = []
    with progress(len(names), "scenarios") as step:
        for name in dict.fromkeys(names):
            rows += score_rows(name, seed, score_scenario(name, seed, weeks))
            step(name)
    if form in (Format.CSV, Format.JSON):
        # A table of tables is no CSV.
        print_rows(rows, [key for key in rows[0] if form is Format.JSON or key != "kinds"], form)
        return
    shown = [_for_people(row) for row in rows]
    print_rows(shown, ["scenario", "rule", *_TITLES], form, titles=_TITLES)
    say(
        f"seed {seed}, {weeks} weeks; errors: found against truth; precision and recall: matched within"
        " one snapshot (docs/reference/score.md)"
    )


def score_scenario(name: str, seed: int, weeks: int) -> tuple[Score, ...]:
    """Simulate a scenario, take its snapshots and score all rules."""
    from amtspuls.analysis.score import score_rules
    from amtspuls.analysis.score_archive import ScoreArchive
    from amtspuls.analysis.score_rules import RULES
    from amtspuls.archive.base import PortalRecord
    from amtspuls.replica.town import make_scenario, require_scenario, take_looks

    town = make_scenario(name, seed, start=start_of(seed), days=7 * weeks)
    (portal,) = town.portals.values()
    record = PortalRecord(portal.id, portal.name, portal.system, portal.url, portal.zone)
    archive = ScoreArchive(record, take_looks(require_scenario(name), seed, town))
    return score_rules(archive, truth_of(town), RULES)


def start_of(seed: int) -> date:
    """The Monday that a seed begins on: seeds in a row are weeks of one year."""
    from datetime import date, timedelta

    return date(2026, 1, 5) + timedelta(weeks=seed % 52)


def truth_of(town: Town) -> TruthRecord:
    """The truth about the one office of a scenario as plain records."""
    from amtspuls.analysis.score_truth import TruthLine, TruthRecord

    (office,) = town.offices
    return TruthRecord(
        portal_id=office.id,
        zone=town.portals[office.id].zone,
        hold_s=60 * office.habits.longest_hold_min,
        from_s=int(town.first_at.timestamp()),
        until_s=int(town.last_at.timestamp()),
        shown={key: tuple(slots) for key, slots in town.offer(office.id, town.first_at).items()},
        lines=tuple(
            TruthLine(
                kind=line.kind.value,
                effect=line.kind.effect,
                at_s=int(line.page_at.timestamp()),
                calendar=line.calendar_key,
                slots=tuple(line.slots),
                citizen=line.citizen,
            )
            for line in town.truth
            if line.page_at > town.first_at
        ),
    )


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    for key, value in row.items():
        if value is None or not isinstance(value, float):
            continue
        if key.endswith("_error"):
            shown[key] = f"{100 * value:+.0f} %"
        elif key.endswith(_SHARES):
            shown[key] = f"{100 * value:.0f} %"
        elif key.endswith("_days"):
            shown[key] = f"{value:+.2f}"
    return shown
