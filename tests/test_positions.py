from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.positions import KeyPath, find_positions
from support.portals import unhurried

# Values in all spellings, with text in them that looks like statements.
VALUES = [
    "1",
    "true",
    "1979-05-27 07:32:00",
    '"plain"',
    r'"with \" and # and [[t]]"',
    "'C:\\path'",
    '"""one line"""',
    '"""\n[[t]]\nid = "no"\n# no comment\n"""',
    '"""ends in two quotes\\\n  """""',
    '"""an escaped \\""" inside"""',
    "'''\n[t.no]\nkey = 1'''",
    "''''quoted' '''''",
    "[]",
    "[1, 2]",
    "[ # comment ]\n  1,\n\n  'x', # y = 1\n]",
    "{}",
    "{ a = 1, b.c = [ {d = 2} ] }",
    '[\n  { x = 1 },\n  { x = """\n2""" },\n]',
]
COMMENTS = ["", "# [[t]]", '# "', "   ", "# key = '''"]


def paths_in(data: Any, at: KeyPath = ()) -> Iterator[KeyPath]:
    children: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(data, dict):
        children = iter(data.items())
    elif isinstance(data, list):
        children = iter(enumerate(data))
    for name, value in children:
        yield (*at, name)
        yield from paths_in(value, (*at, name))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A document, and the lines of the statements that were written into it."""
    lines: list[str] = []
    expected: dict[KeyPath, int] = {}

    def write(statement: str, path: KeyPath) -> None:
        lines.extend(draw(st.lists(st.sampled_from(COMMENTS), max_size=2)))
        expected[path] = len(lines) + 1
        trailing = draw(st.sampled_from(["", " # [x]", "\t"]))
        lines.extend((statement + trailing).split("\n"))

    def fill(table: KeyPath) -> None:
        for number in range(draw(st.integers(0, 3))):
            key, written = draw(
                st.sampled_from([(f"k{number}", f"k{number}"), (f"k.{number}", f'"k.{number}"')])
            )
            indent = draw(st.sampled_from(["", "  ", "\t"]))
            write(f"{indent}{written} = {draw(st.sampled_from(VALUES))}", (*table, key))

    fill(())
    for index in range(draw(st.integers(0, 3))):
        write(draw(st.sampled_from(["[[t]]", "[[ t ]]", '[["t"]]'])), ("t", index))
        fill(("t", index))
        if draw(st.booleans()):
            write("[t.sub]", ("t", index, "sub"))
            fill(("t", index, "sub"))
        for inner in range(draw(st.integers(0, 2))):
            write("[[t.deep.list]]", ("t", index, "deep", "list", inner))
            fill(("t", index, "deep", "list", inner))
    return "\n".join(lines) + draw(st.sampled_from(["", "\n"])), expected


@unhurried
@given(documents())
def test_every_statement_is_found_on_its_line(document: tuple[str, dict[KeyPath, int]]) -> None:
    text, expected = document
    found = find_positions(text)
    assert {path: found.get(path) for path in expected} == expected


@unhurried
@given(documents())
def test_everything_that_tomllib_reads_has_a_line(
    document: tuple[str, dict[KeyPath, int]],
) -> None:
    text, _ = document
    assert set(find_positions(text)) == set(paths_in(tomllib.loads(text)))


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("\n\na = 1", ("a",), 3),
        ("a = [\n1,\n2]", ("a", 1), 3),
        ("a.b.c = 1\na.b.d = 2", ("a", "b", "d"), 2),
        ('x = """\n""" \n"q\\u0061" = 1', ("qa",), 3),
        ("[a]\n[a.b]\n[[a.c]]\n[[a.c]]\nk = 1", ("a", "c", 1, "k"), 5),
        ("a = { b = [\n1, {c = 2}] }", ("a", "b", 1, "c"), 2),
    ],
)
def test_lines_by_hand(text: str, path: KeyPath, line: int) -> None:
    assert find_positions(text)[path] == line


@unhurried
@given(st.text(alphabet="[]{}=\"'\n#,.ab \\", max_size=40))
def test_no_text_breaks_the_scanner(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in find_positions(text).values())
