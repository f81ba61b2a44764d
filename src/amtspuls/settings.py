"""Settings of one installation: ``amtspuls.toml``, and environment variables that override it.

Looked for in this order: the file named on the command line, the file named by ``AMTSPULS_CONFIG``,
``amtspuls.toml`` in the working directory. Without any of them the defaults hold.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from amtspuls.errors import ConfigError
from amtspuls.tomlfile import explain, first_finding, read_toml

SETTINGS_NAME = "amtspuls.toml"
ENV_PREFIX = "AMTSPULS_"
ENV_CONFIG = "AMTSPULS_CONFIG"

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HEADER_SAFE = re.compile(r"[!#-'*-:<-\[\]-~]+")
"""ASCII that stands in a User-Agent comment and in a TOML string as it is."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


PeriodMin = Annotated[int, Field(ge=1, le=1440, strict=True)]


class Schedule(_Table):
    """The table ``[schedule]``: how often and how far ahead portals are asked.

    Attributes:
        period_min: Minutes from one snapshot of a portal to its next.
        portals: The same for single portals, by id.
        weeks: How many weeks ahead to ask; None means everything a portal offers, at most 9.
    """

    period_min: int = Field(default=15, ge=1, le=1440, strict=True)
    portals: dict[str, PeriodMin] = Field(default_factory=dict)
    weeks: int | None = Field(default=None, ge=1, le=53, strict=True)


class Settings(_Table):
    """What one installation chooses. ``docs/reference/settings.md`` describes every setting.

    Attributes:
        contact: Mail address or web address under which an office reaches you; None while unset.
        project_url: Web address that explains the project; sent with every request.
        archive: Folder of the archive.
        catalogue: Catalogue files laid over the packaged ones, later ones win.
        schedule: How often and how far ahead.
        parallel: Portals that are asked at the same time.
    """

    contact: str | None = None
    project_url: str = "https://amtspuls.example/"
    archive: Path = Path("amtspuls-archive")
    catalogue: tuple[Path, ...] = ()
    schedule: Schedule = Schedule()
    parallel: int = Field(default=8, ge=1, le=256, strict=True)

    _file: Path | None = PrivateAttr(default=None)

    @field_validator("contact")
    @classmethod
    def _is_contact(cls, contact: str | None) -> str | None:
        if contact is None or _MAIL.fullmatch(contact) or _is_web_address(contact):
            return contact
        raise ValueError(f"must be a mail address or a web address, not {contact!r}")

    @field_validator("project_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if not _is_web_address(url):
            raise ValueError(f"must be an absolute http(s) address, not {url!r}")
        return url

    @property
    def file(self) -> Path | None:
        """The file they were read from; None when there is none."""
        return self._file


def load_settings(
    path: Path | None = None, *, environ: Mapping[str, str] | None = None
) -> Settings:
    """Load the settings.

    Paths inside the file are relative to its folder, those of the environment to the working directory.

    Args:
        path: File named by the user; None looks in the usual places.
        environ: Environment variables; None means those of the process.

    Raises:
        ConfigError: A named file is missing, or a setting is wrong; the message begins with
            ``file:line:`` or with the variable's name.
    """
    variables = os.environ if environ is None else environ
    file = _find_file(path, variables)
    values = {} if file is None else _read_file(file)
    _lay_environment_over(values, variables)
    settings = Settings.model_validate(values)
    settings._file = file
    return settings


def require_contact(settings: Settings) -> str:
    """Return the contact that every live request carries.

    Raises:
        ConfigError: None is set; the message holds the line to add.
    """
    if settings.contact is None:
        where = settings.file or SETTINGS_NAME
        raise ConfigError(
            "offices must be able to reach whoever asks them, and no contact is set: add the line "
            f'contact = "mail@example.org" (with your address) to {where}; '
            "`amtspuls init` writes that file",
            path=str(where),
        )
    return settings.contact


def _find_file(path: Path | None, variables: Mapping[str, str]) -> Path | None:
    if path is not None:
        return path
    if variables.get(ENV_CONFIG):
        return Path(variables[ENV_CONFIG])
    usual = Path(SETTINGS_NAME)
    return usual if usual.exists() else None


def _read_file(file: Path) -> dict[str, Any]:
    """Check a settings file on its own and return its values, with paths seen from its folder."""
    toml = read_toml(file, str(file))
    try:
        checked = Settings.model_validate(toml.data)
    except ValidationError as error:
        raise toml.invalid(error, Settings) from error
    values = checked.model_dump(exclude_unset=True)
    if "archive" in values:
        values["archive"] = file.parent / values["archive"]
    if "catalogue" in values:
        values["catalogue"] = [file.parent / overlay for overlay in values["catalogue"]]
    return values


def _lay_environment_over(values: dict[str, Any], variables: Mapping[str, str]) -> None:
    """Override values by those variables that name a setting; others are none of our business."""
    for variable, (path, read) in ENVIRONMENT.items():
        text = variables.get(variable)
        if not text:
            continue
        changed = _nested(path, _read_variable(variable, text, read))
        try:
            Settings.model_validate(changed)
        except ValidationError as error:
            finding = explain(first_finding(error), Settings)
            message = f"environment variable {variable}: {finding}"
            raise ConfigError(message, variable=variable) from error
        _merge(values, changed)


def _read_variable(variable: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise ConfigError(
            f"environment variable {variable}: must be a whole number, not {text!r}",
            variable=variable,
        ) from error


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    return dict(value)


def _merge(values: dict[str, Any], changed: Mapping[str, Any]) -> None:
    for key, value in changed.items():
        if isinstance(value, Mapping):
            _merge(values.setdefault(key, {}), value)
        else:
            values[key] = value


def _is_web_address(text: str) -> bool:
    parts = urlsplit(text)
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and _HEADER_SAFE.fullmatch(text) is not None
    )


def _split_periods(text: str) -> dict[str, int | str]:
    """Read ``bonn=5,kiel=30``; what is no number stays as it is, for the check to name it."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {
        name.strip(): int(value) if value.strip().isdecimal() else value.strip()
        for name, _, value in pairs
    }


def _split_paths(text: str) -> list[str]:
    return [part for part in text.split(os.pathsep) if part]


ENVIRONMENT: Mapping[str, tuple[tuple[str, ...], Callable[[str], Any]]] = {
    f"{ENV_PREFIX}CONTACT": (("contact",), str),
    f"{ENV_PREFIX}PROJECT_URL": (("project_url",), str),
    f"{ENV_PREFIX}ARCHIVE": (("archive",), str),
    f"{ENV_PREFIX}CATALOGUE": (("catalogue",), _split_paths),
    f"{ENV_PREFIX}SCHEDULE_PERIOD_MIN": (("schedule", "period_min"), int),
    f"{ENV_PREFIX}SCHEDULE_PORTALS": (("schedule", "portals"), _split_periods),
    f"{ENV_PREFIX}SCHEDULE_WEEKS": (("schedule", "weeks"), int),
    f"{ENV_PREFIX}PARALLEL": (("parallel",), int),
}
"""Environment variable to the setting that it overrides, and how its text is read."""
