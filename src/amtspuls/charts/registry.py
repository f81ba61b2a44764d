"""Which pictures there are."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from amtspuls.analysis.provenance import provenance_of
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import ArchiveReader
from amtspuls.charts import (
    activity,
    booking_times,
    cities,
    coverage,
    free_stock,
    lead_time,
    portals,
    releases,
    wait,
)
from amtspuls.charts.base import Asked, Options, Picture
from amtspuls.charts.style import Chart, add_provenance
from amtspuls.errors import ConfigError

PICTURES: Mapping[str, Picture] = MappingProxyType(
    {
        picture.name: picture
        for picture in (
            activity.PICTURE,
            booking_times.PICTURE,
            free_stock.PICTURE,
            wait.PICTURE,
            lead_time.PICTURE,
            releases.PICTURE,
            portals.PICTURE,
            cities.PICTURE,
            coverage.PICTURE,
        )
    }
)
"""All pictures by name, in the order in which they are listed."""


def require_picture(name: str) -> Picture:
    """Return one picture.

    Raises:
        ConfigError: None has this name; the message names the nearest.
    """
    if name in PICTURES:
        return PICTURES[name]
    near = get_close_matches(name, PICTURES, 2, 0.4)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise ConfigError(f"no picture is called {name!r}; {hint}there are: {', '.join(PICTURES)}")


def draw_picture(
    picture: Picture, reader: ArchiveReader, selection: Selection, options: Options
) -> Chart:
    """Draw a picture of what an archive says.

    Raises:
        ArchiveError: Nothing is in the archive, or nothing in the range.
        ConfigError: No portal passes the filters, or the picture takes no such option.
    """
    picture.require(options)
    asked = Asked(reader, selection, options, united=picture.takes_united(options))
    chart = picture.draw(asked)
    if options.titled:
        add_provenance(chart, provenance_of(asked.watched, options.command), options.lang)
    return chart
