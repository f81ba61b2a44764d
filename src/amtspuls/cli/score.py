"""``amtspuls score``: rules that count bookings, held against a simulated town whose truth is known."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from amtspuls.cli.output import Format, print_rows, progress, say

_TITLES = {
    f"{name}_{key}": title
    for name in ("bookings", "cancellations")
    for key, title in (
        ("truth", name),
        ("central", "found"),
        ("range", "low to high"),
        ("error", "error"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("weeks_inside", "weeks inside"),
        ("weeks_width", "width"),
    )
} | {"lead_error_days": "lead time, days", "wait_error_days": "wait, days"}
_SHARES = ("precision", "recall", "weeks_inside", "weeks_width")


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
    from amtspuls.cli.scoring import score_jobs
    from amtspuls.replica.town import SCENARIOS, require_scenario

    names = list(dict.fromkeys(require_scenario(name).name for name in scenario or SCENARIOS))
    rows: list[dict[str, Any]] = []
    with progress(len(names), "scenarios") as step:
        jobs = [(name, seed, weeks) for name in names]
        for name, scores in zip(names, score_jobs(jobs), strict=True):
            rows += score_rows(name, seed, scores)
            step(name)
    if form in (Format.CSV, Format.JSON):
        # A table of tables is no CSV.
        print_rows(rows, [key for key in rows[0] if form is Format.JSON or key != "kinds"], form)
        return
    told = [key for key in _TITLES if key.endswith("_range") or _is_told(rows, key)]
    print_rows(
        [_for_people(row) for row in rows], ["scenario", "rule", *told], form, titles=_TITLES
    )
    say(
        f"seed {seed}, {weeks} weeks; errors: found against truth; precision and recall: matched within"
        " one snapshot; weeks inside: calendar-weeks with the truth within low and high; width of these"
        " as a share of the truth (docs/reference/score.md)"
    )


def _is_told(rows: list[dict[str, Any]], key: str) -> bool:
    """Whether any rule has the figure; columns without one are left out of tables."""
    return any(row[key] is not None for row in rows)


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
        elif key.endswith("_central"):
            shown[key] = round(value)
    for name in ("bookings", "cancellations"):
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        shown[f"{name}_range"] = f"{low:.0f}–{high:.0f}" if low != high else ""
    return shown
