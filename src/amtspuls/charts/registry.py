"""Which pictures there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType

from amtspuls.analysis.grouping import Watched
from amtspuls.charts.activity import draw_activity
from amtspuls.charts.render import Chart
from amtspuls.errors import ConfigError

CHARTS: Mapping[str, Callable[[Sequence[Watched]], Chart]] = MappingProxyType(
    {"activity": draw_activity}
)
"""All pictures by name."""


def require_chart(name: str) -> Callable[[Sequence[Watched]], Chart]:
    """Return the function that draws a picture.

    Raises:
        ConfigError: None has this name.
    """
    if name in CHARTS:
        return CHARTS[name]
    near = get_close_matches(name, CHARTS, 2, 0.4)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise ConfigError(f"no picture is called {name!r}; {hint}there are: {', '.join(CHARTS)}")
