"""Which portals of the catalogue still answer: each is read once, the findings become an overlay.

One failure retires nobody: a portal that answers becomes active, one that fails gets the outcome as its
note. See docs/how-to/probe.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from amtspuls.catalogue.portal import Portal
from amtspuls.catalogue.render import to_toml
from amtspuls.collect.probing import as_answered, without_probe
from amtspuls.collect.proposing import one_line
from amtspuls.collect.round import Round, Taken
from amtspuls.model import Outcome, Snapshot

_UNTOUCHED = (Outcome.SKIPPED,)
_REASON_CHARS = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one portal.

    Attributes:
        was: Its table before.
        now: Its table after; the same object when nothing is to be changed.
        snapshot: What was read.
    """

    was: Portal
    now: Portal
    snapshot: Snapshot

    @property
    def has_failed(self) -> bool:
        """Whether it was asked and gave no answer."""
        return not self.snapshot.outcome.answered and self.snapshot.outcome not in _UNTOUCHED


@dataclass(frozen=True, slots=True)
class Survey:
    """What came of all portals.

    Attributes:
        findings: In the order of the portals' systems and ids.
        asked: How many were to be asked.
        unread: Portals on systems without a client, in the order of ids.
    """

    findings: tuple[Finding, ...]
    asked: int
    unread: tuple[Portal, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all were read before it ended."""
        return len(self.findings) == self.asked


def choose_portals(portals: Iterable[Portal], *, include_retired: bool) -> list[Portal]:
    """Return whom a survey asks: silent and unverified portals too, retired ones only when wanted."""
    return [portal for portal in portals if include_retired or portal.status != "retired"]


@dataclass(slots=True)
class Surveyor:
    """Reads portals as a round does and keeps what was read, come what may.

    Attributes:
        job: The round; without archive.
        systems: Names of the installed systems.
        barred: Why portals are not asked, by id: off in the catalogue, or stopped.
        contact: Left out of reasons: they may quote pages, and a page may quote us.
        taken: What was read so far.
    """

    job: Round
    systems: Collection[str]
    barred: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""
    taken: list[Taken] = field(default_factory=list)

    async def run(
        self, portals: Sequence[Portal], on_taken: Callable[[Taken], None] = lambda taken: None
    ) -> None:
        """Read each portal once; ``taken`` grows on the way, and stays after an interrupt."""

        def keep(taken: Taken) -> None:
            self.taken.append(taken)
            on_taken(taken)

        marked = [
            portal.model_copy(update={"off": self.barred[portal.id]})
            if portal.id in self.barred
            else portal
            for portal in portals
        ]
        await self.job.run(self.readable(marked), keep)

    def readable(self, portals: Iterable[Portal]) -> list[Portal]:
        """Those on installed systems."""
        return [portal for portal in portals if portal.system in self.systems]

    def survey(self, portals: Sequence[Portal]) -> Survey:
        """Sum up what was read so far of these portals."""
        tables = {portal.id: portal for portal in portals}
        findings = [find(tables[one.portal.id], self._shown(one.snapshot)) for one in self.taken]
        findings.sort(key=lambda one: (one.was.system, one.was.id))
        unread = tuple(portal for portal in portals if portal.system not in self.systems)
        return Survey(tuple(findings), len(portals) - len(unread), unread)

    def _shown(self, snapshot: Snapshot) -> Snapshot:
        if not self.contact:
            return snapshot
        return replace(snapshot, reason=snapshot.reason.replace(self.contact, "(contact)"))


def find(portal: Portal, snapshot: Snapshot) -> Finding:
    """Judge one portal by one snapshot.

    A portal that was skipped stays as it is; so does the status of one that failed.
    """
    if snapshot.outcome in _UNTOUCHED:
        return Finding(portal, portal, snapshot)
    if snapshot.outcome.answered:
        return Finding(portal, as_answered(portal, snapshot), snapshot)
    day = snapshot.taken_at.astimezone(portal.zone_info).date()
    note = f"probed {day}: {snapshot.outcome}: {one_line(snapshot.reason)[:_REASON_CHARS]}".rstrip()
    if kept := without_probe(portal.note):
        note = f"{kept}; {note}"
    return Finding(portal, portal.model_copy(update={"note": note}), snapshot)


def overlay_of(survey: Survey, heading: str) -> str:
    """Return a catalogue file with the whole tables of all portals that were asked and told something."""
    changed = [one.now for one in survey.findings if one.now is not one.was]
    lines = "".join(f"# {line}\n" for line in heading.splitlines())
    return f"{lines}\n{to_toml(changed)}"
