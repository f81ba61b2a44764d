"""Which services of an etermin portal are asked; pure. The rule: docs/systems/etermin.md."""

from __future__ import annotations

from dataclasses import dataclass

from amtspuls.catalogue.portal import AskedService
from amtspuls.model import Outcome, Problem
from amtspuls.systems.etermin.options import Options
from amtspuls.systems.etermin.parse import Service
from amtspuls.systems.services import unfound
from amtspuls.systems.walk import service_names


@dataclass(frozen=True, slots=True)
class Chosen:
    """A service to ask, and the names of all services of its group."""

    service: Service
    group: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked, in order, and what cannot be.

    Attributes:
        chosen: Services to ask.
        problems: Services or groups that cannot be asked.
        one_per_calendar: A calendar is asked for the first chosen service that it offers only.
    """

    chosen: tuple[Chosen, ...]
    problems: tuple[Problem, ...]
    one_per_calendar: bool


def choose(services: tuple[Service, ...], options: Options) -> Choice:
    """Choose by the portal's entry; without any, the shortest service of each group."""
    groups: dict[str, list[Service]] = {}
    for service in services:
        groups.setdefault(service.group_id or service.group, []).append(service)
    names = {group: service_names([one.name for one in own]) for group, own in groups.items()}
    if options.all_services:
        once = {service.id: service for service in reversed(services)}
        found = [service for service in services if once[service.id] is service]
        problems: list[Problem] = []
    elif options.services:
        found, problems = _named(services, options.services)
    else:
        found, problems = _shortest(groups)
    chosen = tuple(Chosen(one, names[one.group_id or one.group]) for one in found)
    return Choice(chosen, tuple(problems), not (options.all_services or options.services))


def _named(
    services: tuple[Service, ...], wanted: tuple[AskedService, ...]
) -> tuple[list[Service], list[Problem]]:
    found: list[Service] = []
    problems: list[Problem] = []
    for asked in wanted:
        match = next((one for one in services if asked.fits(one.id, one.name)), None)
        if match is None:
            problems.append(unfound(asked))
        elif match not in found:
            found.append(match)
    return found, problems


def _shortest(groups: dict[str, list[Service]]) -> tuple[list[Service], list[Problem]]:
    found: list[Service] = []
    problems: list[Problem] = []
    for own in groups.values():
        lengthy = [one for one in own if one.has_length and one.duration_min]
        without = [one for one in own if not one.has_length]
        if lengthy:
            found.append(min(lengthy, key=lambda one: one.duration_min))
        elif without:
            found.append(without[0])
        else:
            where = own[0].group or own[0].name
            problems.append(Problem(where, Outcome.SKIPPED, "no service of the group has a length"))
    return found, problems
