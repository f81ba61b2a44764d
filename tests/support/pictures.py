"""Helpers to look into a picture: its texts, its data, its size."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any

from amtspuls.charts.style import Chart


def texts_of(svg: str) -> list[str]:
    """All texts that an SVG shows."""
    return re.findall(r">([^<>]+)</t(?:ext|span)>", svg)


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, pixels."""
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def all_rows(chart: Chart) -> list[dict[str, Any]]:
    """The data of all layers, in one list."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def placeholders(text: str) -> set[str]:
    """Names in braces of a text."""
    return set(re.findall(r"\{(\w+)\}", text))


def loads_from(page: str) -> Iterator[str]:
    """Addresses that a page would load from; namespaces are names only."""
    for address in re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?([^\"') >]+)", page):
        if not address.startswith("#"):
            yield address
