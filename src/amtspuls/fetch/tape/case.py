"""A visit as a folder of readable files, for tests: ``meta.toml``, one body for each answer."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from amtspuls.catalogue.render import inline_value
from amtspuls.errors import ConfigError, TapeError
from amtspuls.fetch.tape.layout import About, Ending, Entry, Received, Visit, about_json
from amtspuls.fetch.tape.visits import about_from_json
from amtspuls.files import naming_the_file

META = "meta.toml"
EXPECTED = "expected.json"
_KINDS = {"text/html": "html", "application/json": "json", "text/plain": "txt"}


def write_case(visit: Visit, expected: Mapping[str, Any], folder: Path) -> None:
    """Write a case in one step: the whole folder, or nothing.

    Args:
        visit: Finished, its answers unpacked.
        expected: What reading it gives.
        folder: Must not exist.

    Raises:
        ConfigError: The folder exists.
        OutputError: It cannot be written.
    """
    if folder.exists():
        raise ConfigError(f"{folder} exists: choose another name with --name")
    part = folder.with_name(f".{folder.name}.part")
    with naming_the_file(folder):
        try:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            (part / META).write_text(_meta(visit), "utf-8")
            for entry in visit.entries:
                if entry.received is not None:
                    (part / _body_name(entry)).write_bytes(entry.received.body)
            said = json.dumps(expected, ensure_ascii=False, indent=1) + "\n"
            (part / EXPECTED).write_text(said, "utf-8")
            part.replace(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def read_case(folder: Path) -> Visit:
    """Read a case back as the visit that it is.

    Raises:
        TapeError: A file is missing, or does not say what it must.
    """
    try:
        meta = tomllib.loads((folder / META).read_text("utf-8"))
        entries = tuple(_entry(table, folder) for table in meta["answer"])
        return Visit(_about(meta), entries, _ending(meta["ending"]))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise TapeError(f"{folder} is no case of a taped visit: {error!r}") from error


def _meta(visit: Visit) -> str:
    if visit.ending is None:
        raise AssertionError("only finished visits become cases")
    about = about_json(visit.about)
    ending = {**asdict(visit.ending), "finished_at": visit.ending.finished_at.isoformat()}
    lines = [
        "# Made by `amtspuls tape to-case` out of a tape, scrubbed; to be read by a person.",
        'kind = "visit"',
        *(f"{key} = {inline_value(_without_none(value))}" for key, value in about.items()
          if value is not None),
        f"ending = {inline_value(ending)}",
    ]  # fmt: skip
    for entry in visit.entries:
        lines += ["", "[[answer]]"]
        lines += [f"{key} = {inline_value(value)}" for key, value in _table(entry).items()]
    return "\n".join(lines) + "\n"


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def _table(entry: Entry) -> dict[str, Any]:
    method, url, content, told = entry.key
    table: dict[str, Any] = {
        "sequence": entry.sequence,
        "done_at": entry.done_at.isoformat(),
        "method": method,
        "url": url,
        "form": content.decode("latin-1"),
        "told": dict(told),
    }
    if entry.received is not None:
        table["version"] = entry.received.version
        table["status"] = entry.received.status
        table["reason"] = entry.received.reason
        table["headers"] = [
            [name.decode("latin-1"), value.decode("latin-1")]
            for name, value in entry.received.fields
        ]
        table["body"] = _body_name(entry)
    if entry.failure:
        table["failure"] = entry.failure
    if entry.refusal is not None:
        table["refusal"] = list(entry.refusal)
    return table


def _body_name(entry: Entry) -> str:
    fields = entry.received.fields if entry.received else ()
    kinds = [value for name, value in fields if name.lower() == b"content-type"]
    kind = kinds[0].decode("latin-1").partition(";")[0].strip() if kinds else ""
    return f"body-{entry.sequence:02d}.{_KINDS.get(kind, 'bin')}"


def _about(meta: Mapping[str, Any]) -> About:
    return about_from_json({"weeks": None, "period_s": None, **meta})


def _ending(table: Mapping[str, Any]) -> Ending:
    return Ending(**{**table, "finished_at": datetime.fromisoformat(table["finished_at"])})


def _entry(table: Mapping[str, Any], folder: Path) -> Entry:
    received = None
    if "status" in table:
        received = Received(
            table["version"],
            table["status"],
            table["reason"],
            tuple(
                (name.encode("latin-1"), value.encode("latin-1"))
                for name, value in table["headers"]
            ),
            (folder / table["body"]).read_bytes(),
        )
    refusal = table.get("refusal")
    return Entry(
        key=(
            table["method"],
            table["url"],
            table["form"].encode("latin-1"),
            tuple(sorted(table["told"].items())),
        ),
        sequence=table["sequence"],
        done_at=datetime.fromisoformat(table["done_at"]),
        received=received,
        failure=table.get("failure", ""),
        refusal=(refusal[0], refusal[1]) if refusal else None,
    )
