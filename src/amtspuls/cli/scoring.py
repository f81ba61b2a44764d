"""Simulating scenarios and scoring rules on them, in several processes where several are asked.

Heavy libraries are imported inside the functions: the command line must start fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from amtspuls.analysis.score import Score
    from amtspuls.analysis.score_archive import ScoreArchive
    from amtspuls.analysis.score_truth import TruthRecord
    from amtspuls.replica.town import Town

_PRELOAD = (
    __name__,
    "amtspuls.analysis.score",
    "amtspuls.analysis.score_archive",
    "amtspuls.analysis.score_rules",
    "amtspuls.analysis.score_truth",
    "amtspuls.replica.town",
)
"""What the functions below import, for the processes that share them; see ``executor.load_early``."""

Job = tuple[str, int, int]
"""Name of a scenario, seed and number of weeks."""


def score_jobs(
    jobs: Sequence[Job], executor: str | None = None, workers: int | None = None
) -> Iterator[tuple[Score, ...]]:
    """Score all rules on each job, in the order of the jobs.

    Args:
        jobs: What to simulate.
        executor: Who works, as ``--executor`` says; several jobs share the cores when it does not.
        workers: How many processes at most.
    """
    from amtspuls.executor import core_count, is_cluster, open_executor

    cluster = is_cluster(executor)
    if not cluster and min(len(jobs), workers or len(jobs)) < 2:
        for job in jobs:
            yield score_scenario(*job)
        return
    count = workers if cluster else min(len(jobs), workers or core_count())
    with open_executor(executor, count, preload=_PRELOAD) as opened:
        yield from opened.map(_score_job, jobs)


def _score_job(job: Job) -> tuple[Score, ...]:
    return score_scenario(*job)


def score_scenario(name: str, seed: int, weeks: int) -> tuple[Score, ...]:
    """Simulate a scenario, take its snapshots and score all rules."""
    from amtspuls.analysis.score import score_rules
    from amtspuls.analysis.score_rules import RULES

    return score_rules(*prepare_scenario(name, seed, weeks), RULES)


def prepare_scenario(name: str, seed: int, weeks: int) -> tuple[ScoreArchive, TruthRecord]:
    """Simulate a scenario: its snapshots as an archive, which is all that a rule sees, and the truth."""
    from amtspuls.analysis.score_archive import ScoreArchive
    from amtspuls.archive.base import PortalRecord
    from amtspuls.replica.town import make_scenario, scenario_of, take_looks

    town = make_scenario(name, seed, start=start_of(seed), days=7 * weeks)
    (portal,) = town.portals.values()
    record = PortalRecord(portal.id, portal.name, portal.system, portal.url, portal.zone)
    looks = take_looks(scenario_of(name, seed), seed, town)
    return ScoreArchive(record, looks), truth_of(town)


def start_of(seed: int) -> date:
    """The Monday that a seed begins on: seeds in a row are weeks of one year."""
    from datetime import date, timedelta

    return date(2026, 1, 5) + timedelta(weeks=seed % 52)


def truth_of(town: Town) -> TruthRecord:
    """The truth about the one office of a scenario as plain records."""
    from amtspuls.analysis.score_truth import TruthLine, TruthRecord
    from amtspuls.replica.town import days_read

    (office,) = town.offices
    return TruthRecord(
        portal_id=office.id,
        zone=town.portals[office.id].zone,
        hold_s=60 * office.habits.longest_hold_min,
        view_days=days_read(office),
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
