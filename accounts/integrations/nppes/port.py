"""The national registry of providers (NPPES), in our words."""

from typing import Protocol

from accounts.types import RegistryEntry


class RegistryUnavailable(Exception):
    """No answer, or none that makes sense: later it may be another."""


class Registry(Protocol):
    def entry_get(self, npi: str) -> RegistryEntry | None:
        """What the registry says of an NPI; None when it does not know it. Raises RegistryUnavailable."""
        ...
