"""Helpers to look into a picture: its texts, its data, its size."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amtspuls.charts.style import Chart


def texts_of(svg: str) -> list[str]:
    """All texts that an SVG shows."""
    return re.findall(r">([^<>]+)</t(?:ext|span)>", svg)


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, pixels."""
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def pixels_of(png: bytes) -> NDArray[np.int64]:
    """All pixels of a PNG without a palette, shape (height, width, channels)."""
    width, height = size_of(png)
    depth, kind = png[24], png[25]
    assert (depth, kind) in {(8, 2), (8, 6)}
    channels = 3 if kind == 2 else 4
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(data), width * channels
    lines = [bytes(stride)]
    for row in range(height):
        line = raw[row * (stride + 1) : (row + 1) * (stride + 1)]
        lines.append(_unfilter(line[0], bytearray(line[1:]), lines[-1], channels))
    return np.frombuffer(b"".join(lines[1:]), np.uint8).reshape(height, width, -1).astype(np.int64)


def _unfilter(kind: int, line: bytearray, above: bytes, step: int) -> bytes:
    if kind == 1:
        pixels = np.frombuffer(line, np.uint8).reshape(-1, step)
        return np.cumsum(pixels, axis=0, dtype=np.uint8).tobytes()
    if kind in {0, 2}:
        sums = np.frombuffer(line, np.uint8) + (np.frombuffer(above, np.uint8) if kind else 0)
        return sums.astype(np.uint8).tobytes()
    for place in range(len(line)):
        left = line[place - step] if place >= step else 0
        up = above[place]
        corner = above[place - step] if place >= step else 0
        guess = (left + up) // 2 if kind == 3 else _nearest(left, up, corner)
        line[place] = (line[place] + guess) % 256
    return bytes(line)


def _nearest(left: int, up: int, corner: int) -> int:
    aim = left + up - corner
    return min((left, up, corner), key=lambda value: abs(aim - value))


def places_of(pixels: NDArray[np.int64], colour: str) -> NDArray[np.int64]:
    """Rows and columns of the pixels of a colour such as ``#08457e``; shape (n, 2)."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return np.argwhere((np.abs(pixels[:, :, :3] - wanted) <= 2).all(axis=2))


def all_rows(chart: Chart) -> list[dict[str, Any]]:
    """The data of all layers, in one list."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def placeholders(text: str) -> set[str]:
    """Names in braces of a text."""
    return set(re.findall(r"\{(\w+)\}", text))


def unwrapped(page: str) -> str:
    """A page whose commands are plain text: there each word is an element, so that it stays on one line."""
    return re.sub(r"</?span>", "", page)


def loads_from(page: str) -> Iterator[str]:
    """Addresses that a page would load from; namespaces are names only."""
    for address in re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?([^\"') >]+)", page):
        if not address.startswith("#"):
            yield address
