from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from amtspuls.errors import ConfigError
from amtspuls.systems import registry


@pytest.fixture(autouse=True)
def _fresh_registry() -> Iterator[None]:
    registry.load_systems.cache_clear()
    yield
    registry.load_systems.cache_clear()


def bring(monkeypatch: pytest.MonkeyPatch, *pairs: tuple[str, str]) -> None:
    found = [EntryPoint(name, value, registry.ENTRY_POINT_GROUP) for name, value in pairs]

    def entry_points(**_: Any) -> list[EntryPoint]:
        return found

    monkeypatch.setattr(registry, "entry_points", entry_points)


def test_other_distributions_bring_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(monkeypatch, ("b", "amtspuls.systems.tempus:SYSTEM"), ("a", "json:dumps"))
    assert list(registry.load_systems()) == ["a", "b"]


def test_two_systems_of_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(monkeypatch, ("a", "json:dumps"), ("a", "json:loads"))
    with pytest.raises(ConfigError, match="two installed packages bring the system 'a'"):
        registry.load_systems()


@pytest.mark.parametrize("value", ["no_such_module:SYSTEM", "json:NO_SUCH_NAME"])
def test_a_system_that_does_not_load(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    bring(monkeypatch, ("a", value))
    with pytest.raises(ConfigError, match="'a' does not load"):
        registry.load_systems()
