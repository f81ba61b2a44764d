"""Which header fields a system may set for a request: those that choose what is asked, no others.

Who asks is never a system's business: User-Agent, cookies, Host and whatever makes a client look like
a browser (``Sec-...``, ``Origin``, ``X-Requested-With``) stay as ``fetch.client`` sends them.
"""

from __future__ import annotations

from collections.abc import Mapping

from amtspuls.errors import ConfigError
from amtspuls.fetch.redirects import Territory

ALLOWED = frozenset({"accept", "referer", "webid"})
"""Names in lower case. ``webid`` chooses the tenant of an etermin host (docs/systems/etermin.md)."""


def checked_headers(headers: Mapping[str, str], territory: Territory) -> dict[str, str]:
    """Return the header fields of a request as they may be sent.

    Args:
        headers: Names (in any case) and values.
        territory: Where a ``Referer`` must lie: nobody else sends us.

    Raises:
        ConfigError: A name that is not allowed, or a value that is no printable ASCII text.
        PageChangedError: A ``Referer`` outside of the portal.
    """
    for name, value in headers.items():
        if name.lower() not in ALLOWED:
            raise ConfigError(
                f"the header {name!r} may not be set; there are: {', '.join(sorted(ALLOWED))}",
                header=name,
            )
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise ConfigError(
                f"the header {name} may hold printable ASCII characters only, not {value!r}",
                header=name,
            )
        if name.lower() == "referer":
            territory.require_inside(value)
    return dict(headers)
