"""Tables in a terminal: no word and no number is cut, whatever its width."""

from __future__ import annotations

import io

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
    for word in ("Führerscheinangelegenheiten", "cancellations", "1234", "> 143", "0.25"):
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


def test_a_table_without_rows_has_its_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    screen = Console(file=stream, width=30, force_terminal=True, color_system=None)
    monkeypatch.setattr(output, "console", lambda: screen)
    print_rows([], ["portal", "note", "rate"], Format.TABLE, titles=TITLES)
    assert "portal" in stream.getvalue()
    assert "cancellations" in stream.getvalue()
