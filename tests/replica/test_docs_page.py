"""The how-to names every switch, every fault and every option."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.portals import netappoint_map, tempus_map, tevis_map

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "practise-on-replicas.md"
VARIANTS = {**netappoint_map._VARIANTS, **tempus_map._VARIANTS, **tevis_map._VARIANTS}
TEXT_VALUES = {
    value
    for known in (netappoint_map, tempus_map, tevis_map)
    for values in known._VARIANTS.values()
    for value in values or ()
    if isinstance(value, str) and value not in netappoint_map.CHARSETS
}


@pytest.mark.parametrize(
    "word",
    sorted(
        {*FaultName, *VARIANTS, *TEXT_VALUES, *netappoint_map.CHARSETS, *netappoint_map.REFUSALS_DE}
        | {field.name for field in fields(Fault)} - {"name"}
    ),
)
def test_every_switch_is_described(word: str) -> None:
    assert re.search(rf'[`"]{re.escape(word)}["`]', PAGE.read_text("utf-8")), word


@pytest.mark.parametrize(
    "option", ["recording", "metadata", "town", "portal", "at", "speed", "port"]
)
def test_every_option_is_described(option: str) -> None:
    assert f"`--{option}`" in PAGE.read_text("utf-8")
