"""``amtspuls show`` and ``amtspuls migrate``: any past moment of a portal, and older archives."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.cells import group
from amtspuls.cli.options import Archive, Config
from amtspuls.cli.output import Format, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, timedelta
    from zoneinfo import ZoneInfo

    from amtspuls.analysis.provenance import Provenance
    from amtspuls.archive.base import ArchiveReader, CalendarState, PortalRecord
    from amtspuls.archive.extent import Extent


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("show")(show)
    app.command("migrate")(migrate)


def show(
    portal: Annotated[str, typer.Argument(metavar="PORTAL", help="Id of a portal.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Local time of the portal; else its newest snapshot."),
    ] = None,
    day: Annotated[
        str | None, typer.Option(metavar="DATE", help="One day as a table; else all in short.")
    ] = None,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Show what was free at a past moment, as the archive remembers it.

    X is free, ? is not known (the day was not read), an empty field was taken or not offered.
    """
    from zoneinfo import ZoneInfo

    from amtspuls.archive.extent import Extent
    from amtspuls.archive.live import open_reader
    from amtspuls.clock import parse_local_time
    from amtspuls.settings import load_settings

    wanted = None if day is None else _day_of(day)
    with closing(open_reader(archive or load_settings(config).archive)) as reader:
        record = _record_of(reader, portal)
        zone = ZoneInfo(record.zone)
        extent = Extent.of(reader, record)
        moment = _moment(extent, zone, parse_local_time(at, zone) if at else None)
        states = reader.state(portal, moment)
        _say_where_we_are(extent, zone, moment, states)
        given = {"--at": at, "--day": day, "--format": None if form == Format.TABLE else form.value}
        answered = [state.taken_at for state in states if state.outcome.answered]
        origin = _origin_of(extent, (max(answered, default=None), moment), given)
    _print(states, wanted, form, origin)
    if at is None and wanted is not None and wanted < moment.astimezone(zone).date():
        say(f'{wanted} was over by then: add --at "{wanted} 00:00" to see it from before')


def migrate(archive: Archive = None, config: Config = None) -> None:
    """Bring an older archive to the schema of this version; a backup is made first."""
    from amtspuls.archive.live import open_writer
    from amtspuls.archive.schema import REVISIONS
    from amtspuls.settings import load_settings

    folder = archive or load_settings(config).archive
    open_writer(folder, create=False).close()
    say(f"{folder} has schema {REVISIONS[-1]}, the newest one")


def _day_of(text: str) -> date:
    from datetime import date

    from amtspuls.errors import ConfigError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no day: write it like 2026-01-26") from None


def _record_of(reader: ArchiveReader, portal_id: str) -> PortalRecord:
    from difflib import get_close_matches

    from amtspuls.errors import ConfigError

    records = {record.portal_id: record for record in reader.portals()}
    if portal_id in records:
        return records[portal_id]
    near = get_close_matches(portal_id, records, n=5)
    some = ", ".join(sorted(records)[:5]) + " ..." * (len(records) > 5)
    hint = f"near: {', '.join(near)}" if near else f"it holds: {some}"
    raise ConfigError(
        f"the archive knows no portal {portal_id!r}; {hint if records else 'it holds no snapshot at all'}",
        portal=portal_id,
    )


def _moment(extent: Extent, zone: ZoneInfo, at: datetime | None) -> datetime:
    """Return the moment to rebuild; there is a snapshot at or before it."""
    from amtspuls.errors import ArchiveError

    if at is None:
        return extent.last_at
    if at < extent.first_at:
        raise ArchiveError(
            f"no snapshot of {extent.record.portal_id} at or before {_local(at, zone)}: the first one is of"
            f" {_local(extent.first_at, zone)}",
            portal=extent.record.portal_id,
        )
    return at


def _say_where_we_are(
    extent: Extent, zone: ZoneInfo, moment: datetime, states: Sequence[CalendarState]
) -> None:
    """Say what is shown and how far it can be trusted, on standard error."""
    from datetime import timedelta

    shots, record = extent.newest_until(moment), extent.record
    newest = _from_seconds(int(shots.taken_at[-1]))
    say(
        f"{record.name} ({record.portal_id}) at {_local(moment, zone)}: {_count(states)};"
        f" snapshot of {_local(newest, zone)}, {shots.outcome[-1]}"
    )
    if moment - newest > timedelta(hours=1):
        say(
            f"  that snapshot is {_age(moment - newest)} older than the moment asked for:"
            " what changed in between is not known"
        )
    for state in states:
        if not state.outcome.answered:
            say(f"  {state.calendar.name}: not known, its newest view was {state.outcome}")
        elif state.taken_at != newest:
            say(f"  {state.calendar.name}: last seen {_local(state.taken_at, zone)}")


def _origin_of(
    extent: Extent, times: tuple[datetime | None, datetime], given: Mapping[str, str | None]
) -> Provenance:
    """Where it comes from: all from the newest answer until the moment, and what was known before it."""
    from datetime import timedelta

    from amtspuls.analysis.measures import load_watched
    from amtspuls.analysis.provenance import command_text, provenance_of
    from amtspuls.analysis.selection import Selection

    portal_id, (answered_at, moment) = extent.record.portal_id, times
    since = answered_at or _from_seconds(int(extent.newest_until(moment).taken_at[-1]))
    asked = Selection((portal_id,), from_at=since, until_at=moment + timedelta(seconds=1))
    watched = load_watched(extent.reader, asked, united=True)
    return provenance_of(watched, command_text("show", portal_id, options=given))


def _count(states: Sequence[CalendarState]) -> str:
    """How much is free; where no calendar was ever seen nothing is known, which is not the same as none."""
    if not states:
        return "nothing is known, no calendar has been seen"
    free = sum(len(state.slots) for state in states)
    slots, calendars = ("" if number == 1 else "s" for number in (free, len(states)))
    return f"{group(free)} free slot{slots} in {len(states)} calendar{calendars}"


def _age(age: timedelta) -> str:
    """A time span in whole days where it is two of them or more, else in whole hours."""
    hours = round(age.total_seconds() / 3600)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    return "1 hour" if hours == 1 else f"{hours} hours"


def _from_seconds(seconds: int) -> datetime:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)


def _local(instant: datetime, zone: ZoneInfo) -> str:
    """Local time; with its offset in the hour that autumn repeats."""
    local = instant.astimezone(zone)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return local.isoformat(" ") if twice else local.replace(tzinfo=None).isoformat(" ")


def _print(
    states: Sequence[CalendarState], day: date | None, form: Format, origin: Provenance
) -> None:
    from amtspuls.analysis.daytable import DayColumn, day_table, free_days
    from amtspuls.cli.asking import print_origin
    from amtspuls.cli.daytables import print_day_table, print_free_days

    cells = {"coverage": origin.coverage, **origin.columns()}
    columns = [DayColumn.of(state) for state in states]
    days = [free.day for free in free_days(columns)]
    if day is None:
        print_free_days(columns, form, cells)
        if form in (Format.TABLE, Format.MARKDOWN):
            print_origin(origin, form)
        if days:
            say(f"one day slot by slot: add --day {days[0]}")
        return
    table = day_table(columns, day)
    print_day_table(table, form, cells)
    if form in (Format.TABLE, Format.MARKDOWN):
        print_origin(origin, form)
    if not table.rows:
        unknown = [state.calendar.name for state in states if day not in state.covered]
        known = len(states) - len(unknown)
        say(f"{day}: nothing free in {known} calendars, not known of {len(unknown)}")
