"""What ``amtspuls snapshot`` does with tapes: record on one, or read one again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from amtspuls.cli.output import say

if TYPE_CHECKING:
    from amtspuls.catalogue.portal import Portal
    from amtspuls.clock import Clock
    from amtspuls.collect.round import Taken
    from amtspuls.fetch.tape.layout import Visit
    from amtspuls.fetch.tape.record import Recorder
    from amtspuls.fetch.tape.visits import Tape

Filters = tuple[list[str] | None, list[str] | None, list[str] | None]
"""What --include, --exclude and --system say."""


class TapeUse(NamedTuple):
    """The options of a snapshot that concern tapes."""

    tape: Path | None
    append: bool
    from_tape: Path | None

    def check(self, **others: Any) -> None:
        """Refuse options that contradict each other.

        Args:
            others: Options that mean nothing while a tape is read, by name.

        Raises:
            ConfigError: With what to leave out.
        """
        from amtspuls.errors import ConfigError

        if self.append and self.tape is None:
            raise ConfigError("--append needs --tape FILE: it says where to record")
        if self.from_tape is None:
            return
        given = [name for name, value in {"tape": self.tape, **others}.items() if value]
        if given:
            raise ConfigError(
                f"--{given[0]} cannot go with --from-tape: what was asked is on the tape already"
            )


@contextmanager
def recording(use: TapeUse, clock: Clock) -> Iterator[Recorder | None]:
    """Open the tape to record on, if one is wanted, and finish it."""
    if use.tape is None:
        yield None
        return
    from amtspuls.fetch.tape.record import Recorder

    recorder = Recorder(use.tape, clock, append=use.append)
    if recorder.cut_bytes:
        say(f"{use.tape} ended in the middle of a record: {recorder.cut_bytes} bytes were cut off")
    try:
        yield recorder
    finally:
        recorder.close()


def take_from_tape(path: Path, filters: Filters, folder: Path | None, wait_s: float) -> list[Taken]:
    """Read the chosen visits of a tape again and store them, in an archive if one is named.

    Raises:
        TapeError: The tape is damaged; what stands before that is stored.
    """
    from amtspuls.archive.live import open_writer
    from amtspuls.collect.reread import reread
    from amtspuls.fetch.tape.visits import Tape

    tape = Tape(path)
    chosen = _chosen_ids(path, filters) if any(filters) else None
    archive = open_writer(folder, wait_s=wait_s) if folder else None
    unfinished: list[str] = []
    seen: list[str] = []
    try:
        taken = reread(_finished(tape, chosen, unfinished, seen), archive)
    finally:
        if archive:
            archive.close()
    if len(seen) > len(taken):
        say(f"{len(seen) - len(taken)} visits are in the archive already, or something later is")
    _say_state(tape, unfinished)
    return taken


def _finished(
    tape: Tape, chosen: frozenset[str] | None, unfinished: list[str], seen: list[str]
) -> Iterator[tuple[Visit, Portal]]:
    from amtspuls.collect.reread import portal_of

    for visit in tape.visits():
        if chosen is not None and visit.about.portal_id not in chosen:
            continue
        if visit.ending is None:
            unfinished.append(visit.about.portal_id)
            continue
        seen.append(visit.about.portal_id)
        yield visit, portal_of(visit, tape.path)


def _chosen_ids(path: Path, filters: Filters) -> frozenset[str]:
    from amtspuls.catalogue.load import make_catalogue
    from amtspuls.collect.reread import portal_of
    from amtspuls.fetch.tape.visits import Tape

    portals = {visit.about.portal_id: portal_of(visit, path) for visit in Tape(path).visits()}
    include, exclude, systems = filters
    chosen = make_catalogue(portals.values()).select(include or (), exclude or (), systems or ())
    return frozenset(portal.id for portal in chosen)


def _say_state(tape: Tape, unfinished: list[str]) -> None:
    if unfinished:
        say(
            f"{len(unfinished)} visits were not finished when the tape was recorded and are left out:"
            f" {', '.join(unfinished)}"
        )
    say_cut(tape)


def say_cut(tape: Tape) -> None:
    """Say that a tape ends in the middle of a record, if it does."""
    if tape.cut_bytes:
        say(
            f"{tape.path} ends in the middle of a record: its last {tape.cut_bytes} bytes are left out"
        )
