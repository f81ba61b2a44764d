"""``report.html``: one page that says what an archive knows, readable without network and scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from amtspuls import __version__
from amtspuls.analysis.display import show_time
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.provenance import Provenance, command_text, provenance_of
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.status import PortalStatus, read_status
from amtspuls.archive.base import ArchiveReader, Stop
from amtspuls.archive.week import IsoWeek
from amtspuls.charts.words import Lang, Say, say_number, say_share, say_weeks, speaker
from amtspuls.files import write_whole
from amtspuls.web.report_figures import make_figures, take_totals
from amtspuls.web.report_legacy import LegacyFigures, read_legacy
from amtspuls.web.report_pictures import Places, draw_pictures
from amtspuls.web.report_tables import Cell, days_table, hours_table, portal_table, show
from amtspuls.web.report_words import TEXTS

Command = Callable[..., str]


def write_report(
    reader: ArchiveReader,
    to: Path,
    *,
    archive: Path | None = None,
    selection: Selection | None = None,
    options: Mapping[str, Any] | None = None,
    week: IsoWeek | None = None,
    lang: Lang = Lang.EN,
    places: Places | None = None,
) -> None:
    """Write the report; an interrupted one leaves the old file as it was.

    Args:
        reader: The archive.
        to: The file, usually ``report.html``.
        archive: Folder of the archive, for the predecessor's figures of a sealed week.
        selection: Portals and range; all of them when left out.
        options: The command line options that stand for ``selection``, by name, for the commands that
            the page shows.
        week: The week that the selection is about, where it is one whole week.
        lang: Language of the page.
        places: Where portals are; as the packaged catalogue has it when left out.

    Raises:
        ArchiveError: Nothing is in the archive, or nothing in the range.
        ConfigError: No portal passes the filters.
        OutputError: The file cannot be written.
    """
    watched = load_watched(reader, selection or Selection())
    legacy = None
    if archive and week:
        ids = {one.evidence.record.portal_id for one in watched}
        legacy = read_legacy(archive, week, ids)
    page = render_report(
        watched, reader.stops(), options, week=week, lang=lang, legacy=legacy, places=places
    )
    write_whole(page.encode(), to)


def render_report(
    watched: Sequence[Watched],
    stops: Mapping[str, Stop],
    options: Mapping[str, Any] | None = None,
    *,
    week: IsoWeek | None = None,
    lang: Lang = Lang.EN,
    legacy: LegacyFigures | None = None,
    places: Places | None = None,
) -> str:
    """Render the page.

    Portals of the archive without any snapshot in the range are left out, and the page says so.

    Args:
        watched: Portals and range.
        stops: Portals that are stopped now, by id.
        options: Options by name that the commands on the page need to ask the same.
        week: The week that the page was asked for, where it was one.
        lang: Language of the page.
        legacy: The predecessor's figures, where they are known.
        places: As in ``write_report``.
    """
    say = speaker(TEXTS, lang)
    command = partial(command_text, options=options)
    spoken = {} if lang is Lang.EN else {"--lang": lang.value}
    drawing = partial(command_text, options={**spoken, **(options or {})})
    asked = [one for one in watched if _was_asked(one)] or list(watched)
    totals = take_totals(asked)
    status = read_status(asked, stops)
    source = provenance_of(asked, _own_command(week, {**spoken, **(options or {})}, places))
    return (
        _environment()
        .get_template("report.html")
        .render(
            lang=lang.value,
            say=say,
            version=__version__,
            provisional=totals["activity"]["provisional"],
            **_heading(asked, totals["activity"], source, say, lang),
            left_out=len(watched) - len(asked),
            figures=make_figures(totals, say, lang, command),
            pictures=draw_pictures(asked, say, lang, drawing, places),
            tables=(
                portal_table(asked, _first_cells(status, say, lang), say, lang, command, source),
                days_table(asked, say, lang, command, source),
                hours_table(asked, say, lang, command, source),
            ),
            legacy=_legacy_rows(legacy, totals["activity"], say, lang),
            legacy_command=legacy
            and command_text("legacy-metrics", "--week", legacy.week, "--to", "legacy"),
            rules=", ".join(sorted({str(row["rule"]) for row in totals.values()})),
            source=source,
            source_line=partial(_source_line, say=say, lang=lang),
        )
    )


def _own_command(week: IsoWeek | None, options: Mapping[str, Any], places: Places | None) -> str:
    """What writes this page again: only ``--week`` brings the predecessor's figures of a week."""
    times = ("--from", "--until") if week else ()
    kept = {name: value for name, value in options.items() if name not in times}
    named = {"--week": str(week)} if week else {}
    return command_text("report", *(places.words if places else ()), options={**named, **kept})


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("amtspuls.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _was_asked(one: Watched) -> bool:
    return bool(one.evidence.in_range(one.evidence.snapshots.taken_at).any())


def _heading(
    watched: Sequence[Watched], total: Mapping[str, Any], source: Provenance, say: Say, lang: Lang
) -> dict[str, str]:
    """Portals, weeks, coverage and range, in words."""
    number = len(watched)
    key = "portal" if number == 1 else "portals"
    zones = ", ".join(sorted({one.evidence.zone.key for one in watched}))
    ends = say("to", first=show_time(total["from"]), last=show_time(total["until"]))
    # In the table of texts "portals" is the heading of a table; the shared words count.
    counted = {"portal": ("{n} portal", "{n} Portal"), "portals": ("{n} portals", "{n} Portale")}
    return {
        "count": speaker(counted, lang)(key, n=say_number(number, lang)),
        "weeks": say_weeks(source.weeks, lang),
        "observed": say("observed", share=say_share(source.coverage, lang)),
        "range": f"{ends} ({zones})",
    }


def _first_cells(status: Sequence[PortalStatus], say: Say, lang: Lang) -> dict[str, Cell]:
    """Name, id, system, calendars and outcomes of each portal; and the stop, where there is one."""
    cells = {}
    for one in status:
        number = say_number(one.calendars, lang)
        calendars = say("calendar" if one.calendars == 1 else "calendars", number=number)
        counts = ", ".join(
            say(f"o_{outcome}", number=say_number(count, lang))
            for outcome, count in one.outcomes.items()
        )
        outcomes = say("outcomes", counts=counts)
        small = f"{one.record.portal_id} · {one.record.system} · {calendars} · {outcomes}"
        warning = say("stopped", reason=one.stopped.reason) if one.stopped else ""
        cells[one.record.portal_id] = Cell(one.record.name, small, warning)
    return cells


def _legacy_rows(
    legacy: LegacyFigures | None, total: Mapping[str, Any], say: Say, lang: Lang
) -> tuple[tuple[str, str, str], ...]:
    """Rule, bookings and cancellations: ours, and the predecessor's two ways to count."""
    if legacy is None:
        return ()
    found = (
        (say("ours", rule=total["rule"]), total["bookings"], total["cancellations"]),
        (say("legacy_raw"), legacy.bookings, legacy.cancellations),
        (say("legacy_clipped"), legacy.booked_quarters, legacy.cancelled_quarters),
    )
    return tuple((name, show("count", a, lang), show("count", b, lang)) for name, a, b in found)


def _source_line(source: Provenance, *, say: Say, lang: Lang) -> str:
    return say(
        "source_line",
        weeks=say_weeks(source.weeks, lang),
        share=say_share(source.coverage, lang),
        version=source.version,
        digest=source.archive_digest,
    )
