"""One replica portal of every system, and every form its replica can take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from amtspuls.replica.availability import ReplicaPortal
from amtspuls.replica.portals import (
    ekol_map,
    etermin_map,
    impfthueringen,
    netappoint_map,
    tempus_map,
    tevis_map,
)
from support.practice import netappoint, tempus
from support.practice_ekol import ekol
from support.practice_etermin import etermin
from support.practice_impf import impf
from support.practice_tevis import tevis

PORTALS: Mapping[str, ReplicaPortal] = {
    "ekol": ekol(
        ("1222936001", "Bürgeramt Mitte", ("Reisepass",)),
        ("1222936002", "Bürgeramt Nord", ("Reisepass",)),
    ),
    "etermin": etermin(("90701", "Pässe", ("Reisepass",)), ("90702", "Meldung", ("Ummeldung",))),
    "impfthueringen": impf(("138", "Jena"), ("140", "Gera, Nord")),
    "netappoint": netappoint(
        ("meldewesen", "Meldewesen", ("Ummeldung", "Abmeldung")), ("passe", "Pässe", ("Reisepass",))
    ),
    "tempus": tempus(
        ("7/70", "Rathaus: Pässe", ("Reisepass",)), ("8/70", "Außenstelle: Pässe", ("Reisepass",))
    ),
    "tevis": tevis(
        ("301", "Bürgeramt / Mitte", ("Reisepass",)), ("302", "Bürgeramt / Nord", ("Reisepass",))
    ),
}  # fmt: skip
"""Two calendars each, as their replicas show them without any switch."""

SWITCHES: Mapping[str, Mapping[str, Sequence[Any] | None]] = {
    "ekol": ekol_map.VARIANTS,
    "etermin": etermin_map.VARIANTS,
    "impfthueringen": impfthueringen.VARIANTS,
    "netappoint": netappoint_map._VARIANTS,
    "tempus": tempus_map._VARIANTS,
    "tevis": tevis_map._VARIANTS,
}
"""All switches of a replica with their values; None for numbers and lists."""

FREE_VALUES: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "ekol": {"window_months": (1,), "horizon_days": (30,), "idle_min": (5,), "robots": (404,)},
    "etermin": {
        "range_limit": (50,), "durations": ([10, 20],), "cap": (2,), "appfuture": (40,), "robots": (404,),
    },
    "impfthueringen": {"robots": (404,)},
    "netappoint": {"refuses": ([1001],), "horizon_months": (1,), "robots": (404,)},
    "tempus": {"horizon_months": (1,), "robots": (404,)},
    "tevis": {
        "budget_per_min": (500,), "page_slots": (16,), "page_days": (2,), "span_days": (3,),
        "duration_min": (5,), "robots": (404,),
    },
}  # fmt: skip
"""Values to try of the switches that take any."""

_NEEDS: Mapping[str, Callable[[ReplicaPortal], ReplicaPortal]] = {
    "tempus layout B": lambda portal: _named(portal, "Rathaus: default", "Außenstelle: default"),
    "tevis generation v1": lambda portal: _named(portal, "Bürgeramt", "Bürgeramt Nord"),
    "netappoint services False": lambda portal: replace(
        portal, portal_options={"start": "calendar", "causes": {"0": "Meldewesen", "1": "Pässe"}}
    ),
    "etermin priming site-all": lambda portal: replace(portal, portal_options={"account": 45039}),
}
_ALSO: Mapping[str, Mapping[str, Any]] = {
    **{
        f"tevis {switch}": {"generation": "v1"}
        for switch in ("forms", "titles", "calendar_attribute", "valid")
    },
    **{f"tempus {switch}": {"layout": "B"} for switch in ("controls",)},
}
"""Switches that mean something beside another one only."""


def _named(portal: ReplicaPortal, *names: str) -> ReplicaPortal:
    calendars = zip(portal.calendars, names, strict=True)
    return replace(
        portal, calendars=tuple(replace(calendar, name=name) for calendar, name in calendars)
    )


def _as_it_is(portal: ReplicaPortal) -> ReplicaPortal:
    return portal


def forms_of(system: str) -> dict[str, ReplicaPortal]:
    """The portal of a system, plain and with each switch at each of its values, by a name for tests."""
    forms = {f"{system} plain": PORTALS[system]}
    for switch, listed in SWITCHES[system].items():
        for value in listed if listed is not None else FREE_VALUES[system][switch]:
            variant = {**_ALSO.get(f"{system} {switch}", {}), switch: value}
            portal = replace(PORTALS[system], variant=variant)
            for name, given in variant.items():
                portal = _NEEDS.get(f"{system} {name} {given}", _as_it_is)(portal)
            forms[f"{system} {switch} {value}"] = portal
    return forms
