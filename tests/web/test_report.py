from __future__ import annotations

import base64
import csv
import io
import math
import re
import shlex
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from amtspuls import __version__
from amtspuls.analysis.estimate import LEAST_COVERAGE
from amtspuls.analysis.grouping import By
from amtspuls.analysis.measures import MEASURES, load_watched, take_measure
from amtspuls.analysis.provenance import digest_of
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import Stop
from amtspuls.archive.week import IsoWeek
from amtspuls.charts.booking_times import read_hours_of_week
from amtspuls.charts.registry import PICTURES
from amtspuls.charts.words import Lang, speaker
from amtspuls.cli.app import make_app
from amtspuls.errors import ArchiveError
from amtspuls.model import Outcome
from amtspuls.web.report import render_report, write_report
from amtspuls.web.report_figures import make_figures
from amtspuls.web.report_legacy import LegacyFigures, read_legacy
from amtspuls.web.report_pictures import inline_svg
from amtspuls.web.report_tables import show
from amtspuls.web.report_words import TEXTS
from support.measure_cases import morning
from support.pictures import placeholders
from support.tiny_archive import TinyPortal, TinyReader, TinyView, every, utc

pytestmark = pytest.mark.slow

VOID = {"meta", "br", "link"}


class Outline(HTMLParser):
    """What a page is made of: open tags, addresses, ids, text and commands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.commands: list[str] = []
        self.heads: list[str | None] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        names = [key for key, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.addresses += [value or "" for key, value in attrs if key in {"src", "href", "action"}]
        self.ids += [found["id"] or ""] if "id" in found else []
        if tag == "code":
            self.commands.append("")
        if tag == "th":
            self.heads.append(found.get("scope"))
        if tag == "svg":
            assert found["role"] == "img"
            self.labels.append(found["aria-label"] or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data + " "
        if "code" in self.open:
            self.commands[-1] += data


def page_of(reader: TinyReader, **rest: Any) -> str:
    return render_report(load_watched(reader, Selection()), reader.stops(), **rest)


@pytest.fixture
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without pictures: drawing takes nearly all of the time."""
    monkeypatch.setattr("amtspuls.web.report.draw_pictures", lambda *_: ())


@lru_cache
def plain_page(lang: Lang = Lang.EN) -> str:
    """The page of the morning; drawn once."""
    return page_of(morning(), lang=lang)


def words_of(page: str) -> str:
    return " ".join(Outline(page).text.replace("\u202f", " ").split())


def test_the_page_is_whole_and_stands_alone() -> None:
    page = plain_page()
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids)) > 10
    for address in outline.addresses:
        assert address.startswith("data:text/csv;") or address[1:] in outline.ids, address
    assert not {"script", "link", "img", "iframe", "object"} & set(outline.tags)
    assert outline.tags.count("svg") == len(PICTURES) - 1 == 8
    assert re.findall(r"url\((?!#)|@import|http-equiv|\son[a-z]+=", page) == []
    for target in re.findall(r"url\(#([^)]+)\)", page):
        assert target in outline.ids


def test_pictures_have_texts_that_say_what_they_show_and_tables_have_headings() -> None:
    outline = Outline(plain_page())
    assert len(set(outline.labels)) == 8
    assert all(len(label) > 80 for label in outline.labels)
    assert set(outline.heads) == {"col", "row"}
    assert [tag for tag in outline.tags if tag in {"h1", "h2"}].count("h1") == 1


@pytest.mark.parametrize("colour", ["--ink", "--quiet", "--blue", "--warn"])
def test_text_is_dark_enough_to_read(colour: str) -> None:
    found = re.search(rf"{colour}: #(\w{{6}})", plain_page())
    assert found
    parts = [int(found[1][place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (light + 0.05) >= 4.5


def test_the_page_shows_figures_weeks_coverage_version_and_digest() -> None:
    text = words_of(plain_page())
    watched = load_watched(morning(), Selection())
    bookings = take_measure(MEASURES["activity"], watched, By.ALL).total["bookings"]
    for expected in (
        "1 portal · week 2026-05 · observed in 100 % of the time",
        "2026-01-26 06:00 to 2026-01-26 07:15 (Europe/Berlin)",
        "provisional",
        "Stadt Bonn",
        "bonn · tevis · 1 calendar · snapshots: 5 ok",
        "Median wait 1.0 days to the first free slot; to the third > 9 days",
        f"Bookings {bookings:.0f}",
        "A slot within 14 days 100 % of the time",
        watched[0].transitions.rule,
        f"week 2026-05, 100 % observed; amtspuls {__version__}; data {digest_of(watched)}",
    ):
        assert expected in text, expected
    assert "not asked at all" not in text


def test_low_and_high_stand_beside_a_count_where_the_measure_tells_them() -> None:
    rows: dict[str, dict[str, Any]] = {
        "activity": {
            "bookings": 8914.0, "bookings_low": 8131.4, "bookings_high": 30056.2,
            "bookings_per_hour": 1.55, "cancellations": 3324.0, "rule": "typed-1",
        },
        "cancellation-rate": {"rate": 0.373, "rule": "typed-1"},
        "wait": {"median_first_days": 2.2, "median_third_days": "> 40", "rule": "free-starts-1"},
        "within-target": {"within_14_days": 0.9999, "rule": "free-starts-1"},
        "zero-rate": {"zero_rate": 0.001},
        "lead-time": {"median_days": None, "p90_days": None, "rule": "typed-1"},
    }  # fmt: skip

    def command(*words: str) -> str:
        return " ".join(words)

    figures = make_figures(rows, speaker(TEXTS, Lang.DE), Lang.DE, command)
    assert [(one.value, one.note) for one in figures] == [
        ("8.914", "zwischen 8.131 und 30.056; 1,6 je beobachteter Stunde und Portal"),
        ("3.324", "37 auf 100 Buchungen"),
        ("2,2 Tage", "bis zum ersten freien Termin; bis zum dritten > 40 Tage"),
        ("über 99 %", "der Zeit; gar nichts frei in unter 1 %"),
        ("unbekannt", "die Hälfte der Buchungen; neun von zehn bis unbekannt"),
    ]
    assert figures[0].command == "measure activity --by all"


@pytest.mark.usefixtures("_no_pictures")
@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (Lang.EN, "covered 31 %, under 50 %: no figure"),
        (Lang.DE, "zu 31 % beobachtet, unter 50 %: keine Zahl"),
    ],
)
def test_what_was_covered_too_little_has_no_estimate_and_says_why(lang: Lang, said: str) -> None:
    watched = load_watched(morning(), Selection(until_at=utc("2026-01-26 09:00")))
    page = render_report(watched, {}, lang=lang)
    # Bookings, cancellations and the lead time among the leading figures, two cells of the portal.
    assert words_of(page).count(said) == 5
    (row,) = decoded(page)["portals.csv"]
    assert [row["bookings"], row["cancellations"], row["bookings_low"]] == ["", "", ""]
    assert row["refused"] == "covered 31 %, under 50 %: no figure"
    hours = [row for row in decoded(page)["booking-hours.csv"] if row["refused"]]
    assert hours
    assert {row["bookings"] for row in hours} == {""}


@pytest.mark.usefixtures("_no_pictures")
def test_what_provisional_means_is_said_where_it_is() -> None:
    quiet = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 48)))
    for reader, label, said in ((morning(), "provisional", True), (quiet, "estimated", False)):
        text = words_of(page_of(reader))
        assert f"{label} Bookings and cancellations are worked out" in text
        assert ("what vanished last may still come back" in text) is said


@pytest.mark.usefixtures("_no_pictures")
def test_what_became_of_snapshots_is_said_in_the_language_of_the_page() -> None:
    for outcome in Outcome:
        for lang in Lang:
            assert speaker(TEXTS, lang)(f"o_{outcome.value}", number=3).startswith("3 ")
    shots = every("2026-01-26 05:00", 3, views=(TinyView(1, "refused"),), outcome="refused")
    text = words_of(page_of(TinyReader(TinyPortal("bonn", shots)), lang=Lang.DE))
    assert "1 Kalender · Abrufe: 3 abgelehnt" in text


@pytest.mark.usefixtures("_no_pictures")
def test_a_range_is_not_broken_and_a_reason_is() -> None:
    ranges = re.findall(r'<small class="([a-z ]+)"> \((.+?)\)</small>', page_of(morning()))
    assert {(classes, "–" in text) for classes, text in ranges} == {("quiet whole", True)}
    little = load_watched(morning(), Selection(until_at=utc("2026-01-26 09:00")))
    reasons = re.findall(r'<small class="([a-z ]+)"> \((.+?)\)</small>', render_report(little, {}))
    assert set(reasons) == {("quiet", "covered 31 %, under 50 %: no figure")}


def test_pictures_and_short_tables_are_printed_with_their_headings() -> None:
    page = plain_page()
    assert page.count('class="picture"') == page.count('class="swipe"') == 8
    (paper,) = re.findall(r"@media print \{(.*?)\n\}", page, re.DOTALL)
    rules = dict(re.findall(r"^  (\S[^{]*) \{ ([^}]*) \}$", paper, re.MULTILINE))
    assert rules["@page"].startswith("size: A4;")
    assert "break-after: avoid" in rules["h2, h2 + p, dt"]
    assert "break-inside: avoid" in rules[".picture, .narrow, .source, tr, dd, li"]
    # A4 without margins is 269 mm high: heading, caption and source have to stand beside the picture.
    assert int(re.findall(r"max-height: (\d+)mm", rules[".scroll svg"])[0]) <= 210


def decoded(page: str) -> dict[str, list[dict[str, str]]]:
    """The CSV of each table by the name that it is saved under."""
    found = re.findall(
        r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="([^"]+)"', page
    )
    return {
        name: list(csv.DictReader(io.StringIO(base64.b64decode(data).decode())))
        for data, name in found
    }


def test_tables_and_their_csv_say_what_the_measures_say() -> None:
    watched = load_watched(morning(), Selection())
    tables = decoded(plain_page())
    assert list(tables) == ["portals.csv", "wait-by-day.csv", "booking-hours.csv"]
    (row,) = tables["portals.csv"]
    assert (row["portal"], row["weeks"], row["version"]) == ("bonn", "2026-05", __version__)
    assert row["archive_digest"] == digest_of(watched)
    assert row["command"] == "amtspuls report"
    for name, keys in (
        ("activity", ("bookings", "cancellations", "coverage")),
        ("wait", ("median_first_days", "median_third_days")),
        ("within-target", ("within_14_days",)),
        ("zero-rate", ("zero_rate",)),
    ):
        (wanted,) = take_measure(MEASURES[name], watched, By.PORTAL).rows
        assert [row[key] for key in keys] == [str(wanted[key]) for key in keys]
    hours = read_hours_of_week(watched)
    assert len(tables["booking-hours.csv"]) == 168
    for cell, line in enumerate(tables["booking-hours.csv"]):
        assert (int(line["weekday"]), int(line["hour"])) == (cell // 24 + 1, cell % 24)
        refused = hours.coverage[cell] < LEAST_COVERAGE
        assert line["bookings"] == ("" if refused else str(float(hours.bookings[cell])))
        assert bool(line["refused"]) == refused
        seen = hours.coverage[cell] >= 0.5 and math.isfinite(hours.rate[cell])
        assert line["bookings_per_hour"] == (str(hours.rate[cell]) if seen else "")
    assert tables["wait-by-day.csv"][0]["day"] == "2026-01-26"
    assert "measure wait --by day" in tables["wait-by-day.csv"][0]["command"]


@pytest.mark.parametrize(
    ("kind", "value", "english", "german"),
    [
        ("count", 8914.4, "8\u202f914", "8.914"),
        ("days", 2.25, "2.2", "2,2"),
        ("days", "> 40", "> 40", "> 40"),
        ("days", "> 42.1", "> 42.1", "> 42,1"),
        ("share", 0.9999, "> 99", "> 99"),
        ("share", 0.0001, "< 1", "< 1"),
        ("share", 1.0, "100", "100"),
        ("share", 0.0, "0", "0"),
        ("rate", None, "–", "–"),
        ("rate", 0.0, "0", "0"),
        ("rate", 0.04, "< 0.1", "< 0,1"),
        ("days", 0.05, "0.1", "0,1"),
    ],
)
def test_values_are_shown_for_people(
    kind: str, value: float | str | None, english: str, german: str
) -> None:
    assert (show(kind, value, Lang.EN), show(kind, value, Lang.DE)) == (english, german)


def test_the_page_speaks_german() -> None:
    page = plain_page(Lang.DE)
    assert '<html lang="de">' in page
    text = words_of(page)
    for expected in (
        "1 Portal · Woche 2026-05 · 100 % der Zeit beobachtet",
        "Methode und Grenzen",
        "Mo 26. Jan 2026",
        "plot wait --out wait.png --lang de",
    ):
        assert expected in text, expected
    assert "observed" not in text.replace("Rule", "")


def test_both_languages_take_the_same_values() -> None:
    for key, (english, german) in TEXTS.items():
        assert placeholders(english) == placeholders(german), key
        assert english != german or key in {"t_portal", "f_no_rate"}, key


@pytest.mark.usefixtures("_no_pictures")
def test_names_from_pages_are_text_and_nothing_else() -> None:
    shot = every("2026-01-26 05:00", 3)
    name = 'Bürgeramt <script>alert("x")</script> & Söhne'
    page = page_of(TinyReader(TinyPortal("bonn", shot, name=name)))
    assert "<script" not in page
    assert name in Outline(page).text


def test_commands_on_the_page_are_quoted_and_known(tmp_path: Path) -> None:
    options = {"-i": ["b*; rm -r /"], "--from": "2026-01-26"}
    commands = Outline(page_of(morning(), options=options)).commands
    assert len(commands) >= 20
    names = {name for group in make_app().registered_commands if (name := group.name)}
    for command in set(commands):
        words = shlex.split(command)
        assert words[0] == "amtspuls"
        assert words[1] in names
        assert words[words.index("-i") + 1] == "b*; rm -r /"
        said = CliRunner().invoke(make_app(), [*words[1:], "--archive", str(tmp_path)])
        assert isinstance(said.exception, ArchiveError)
        assert "no archive" in str(said.exception)


@pytest.mark.usefixtures("_no_pictures")
def test_a_quiet_archive_and_a_stopped_portal_are_told() -> None:
    shots = every("2026-01-26 05:00", 3, views=(TinyView(1, "refused"),), outcome="refused")
    reader = TinyReader(TinyPortal("bonn", shots))
    stop = Stop("bonn", utc("2026-01-26 05:15"), "captcha at <Passamt>")
    page = render_report(load_watched(reader, Selection()), {"bonn": stop})
    text = words_of(page)
    assert "stopped: captcha at <Passamt>" in text
    assert "Median wait unknown" in text
    assert "3 refused" in text
    assert "observed in 0 % of the time" in text


@pytest.mark.usefixtures("_no_pictures")
def test_portals_that_were_not_asked_in_the_range_are_left_out_and_counted() -> None:
    (bonn,) = morning()._portals.values()
    old = TinyPortal("kiel", every("2021-07-12 05:00", 5), name="Stadt Kiel")
    reader = TinyReader(bonn, old)
    selection = Selection(from_at=utc("2026-01-25 23:00"), until_at=utc("2026-02-01 23:00"))
    text = words_of(render_report(load_watched(reader, selection), {}))
    assert "1 portal · week 2026-05" in text
    assert "were not asked at all in this range, and are left out of the page: 1." in text
    assert "Stadt Kiel" not in text


def test_two_cities_are_set_side_by_side() -> None:
    (bonn,) = morning()._portals.values()
    both = TinyReader(bonn, replace(bonn, portal_id="beckum", name="Stadt Beckum"))
    outline = Outline(page_of(both))
    assert len(outline.labels) == 9
    assert any("How long the wait is, city by city" in label for label in outline.labels)
    assert "compare" in outline.ids
    assert "compare" not in Outline(plain_page()).ids


@pytest.mark.usefixtures("_no_pictures")
@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize(
    ("first", "count", "outcome", "said"),
    [
        ("2026-01-26 05:00", 1, "ok", ("week 2026-05", "Woche 2026-05")),
        ("2026-01-26 05:00", 1, "unreachable", ("no week", "keine Woche")),
        ("2026-03-28 22:30", 8, "ok", ("Sun 29 Mar 2026", "So 29. März 2026")),
        ("2026-10-24 21:30", 8, "ok", ("Sun 25 Oct 2026", "So 25. Okt 2026")),
    ],
)
def test_single_snapshots_and_clock_changes_give_whole_pages(
    lang: Lang, first: str, count: int, outcome: str, said: tuple[str, str]
) -> None:
    views = (TinyView(1, outcome),) if outcome == "ok" else ()
    shots = every(first, count, views=views, outcome=outcome)
    page = page_of(TinyReader(TinyPortal("bonn", shots)), lang=lang)
    assert Outline(page).open == []
    text = words_of(page)
    assert said[list(Lang).index(lang)] in text
    assert not re.search(r"\b(nan|NaN|None|inf)\b", text)


def test_ids_of_pictures_do_not_meet_and_their_roles_give_way_to_one_label() -> None:
    svg = '<svg class="marks" width="1"><g role="x" aria-label="y"><path id="c1" clip-path="url(#c1)"/></g></svg>'
    assert inline_svg(svg, "wait", 'a "b"') == (
        '<svg role="img" aria-label="a &#34;b&#34;" class="marks" width="1"><g>'
        '<path id="wait-c1" clip-path="url(#wait-c1)"/></g></svg>'
    )


@pytest.mark.usefixtures("_no_pictures")
def test_the_old_figures_stand_beside_ours_and_say_what_they_count() -> None:
    page = page_of(morning(), legacy=LegacyFigures("2026-05", 56623, 64779, 12723, 4592))
    text = words_of(page)
    assert "predecessor, sums of its tables 56 623 64 779" in text
    assert "predecessor, weekly summary (quarter hours) 12 723 4 592" in text
    assert "amtspuls legacy-metrics --week 2026-05 --to legacy" in text
    assert "predecessor, " not in words_of(plain_page())


def test_a_week_that_is_not_sealed_has_no_old_figures(tmp_path: Path) -> None:
    assert read_legacy(tmp_path, IsoWeek(2026, 5), {"bonn"}) is None


@pytest.mark.usefixtures("_no_pictures")
def test_writing_replaces_the_file_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    write_report(morning(), target, archive=tmp_path / "archive", week=IsoWeek(2026, 5))
    assert "Stadt Bonn" in target.read_text("utf-8")
    assert str(tmp_path) not in target.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_an_empty_archive_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    with pytest.raises(ArchiveError, match="holds no snapshot yet"):
        write_report(TinyReader(), target)
    assert target.read_text() == "old"
