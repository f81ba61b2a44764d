"""Pictures of the report, drawn into the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import altair as alt
from markupsafe import Markup, escape

from amtspuls.analysis.grouping import Watched
from amtspuls.catalogue.portal import Portal
from amtspuls.charts.activity import draw_activity
from amtspuls.charts.base import Options
from amtspuls.charts.booking_times import draw_booking_times
from amtspuls.charts.cities import draw_cities, make_wish, read_cities
from amtspuls.charts.coverage import draw_coverage
from amtspuls.charts.free_stock import draw_free_stock
from amtspuls.charts.lead_time import draw_lead_time
from amtspuls.charts.portals import draw_portals
from amtspuls.charts.releases import draw_releases
from amtspuls.charts.render import render_svg
from amtspuls.charts.style import Chart, small_print
from amtspuls.charts.wait import draw_wait
from amtspuls.charts.words import Lang, Say
from amtspuls.errors import ConfigError
from amtspuls.web.report_tables import Command

DRAW: Mapping[str, Callable[..., Chart]] = MappingProxyType(
    {
        "activity": draw_activity,
        "booking-times": draw_booking_times,
        "wait": draw_wait,
        "portals": draw_portals,
        "lead-time": draw_lead_time,
        "free-stock": draw_free_stock,
        "releases": draw_releases,
        "coverage": draw_coverage,
    }
)
"""Pictures of the page by the name that ``amtspuls plot`` knows, in the order of the page."""

_BEFORE_CITIES, _CITIES = "portals", "compare"
_WITH_NAMES, _BESIDE_NAMES = frozenset({"portals", "coverage"}), 690
"""Pictures with a name and a figure beside each line, and how wide they are drawn so that their texts keep their size."""

_ID = re.compile(r'(\bid="|url\(#|href="#)([\w-]+)')
_ROOT = re.compile(r"<svg ([^>]*)>")


class Places(NamedTuple):
    """Where portals are.

    Attributes:
        portals: The catalogue, by id; None is the packaged one.
        files: The user's own files that it was made with, for the commands that the page shows.
    """

    portals: Mapping[str, Portal] | None = None
    files: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The files as options of a command."""
        return tuple(word for file in self.files for word in ("--catalogue", file))


@dataclass(frozen=True)
class Drawn:
    """A picture on the page.

    Attributes:
        name: Name of the picture.
        title: Its heading.
        caption: How to read it.
        facts: What holds for it alone: rule, what is not drawn; empty where there is nothing.
        svg: The drawing.
        command: What draws it again.
    """

    name: str
    title: str
    caption: str
    facts: str
    svg: Markup
    command: str


def draw_pictures(
    watched: Sequence[Watched],
    say: Say,
    lang: Lang,
    command: Command,
    places: Places | None = None,
) -> tuple[Drawn, ...]:
    """Draw all pictures of the page; cities side by side where there are at least two.

    Args:
        watched: Portals and range.
        say: Texts of the report.
        lang: Its language.
        command: Writes the commands.
        places: Where portals are; as the packaged catalogue has it when left out.
    """
    places = places or Places()

    def drawn_by(name: str) -> str:
        words = places.words if name == _CITIES else ()
        return command("plot", name, "--out", f"{name}.png", *words)

    known = _facts(small_print(watched, lang))
    # Vega works outside Python, so that one picture is rendered while the next is worked out.
    with ThreadPoolExecutor(max_workers=1) as renderer:
        started = [
            (name, *_start(chart, renderer))
            for name, chart in _charts(watched, lang, places.portals)
            if chart
        ]
        return tuple(
            _drawn(name, title, svg.result(), known, say, drawn_by(name))
            for name, title, svg in started
        )


def _charts(
    watched: Sequence[Watched], lang: Lang, catalogue: Mapping[str, Portal] | None
) -> Iterator[tuple[str, Chart | None]]:
    options = Options(lang=lang)
    narrow = Options(lang=lang, width=_BESIDE_NAMES, catalogue=catalogue)
    for name, draw in DRAW.items():
        yield name, draw(watched, options=narrow if name in _WITH_NAMES else options)
        if name == _BEFORE_CITIES:
            yield _CITIES, _cities(watched, narrow)


def _start(chart: Chart, renderer: ThreadPoolExecutor) -> tuple[alt.TitleParams, Future[str]]:
    """Take title and small print out of a picture, since the page says them as text, and have it rendered."""
    title = chart.title
    chart.title = alt.Undefined
    return title, renderer.submit(render_svg, chart)


def _cities(watched: Sequence[Watched], options: Options) -> Chart | None:
    """The comparison of cities; None where there are not at least two with a citizen office."""
    reader = watched[0].evidence.reader
    try:
        found = read_cities(reader, watched, make_wish(options), options.catalogue)
    except ConfigError:
        return None
    return (
        draw_cities(reader, watched, options=options, found=found) if len(found.lines) > 1 else None
    )


def _facts(lines: Sequence[str]) -> list[str]:
    return [fact for line in lines for fact in line.split(" · ") if fact]


def _drawn(
    name: str, title: alt.TitleParams, svg: str, known: Sequence[str], say: Say, command: str
) -> Drawn:
    caption = say(f"c_{name}")
    label = say("shows", title=title.text, caption=caption)
    return Drawn(
        name,
        str(title.text),
        caption,
        " · ".join(fact for fact in _facts(title.subtitle) if fact not in known),
        Markup(inline_svg(svg, name, label)),  # noqa: S704 - drawn by us; Vega escapes its texts, inline_svg the label
        command,
    )


def inline_svg(svg: str, name: str, label: str) -> str:
    """Make an SVG part of a page: ids that no other picture has, one label instead of many roles.

    Args:
        svg: As Vega writes it.
        name: Begins the ids.
        label: What a reader hears who does not see the picture.
    """
    own = _ID.sub(rf"\g<1>{name}-\g<2>", svg)
    own = re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", own)
    begin = f'<svg role="img" aria-label="{escape(label)}" '
    # A function, so that a backslash in a label is no reference to a group.
    return _ROOT.sub(lambda found: f"{begin}{found[1]}>", own, count=1)
