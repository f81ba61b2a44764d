"""Weekly bundles put together by hand, so that reading is tested against something that we did not write."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

NEWLINE = "\r\n"


def csv_text(
    portal_id: str, columns: Sequence[str], rows: Iterable[tuple[str, str, Sequence[str]]]
) -> str:
    """The CSV of a portal; a row is (date, calendar key, free columns)."""
    lines = [",".join(["date", "source_id", "location_id", *columns])]
    for date, key, free in rows:
        cells = ["1" if column in free else "" for column in columns]
        lines.append(",".join([date, portal_id, key, *cells]))
    return NEWLINE.join(lines) + NEWLINE


def tar_bytes(members: Mapping[str, bytes]) -> bytes:
    """An uncompressed tar of plain files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def write_bundle(path: Path, members: Mapping[str, str | bytes]) -> Path:
    """Write a bundle with these members."""
    raw = {name: text.encode() if isinstance(text, str) else text for name, text in members.items()}
    path.write_bytes(gzip.compress(tar_bytes(raw), mtime=0))
    return path


def write_metadata(path: Path, portals: Mapping[str, tuple[str, Mapping[str, str]]]) -> Path:
    """Write a metadata.json; a portal is (system, names of its calendars by key)."""
    tables: dict[str, Any] = {
        portal_id: {
            "name": f"Stadt {portal_id.title()}",
            "scraper": system,
            "url": f"https://termine.{portal_id}.example/index.php?company={portal_id}",
            "locations": {
                key: {"name": name, "services": ["Ausweis abholen", None]}
                for key, name in calendars.items()
            },
        }
        for portal_id, (system, calendars) in portals.items()
    }
    path.write_text(json.dumps(tables, ensure_ascii=False, indent=1), "utf-8")
    return path
