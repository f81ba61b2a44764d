"""Portals for property tests, and running the command line inside a test."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from amtspuls.catalogue.portal import AskedService, HostRule, Kind, Place, Portal, TlsException
from amtspuls.catalogue.services import COMMON_SERVICES
from amtspuls.cli.app import main

unhurried = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
"""For properties whose examples are large: a busy machine is no failure."""

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_shown = _text.map(str.strip).filter(bool)
_host = st.from_regex(r"[a-z][a-z0-9]{0,6}(\.[a-z0-9]{1,6}){1,2}", fullmatch=True)
_leaf = (
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | _text
    | st.dates(min_value=date(1, 1, 1))
    | st.datetimes(min_value=datetime(1, 1, 1))
    | st.just(time(8, 30))
)
_option = st.recursive(
    _leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_place = st.builds(
    Place,
    city=_shown,
    state=_shown,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
)
_service = st.builds(
    AskedService, common=st.sampled_from(COMMON_SERVICES), name=_shown
) | st.builds(AskedService, common=st.sampled_from(COMMON_SERVICES), id=_shown)


def portals() -> st.SearchStrategy[Portal]:
    """Any valid portal."""
    return st.builds(
        Portal,
        id=st.from_regex(r"[a-z0-9][a-z0-9-]{0,15}", fullmatch=True),
        name=_shown,
        system=st.sampled_from(["tempus", "netappoint", "other_system"]),
        url=_host.map(lambda host: f"https://{host}/index.php?company=x"),
        zone=st.sampled_from(["Europe/Berlin", "Europe/Vienna", "UTC"]),
        status=st.sampled_from(["active", "silent", "retired", "unverified"]),
        last_seen=st.none() | st.dates(),
        note=_shown,
        kind=st.sampled_from(get_args(Kind)),
        place=st.none() | _place,
        replaced_by=st.just("")
        | _host.map(lambda host: f"https://{host}/")
        | st.just("an-id-that-none-of-them-has"),
        services=st.just("all")
        | st.lists(_service, max_size=8, unique_by=lambda one: one.wire.casefold()).map(tuple),
        off=_text,
        hosts=st.lists(_host, max_size=2).map(tuple),
        options=st.dictionaries(_text, _option, max_size=3),
        calendar_aliases=st.dictionaries(_text, _text, max_size=3),
        min_slots=st.integers(0, 10),
        max_slots=st.integers(10, 300_000),
        tls=st.none() | st.builds(TlsException, verify=st.just(False), reason=st.just("x" * 10)),
    )


def a_portal(portal_id: str = "demo", system: str = "tempus") -> Portal:
    """A plain portal."""
    url = "https://demo.example/index.php?anlagennr=1"
    return Portal(id=portal_id, name="Stadt Demo", system=system, url=url)


def a_rule(host: str) -> HostRule:
    """A gate of its own for a host."""
    return HostRule(
        host=host, concurrency=1, pause_s=2.0, requests_per_day=100, reason="asked for it by mail"
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run ``amtspuls`` and return its exit code, what it printed, and what it said on standard error."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    code = ended.value.code
    printed = capsys.readouterr()
    return (code if isinstance(code, int) else 0), printed.out, printed.err
