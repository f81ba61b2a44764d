from __future__ import annotations

import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from amtspuls import __version__
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import Stop
from amtspuls.cli.app import make_app
from amtspuls.errors import ArchiveError
from amtspuls.web.report import render_report, write_report
from support.measure_cases import morning
from support.tiny_archive import TinyPortal, TinyReader, TinyView, every, utc


class Outline(HTMLParser):
    """What a page is made of: open tags, addresses, text and commands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.commands: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in {"meta", "br", "link"}:
            self.open.append(tag)
        self.addresses += [value or "" for key, value in attrs if key in {"src", "href", "action"}]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data + " "
        if self.open and self.open[-1] == "code":
            self.commands.append(data)


def page_of(reader: TinyReader, options: tuple[str, ...] = ()) -> str:
    return render_report(load_watched(reader, Selection()), reader.stops(), options)


def test_the_page_is_whole_and_stands_alone() -> None:
    outline = Outline(page_of(morning()))
    assert outline.open == []
    assert outline.addresses == ["#method"]
    assert not {"script", "link", "img", "iframe"} & set(outline.tags)
    assert outline.tags.count("svg") == 1
    assert "@import" not in page_of(morning())
    assert "url(http" not in page_of(morning())


def test_the_page_shows_figures_weeks_coverage_and_version() -> None:
    text = " ".join(Outline(page_of(morning())).text.split())
    for expected in (
        "1 portal · week 2026-05 · observed in 100 % of the time",
        "2026-01-26 06:00 to 2026-01-26 07:15 (Europe/Berlin)",
        "provisional",
        "Stadt Bonn",
        "bonn · tevis · 1 calendar",
        "5 ok",
        "Median wait 1.0 days third free slot > 9 days",
        "Bookings 2 1.6 per covered hour and portal",
        "Cancellations 1 50 for 100 bookings",
        "Slots taken 50 % of 4 slots seen free",
        "span-1",
        f"amtspuls {__version__}",
    ):
        assert expected.replace("\u202f", " ") in text, expected


def test_names_from_pages_are_text_and_nothing_else() -> None:
    shot = every("2026-01-26 05:00", 3)
    name = 'Bürgeramt <script>alert("x")</script> & Söhne'
    page = page_of(TinyReader(TinyPortal("bonn", shot, name=name)))
    assert "<script" not in page
    assert name in Outline(page).text


def test_commands_on_the_page_are_quoted_and_known(tmp_path: Path) -> None:
    page = page_of(morning(), ("--archive", "my archive", "-i", "b*; rm -r /"))
    commands = Outline(page).commands
    assert len(commands) == len(set(commands)) >= 12
    names = {name for group in make_app().registered_commands if (name := group.name)}
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "amtspuls"
        assert words[1] in names
        assert words[-4:] == ["--archive", "my archive", "-i", "b*; rm -r /"]
        if words[1] == "measure":
            words[words.index("my archive")] = str(tmp_path)
            said = CliRunner().invoke(make_app(), words[1:])
            assert isinstance(said.exception, ArchiveError)
            assert "no archive" in str(said.exception)


def test_a_quiet_archive_and_a_stopped_portal_are_told(tmp_path: Path) -> None:
    shots = every("2026-01-26 05:00", 3, views=(TinyView(1, "refused"),), outcome="refused")
    reader = TinyReader(TinyPortal("bonn", shots))
    stop = Stop("bonn", utc("2026-01-26 05:15"), "captcha at <Passamt>")
    page = render_report(load_watched(reader, Selection()), {"bonn": stop})
    outline = Outline(page)
    assert "stopped: captcha at <Passamt>" in outline.text
    assert "Nothing was seen." in outline.text
    assert "Median wait" in outline.text
    assert re.search(r"<b>unknown</b>", page)
    assert tmp_path.is_dir()


def test_writing_replaces_the_file_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    write_report(morning(), target, archive=Path("amtspuls-archive"))
    assert "--archive amtspuls-archive" in target.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_an_empty_archive_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    with pytest.raises(ArchiveError, match="holds no snapshot yet"):
        write_report(TinyReader(), target)
    assert target.read_text() == "old"
