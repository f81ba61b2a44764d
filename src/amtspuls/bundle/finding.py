"""Which bundles and which metadata.json a command means.

Apart from the import, which takes a while to load: what is found here says whether processes are to share
the work, and those can then load it at the same time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from amtspuls.archive.week import IsoWeek
from amtspuls.errors import BundleError, ConfigError

METADATA_NAME = "metadata.json"
"""File beside bundles that says how portals and calendars are called."""

PRELOAD = ("amtspuls.bundle.workers",)
"""What processes load that share an import; see ``executor.load_early``."""

_NAME = re.compile(r"(\d{4}-\d{2})\.tar\.gz")
_YEAR = re.compile("[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Found:
    """A bundle and the week that its name says."""

    path: Path
    week: IsoWeek


def find_bundles(paths: Iterable[Path]) -> list[Found]:
    """Bundles among files and below folders, by week.

    In folders other files are left alone, and so is a bundle that was exported before its week was
    complete (``.incomplete`` beside it).

    Raises:
        BundleError: A path is missing, or a named file is no ``YYYY-WW.tar.gz``; or two are of one week.
        ConfigError: There is none at all.
    """
    found: dict[IsoWeek, Path] = {}
    named = list(paths)
    for path in named:
        for bundle, week in _bundles_of(path):
            if found.setdefault(week, bundle).resolve() != bundle.resolve():
                raise BundleError(
                    f"{found[week]} and {bundle} are of the same week: name one of them",
                    week=str(week),
                )
    if not found:
        raise ConfigError(
            f"no YYYY-WW.tar.gz in {', '.join(map(str, named))}: name bundles, or a folder with them"
        )
    return [Found(path, week) for week, path in sorted(found.items())]


def _bundles_of(path: Path) -> list[tuple[Path, IsoWeek]]:
    if path.is_dir():
        files = sorted(p for p in path.rglob("*.tar.gz") if _NAME.fullmatch(p.name))
        return [(p, _week_of(p)) for p in files if not Path(f"{p}.incomplete").exists()]
    if not path.exists():
        raise BundleError(f"{path}: is missing", path=str(path))
    return [(path, _week_of(path))]


def _week_of(path: Path) -> IsoWeek:
    match = _NAME.fullmatch(path.name)
    try:
        return IsoWeek.parse(match[1] if match else path.name)
    except ConfigError as error:
        raise BundleError(
            f"{path}: the name of a bundle is its ISO week, e.g. 2026-05.tar.gz", path=str(path)
        ) from error


def find_metadata(paths: Iterable[Path]) -> Path | None:
    """The metadata.json of bundles: in a named folder, above that of a year, beside or above a bundle."""
    for path in map(Path.absolute, paths):
        if path.is_dir():
            near = (path, path.parent) if _YEAR.fullmatch(path.name) else (path,)
        else:
            near = (path.parent, path.parent.parent)
        for folder in near:
            if (folder / METADATA_NAME).is_file():
                return folder / METADATA_NAME
    return None
