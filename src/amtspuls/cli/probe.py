"""``amtspuls probe``: which system a page belongs to, and which portals of the catalogue still answer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amtspuls.cli.app import EXIT_SOME_FAILED
from amtspuls.cli.options import Archive, Config, Exclude, Include, Systems
from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from amtspuls.cli.ground import Ground
    from amtspuls.collect.probing import Probe


class ProbeFormat(StrEnum):
    """What the probe of a page prints."""

    TABLE = "table"
    JSON = "json"
    TOML = "toml"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("probe")(probe)


Address = Annotated[
    str | None, typer.Argument(metavar="URL", help="Any page, best the one to choose a service on.")
]
WholeCatalogue = Annotated[
    bool, typer.Option("--catalogue", help="Instead of a page: read portals of the catalogue.")
]
Weeks = Annotated[
    int | None,
    typer.Option("-w", "--weeks", min=1, max=53, help="Days to ask about, in weeks."),
]
Parallel = Annotated[
    int | None, typer.Option("-p", "--parallel", min=1, max=256, help="Portals read at a time.")
]


def probe(
    url: Address = None,
    catalogue: WholeCatalogue = False,
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    include_retired: Annotated[
        bool, typer.Option("--include-retired", help="Read retired portals too.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Folder for overlay and report (--catalogue)."),
    ] = None,
    replica: Annotated[
        str | None, typer.Option(metavar="BASE", help="Ask a replica instead of the live portals.")
    ] = None,
    form: Annotated[
        ProbeFormat | None, typer.Option("--format", help="table, json or toml (one page).")
    ] = None,
    overlay: Annotated[
        list[Path] | None,
        typer.Option("--overlay", metavar="FILE", help="TOML file that adds or overrides portals."),
    ] = None,
    weeks: Weeks = None,
    parallel: Parallel = None,
    archive: Archive = None,
    wait_s: Annotated[
        float,
        typer.Option("--wait", min=0, help="Seconds to wait for another writer of the archive."),
    ] = 0.0,
    config: Config = None,
) -> None:
    """Find out which booking system a page belongs to, or which portals still answer.

    Exit code 3 when a page gave no table or some portals failed.
    """
    import asyncio

    from amtspuls.cli.ground import live_ground, replica_ground
    from amtspuls.settings import load_settings

    _require_one_of(url, catalogue, to, form)
    settings = load_settings(config)
    ground = replica_ground(replica) if replica else live_ground(settings, overlay, archive)
    weeks = weeks if weeks is not None else settings.schedule.weeks
    if url is not None:
        if replica:
            _require_on_replica(url, ground)
        _print_probe(asyncio.run(_probe(url, ground, weeks, wait_s)), form or ProbeFormat.TABLE)
        return
    from amtspuls.cli.surveying import SurveyJob, choose_surveyed, survey_command

    portals = choose_surveyed(ground, include, exclude, system, include_retired)
    words = survey_command(include, exclude, system, weeks, include_retired, replica)
    job = SurveyJob(ground, portals, words, to or Path(), wait_s)
    job.run(weeks, parallel or settings.parallel)


def _require_one_of(
    url: str | None, catalogue: bool, to: Path | None, form: ProbeFormat | None
) -> None:
    from amtspuls.errors import ConfigError

    if (url is None) != catalogue:
        raise ConfigError("name the URL of a page, or --catalogue to read its portals")
    if catalogue and to is None:
        raise ConfigError("--catalogue writes two files: name a folder for them with --to DIR")
    if catalogue and form is not None:
        raise ConfigError("--format is for a single page; --catalogue writes TOML and Markdown")
    if not catalogue and to is not None:
        raise ConfigError("--to is for --catalogue; the table of a page is printed")


def _require_on_replica(url: str, ground: Ground) -> None:
    """Refuse live pages: without contact nobody may be asked."""
    from amtspuls.collect.plan import host_of
    from amtspuls.errors import ConfigError

    hosts = {host_of(portal) for portal in ground.catalogue.portals.values()}
    if not any(url.startswith(f"http://{host}/") for host in hosts):
        raise ConfigError(
            f"{url!r} is no page of that replica; its hosts are: {', '.join(sorted(hosts))}",
            url=url,
        )


async def _probe(url: str, ground: Ground, weeks: int | None, wait_s: float) -> Probe:
    from amtspuls.cli.ground import barred_portals, remembering
    from amtspuls.collect.probing import Prober
    from amtspuls.fetch.client import Fetcher
    from amtspuls.fetch.gate import Gates
    from amtspuls.systems.registry import load_systems

    with remembering(ground, wait_s) as archive:
        gates = Gates(
            ground.clock, ground.catalogue.hosts, archive.host_states() if archive else {}
        )
        prober_of = (load_systems(), tuple(ground.catalogue.portals.values()))
        try:
            async with Fetcher(ground.clock, gates, ground.user_agent) as fetcher:
                barred = barred_portals(ground, archive)
                prober = Prober(ground.clock, fetcher, *prober_of, barred, weeks)
                return await prober.probe(url)
        finally:
            if archive:
                archive.save_host_states(gates.states().values())


def _print_probe(found: Probe, form: ProbeFormat) -> None:
    from amtspuls.collect.proposing import commented_table

    table = commented_table(found.portal, found.snapshot) if found.portal and found.snapshot else ""
    if form is ProbeFormat.JSON:
        import json

        print(json.dumps(_as_json(found, table), ensure_ascii=False, indent=1))
    elif form is ProbeFormat.TABLE:
        rows = [_as_row(one) for one in _candidates(found)]
        print_rows(rows, ["system", "client", "points", "evidence"], Format.TABLE)
    if table and form is not ProbeFormat.JSON:
        print(table, end="")
    if found.known_as:
        say(f"the catalogue has this portal already: {found.known_as}")
    if found.missing:
        say(f"no table: {found.missing}")
        say(found.advice)
        raise typer.Exit(EXIT_SOME_FAILED)


def _candidates(found: Probe) -> list[dict[str, Any]]:
    return [
        {
            "system": one.system,
            "readable": one.readable,
            "sure": one.is_sure,
            "points": one.score,
            "evidence": [
                {"place": str(mark.place), "says": mark.says, "points": mark.strength}
                for mark in one.evidence
            ],
        }
        for one in found.candidates
    ]


def _as_row(candidate: dict[str, Any]) -> dict[str, Any]:
    said = (f"{mark['place']}: {mark['says']}" for mark in candidate["evidence"])
    client = "yes" if candidate["readable"] else "none yet"
    return {**candidate, "client": client, "evidence": "; ".join(said)}


def _as_json(found: Probe, table: str) -> dict[str, Any]:
    from amtspuls.catalogue.render import portal_mapping

    shot = found.snapshot
    return {
        "url": found.url,
        "candidates": _candidates(found),
        "leads": [{"url": lead.url, "system": lead.system} for lead in found.leads],
        "known_as": found.known_as,
        "outcome": str(shot.outcome) if shot else None,
        "calendars": [
            {"key": view.calendar.key, "name": view.calendar.name, "asked": list(view.asked)}
            for view in (shot.views if shot else ())
        ],
        "requests": found.requests,
        "portal": portal_mapping(found.portal) if found.portal else None,
        "table": table,
        "missing": found.missing,
        "advice": found.advice,
    }
