"""What the catalogue may say of an ekol portal beside its address."""

from __future__ import annotations

from amtspuls.catalogue.portal import AskedService, Portal
from amtspuls.errors import ConfigError
from amtspuls.systems.services import refuse_all


def wanted_concerns(portal: Portal) -> tuple[AskedService, ...]:
    """Return the services of the entry, best first.

    Raises:
        ConfigError: There is an option, or all services are wanted.
    """
    if portal.options:
        raise ConfigError(
            f"portal {portal.id}: ekol has no options ({', '.join(sorted(portal.options))})",
            portal=portal.id,
        )
    refuse_all(portal)
    return portal.listed_services
