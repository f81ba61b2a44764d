"""``amtspuls score``: rules that count bookings, held against a simulated town whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

import typer

from amtspuls.cli.options import Where, Workers
from amtspuls.cli.output import Format, print_rows, progress, say

_COUNTS = ("bookings", "cancellations")
_TITLES = {
    f"{name}_{key}": title
    for name in _COUNTS
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
_DRAW_TITLES = {
    f"{name}_{key}": title
    for name in _COUNTS
    for key, title in (
        ("judged", f"offices with {name}"),
        ("truth", name),
        ("median", "error, median"),
        ("quartiles", "quartiles"),
        ("worst", "worst"),
        ("worst_seed", "seed"),
        ("inside", "inside"),
        ("weeks_inside", "weeks inside"),
        ("weeks_width", "width"),
    )
}
_ERRORS = ("error", "median", "quartile", "worst")
_SHARES = ("precision", "recall", "inside", "width")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score")(score)


def score(
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only this scenario, or 'random'; repeat for more. Else all but 'random'.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Another seed is another office.")
    ] = 1,
    weeks: Annotated[
        int, typer.Option(metavar="N", min=1, max=26, help="Simulated weeks of snapshots.")
    ] = 4,
    draws: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=1000, help="The errors over N random offices, from the seed on."
        ),
    ] = None,
    executor: Where = None,
    workers: Workers = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Hold every rule that counts bookings against simulated offices whose truth is known.

    The rules see snapshots only. Errors are shares of the truth: +100 % is twice as many.
    """
    from amtspuls.analysis.provenance import command_text

    run = partial(_run, executor=executor, workers=workers)
    asked = {"--scenario": scenario, "--seed": seed, "--weeks": weeks, "--draws": draws}
    given = {**asked, "--format": None if form is Format.TABLE else form.value}
    command = command_text("score", options=given)
    if draws is not None:
        _score_draws(scenario, range(seed, seed + draws), weeks, run, form, command)
        return
    from amtspuls.analysis.score import score_rows
    from amtspuls.replica.town import SCENARIOS, scenario_of

    names = list(dict.fromkeys(scenario_of(name, seed).name for name in scenario or SCENARIOS))
    scored = run([(name, seed, weeks) for name in names], names)
    rows = [row for name in names for row in score_rows(name, seed, scored[name])]
    _print(rows, ["scenario", "rule"], _TITLES, form, weeks, command)
    if form in (Format.TABLE, Format.MARKDOWN):
        say(
            f"seed {seed}, {weeks} weeks; errors: found against truth; precision and recall: matched"
            " within one snapshot; weeks inside: calendar-weeks with the truth within low and high;"
            " width of these as a share of the truth (docs/reference/score.md)"
        )


def _score_draws(
    scenario: Sequence[str] | None,
    seeds: range,
    weeks: int,
    run: Callable[[Sequence[tuple[str, int, int]], Sequence[str]], dict[str, Any]],
    form: Format,
    command: str,
) -> None:
    from amtspuls.analysis.score_calendars import LEAST_TRUTH
    from amtspuls.analysis.score_draws import draw_rows
    from amtspuls.errors import ConfigError
    from amtspuls.replica.town import RANDOM

    if scenario:
        raise ConfigError("--draws scores random offices; it does not go with --scenario")
    scored = run([(RANDOM, seed, weeks) for seed in seeds], [str(seed) for seed in seeds])
    rows = draw_rows({seed: scored[str(seed)] for seed in seeds})
    _print(rows, ["rule"], _DRAW_TITLES, form, weeks, command)
    if form in (Format.TABLE, Format.MARKDOWN):
        say(
            f"{len(seeds)} random offices, seeds {seeds[0]} to {seeds[-1]}, {weeks} weeks; errors over"
            f" those with {LEAST_TRUTH} and more; one of them: amtspuls score --scenario random --seed N"
            " (docs/reference/score.md)"
        )


def _run(
    jobs: Sequence[tuple[str, int, int]],
    labels: Sequence[str],
    executor: str | None,
    workers: int | None,
) -> dict[str, Any]:
    """Score jobs; results by label."""
    from amtspuls.cli.scoring import score_jobs

    scored = {}
    with progress(len(jobs), "offices") as step:
        for label, scores in zip(labels, score_jobs(jobs, executor, workers), strict=True):
            scored[label] = scores
            step(label)
    return scored


def _print(
    rows: Sequence[dict[str, Any]],
    keys: list[str],
    titles: Mapping[str, str],
    form: Format,
    weeks: int,
    command: str,
) -> None:
    """Print scores and where they come from: there is no archive, weeks and seed stand for the data."""
    from amtspuls import __version__

    if form in (Format.CSV, Format.JSON):
        full = [{**row, "weeks": weeks, "version": __version__, "command": command} for row in rows]
        # A table of tables is no CSV.
        print_rows(full, [key for key in full[0] if form is Format.JSON or key != "kinds"], form)
        return
    shown = [_for_people(row) for row in rows]
    # Columns that no rule fills are left out.
    told = [key for key in titles if any(row.get(key) not in (None, "") for row in shown)]
    print_rows(shown, [*keys, *told], form, titles=titles)
    simulated = f"{weeks} simulated week{'' if weeks == 1 else 's'}"
    line = f"{simulated}; amtspuls {__version__}; {command}"
    print(f"\n{line}" if form is Format.MARKDOWN else line)


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    shown = {key: _said(key, value) for key, value in row.items()}
    for name in _COUNTS:
        low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
        if low is not None and high is not None:
            shown[f"{name}_range"] = f"{low:.0f}–{high:.0f}" if low != high else ""
        elif row.get(f"{name}_low_quartile") is not None:
            ends = (shown[f"{name}_{end}_quartile"] for end in ("low", "high"))
            shown[f"{name}_quartiles"] = " to ".join(map(str, ends))
    return shown


def _said(key: str, value: object) -> object:
    if not isinstance(value, float):
        return value
    if key.endswith(_ERRORS):
        return f"{100 * value:+.0f} %"
    if key.endswith(_SHARES):
        return f"{100 * value:.0f} %"
    return f"{value:+.2f}" if key.endswith("_days") else round(value)
