from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from amtspuls.errors import ConfigError
from amtspuls.tomlfile import did_you_mean, parse_toml, read_toml


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    depth: int = Field(default=1, strict=True, ge=0)


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    inner: Inner | None = None


def mistake(text: str) -> str:
    toml = parse_toml(text, "f.toml")
    with pytest.raises(ValidationError) as found:
        Outer.model_validate(toml.data)
    return str(toml.invalid(found.value, Outer))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\ntilte = 'x'", 'f.toml:2: unknown key "tilte"; did you mean "title"?'),
        ("title = 1", 'f.toml:1: "title" must be text in quotes, not 1'),
        ("title = 'x'\n[inner]\n\ndepht = 1", 'f.toml:4: unknown key "inner.depht"; did you'),
        ("title = 'x'\ninner = {depth = '2'}", 'f.toml:2: "inner.depth" must be a whole number'),
        ("title = 'x'\n[inner]\ndepth = -1", 'f.toml:3: "inner.depth": input should be greater'),
        ("title = 'x'\ninner = 3", 'f.toml:2: "inner" must be a table, not 3'),
        ("", 'f.toml:1: "title" is missing'),
        ("title = 'x'\nqqq = 3", 'f.toml:2: unknown key "qqq"'),
    ],
)
def test_mistakes_name_line_and_remedy(text: str, message: str) -> None:
    assert mistake(text).startswith(message)


def test_the_first_mistake_of_the_file_is_shown() -> None:
    assert mistake("zz = 1\ntitle = 2\nyy = 3").startswith('f.toml:1: unknown key "zz"')
    assert mistake("\n\ntitle = 2\nzz = 1").startswith('f.toml:3: "title"')


def test_long_values_are_cut() -> None:
    assert len(mistake(f"title = {list(range(200))}")) < 130


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb", 2),
        ("a = 1\n\na = 2\n", 3),
        ('a = 1\nb = """\nnever closed\n\n', 2),
        ("a = 1\nb = [\n1,\n", 4),
        ("a = 1\nb =", 2),
        ("a = 1\nb\n", 2),
        ("a = [1,\n2\nb = 3", 3),
        ("[a\n", 1),
        ("[[a\nb = 1", 1),
        ("x = 'a\ny = 1", 1),
    ],
)
def test_syntax_errors_name_their_line(text: str, line: int) -> None:
    with pytest.raises(ConfigError, match=rf"^f\.toml:{line}: is no TOML: ") as found:
        parse_toml(text, "f.toml")
    assert found.value.context == {"path": "f.toml", "line": line}
    assert "(at " not in str(found.value)


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        read_toml(tmp_path / "nowhere.toml", "nowhere.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_toml(tmp_path, "folder")


def test_a_file_that_is_not_utf8_is_shown_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes("a = 1\r\nb = 'Bürgeramt'\r\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"^latin\.toml:2: is not UTF-8"):
        read_toml(file, "latin.toml")


def test_windows_line_ends_do_not_shift_lines(tmp_path: Path) -> None:
    file = tmp_path / "dos.toml"
    file.write_bytes(b'a = """\r\nx"""\r\nb = 1\r\n')
    toml = read_toml(file, "dos.toml")
    assert (toml.data["a"], toml.line_of(("b",))) == ("x", 3)


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        parse_toml("a = " + "[" * 5000 + "]" * 5000, "f.toml")


def test_nearest_words() -> None:
    assert did_you_mean("bon", ["bonn", "berlin"]) == '; did you mean "bonn"?'
    assert did_you_mean("bon", ["bonn", "bons"], count=2).count(" or ") == 1
    assert did_you_mean("xyz", ["bonn"]) == ""
