from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from amtspuls.log import configure_log, get_log


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_warnings_go_to_standard_error_and_nothing_to_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    structlog.reset_defaults()
    get_log().info("snapshot_taken", portal="auwinkel")
    get_log().warning("portal_stopped", portal="auwinkel")
    said = capsys.readouterr()
    assert not said.out
    assert "portal_stopped" in said.err
    assert "snapshot_taken" not in said.err
    assert "\x1b" not in said.err, "no colours outside a terminal"


def test_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log(level="info", as_json=True)
    get_log().info("snapshot_taken", portal="München", outcome="ok")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "snapshot_taken"
    assert line["portal"] == "München"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")
