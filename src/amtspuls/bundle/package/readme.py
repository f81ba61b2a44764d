"""README.md of a package: totals, how to read it, and a table of its portals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import NamedTuple

from amtspuls.archive.times import instant_of
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.package.choose import say_weeks
from amtspuls.bundle.package.describe import TITLE
from amtspuls.bundle.package.summary import PREDECESSOR, PortalTotals

_HEAD = (
    "portal", "name", "system", "weeks", "calendars", "snapshots", "spans", "covered", "first", "newest",
    "legacy changes", "legacy appointments", "legacy cancellations",
)  # fmt: skip
_LEFT = 3


class LegacyCounts(NamedTuple):
    """The predecessor's figures of one portal over all packaged weeks."""

    changes: int
    appointments: int
    cancellations: int


def readme(
    weeks: Sequence[IsoWeek],
    portals: Sequence[PortalTotals],
    legacy: Mapping[str, LegacyCounts],
    licence: str,
) -> str:
    """The text of README.md.

    Args:
        weeks: Packaged weeks, ascending.
        portals: What is in them.
        legacy: The predecessor's figures by portal; a portal that never had a row is missing.
        licence: What own records are under; empty where nothing was said.
    """
    template = Template((files(__package__) / "readme.txt").read_text("utf-8"))
    newest_s = max((portal.last_s for portal in portals), default=0)
    return template.substitute(
        title=TITLE,
        portals=f"{len(portals):,}",
        calendars=f"{sum(len(portal.calendars) for portal in portals):,}",
        snapshots=f"{sum(portal.snapshots for portal in portals):,}",
        spans=f"{sum(portal.spans for portal in portals):,}",
        weeks=f"{len(weeks):,}",
        which=say_weeks(weeks),
        newest=f"{instant_of(newest_s):%Y-%m-%d %H:%M} UTC",
        appointments=f"{sum(counts.appointments for counts in legacy.values()):,}",
        cancellations=f"{sum(counts.cancellations for counts in legacy.values()):,}",
        licence=_say_licence(portals, licence),
        table=_table(portals, legacy),
    )


def _say_licence(portals: Sequence[PortalTotals], licence: str) -> str:
    said = []
    if any(portal.weeks("live") for portal in portals):
        under = (
            f"are under {licence}."
            if licence
            else "come without a stated licence: ask whoever published them."
        )
        said.append(f"The records made with Amtspuls {under}")
    if any(portal.weeks("import") for portal in portals):
        said.append(
            f"The imported weeks were published by the predecessor ({PREDECESSOR}), whose licence is not stated."
        )
    return " ".join(said)


def _table(portals: Sequence[PortalTotals], legacy: Mapping[str, LegacyCounts]) -> str:
    lines = [_HEAD, [":---"] * _LEFT + ["---:"] * (len(_HEAD) - _LEFT)]
    lines += [_row(portal, legacy.get(portal.record.portal_id)) for portal in portals]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(portal: PortalTotals, legacy: LegacyCounts | None) -> list[str]:
    record, url = portal.record, _plain(portal.record.url)
    is_link = url.startswith(("http://", "https://")) and not set(url) & set(" <>()|")
    return [
        f"[{record.portal_id}]({url})" if is_link else record.portal_id,
        _plain(record.name),
        _plain(record.system),
        str(len(portal.coverages)),
        str(len(portal.calendars)),
        str(portal.snapshots),
        str(portal.spans),
        f"{portal.covered_share:.1%}",
        *(f"{instant_of(at):%Y-%m-%d %H:%M}" for at in (portal.first_s, portal.last_s)),
        *(str(count) for count in (legacy or ("", "", ""))),
    ]


def _plain(text: str) -> str:
    """Text that keeps a cell of Markdown whole, whatever a page called itself."""
    line = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\|[]<>*_`" else sign for sign in line)
