"""From a chart to a file: drawn here, without a browser, a script or the network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import vl_convert

from amtspuls.charts.style import INK, Chart
from amtspuls.charts.words import Lang
from amtspuls.errors import ConfigError
from amtspuls.files import write_whole

PIXELS_PER_POINT = 2.0


def require_ending(path: Path) -> str:
    """Return the ending of a picture's path, lower case.

    Raises:
        ConfigError: No picture can be written under this ending.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        *first, last = ENDINGS
        raise ConfigError(
            f"{path.name}: a picture ends in {', '.join(first)} or {last}, not in {ending or 'nothing'!r}"
        )
    return ending


def render_svg(chart: Chart) -> str:
    """Draw a chart as SVG text; the same chart gives the same text."""
    return str(vl_convert.vegalite_to_svg(_specification(chart)))


def render_png(chart: Chart) -> bytes:
    """Draw a chart as PNG, two pixels for a point."""
    return bytes(vl_convert.vegalite_to_png(_specification(chart), scale=PIXELS_PER_POINT))


def render_html(chart: Chart) -> str:
    """Draw a chart as one page with the drawing inside, without scripts.

    A page with the drawing is as large as the drawing, some tens of kilobytes; one that draws itself
    carries 900 kB of libraries and needs a browser that lets pages write code.
    """
    specification = _specification(chart)
    title = escape(_title(specification))
    return (
        f'<!DOCTYPE html>\n<html lang="{_language(specification)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n"
        f"<style>body {{ margin: 1rem; background: #ffffff; color: {INK}; }} "
        "svg { max-width: 100%; height: auto; }</style>\n"
        f'</head>\n<body>\n<figure role="img" aria-label="{title}">\n{render_svg(chart)}\n</figure>\n'
        "</body>\n</html>\n"
    )


def render_json(chart: Chart) -> str:
    """The Vega-Lite specification with its data, for whoever wants to draw on."""
    return json.dumps(_specification(chart), ensure_ascii=False, indent=1) + "\n"


def write_chart(chart: Chart, to: Path) -> None:
    """Write a picture; an interrupted one leaves the old file as it was.

    Raises:
        ConfigError: The ending is not one of ``ENDINGS``.
        OutputError: The file cannot be written.
    """
    rendered = _RENDER[require_ending(to)](chart)
    write_whole(rendered if isinstance(rendered, bytes) else rendered.encode(), to)


def _specification(chart: Chart) -> dict[str, Any]:
    specification: dict[str, Any] = chart.to_dict()
    return specification


def _title(specification: Mapping[str, Any]) -> str:
    title = specification.get("title", {})
    text = title.get("text", "amtspuls") if isinstance(title, dict) else title
    return str(text)


def _language(specification: Mapping[str, Any]) -> str:
    """German pictures carry German names of months in their specification (``words.vega_locale``)."""
    locale = specification.get("config", {}).get("locale", {})
    return (Lang.DE if "time" in locale else Lang.EN).value


_RENDER: Mapping[str, Callable[[Chart], str | bytes]] = MappingProxyType(
    {".png": render_png, ".svg": render_svg, ".html": render_html, ".json": render_json}
)
ENDINGS = tuple(_RENDER)
"""Endings of files that a picture can be written to."""
