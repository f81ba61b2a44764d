from __future__ import annotations

from pathlib import Path

import pytest

from support.measure_archive import make_archive
from support.portals import run


def test_a_picture_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = str(make_archive(tmp_path / "a"))
    out = tmp_path / "activity.svg"
    arguments = ["plot", "activity", "--archive", archive, "--out", str(out), "-i", "bonn"]
    code, _, err = run(capsys, *arguments, "--until", "2026-01-26 07:00")
    assert code == 0
    assert str(out) in err
    assert "1 portal: bonn" in out.read_text()


@pytest.mark.parametrize(
    ("name", "out", "said"),
    [
        ("activity", "a.gif", "a picture ends in .png or .svg"),
        ("pulse", "a.png", "there are: activity"),
    ],
)
def test_mistakes_are_told_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], name: str, out: str, said: str
) -> None:
    code, _, err = run(capsys, "plot", name, "--archive", "nowhere", "--out", out)
    assert code == 2
    assert said in err
