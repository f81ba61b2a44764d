"""Reading the portals of the catalogue once, and writing what came of it: overlay and report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from amtspuls.cli.app import EXIT_SOME_FAILED
from amtspuls.cli.output import progress, say

if TYPE_CHECKING:
    from datetime import datetime

    from amtspuls.archive.base import ArchiveWriter
    from amtspuls.catalogue.portal import Portal
    from amtspuls.cli.ground import Ground
    from amtspuls.collect.survey import Survey, Surveyor
    from amtspuls.fetch.client import Fetcher

OVERLAY_NAME = "overlay.toml"
REPORT_NAME = "report.md"


def choose_surveyed(
    ground: Ground,
    include: Sequence[str] | None,
    exclude: Sequence[str] | None,
    systems: Sequence[str] | None,
    include_retired: bool,
) -> list[Portal]:
    """Return whom the filters leave.

    Raises:
        ConfigError: Nobody.
    """
    from amtspuls.collect.survey import choose_portals
    from amtspuls.errors import ConfigError

    chosen = ground.catalogue.select(include or (), exclude or (), systems or ())
    portals = choose_portals(chosen, include_retired=include_retired)
    if not portals:
        raise ConfigError("no portal is left: check the filters, or add --include-retired")
    return portals


def survey_command(
    include: Sequence[str] | None,
    exclude: Sequence[str] | None,
    systems: Sequence[str] | None,
    weeks: int | None,
    include_retired: bool,
    replica: str | None,
) -> str:
    """Return the command as others could run it; paths of this machine are left out on purpose."""
    words = ["amtspuls probe --catalogue"]
    for option, values in (("-i", include), ("-e", exclude), ("--system", systems)):
        words += [f'{option} "{value}"' for value in values or ()]
    words += [f"-w {weeks}"] if weeks is not None else []
    words += ["--include-retired"] if include_retired else []
    words += ["--replica BASE"] if replica else []
    return " ".join(words)


class SurveyJob:
    """Reading portals of the catalogue and writing what came of it, interrupted or not."""

    def __init__(
        self, ground: Ground, portals: list[Portal], command: str, to: Path, wait_s: float
    ) -> None:
        self._ground, self._portals, self._command = ground, portals, command
        self._to, self._wait_s = to, wait_s
        self._surveyor: Surveyor | None = None

    def run(self, weeks: int | None, parallel: int) -> None:
        """Read, then write.

        Raises:
            typer.Exit: Some portals failed.
        """
        import asyncio

        from amtspuls.files import naming_the_file

        with naming_the_file(self._to):
            self._to.mkdir(parents=True, exist_ok=True)
        begun_at = self._ground.clock.now()
        try:
            asyncio.run(self._read(weeks, parallel))
        finally:
            failed = self._write(begun_at)
        if failed:
            raise typer.Exit(EXIT_SOME_FAILED)

    async def _read(self, weeks: int | None, parallel: int) -> None:
        from amtspuls.cli.ground import remembering
        from amtspuls.fetch.client import Fetcher
        from amtspuls.fetch.gate import Gates

        ground = self._ground
        with remembering(ground, self._wait_s) as archive:
            states = archive.host_states() if archive else {}
            gates = Gates(ground.clock, ground.catalogue.hosts, states)
            try:
                async with Fetcher(ground.clock, gates, ground.user_agent) as fetcher:
                    surveyor = self._surveyor = self._make(fetcher, archive, weeks, parallel)
                    count = len(surveyor.readable(self._portals))
                    with progress(count, "portals") as advance:
                        await surveyor.run(self._portals, lambda taken: advance(taken.portal.id))
            finally:
                if archive:
                    archive.save_host_states(gates.states().values())

    def _make(
        self, fetcher: Fetcher, archive: ArchiveWriter | None, weeks: int | None, parallel: int
    ) -> Surveyor:
        from amtspuls.cli.ground import barred_portals
        from amtspuls.collect.round import Round
        from amtspuls.collect.survey import Surveyor
        from amtspuls.systems.registry import load_systems

        ground = self._ground
        rules = ground.catalogue.hosts
        job = Round(ground.clock, fetcher, rules=rules, weeks=weeks, parallel=parallel)
        return Surveyor(job, load_systems(), barred_portals(ground, archive), ground.contact)

    def _write(self, begun_at: datetime) -> bool:
        """Write what was read so far; return whether some portals failed."""
        if self._surveyor is None:
            return False  # stopped before the first request: nothing was read
        survey = self._surveyor.survey(self._portals)
        self._write_files(survey, begun_at)
        return any(one.has_failed for one in survey.findings)

    def _write_files(self, survey: Survey, begun_at: datetime) -> None:
        from amtspuls import __version__
        from amtspuls.collect.survey import overlay_of
        from amtspuls.collect.survey_report import report_of
        from amtspuls.files import write_whole

        heading = f"Written by `{self._command}` (Amtspuls {__version__}) on {begun_at:%Y-%m-%d}."
        report = report_of(survey, version=__version__, command=self._command, at=begun_at)
        for name, text in (
            (OVERLAY_NAME, overlay_of(survey, heading)),
            (REPORT_NAME, report),
        ):
            write_whole(text.encode(), self._to / name)
            say(f"wrote {self._to / name}")
        answered = sum(one.snapshot.outcome.answered for one in survey.findings)
        say(f"{len(survey.findings)} of {survey.asked} portals read, {answered} answered")
