"""What all commands share that ask the archive something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from amtspuls.analysis.grouping import Watched
    from amtspuls.analysis.provenance import Option, Provenance
    from amtspuls.analysis.selection import Selection
    from amtspuls.analysis.sharing import Sharing
    from amtspuls.archive.base import ArchiveReader
    from amtspuls.cli.output import Format

Filters = tuple[list[str] | None, list[str] | None, list[str] | None]
"""What ``-i``, ``-e`` and ``--system`` say."""

From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Local time or day; else the first snapshot."),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Local time or day, not included; else the last."),
]


def folder_of(archive: Path | None, config: Path | None) -> Path:
    """The archive named on the command line, else that of the settings."""
    if archive is not None:
        return archive
    # They take longer to load than a week takes to read.
    from amtspuls.settings import load_settings

    return load_settings(config).archive


@contextmanager
def open_archive(archive: Path | None, config: Path | None) -> Iterator[ArchiveReader]:
    """Open the archive named on the command line, else that of the settings, for reading."""
    from amtspuls.archive.live import open_reader

    reader = open_reader(folder_of(archive, config))
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def open_sharing(
    executor: str | None, workers: int | None, archive: Path | None, config: Path | None
) -> Iterator[Sharing | None]:
    """Open who shares the work, if ``--executor`` or ``--workers`` say so; None is this process alone."""
    if executor is None and workers is None:
        yield None
        return
    from amtspuls.analysis import preload_for
    from amtspuls.analysis.sharing import Sharing
    from amtspuls.executor import open_executor

    folder = folder_of(archive, config)
    with open_executor(executor, workers, preload=preload_for(folder)) as opened:
        yield Sharing(opened, folder)


def _load_early(
    executor: str | None, workers: int | None, archive: Path | None, config: Path | None
) -> None:
    """Let the processes of this machine that will share the work load what they need meanwhile."""
    if executor is None and workers is None:
        return
    from amtspuls.analysis import preload_for
    from amtspuls.executor import is_cluster, load_early

    if not is_cluster(executor):
        load_early(preload_for(folder_of(archive, config)))


@contextmanager
def watch(
    place: tuple[Path | None, Path | None],
    filters: Filters,
    times: tuple[str | None, str | None],
    work: tuple[str | None, int | None],
) -> Iterator[list[Watched]]:
    """Open the selected portals that were asked in the range; say which others are left out, and why.

    Args:
        place: ``--archive`` and ``--config``.
        filters: ``-i``, ``-e`` and ``--system``.
        times: ``--from`` and ``--until``.
        work: ``--executor`` and ``--workers``.
    """
    _load_early(*work, *place)
    from amtspuls.analysis.measures import asked_ones, load_watched

    with open_archive(*place) as reader, open_sharing(*work, *place) as sharing:
        selection = make_selection(reader, *filters, *times)
        say_left_out(reader, selection)
        watched, others = asked_ones(load_watched(reader, selection, sharing=sharing))
        say_not_asked(others)
        yield watched


def options_of(
    filters: Filters,
    times: tuple[str | None, str | None],
    form: Format,
    **more: str | bool | None,
) -> dict[str, Option]:
    """What was given on the command line, as ``provenance.command_text`` wants it; ``more`` by the names of options."""
    given: dict[str, Option] = dict(zip(("-i", "-e", "--system"), filters, strict=True))
    given |= {f"--{name}": value for name, value in more.items()}
    given |= dict(zip(("--from", "--until"), times, strict=True))
    return {**given, "--format": None if form == "table" else form.value}


def print_origin(provenance: Provenance, form: Format) -> None:
    """Print where figures come from: beside them, not among the remarks, so that a copied table keeps it."""
    print(f"\n{provenance.line()}" if form == "markdown" else provenance.line())


def make_selection(
    reader: ArchiveReader,
    include: list[str] | None,
    exclude: list[str] | None,
    systems: list[str] | None,
    from_local: str | None,
    until_local: str | None,
) -> Selection:
    """Turn the filters and times of the command line into a selection.

    Times are local to the selected portals; where their zones differ, to Europe/Berlin.

    Raises:
        ArchiveError: The archive is empty.
        ConfigError: Nothing is selected, a time is none, or the two are reversed.
    """
    from dataclasses import replace
    from zoneinfo import ZoneInfo

    from amtspuls.analysis.selection import Selection, select_portals
    from amtspuls.clock import parse_local_time
    from amtspuls.errors import ConfigError

    chosen = Selection(tuple(include or ()), tuple(exclude or ()), tuple(systems or ()))
    zones = {portal.zone for portal in select_portals(reader, chosen)}
    zone = ZoneInfo(zones.pop() if len(zones) == 1 else "Europe/Berlin")
    from_at = None if from_local is None else parse_local_time(from_local, zone)
    until_at = None if until_local is None else parse_local_time(until_local, zone)
    if from_at and until_at and from_at >= until_at:
        raise ConfigError(
            f"--from {from_local} is not before --until {until_local} (not included):"
            " give a later --until, or exchange the two"
        )
    return replace(chosen, from_at=from_at, until_at=until_at)


def say_left_out(reader: ArchiveReader, selection: Selection) -> None:
    """Say which portals measures leave out, on standard error.

    Raises:
        ConfigError: They leave out all.
    """
    from amtspuls.analysis.selection import select_portals, split_united
    from amtspuls.cli.output import say

    _, united = split_united(select_portals(reader, selection))
    if united:
        names = ", ".join(portal.portal_id for portal in united)
        say(f"left out: {names} (rows are quarter-hour unions of several snapshots)")


def say_not_asked(others: Sequence[str]) -> None:
    """Say how many selected portals have no row because nobody asked them in the range, on standard error."""
    from amtspuls.cli.output import say

    if others:
        portals = "1 portal" if len(others) == 1 else f"{len(others)} portals"
        say(f"not asked in this range: {portals} of the archive")
