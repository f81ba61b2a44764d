"""Finding the key of a tempus calendar again when no page shows its office; pure."""

from __future__ import annotations

from collections.abc import Iterable

from amtspuls.model import UNKNOWN_OFFICE, KnownCalendar
from amtspuls.systems.markup import clean_text


def make_key(office: str, task: str) -> str:
    """Build a key from ``standortrowid`` and first task."""
    return f"{office}/{task}"


class KnownKeys:
    """What is remembered of a portal's calendars, and what its pages have shown so far."""

    def __init__(self, known: Iterable[KnownCalendar]) -> None:
        self._known = tuple(known)
        self._offices: dict[str, str] = {}

    def learn(self, office_name: str, office: str) -> None:
        """Remember the id that a page of this snapshot shows for an office."""
        self._offices[_plain(office_name)] = office

    def newest(self, task: str) -> tuple[KnownCalendar, ...]:
        """Return the calendars of a task that were seen at the newest moment any of them was.

        Calendars of an unknown office count only where no other is known.
        """
        ours = [known for known in self._known if known.key.rpartition("/")[2] == task and task]
        real = [known for known in ours if not known.key.startswith(UNKNOWN_OFFICE + "/")] or ours
        newest = max((known.seen_at for known in real), default=None)
        return tuple(known for known in real if known.seen_at == newest)

    def key_of(self, office_name: str, task: str) -> str | None:
        """Return the key of an office that is listed without a link, or None when it cannot be told.

        Known under this task and name; else the office's id, from this snapshot or from its other
        calendars, as long as they agree.
        """
        if not task or not office_name:
            return None
        office = _plain(office_name)
        named = [known for known in self._known if _office_part(known.name) == office]
        for known in named:
            if known.key.rpartition("/")[2] == task:
                return known.key
        ids = {known.key.partition("/")[0] for known in named} - {UNKNOWN_OFFICE}
        found = self._offices.get(office) or (ids.pop() if len(ids) == 1 else None)
        return make_key(found, task) if found else None


def _plain(name: str) -> str:
    return clean_text(name).casefold()


def _office_part(name: str) -> str:
    office, colon, _ = _plain(name).partition(": ")
    return office if colon else ""
