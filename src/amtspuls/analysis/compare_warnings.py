"""What makes cities hard to compare: said beside every comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from amtspuls.analysis.base import count_of, per_cent
from amtspuls.analysis.city_wait import Seen
from amtspuls.analysis.offices import Office, Told, Wish
from amtspuls.catalogue.services import NAMES_DE

_Item = TypeVar("_Item")

LEAST_COVERAGE = 0.5
"""Below this share of the time figures of a city are doubtful."""
HORIZON_FACTOR = 1.5
"""Horizons further apart than this make waits differ by themselves."""
LEAST_COMMON = 0.5
"""Cities of which less than this share of the moments is common were watched at different times."""


def find_warnings(seen: Sequence[Seen], wish: Wish, moments: int) -> tuple[str, ...]:
    """Everything to mind, in plain sentences, the gravest first."""
    return (
        *_of_missing(seen, wish),
        *_of_coverage(seen, moments),
        *_of_times(seen),
        *_of_systems(seen),
        *_of_services(seen, wish),
        *_of_durations(seen),
        *_of_horizons(seen),
    )


def _of_missing(seen: Sequence[Seen], wish: Wish) -> Iterable[str]:
    for one in seen:
        if not one.offices and not one.unseen:
            what = (
                "is of this kind"
                if wish.service is None
                else "offers this, as far as its page tells"
            )
            yield f"{one.city.name}: no calendar {what}."
        elif not one.offices:
            yield f"{one.city.name}: no page answered in this time, so nothing is known."
        elif one.unseen:
            yield (
                f"{one.city.name}: {len(one.unseen)} of {len(one.unseen) + len(one.offices)} {wish.unit}s never "
                "answered and are left out; the wait may be shorter than it says."
            )


def _of_coverage(seen: Sequence[Seen], moments: int) -> Iterable[str]:
    for one in seen:
        share = (len(one.wait.at) if one.wait else 0) / moments if moments else 0.0
        if one.offices and share < LEAST_COVERAGE:
            yield f"{one.city.name}: known for {per_cent(share)} of the time only."


def _of_times(seen: Sequence[Seen]) -> Iterable[str]:
    known = [one.wait.at for one in seen if one.wait]
    if len(known) < 2:
        return
    common = set(known[0].tolist()).intersection(*(at.tolist() for at in known[1:]))
    if len(common) < LEAST_COMMON * max(map(len, known)):
        yield "The cities were watched at different times: give --from and --until."


def systems_apart(seen: Sequence[Seen]) -> tuple[str, ...]:
    """The booking systems of cities that can be compared, if they are several."""
    there = [one for one in seen if one.offices]
    systems = sorted({o.one.evidence.record.system for one in there for o in one.offices})
    return tuple(systems) if len(there) > 1 and len(systems) > 1 else ()


def _of_systems(seen: Sequence[Seen]) -> Iterable[str]:
    systems = systems_apart(seen)
    if systems:
        yield (
            f"Different booking systems ({', '.join(systems)}): what they show as free differs in services, "
            "grid and days ahead."
        )


def _of_services(seen: Sequence[Seen], wish: Wish) -> Iterable[str]:
    if wish.service is None:
        yield "All services together: whoever needs one of them may wait longer; ask with --service."
    else:
        for one in seen:
            guessed = sum(office.told is Told.PRESUMED for office in one.offices)
            if guessed:
                yield (
                    f"{one.city.name}: of {guessed} of {len(one.offices)} offices nobody wrote down what they "
                    f"offer; {NAMES_DE[wish.service]} is presumed from what the office is for."
                )
    asked = [(one, _sets(one.offices, _commons)) for one in seen if one.offices]
    names = {one.city.name for one, services in asked if not services}
    if names and len(names) < len(asked):
        yield f"Which service was asked is not known of {', '.join(sorted(names))}."
    elif wish.service is None and len({services for _, services in asked}) > 1:
        told = "; ".join(f"{one.city.name}: {', '.join(sorted(s))}" for one, s in asked)
        yield f"Different services were asked ({told})."


def _of_durations(seen: Sequence[Seen]) -> Iterable[str]:
    lengths = [
        (one.city.name, _sets(one.offices, lambda office: office.shown.durations_min))
        for one in seen
    ]
    told = [(name, minutes) for name, minutes in lengths if minutes]
    if len({minutes for _, minutes in told}) > 1:
        said = "; ".join(
            f"{name}: {', '.join(map(str, sorted(minutes)))} minutes" for name, minutes in told
        )
        yield f"Appointments of different lengths were asked ({said}): longer ones find fewer slots."


def _of_horizons(seen: Sequence[Seen]) -> Iterable[str]:
    known = sorted((one.horizon_days, one.city.name) for one in seen if one.horizon_days)
    if known and known[-1][0] > HORIZON_FACTOR * known[0][0]:
        (short, here), (long, there) = known[0], known[-1]
        yield (
            f"{here} shows slots {count_of(round(short), 'day')} ahead, {there} {count_of(round(long), 'day')}: "
            "a short horizon keeps waits short by itself."
        )


def _commons(office: Office) -> frozenset[str]:
    return frozenset(office.portal.common_service(name) for name in office.shown.asked)


def _sets(
    offices: Sequence[Office], pick: Callable[[Office], frozenset[_Item]]
) -> frozenset[_Item]:
    found: frozenset[_Item] = frozenset()
    return found.union(*(pick(office) for office in offices))
