"""``amtspuls status``: what was watched, and how well."""

from __future__ import annotations

import textwrap
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amtspuls.cli.asking import (
    From,
    Until,
    make_selection,
    open_archive,
    options_of,
    print_origin,
)
from amtspuls.cli.options import Archive, Config, Exclude, Include, Systems
from amtspuls.cli.output import Format, on_terminal, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amtspuls.analysis.status import PortalStatus

_TITLES = {
    "portal": "portal",
    "snapshots": "snap-\nshots",
    "changed": "changed\n%",
    "outcomes": "outcomes",
    "coverage": "covered\n%",
    "calendars": "calen-\ndars",
    "free_slots": "free\nslots",
    "newest": "newest snapshot\n(local time)",
    "stopped": "stopped\nsince",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    from_local: From = None,
    until_local: Until = None,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Show for each portal how often it was asked, what came of it, and how much of the time is known."""
    from amtspuls.analysis.measures import load_watched
    from amtspuls.analysis.provenance import command_text, provenance_of
    from amtspuls.analysis.status import read_status

    filters, times = (include, exclude, system), (from_local, until_local)
    with open_archive(archive, config) as reader:
        watched = load_watched(reader, make_selection(reader, *filters, *times), united=True)
        found = read_status(watched, reader.stops())
        asked = command_text("status", options=options_of(filters, times, form))
        provenance = provenance_of(watched, asked)
    if form in (Format.CSV, Format.JSON):
        origin = provenance.columns()
        rows = [{**_as_data(one, flat=form is Format.CSV), **origin} for one in found]
        print_rows(rows, list(rows[0]), form)
        return
    # A terminal is narrow; a file has room for whole lines.
    narrow = form is Format.TABLE and on_terminal()
    titles = _TITLES if narrow else {key: _unbroken(_TITLES[key]) for key in _TITLES}
    rows = [_as_row(one, narrow=narrow) for one in found]
    print_rows(rows, _columns(found), form, titles=titles)
    print_origin(provenance, form)
    if any(one.period_assumed for one in found):
        say(
            "coverage: some snapshots had no planned period, the median distance of the portal's "
            "snapshots stands for it"
        )


def _unbroken(title: str) -> str:
    return title.replace("-\n", "").replace("\n", " ")


def _columns(found: Sequence[PortalStatus]) -> list[str]:
    anything_stopped = any(one.stopped for one in found)
    return [key for key in _TITLES if key != "stopped" or anything_stopped]


def _as_row(one: PortalStatus, *, narrow: bool) -> dict[str, Any]:
    from amtspuls.analysis.display import show_coverage, show_share

    outcomes = ", ".join(
        f"{number}\N{NO-BREAK SPACE}{name}" for name, number in one.outcomes.items()
    )
    newest = (
        "" if one.newest_at is None else f"{_local(one, one.newest_at)[:16]} {one.newest_outcome}"
    )
    return {
        "portal": textwrap.fill(one.record.portal_id, 22) if narrow else one.record.portal_id,
        "snapshots": one.snapshots,
        "changed": None if one.changed_share is None else show_share(one.changed_share),
        "outcomes": _fill(outcomes, 15) if narrow else _plain(outcomes),
        "coverage": None if one.coverage is None else show_coverage(one.coverage),
        "calendars": one.calendars,
        "free_slots": one.free_slots,
        "newest": textwrap.fill(newest, 19) if narrow else newest,
        "stopped": None if one.stopped is None else _local(one, one.stopped.since)[:10],
    }


def _fill(text: str, width: int) -> str:
    return _plain(textwrap.fill(text, width))


def _plain(text: str) -> str:
    """Blanks that lines were not to be broken at become plain ones."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def _as_data(one: PortalStatus, *, flat: bool) -> dict[str, Any]:
    stop = one.stopped
    return {
        "portal": one.record.portal_id,
        "name": one.record.name,
        "system": one.record.system,
        "snapshots": one.snapshots,
        "changed_share": one.changed_share,
        "outcomes": " ".join(f"{k}={v}" for k, v in one.outcomes.items())
        if flat
        else dict(one.outcomes),
        "coverage": one.coverage,
        "calendars": one.calendars,
        "free_slots": one.free_slots,
        "newest_at": None if one.newest_at is None else _local(one, one.newest_at),
        "newest_outcome": one.newest_outcome,
        "period_s": one.period_s,
        "period_assumed": one.period_assumed,
        "from": _local(one, one.from_at),
        "until": _local(one, one.until_at),
        "stopped_since": None if stop is None else _local(one, stop.since),
        "stop_reason": None if stop is None else stop.reason,
    }


def _local(one: PortalStatus, instant: datetime) -> str:
    from zoneinfo import ZoneInfo

    return instant.astimezone(ZoneInfo(one.record.zone)).isoformat(sep=" ")
