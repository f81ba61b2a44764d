from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from amtspuls.errors import ConfigError
from amtspuls.settings import ENVIRONMENT, Settings, load_settings, require_contact

DOCS = Path(__file__).resolve().parents[1] / "docs/reference/settings.md"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("AMTSPULS_")]:
        monkeypatch.delenv(variable)
    return tmp_path


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def setting_names(model: type[BaseModel] = Settings, prefix: str = "") -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += setting_names(field.annotation, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names


def test_without_a_file_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings == Settings()
    assert settings.file is None
    assert (settings.archive, settings.schedule.period_min) == (Path("amtspuls-archive"), 15)


def test_the_file_of_the_working_directory_is_read(empty_folder: Path) -> None:
    written(
        empty_folder / "amtspuls.toml",
        'contact = " mail@example.org "\nparallel = 2\n[schedule]\nweeks = 4\n',
    )
    settings = load_settings()
    assert settings.contact == require_contact(settings) == "mail@example.org"
    assert (settings.parallel, settings.schedule.weeks, settings.schedule.period_min) == (2, 4, 15)
    assert settings.file == Path("amtspuls.toml")


def test_a_named_file_goes_before_the_variable_and_that_before_the_folder(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(empty_folder / "amtspuls.toml", "parallel = 1")
    assert load_settings().parallel == 1
    variable = written(empty_folder / "two.toml", "parallel = 2")
    monkeypatch.setenv("AMTSPULS_CONFIG", str(variable))
    assert load_settings().parallel == 2
    assert load_settings(written(empty_folder / "three.toml", "parallel = 3")).parallel == 3


def test_paths_are_relative_to_the_file_that_names_them(empty_folder: Path) -> None:
    file = written(
        empty_folder / "etc/my.toml",
        'archive = "pulse"\ncatalogue = ["offices.toml", "/srv/more.toml"]',
    )
    settings = load_settings(file)
    assert settings.archive == file.parent / "pulse"
    assert settings.catalogue == (file.parent / "offices.toml", Path("/srv/more.toml"))


def test_variables_override_single_settings(empty_folder: Path) -> None:
    file = written(empty_folder / "my.toml", "parallel = 3\n[schedule]\nweeks = 4\nperiod_min = 5")
    settings = load_settings(
        file,
        environ={
            "AMTSPULS_CONTACT": "https://example.org/who",
            "AMTSPULS_PROJECT_URL": "https://example.org/",
            "AMTSPULS_ARCHIVE": "elsewhere",
            "AMTSPULS_CATALOGUE": os.pathsep.join(["a.toml", "b.toml"]),
            "AMTSPULS_SCHEDULE_WEEKS": "6",
            "AMTSPULS_PARALLEL": "",
            "AMTSPULS_SHARED": "not a setting",
        },
    )
    assert settings.contact == "https://example.org/who"
    assert settings.project_url == "https://example.org/"
    assert settings.archive == Path("elsewhere")
    assert settings.catalogue == (Path("a.toml"), Path("b.toml"))
    assert (settings.schedule.weeks, settings.schedule.period_min, settings.parallel) == (6, 5, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\nkontact = "a@b.de"', 'my.toml:2: unknown key "kontact"; did you mean "contact"?'),
        ("[schedule]\n# minutes\nperiod = 3", 'my.toml:3: unknown key "schedule.period"; did you'),
        ('contact = "nobody"', 'my.toml:1: "contact" must be a mail address or a web address'),
        ('contact = "a@b.de) evil"', 'my.toml:1: "contact" must be'),
        ('contact = "https://example.org/\\n x"', 'my.toml:1: "contact" must be'),
        ('project_url = "ftp://example.org"', 'my.toml:1: "project_url" must be an absolute http'),
        ('\n\nparallel = "3"', 'my.toml:3: "parallel" must be a whole number'),
        ("parallel = true", 'my.toml:1: "parallel" must be a whole number'),
        ("parallel = 0", 'my.toml:1: "parallel": input should be greater than or equal to 1'),
        ("archive = 3", 'my.toml:1: "archive" must be a path in quotes'),
        ('catalogue = "x.toml"', 'my.toml:1: "catalogue" must be a list in brackets'),
        ('catalogue = [\n"x.toml",\n3]', 'my.toml:3: "catalogue.1" must be a path in quotes'),
        ("schedule = 3", 'my.toml:1: "schedule" must be a table'),
        (
            "[schedule.portals]\nkiel = 5\nbonn = 0",
            'my.toml:3: "schedule.portals.bonn": input should',
        ),
        ("[schedule.portals]\nbonn = 2.5", 'my.toml:2: "schedule.portals.bonn" must be a whole'),
        ("schedule.weeks = 99", 'my.toml:1: "schedule.weeks": input should be less than'),
        ("contact = ", "my.toml:1: is no TOML"),
    ],
)
def test_mistakes_are_shown_with_file_and_line(empty_folder: Path, text: str, message: str) -> None:
    written(empty_folder / "my.toml", text)
    with pytest.raises(ConfigError) as found:
        load_settings(Path("my.toml"))
    assert str(found.value).startswith(message)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("AMTSPULS_PARALLEL", "many", "must be a whole number, not 'many'"),
        ("AMTSPULS_PARALLEL", "0", '"parallel": input should be greater'),
        ("AMTSPULS_SCHEDULE_WEEKS", "99", '"schedule.weeks": input should be less'),
        (
            "AMTSPULS_SCHEDULE_PORTALS",
            "bonn=5,kiel",
            '"schedule.portals.kiel" must be a whole number',
        ),
        ("AMTSPULS_SCHEDULE_PORTALS", "bonn=9999", '"schedule.portals.bonn": input should be less'),
        ("AMTSPULS_CONTACT", "nobody", '"contact" must be a mail address'),
    ],
)
def test_wrong_variables_are_named(variable: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"variable {variable}: {message}")):
        load_settings(environ={variable: value})


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"^none\.toml: cannot be read"):
        load_settings(Path("none.toml"))
    monkeypatch.setenv("AMTSPULS_CONFIG", "gone.toml")
    with pytest.raises(ConfigError, match=r"^gone\.toml: cannot be read"):
        load_settings()


def test_without_a_contact_the_message_holds_the_line_to_add(empty_folder: Path) -> None:
    with pytest.raises(ConfigError) as found:
        require_contact(load_settings())
    assert 'contact = "mail@example.org"' in str(found.value)
    assert "amtspuls init" in str(found.value)
    file = written(empty_folder / "other.toml", "parallel = 1")
    with pytest.raises(ConfigError, match=r"to .*other\.toml"):
        require_contact(load_settings(file))


def test_every_setting_has_a_variable_and_stands_in_the_reference() -> None:
    names = setting_names()
    assert [".".join(path) for path, _ in ENVIRONMENT.values()] == names
    rows = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    documented = [re.findall(r"`([^`]+)`", row)[:2] for row in rows[2:]]
    expected = [[name, variable] for name, variable in zip(names, ENVIRONMENT, strict=True)]
    assert sorted(documented) == sorted(expected)


def test_periods_of_single_portals_come_from_the_file_and_the_environment(
    empty_folder: Path,
) -> None:
    written(empty_folder / "amtspuls.toml", "[schedule.portals]\nbonn = 30\nkiel = 10\n")
    schedule = load_settings(environ={}).schedule
    assert schedule.portals == {"bonn": 30, "kiel": 10}
    assert "period_min" not in schedule.model_fields_set
    changed = load_settings(environ={"AMTSPULS_SCHEDULE_PORTALS": " kiel=5 , jena=60,"}).schedule
    assert changed.portals == {"bonn": 30, "kiel": 5, "jena": 60}
