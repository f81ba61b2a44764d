"""The files of a new system: a small distribution of its own, with a contract test that fails at first.

What is written is complete and honest: it reads an invented portal, says so (version 0), and its contract
test says what to do until it reads a real one. See docs/how-to/add-a-system.md.
"""

from __future__ import annotations

import keyword
import re
import shutil
import sys
from collections.abc import Collection, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from amtspuls.errors import ConfigError
from amtspuls.files import PART, naming_the_file, write_whole

_NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
_TEMPLATE = ".txt"
_RESERVED = frozenset({"test", "tests", "base", "probe"})


def new_system_files(name: str, taken: Collection[str] = ()) -> dict[PurePosixPath, str]:
    """Return the files of a new system by their place in its folder.

    Args:
        name: As catalogue files will call it, e.g. ``termin_x``.
        taken: Names of installed systems.

    Raises:
        ConfigError: The name is none, or taken.
    """
    _require_name(name, taken)
    package = f"amtspuls_{name}"
    words = {
        "@name@": name,
        "@dist@": name.replace("_", "-"),
        "@package@": package,
        "@class@": "".join(part.capitalize() for part in name.split("_")),
    }
    files: dict[PurePosixPath, str] = {}
    for place, text in _templates(resources.files("amtspuls.systems") / "skeleton"):
        for mark, word in words.items():
            text = text.replace(mark, word)
        files[_place(place, name, package)] = text
    files[PurePosixPath("src", package, "py.typed")] = ""
    return dict(sorted(files.items()))


def write_new_system(name: str, to: Path, taken: Collection[str] = ()) -> list[Path]:
    """Write the files of a new system into a new folder and return their paths.

    Raises:
        ConfigError: The name is none or taken, or the folder exists.
        OutputError: A file cannot be written.
    """
    files = new_system_files(name, taken)
    if to.exists():
        raise ConfigError(
            f"{to} exists already, and nothing is overwritten: choose another folder with --to DIR",
            path=str(to),
        )
    part = to.with_name(f".{to.name}{PART}")
    shutil.rmtree(part, ignore_errors=True)
    try:
        for place, text in files.items():
            write_whole(text.encode("utf-8"), part / place)
        with naming_the_file(to):
            part.rename(to)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return [to / place for place in files]


def _require_name(name: str, taken: Collection[str]) -> None:
    if not _NAME.fullmatch(name) or name.endswith("_") or "__" in name:
        raise ConfigError(
            f"{name!r} is no name for a system: 2 to 30 lower-case letters, digits and single _,"
            " beginning with a letter, as in termin_x",
            system=name,
        )
    if keyword.iskeyword(name) or name in _RESERVED or name in sys.stdlib_module_names:
        raise ConfigError(
            f"{name!r} means something else in Python: choose another name", system=name
        )
    if name in taken:
        raise ConfigError(
            f"there is a system {name!r} already: choose another name, or improve that one",
            system=name,
        )


def _templates(folder: Traversable, inside: str = "") -> Iterator[tuple[PurePosixPath, str]]:
    for entry in folder.iterdir():
        place = f"{inside}{entry.name}"
        if entry.is_dir():
            yield from _templates(entry, f"{place}/")
        elif place.endswith(_TEMPLATE):
            yield PurePosixPath(place.removesuffix(_TEMPLATE)), entry.read_text("utf-8")


def _place(template: PurePosixPath, name: str, package: str) -> PurePosixPath:
    if template.parts[0] == "package":
        return PurePosixPath("src", package, *template.parts[1:])
    return template.with_name(f"{name}.md") if template.name == "system.md" else template
