"""Which portals and which time a question is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from amtspuls.archive.base import ArchiveReader, PortalRecord
from amtspuls.errors import ArchiveError, ConfigError

_YEARS = range(1999, 2101)
"""Of times in UTC. No archive reaches further, and every quarter of an hour of a range is looked at."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a question is about.

    Attributes:
        include: Globs over portal ids; empty means all.
        exclude: Globs over portal ids that are left out.
        systems: Names of booking systems; empty means all.
        from_at: First instant, aware UTC; None means each portal's first snapshot.
        until_at: End (not included), aware UTC; None means each portal's newest snapshot plus its
            planned period.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    from_at: datetime | None = None
    until_at: datetime | None = None

    def __post_init__(self) -> None:
        for option, at in (("--from", self.from_at), ("--until", self.until_at)):
            if at and at.year not in _YEARS:
                raise ConfigError(f"{option} {at:%Y-%m-%d} UTC: give a time between 2000 and 2100")
        if self.from_at and self.until_at and self.from_at >= self.until_at:
            raise ConfigError(
                f"--from {self.from_at:%Y-%m-%d %H:%M} UTC is not before "
                f"--until {self.until_at:%Y-%m-%d %H:%M} UTC: exchange the two"
            )

    def wants(self, portal: PortalRecord) -> bool:
        """Whether a portal passes the filters."""
        if self.systems and portal.system not in self.systems:
            return False
        if self.include and not _matches(portal.portal_id, self.include):
            return False
        return not _matches(portal.portal_id, self.exclude)


def _matches(portal_id: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(portal_id, glob) for glob in globs)


def select_portals(reader: ArchiveReader, selection: Selection) -> tuple[PortalRecord, ...]:
    """Return the portals of the archive that pass the filters, by id.

    Raises:
        ArchiveError: The archive holds no snapshot at all.
        ConfigError: It holds some, but no portal passes.
    """
    known = reader.portals()
    if not known:
        raise ArchiveError(
            "the archive holds no snapshot yet: take one with `amtspuls snapshot`, fill it with `amtspuls import`"
            " or `amtspuls replay`, or look around in another one: `amtspuls demo`"
        )
    chosen = tuple(portal for portal in known if selection.wants(portal))
    if not chosen:
        raise ConfigError(_say_nothing_chosen(known, selection))
    return chosen


def split_united(
    portals: Sequence[PortalRecord],
) -> tuple[tuple[PortalRecord, ...], tuple[PortalRecord, ...]]:
    """Portals that can be measured, and those whose rows are unions of several snapshots.

    Raises:
        ConfigError: None can be measured.
    """
    single = tuple(portal for portal in portals if not portal.aggregated)
    united = tuple(portal for portal in portals if portal.aggregated)
    if united and not single:
        names = ", ".join(portal.portal_id for portal in united)
        raise ConfigError(
            f"{names}: the rows are quarter-hour unions of one-minute snapshots, from which no booking can"
            " be told: `amtspuls status` and `amtspuls show` still show them"
        )
    return single, united


def _say_nothing_chosen(known: Sequence[PortalRecord], selection: Selection) -> str:
    ids = [portal.portal_id for portal in known]
    systems = sorted({portal.system for portal in known})
    unknown = [name for name in selection.systems if name not in systems]
    if unknown:
        return (
            f"no portal in the archive has the system {', '.join(unknown)}; "
            f"there are: {', '.join(systems)}"
        )
    # Only a mistake needs it.
    from difflib import get_close_matches

    near = [hit for glob in selection.include for hit in get_close_matches(glob, ids, 3, 0.5)]
    hint = ", ".join(near or ids[:5]) + ("" if near or len(ids) <= 5 else " ...")
    word = "nearest" if near else "the archive holds"
    alone = selection.include and not (selection.exclude or selection.systems)
    what = (
        f"matches {', '.join(map(repr, selection.include))}"
        if alone
        else "passes the filters -i, -e and --system"
    )
    return f"no portal in the archive {what}; {word}: {hint}"
