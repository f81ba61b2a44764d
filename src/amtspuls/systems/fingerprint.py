"""Which booking system a page belongs to: all systems are asked, the likeliest comes first.

Pure: a page in, candidates with their evidence out. Registered systems bring their own marks (see
``systems.marks.Recognises``), systems without a client stand in ``systems.foreign``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from amtspuls.fetch.page import Page
from amtspuls.systems.base import System
from amtspuls.systems.foreign import FOREIGN
from amtspuls.systems.marks import SURE, Evidence, Fingerprint, Recognises, Seen
from amtspuls.systems.markup import attribute

MOST_LEADS = 10
_MOST_LINKS = 500
_URL_CHARS = 1000
_LINKS = "iframe[src], frame[src], a[href], form[action]"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A system that a page may belong to.

    Attributes:
        system: Its name in the catalogue.
        readable: Whether an installed package can read it.
        found: What gives it away; for readable ones the portal's entry too.
    """

    system: str
    readable: bool
    found: Fingerprint

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The marks, in the order of the system."""
        return self.found.evidence

    @property
    def score(self) -> int:
        """Sum of the strengths of its marks."""
        return self.found.score

    @property
    def is_sure(self) -> bool:
        """Whether the evidence is enough."""
        return self.score >= SURE


@dataclass(frozen=True, slots=True)
class Lead:
    """A link of a page (or a frame in it) that goes to a booking system."""

    url: str
    system: str
    readable: bool


def rank(page: Page, systems: Mapping[str, System]) -> tuple[Candidate, ...]:
    """Return the systems that a page may belong to, the likeliest first; empty when no mark is found.

    Args:
        page: Any answer, HTML or not, captchas included.
        systems: Installed systems by name, as ``systems.registry.load_systems`` gives them.
    """
    return _rank(Seen(page), systems)


def find_leads(page: Page, systems: Mapping[str, System]) -> tuple[Lead, ...]:
    """Return links and frames of a page whose address alone gives a system away, each entry once."""
    leads: dict[str, Lead] = {}
    for url in _links(page):
        bare = Seen(Page(url, 200, {}, b"", page.fetched_at))
        candidates = [one for one in _rank(bare, systems) if one.is_sure]
        if candidates:
            entry = candidates[0].found.url or url
            leads.setdefault(entry, Lead(entry, candidates[0].system, candidates[0].readable))
        if len(leads) == MOST_LEADS:
            break
    return tuple(leads.values())


def _rank(seen: Seen, systems: Mapping[str, System]) -> tuple[Candidate, ...]:
    found = [one for one in _candidates(seen, systems) if one.score]
    return tuple(sorted(found, key=lambda one: (-one.score, one.system)))


def _candidates(seen: Seen, systems: Mapping[str, System]) -> Iterator[Candidate]:
    for name, system in systems.items():
        if isinstance(system, Recognises):
            yield Candidate(name, True, system.fingerprint(seen))
        elif name in FOREIGN:
            yield Candidate(name, True, Fingerprint(seen.look_for(FOREIGN[name].marks)))
    for name, foreign in FOREIGN.items():
        if name not in systems:
            yield Candidate(name, False, Fingerprint(seen.look_for(foreign.marks)))


def _links(page: Page) -> Iterator[str]:
    """Absolute addresses on other pages, in page order."""
    for node in Seen(page).tree.css(_LINKS)[:_MOST_LINKS]:
        link = attribute(node, "src") or attribute(node, "href") or attribute(node, "action")
        try:
            url = urljoin(page.url, link.strip())
            is_web = urlsplit(url).scheme in {"http", "https"}
        except ValueError:
            continue
        if is_web and len(url) <= _URL_CHARS and url.partition("#")[0] != page.url:
            yield url
