"""Tables in a terminal: no word and no number is cut, whatever its width."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from amtspuls.cli import output
from amtspuls.cli.output import Format, print_rows

TITLES = {"rate": "cancellations per covered hour", "least": "at least", "note": "calendar name"}
ROWS: list[dict[str, object]] = [
    {"portal": "beckum", "note": "Führerscheinangelegenheiten", "rate": 0.25, "least": 1234},
    {"portal": "kielsw", "note": "Preetz: Thema auswählen", "rate": None, "least": "> 143"},
]


def _print(monkeypatch: pytest.MonkeyPatch, width: int, *, terminal: bool = True) -> str:
    stream = io.StringIO()
    screen = Console(file=stream, width=width, force_terminal=terminal, color_system=None)
    monkeypatch.setattr(output, "console", lambda: screen)
    print_rows(ROWS, ["portal", "note", "rate", "least"], Format.TABLE, title="T", titles=TITLES)
    return stream.getvalue()


@pytest.mark.parametrize("width", range(50, 131, 5))
def test_words_and_numbers_stay_whole_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    text = _print(monkeypatch, width)
    assert max(map(len, text.splitlines())) <= width
    for word in ("Führerscheinangelegenheiten", "cancellations", "1\u202f234", "> 143", "0.25"):
        assert word in text


def test_a_wide_terminal_gets_one_table_and_a_narrow_one_rows_named_in_each_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _print(monkeypatch, 130).count("beckum") == 1
    narrow = _print(monkeypatch, 55)
    assert narrow.count("beckum") == narrow.count("── \n") == narrow.count(" portal") > 1
    assert sum(line.strip() == "T" for line in narrow.splitlines()) == 1


def test_what_no_terminal_reads_is_never_split(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _print(monkeypatch, 55, terminal=False).count(" portal") == 1


def test_a_file_gets_every_row_on_one_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    long = " ".join(f"word{number}" for number in range(60))
    columns = [f"column {number}" for number in range(30)]
    row = dict.fromkeys(columns, 1_234_567) | {"column 0": long}
    print_rows([row, row], columns, Format.TABLE, title=long)
    title, _, heads, _, *rows = capsys.readouterr().out.splitlines()
    assert title == long
    assert all(column in heads for column in columns)
    assert [one.count("1\u202f234\u202f567") for one in rows if one] == [29, 29]
    assert all(long in one and one == one.rstrip() for one in rows if one)
    assert "\x1b" not in heads


def test_people_get_thousands_apart_to_the_right_and_programs_get_every_digit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [
        {"name": "a", "count": 12_345, "mean": 1160.2537, "bound": "> 40"},
        {"name": "b", "count": 7, "mean": 0.123456, "bound": "> 7"},
    ]
    columns = ["name", "count", "mean", "bound"]
    said = {form: _said(capsys, rows, columns, form) for form in Format}
    assert "12\u202f345" in said[Format.TABLE]
    assert [line[-5:] for line in said[Format.TABLE].splitlines()[-2:]] == [" > 40", "  > 7"]
    assert "| b | 7 | 0.12 | > 7 |" in said[Format.MARKDOWN]
    assert "|:---|---:|---:|---:|" in said[Format.MARKDOWN]
    assert "a,12345,1160.2537,> 40\nb,7,0.123456,> 7" in said[Format.CSV]
    assert json.loads(said[Format.JSON]) == rows


def test_answers_that_may_hold_years_are_left_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows([{"year": 2026, "share": 0.3}], ["year", "share"], Format.TABLE, grouped=False)
    assert capsys.readouterr().out.split()[-2:] == ["2026", "0.3"]


def _said(
    capsys: pytest.CaptureFixture[str],
    rows: list[dict[str, object]],
    columns: list[str],
    form: Format,
) -> str:
    print_rows(rows, columns, form)
    return capsys.readouterr().out.rstrip("\n")


def test_a_table_without_rows_has_its_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    screen = Console(file=stream, width=30, force_terminal=True, color_system=None)
    monkeypatch.setattr(output, "console", lambda: screen)
    print_rows([], ["portal", "note", "rate"], Format.TABLE, titles=TITLES)
    assert "portal" in stream.getvalue()
    assert "cancellations" in stream.getvalue()
