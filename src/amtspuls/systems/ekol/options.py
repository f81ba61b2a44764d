"""What the catalogue may say of an ekol portal beside its address."""

from __future__ import annotations

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.systems.markup import clean_text

MOST_SERVICES = 8


def wanted_concerns(portal: Portal) -> tuple[str, ...]:
    """Return the concerns of the option ``services``, ids or names in lower case, best first.

    Raises:
        ConfigError: There is another option, or this one is no list of one to eight texts.
    """
    unknown = sorted(set(portal.options) - {"services"})
    if unknown:
        raise _wrong(portal, f"unknown option {unknown[0]!r}; there is: services")
    given = portal.options.get("services")
    if given is None:
        return ()
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_SERVICES:
        raise _wrong(portal, f"services must be a list of one to {MOST_SERVICES} concerns")
    if not all(isinstance(name, str) and clean_text(name) for name in given):
        raise _wrong(portal, "services must be ids or names as the portal shows them")
    return tuple(clean_text(name).casefold() for name in given)


def _wrong(portal: Portal, what: str) -> ConfigError:
    return ConfigError(f"portal {portal.id}: {what}", portal=portal.id)
