"""The predecessor's folder ``metrics``: an archive of 49 files per week and two summaries beside them."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from amtspuls.analysis.legacy.render import render_files
from amtspuls.analysis.legacy.summary import (
    UNKNOWN_NAME,
    PortalName,
    SummaryRow,
    merge_weekly,
    read_names,
    read_weekly,
    summary_csv,
    weekly_csv,
)
from amtspuls.analysis.legacy.week import LegacyWeek
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import BundleError
from amtspuls.files import replacing_file, write_whole

FOLDER = "metrics"
WEEKLY_NAME = "summary-weekly.csv"
SUMMARY_NAME = "summary.csv"

_GZIP_LEVEL = 6


def week_path(to: Path, week: IsoWeek) -> Path:
    """Where the metrics of a week belong below the folder of the user."""
    return to / FOLDER / f"{week.year:04}" / f"{week}.tar.gz"


def written_weeks(to: Path) -> set[str]:
    """Weeks (``YYYY-WW``) that have both their archive and their rows in the weekly summary.

    Raises:
        BundleError: The summary that is there is damaged.
    """
    weeks = {row.week for row in _known_rows(to)}
    return {week for week in weeks if (to / FOLDER / week[:4] / f"{week}.tar.gz").exists()}


def write_week(to: Path, legacy: LegacyWeek, names: Mapping[str, PortalName]) -> Path:
    """Write the metrics of a week and bring both summaries up to date.

    Rows of other weeks stay as they are; names that a ``summary.csv`` shows already stay, so that a
    published table keeps its wording. Each file is there whole or not at all, the summaries last.

    Args:
        to: Folder of the user; ``metrics`` is made in it if it is missing.
        legacy: What was calculated.
        names: What the archive calls its portals.

    Returns:
        The archive of the week.

    Raises:
        BundleError: A summary that is there is damaged; nothing is changed.
        OutputError: The disk refuses.
    """
    known, known_names = _known_rows(to), _known_names(to)
    path = week_path(to, legacy.week)
    with replacing_file(path) as stream:
        stream.write(pack(render_files(legacy.tables)))
    rows = merge_weekly(known, legacy.summary)
    write_whole(weekly_csv(rows).encode(), to / FOLDER / WEEKLY_NAME)
    summary = summary_csv(rows, {**names, **known_names})
    write_whole(summary.encode(), to / FOLDER / SUMMARY_NAME)
    return path


def pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A tar.gz whose bytes depend on names and texts only."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", compresslevel=_GZIP_LEVEL, fileobj=packed, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, text in files:
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    return packed.getvalue()


def _known_rows(to: Path) -> list[SummaryRow]:
    path = to / FOLDER / WEEKLY_NAME
    return read_weekly(_text(path), str(path)) if path.exists() else []


def _known_names(to: Path) -> dict[str, PortalName]:
    path = to / FOLDER / SUMMARY_NAME
    known = read_names(_text(path), str(path)) if path.exists() else {}
    return {portal_id: names for portal_id, names in known.items() if names.name != UNKNOWN_NAME}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}", path=str(path)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BundleError(f"{path}, line {line}: is not UTF-8", path=str(path)) from error
