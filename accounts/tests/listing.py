"""A therapist as the national registry has her, and a registry that answers as it is told."""

from datetime import timedelta

from accounts.tests import factories as make
from accounts.types import (
    LicenceFacts,
    RegistryEntry,
    RegistryTaxonomy,
)

LATER = make.AT + timedelta(minutes=1)
LCSW = LicenceFacts(state="IL", type="lcsw", number="149.012345")


def entry(npi="1234567893", **facts):
    """Grace Adeyemi, as the registry has her."""
    return RegistryEntry(
        **{
            "npi": npi,
            "is_person": True,
            "is_active": True,
            "first_name": "GRACE",
            "last_name": "ADEYEMI",
            "credential": "LCSW",
            "other_names": (),
            "taxonomies": (RegistryTaxonomy(code="1041C0700X", state="IL", licence="149012345"),),
            "states": ("IL",),
            **facts,
        }
    )


class Registry:
    """Answers with one entry, or not at all."""

    def __init__(self, found=None, *, then=None):
        self.found, self.then, self.asked = found, then, 0

    def entry_get(self, npi):
        self.asked += 1
        if self.then:
            self.then()
        if isinstance(self.found, Exception):
            raise self.found
        return self.found
