"""From a chart to a file: drawn here, without a browser, a script or the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from amtspuls.errors import ConfigError
from amtspuls.files import write_whole

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first is inside vl-convert, so that pictures look the same on a machine without fonts."""

PIXELS_PER_POINT = 2.0
ENDINGS = (".png", ".svg")

Chart = alt.LayerChart | alt.Chart


def require_ending(path: Path) -> str:
    """Return the ending of a picture's path, lower case.

    Raises:
        ConfigError: No picture can be written under this ending.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(
            f"{path.name}: a picture ends in {' or '.join(ENDINGS)}, not in {ending or 'nothing'!r}"
        )
    return ending


def render_svg(chart: Chart) -> str:
    """Draw a chart as SVG text; the same chart gives the same text."""
    return str(vl_convert.vegalite_to_svg(_specification(chart)))


def render_png(chart: Chart) -> bytes:
    """Draw a chart as PNG, two pixels for a point."""
    return bytes(vl_convert.vegalite_to_png(_specification(chart), scale=PIXELS_PER_POINT))


def write_chart(chart: Chart, to: Path) -> None:
    """Write a picture; an interrupted one leaves the old file as it was.

    Raises:
        ConfigError: The ending is not one of ``ENDINGS``.
    """
    ending = require_ending(to)
    write_whole(render_png(chart) if ending == ".png" else render_svg(chart).encode(), to)


def _specification(chart: Chart) -> dict[str, Any]:
    specification: dict[str, Any] = chart.to_dict()
    return specification
