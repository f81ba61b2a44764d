"""ISO weeks: how the archive is cut into sealed weeks and bundles, and how those are named."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from amtspuls.clock import utc_from_local
from amtspuls.errors import ConfigError

DATABASE_NAME = "live.sqlite"
"""File of an archive's live part."""

WEEKS_NAME = "weeks"
"""Folder of an archive's sealed weeks."""

_NAME = re.compile(r"(\d{4})-(\d{2})")
_YEAR_FOLDER = re.compile(r"iso_year=\d{4}")
_WEEK_FOLDER = re.compile(r"iso_week=\d{2}")
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, order=True)
class IsoWeek:
    """A week from Monday to Sunday, numbered by ISO 8601; ``year`` is the ISO year."""

    year: int
    week: int

    @classmethod
    def parse(cls, text: str) -> IsoWeek:
        """Read ``YYYY-WW``.

        Raises:
            ConfigError: It has another form, or the year has no such week.
        """
        match = _NAME.fullmatch(text)
        numbers = (int(match[1]), int(match[2])) if match else (0, 0)
        try:
            date.fromisocalendar(*numbers, 1)
        except ValueError as error:
            raise ConfigError(
                f"{text!r} is no week: write the ISO year and week, e.g. 2026-05"
            ) from error
        return cls(*numbers)

    @classmethod
    def of(cls, day: date) -> IsoWeek:
        """The week of a day."""
        year, week, _ = day.isocalendar()
        return cls(year, week)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.week:02}"

    @property
    def start(self) -> date:
        """Its Monday."""
        return date.fromisocalendar(self.year, self.week, 1)

    @property
    def end(self) -> date:
        """The Monday after it."""
        return self.start + _WEEK

    @property
    def following(self) -> IsoWeek:
        """The next week."""
        return IsoWeek.of(self.end)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """First instant of the week and of the next one in a zone, aware UTC."""
        first, until = (
            utc_from_local(datetime.combine(day, time()), zone) for day in (self.start, self.end)
        )
        return first, until


def folder_of(weeks: Path, week: IsoWeek) -> Path:
    """Where a sealed week belongs below the folder of sealed weeks.

    The folder is moved there whole, so the week is sealed when it exists.
    """
    return weeks / f"iso_year={week.year:04}" / f"iso_week={week.week:02}"


def is_sealed(weeks: Path, week: IsoWeek) -> bool:
    """Whether a week is sealed; cheap enough to ask for every snapshot."""
    return folder_of(weeks, week).is_dir()


def sealed_weeks(weeks: Path) -> list[IsoWeek]:
    """Sealed weeks of a folder, ascending; none where there is no such folder.

    Every look at an archive asks for them, so no file is opened and no path is put together.
    """
    return sorted(
        week
        for year in _names_in(weeks)
        if _YEAR_FOLDER.fullmatch(year)
        for number in _names_in(f"{weeks}/{year}")
        if (week := _week_of_folders(year, number))
    )


def _names_in(folder: Path | str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []


@cache
def _week_of_folders(year: str, number: str) -> IsoWeek | None:
    if _WEEK_FOLDER.fullmatch(number):
        with suppress(ConfigError):
            return IsoWeek.parse(f"{year[-4:]}-{number[-2:]}")
    return None
