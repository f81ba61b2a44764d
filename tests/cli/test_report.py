from __future__ import annotations

from pathlib import Path

import pytest

from support.measure_archive import make_archive
from support.portals import run


def test_the_page_names_the_commands_as_they_were_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = str(make_archive(tmp_path / "a"))
    out = tmp_path / "report.html"
    arguments = ["report", "--archive", archive, "--out", str(out), "-i", "b*", "-e", "k*"]
    code, _, err = run(capsys, *arguments, "--system", "tevis", "--from", "2026-01-26 06:00")
    assert code == 0
    assert str(out) in err
    page = out.read_text("utf-8")
    assert "Stadt Bonn" in page
    assert "Kiel" not in page
    asked = "-i &#39;b*&#39; -e &#39;k*&#39; --system tevis --from &#39;2026-01-26 06:00&#39;"
    assert f"amtspuls status --archive {archive} {asked}" in page


def test_a_missing_archive_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.html"
    code, _, err = run(capsys, "report", "--archive", str(tmp_path / "none"), "--out", str(out))
    assert code == 1
    assert "no archive in" in err
    assert not out.exists()
