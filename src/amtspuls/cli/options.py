"""Options that many commands share, and what they select."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amtspuls.catalogue.load import Catalogue
    from amtspuls.catalogue.portal import Portal
    from amtspuls.collect.plan import PeriodWish
    from amtspuls.settings import Settings

Include = Annotated[
    list[str] | None,
    typer.Option("-i", "--include", metavar="GLOB", help="Only portals whose id matches."),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("-e", "--exclude", metavar="GLOB", help="Not portals whose id matches."),
]
Systems = Annotated[
    list[str] | None,
    typer.Option("--system", metavar="S", help="Only portals on this booking system."),
]
Overlays = Annotated[
    list[Path] | None,
    typer.Option("--catalogue", metavar="FILE", help="TOML file that adds or overrides portals."),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings; else amtspuls.toml of this folder."),
]
Archive = Annotated[
    Path | None,
    typer.Option("--archive", metavar="DIR", help="Archive folder; else that of the settings."),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--executor",
        metavar="WHERE",
        help="Who works: 'local' (processes here), or 'dask://HOST:PORT', a cluster.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=256, help="Processes of this machine; else one per core."),
]


def load_catalogue_of(settings: Settings, overlays: Sequence[Path] | None) -> Catalogue:
    """The packaged catalogue with the overlays of the settings and those of the command line.

    Portals of overlays are checked by their systems, so that a wrong option is told with its line.
    """
    from amtspuls.catalogue.load import load_catalogue

    return load_catalogue([*settings.catalogue, *(overlays or [])], check=_check_by_system)


def _check_by_system(portal: Portal) -> None:
    from amtspuls.systems.registry import require_system

    require_system(portal.system).check_portal(portal)


def period_wish(settings: Settings) -> PeriodWish:
    """How often the settings want portals to be asked, and whether somebody chose that."""
    from amtspuls.collect.plan import PeriodWish

    schedule = settings.schedule
    return PeriodWish(
        schedule.period_min * 60,
        is_set="period_min" in schedule.model_fields_set,
        of_portal={key: minutes * 60 for key, minutes in schedule.portals.items()},
    )


def live_portals(
    portals: Sequence[Portal], named: Sequence[str], *, include_retired: bool
) -> list[Portal]:
    """Portals that a live command takes: active and silent ones, others only when asked for.

    Args:
        portals: What the filters selected.
        named: The ``--include`` patterns; a retired portal named by its full id is an error
            without ``include_retired``, since asking a dead host is rarely meant.
        include_retired: Whether retired and unverified portals are taken too.

    Raises:
        ConfigError: A retired portal was named, or nothing is left.
    """
    from amtspuls.errors import ConfigError

    if include_retired:
        return list(portals)
    live = [portal for portal in portals if portal.status in {"active", "silent"}]
    for portal in portals:
        if portal not in live and portal.id in named:
            seen = f", last seen {portal.last_seen}" if portal.last_seen else ""
            raise ConfigError(
                f"portal {portal.id!r} is {portal.status}{seen}: add --include-retired to ask it all the same"
            )
    if not live:
        raise ConfigError("no portal is left: the selected ones are retired; see `amtspuls list`")
    return live
