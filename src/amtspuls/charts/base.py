"""What a picture is: a named function from what an archive says to a chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property

from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import ArchiveReader
from amtspuls.catalogue.portal import Portal
from amtspuls.charts.style import Chart
from amtspuls.charts.words import Lang
from amtspuls.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Options:
    """How a picture is wanted.

    Language, size and title hold for all pictures; the others for those whose entry names them.

    Attributes:
        lang: Language of the labels.
        width: Of the drawing area, in points; None as the picture has it.
        height: As well.
        titled: Whether title and small print are drawn; a page that says so itself needs none.
        command: What draws the picture again; part of the small print.
        rule: Which rule counts.
        kind: What an office is for, as people type it.
        service: What people want there, as people type it.
        catalogue: Portals by id, with the user's own files; None is the catalogue that comes with amtspuls.
    """

    lang: Lang = Lang.EN
    width: int | None = None
    height: int | None = None
    titled: bool = True
    command: str = ""
    rule: str | None = None
    kind: str | None = None
    service: str | None = None
    catalogue: Mapping[str, Portal] | None = None


_OF_ALL = frozenset({"lang", "width", "height", "titled", "command"})


@dataclass(frozen=True, eq=False)
class Asked:
    """What a picture may draw from.

    Attributes:
        reader: The archive.
        selection: Portals and range.
        options: How the picture is wanted.
        united: Whether portals whose rows are unions of several snapshots are drawn too.
    """

    reader: ArchiveReader
    selection: Selection
    options: Options
    united: bool = False

    @cached_property
    def watched(self) -> tuple[Watched, ...]:
        """What the measures rest on, read at first use.

        Portals without a snapshot in the range are left out: nobody watched them then.

        Raises:
            ArchiveError: Nothing is in the archive, or nothing in the range.
            ConfigError: No portal passes the filters, or only united ones do that are not wanted.
        """
        every = load_watched(self.reader, self.selection, united=self.united)
        asked = (
            one for one in every if one.evidence.in_range(one.evidence.snapshots.taken_at).any()
        )
        return tuple(asked)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Ids of portals of the archive that ``-e`` left out of the selection."""
        chosen = replace(self.selection, exclude=())
        return tuple(
            record.portal_id
            for record in self.reader.portals()
            if chosen.wants(record) and not self.selection.wants(record)
        )


@dataclass(frozen=True)
class Picture:
    """One entry of the register.

    Attributes:
        name: Name on the command line.
        about: What it shows, one line of English.
        draw: Draws it.
        options: Names of the fields of ``Options`` that it takes besides those for all pictures.
        rules: Values of the option ``rule``, where it has one.
        aggregated: Whether portals may be drawn whose rows are unions of several snapshots.
        aggregated_rules: Rules with which they may be drawn even if ``aggregated`` is False.
    """

    name: str
    about: str
    draw: Callable[[Asked], Chart]
    options: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    aggregated: bool = False
    aggregated_rules: tuple[str, ...] = ()

    def takes_united(self, options: Options) -> bool:
        """Whether portals may be drawn whose rows are unions of several snapshots."""
        return self.aggregated or options.rule in self.aggregated_rules

    def require(self, options: Options) -> None:
        """Refuse an option that this picture does not take, and a rule that there is not.

        Raises:
            ConfigError: One is set.
        """
        if options.rule is not None and self.rules and options.rule not in self.rules:
            raise ConfigError(
                f"no rule is called {options.rule!r}: without --rule the estimate is drawn, "
                f"--rule takes {' or '.join(self.rules)}"
            )
        usual = Options()
        for field in fields(Options):
            known = field.name in _OF_ALL or field.name in self.options
            if not known and getattr(options, field.name) != getattr(usual, field.name):
                takes = ", ".join(f"--{name}" for name in self.options) or "none of its own"
                raise ConfigError(
                    f"the picture {self.name} takes no --{field.name}; options of this picture: {takes}"
                )
