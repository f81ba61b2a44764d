"""``report.html``: one page that says what an archive knows, readable without network and scripts."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from amtspuls import __version__
from amtspuls.analysis.base import Answer, Row, count_of, days_text, per_cent
from amtspuls.analysis.display import show_time
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.measures import MEASURES, load_watched, take_measure
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.status import PortalStatus, read_status
from amtspuls.analysis.timeline import list_weeks, say_weeks
from amtspuls.archive.base import ArchiveReader, Stop
from amtspuls.charts.activity import draw_activity
from amtspuls.charts.base import Options
from amtspuls.charts.render import render_svg
from amtspuls.files import write_whole

_CHARTS = (
    (
        "booking-times",
        "When people book",
        "bookings per covered hour and portal",
        "bookings_per_hour",
        "bookings",
    ),
    (
        "wanted-times",
        "Which slots they take",
        "slots booked, % of those offered",
        "booked_share",
        "offered",
    ),
)


@dataclass(frozen=True)
class Figure:
    """One number that leads the page.

    Attributes:
        title: What it is.
        value: The number with its unit.
        note: What to know beside it.
        command: The command that gives it again.
    """

    title: str
    value: str
    note: str
    command: str


@dataclass(frozen=True)
class Bar:
    """One line of a small chart.

    Attributes:
        label: Hour or weekday.
        text: The number.
        width: Length of the bar, 0 to 100.
        note: The counts behind it.
    """

    label: str
    text: str
    width: float
    note: str


@dataclass(frozen=True)
class Bars:
    """A small chart with the command that gives its numbers again."""

    title: str
    unit: str
    bars: tuple[Bar, ...]
    command: str


def write_report(
    reader: ArchiveReader,
    to: Path,
    *,
    archive: Path | None = None,
    selection: Selection | None = None,
    options: Sequence[str] = (),
) -> None:
    """Write the report; an interrupted one leaves the old file as it was.

    Args:
        reader: The archive.
        to: The file, usually ``report.html``.
        archive: Folder of the archive, for the commands that the page names.
        selection: Portals and range; all of them when left out.
        options: The command line options that stand for ``selection``, for the same commands.

    Raises:
        ArchiveError: Nothing is in the archive, or nothing in the range.
        ConfigError: No portal passes the filters.
    """
    folder = ["--archive", str(archive)] if archive else []
    page = render_report(
        load_watched(reader, selection or Selection()), reader.stops(), [*folder, *options]
    )
    write_whole(page.encode(), to)


def render_report(
    watched: Sequence[Watched], stops: Mapping[str, Stop], options: Sequence[str] = ()
) -> str:
    """Render the page.

    Args:
        watched: Portals and range.
        stops: Portals that are stopped now, by id.
        options: Options that the commands on the page need to ask the same.
    """
    environment = Environment(
        loader=PackageLoader("amtspuls.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=per_cent, days=days_text, number=_number)

    def command(*words: str) -> str:
        return shlex.join(["amtspuls", *words, *options])

    answers = {name: take_measure(one, watched, By.ALL) for name, one in MEASURES.items()}
    total = answers["activity"].total
    return environment.get_template("report.html").render(
        version=__version__,
        weeks=say_weeks(list_weeks(watched)),
        range=f"{show_time(total['from'])} to {show_time(total['until'])}",
        zones=", ".join(sorted({one.evidence.zone.key for one in watched})),
        count=_count(watched),
        coverage=total["coverage"],
        figures=_figures(answers, command),
        portals=_portal_rows(watched, read_status(watched, stops)),
        picture=Markup(_picture(watched)),  # noqa: S704 - drawn by us, its only texts are dates and numbers
        charts=_charts(watched, command),
        rules=sorted({answer.measure.rule for answer in answers.values()}),
        command=command,
    )


def _count(watched: Sequence[Watched]) -> str:
    """How many portals there are, and how many of them were asked at all."""
    asked = sum(
        bool(one.evidence.in_range(one.evidence.snapshots.taken_at).any()) for one in watched
    )
    whole = count_of(len(watched), "portal")
    return whole if asked == len(watched) else f"{asked} of {whole}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def _picture(watched: Sequence[Watched]) -> str:
    return render_svg(draw_activity(watched, options=Options(width=900, height=280, titled=False)))


def _figures(answers: Mapping[str, Answer], command: Callable[..., str]) -> list[Figure]:
    wait, busy = answers["wait"].total, answers["activity"].total
    lead, rate = answers["lead-time"].total, answers["cancellation-rate"].total
    wanted = answers["wanted-times"].total
    hourly = busy["bookings_per_hour"]
    return [
        Figure(
            "Median wait",
            _days(wait["median_first_days"]),
            f"third free slot {_days(wait['median_third_days'])}; "
            f"nothing free in {per_cent(wait['none_share'])} of the time",
            command("measure", "wait", "--by", "all"),
        ),
        Figure(
            "Bookings",
            _number(busy["bookings"]),
            "no covered hour" if hourly is None else f"{hourly:.1f} per covered hour and portal",
            command("measure", "activity", "--by", "all"),
        ),
        Figure(
            "Cancellations",
            _number(busy["cancellations"]),
            "no booking to compare with"
            if rate["rate"] is None
            else f"{100 * rate['rate']:.0f} for 100 bookings",
            command("measure", "cancellation-rate", "--by", "all"),
        ),
        Figure(
            "Booked ahead",
            _days(lead["median_days"]),
            f"median from booking to slot; 9 in 10 within {_days(lead['p90_days'])}",
            command("measure", "lead-time", "--by", "all"),
        ),
        Figure(
            "Slots taken",
            per_cent(wanted["booked_share"]),
            f"of {count_of(wanted['offered'], 'slot')} seen free",
            command("measure", "wanted-times", "--by", "all"),
        ),
    ]


def _days(value: float | str | None) -> str:
    return "unknown" if value is None else f"{days_text(value)} days"


def _portal_rows(watched: Sequence[Watched], found: Sequence[PortalStatus]) -> list[dict[str, Any]]:
    waits = {row["portal"]: row for row in take_measure(MEASURES["wait"], watched, By.PORTAL).rows}
    busy = {
        row["portal"]: row for row in take_measure(MEASURES["activity"], watched, By.PORTAL).rows
    }
    return [
        {
            "status": one,
            "wait": waits[one.record.portal_id],
            "busy": busy[one.record.portal_id],
            "outcomes": ", ".join(f"{number} {name}" for name, number in one.outcomes.items()),
        }
        for one in found
    ]


def _charts(watched: Sequence[Watched], command: Callable[..., str]) -> list[Bars]:
    return [
        Bars(
            f"{title}, by {by}",
            unit,
            _bars(take_measure(MEASURES[name], watched, by).rows, by, key, counts),
            command("measure", name, "--by", by.value),
        )
        for by in (By.HOUR, By.WEEKDAY)
        for name, title, unit, key, counts in _CHARTS
    ]


def _bars(rows: Sequence[Row], by: By, key: str, counts: str) -> tuple[Bar, ...]:
    """Lines of a small chart; hours at both ends of the day with nothing in them are left out."""
    busy = [place for place, row in enumerate(rows) if row[counts]]
    if by is By.HOUR:
        rows = rows[busy[0] : busy[-1] + 1] if busy else ()
    largest = max((row[key] or 0.0 for row in rows), default=0.0)
    return tuple(
        Bar(
            f"{row['hour']:02d}:00" if by is By.HOUR else row["weekday"],
            _bar_text(row[key], share=key == "booked_share"),
            round(100 * (row[key] or 0.0) / largest, 1) if largest else 0.0,
            f"{_number(row[counts])} {counts}",
        )
        for row in rows
    )


def _bar_text(value: float | None, *, share: bool) -> str:
    if value is None:
        return "–"
    return per_cent(value) if share else f"{value:.1f}"
