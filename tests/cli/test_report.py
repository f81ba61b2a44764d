from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.analysis.legacy.week import calculate_week
from amtspuls.archive.live import open_writer
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Outcome, Snapshot, View
from amtspuls.web.report_legacy import read_legacy
from support.measure_archive import BONN, make_archive, make_empty_archive
from support.measure_cases import COVERED
from support.pictures import unwrapped
from support.portals import run
from support.sealing import seal
from support.tiny_archive import BERLIN, slot, utc


@pytest.fixture
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without pictures: drawing takes nearly all of the time."""
    monkeypatch.setattr("amtspuls.web.report.draw_pictures", lambda *_: ())


def test_the_page_names_the_commands_as_they_were_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = str(make_archive(tmp_path / "a"))
    out = tmp_path / "report.html"
    arguments = ["report", "--archive", archive, "--out", str(out), "-i", "b*", "-e", "k*"]
    code, _, err = run(capsys, *arguments, "--system", "tevis", "--from", "2026-01-26 06:00")
    assert code == 0
    assert str(out) in err
    page = unwrapped(out.read_text("utf-8"))
    assert "Stadt Bonn" in page
    assert "Kiel" not in page
    asked = "-i &#39;b*&#39; -e &#39;k*&#39; --system tevis --from &#39;2026-01-26 06:00&#39;"
    assert f"amtspuls measure wait --by all {asked}" in page
    assert archive not in page


@pytest.mark.usefixtures("_no_pictures")
def test_a_week_is_a_range_of_local_midnights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, out = str(make_archive(tmp_path / "a")), tmp_path / "report.html"
    code, _, _ = run(
        capsys,
        "report",
        "--archive",
        archive,
        "--out",
        str(out),
        "--week",
        "2026-05",
        "--lang",
        "de",
    )
    assert code == 0
    page = unwrapped(out.read_text("utf-8"))
    assert "2026-01-26 00:00 bis 2026-02-02 00:00 (Europe/Berlin)" in page
    assert "measure wait --by all --from 2026-01-26 --until 2026-02-02" in page
    # The range alone would leave out what the predecessor said of the week.
    assert "<code>amtspuls report --week 2026-05 --lang de</code>" in page
    assert "report --from" not in page
    assert '<html lang="de">' in page


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--week", "2026-5"), 2, "'2026-5' is no week: write the ISO year and week"),
        (("--week", "2026-54"), 2, "is no week"),
        (("--week", "2026-05", "--from", "2026-01-26"), 2, "leave out --from and --until"),
        (("--week", "2031-05"), 1, "no snapshot of the selected portals lies between"),
        (("--from", "2026-02-01", "--until", "2026-01-01"), 2, "is not before"),
        (("-i", "bon"), 2, "nearest: bonn"),
        (("--lang", "fr"), 2, "--lang takes en or de"),
    ],
)
def test_questions_without_an_answer_leave_no_file(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    archive, out = str(make_archive(tmp_path / "a")), tmp_path / "report.html"
    got, _, err = run(capsys, "report", "--archive", archive, "--out", str(out), *arguments)
    assert (got, out.exists()) == (code, False)
    assert said in " ".join(err.split())


@pytest.mark.parametrize("make", [make_empty_archive, Path])
def test_without_snapshots_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: type[Path]
) -> None:
    archive, out = make(tmp_path / "none"), tmp_path / "report.html"
    code, _, err = run(capsys, "report", "--archive", str(archive), "--out", str(out))
    assert code == 1
    assert "no archive in" in err or "holds no snapshot yet" in err
    assert not out.exists()


@pytest.mark.usefixtures("_no_pictures")
def test_a_sealed_week_shows_what_the_predecessor_would_publish(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, week = tmp_path / "a", IsoWeek(2026, 5)
    with closing(open_writer(archive)) as writer:
        for step, hours in enumerate(((8, 9, 10, 11), (8, 10, 11), (8, 10, 11))):
            at = utc("2026-01-26 05:00") + timedelta(minutes=15 * step)
            free = tuple(slot(f"2026-01-28 {hour:02d}:00") for hour in hours)
            view = View(Calendar("197", "Führerscheinwesen"), Outcome.OK, COVERED, free)
            writer.store(
                BONN, Snapshot("bonn", at, at, Outcome.OK, (view,), 2, 100, 900, "tevis/1")
            )
    seal(archive, datetime(2026, 2, 23, tzinfo=BERLIN) + timedelta(days=1))
    sealed = open_week(archive / "weeks", week)
    values = calculate_week(week, [sealed.portal("bonn")]).tables.values
    found = read_legacy(archive, week, {"bonn"})
    assert found is not None
    assert found.bookings == values["appointments"].sum() > 0
    assert found.cancellations == values["cancellations"].sum()
    out = tmp_path / "report.html"
    code, _, _ = run(
        capsys, "report", "--archive", str(archive), "--out", str(out), "--week", "2026-05"
    )
    assert code == 0
    row = f'tables</th><td class="n">{found.bookings}</td><td class="n">{found.cancellations}</td>'
    assert row in unwrapped(out.read_text("utf-8"))
    assert "legacy-metrics --week 2026-05" in unwrapped(out.read_text("utf-8"))
    assert read_legacy(archive, week, {"other"}) is None
