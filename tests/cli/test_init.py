from __future__ import annotations

import re
from pathlib import Path

import pytest

from amtspuls.settings import ENVIRONMENT, Settings, load_settings
from support.portals import run


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in [*ENVIRONMENT, "AMTSPULS_CONFIG"]:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def test_the_written_file_says_what_no_file_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "init")
    assert (code, out) == (0, "")
    assert "wrote amtspuls.toml: set your contact" in err
    settings = load_settings()
    assert settings.model_dump() == Settings().model_dump()
    assert settings.file == Path("amtspuls.toml")


def test_every_setting_stands_in_the_written_file(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "init")
    text = Path("amtspuls.toml").read_text(encoding="utf-8")
    written = re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE)
    assert sorted(written) == sorted(path[-1] for path, _ in ENVIRONMENT.values())


def test_all_commented_lines_are_settings_too(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "init", "--to", "full.toml")
    text = Path("full.toml").read_text(encoding="utf-8")
    Path("full.toml").write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE), "utf-8")
    settings = load_settings(Path("full.toml"))
    assert (settings.contact, settings.schedule.weeks) == ("mail@example.org", 4)


@pytest.mark.parametrize("contact", ["mail@example.org", "https://example.org/~who?a=b#c"])
def test_a_contact_is_written(capsys: pytest.CaptureFixture[str], contact: str) -> None:
    code, _, err = run(capsys, "init", "--contact", contact)
    assert (code, err) == (0, "wrote amtspuls.toml\n")
    assert load_settings().contact == contact


@pytest.mark.parametrize("contact", ["nobody", 'a"@b.de', 'https://example.org/"\n', ""])
def test_a_contact_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], contact: str
) -> None:
    code, _, err = run(capsys, "init", "--contact", contact)
    assert code == 2
    assert "--contact must be a mail address or a web address" in err
    assert not Path("amtspuls.toml").exists()


def test_an_existing_file_is_kept_unless_forced(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.toml").write_text("parallel = 2", encoding="utf-8")
    code, _, err = run(capsys, "init", "--to", "mine.toml")
    assert code == 2
    assert "mine.toml: exists already; --force overwrites it" in err
    assert Path("mine.toml").read_text(encoding="utf-8") == "parallel = 2"
    assert run(capsys, "init", "--to", "mine.toml", "--force")[0] == 0
    assert load_settings(Path("mine.toml")).model_dump() == Settings().model_dump()


def test_a_folder_that_is_missing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "init", "--to", "none/amtspuls.toml")
    assert (code, err) == (1, "amtspuls: none/amtspuls.toml: No such file or directory\n")
