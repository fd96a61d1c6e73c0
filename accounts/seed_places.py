"""Where the demo's practices see people, and who they are to payers; all of it made up (555 numbers)."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from accounts import events, rules, selectors
from accounts.models import BillingIdentity, Location, Practice
from accounts.types import ADDRESS_FIELDS, TaxKind
from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.registry import SeedContext
from observability import services as observability_services

_NAMESPACE = UUID("b1003000-0000-5000-8000-000000000003")
_ACTOR = Actor.for_system("seed_demo", via=Via.COMMAND)
_OPENED_DAYS_AGO = 880


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    phone: str
    time_zone: str = "America/Chicago"


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """A practice by its name. The first place is also where payers write to."""

    name: str
    legal_name: str
    npi_stem: str
    tax_number: str
    places: tuple[_Place, ...] = field(default=())


_HOUSES = (
    _House(
        name="Willow & Stone Therapy",
        legal_name="Willow & Stone Therapy, PLLC",
        npi_stem="155500101",
        tax_number="365550142",
        places=(
            _Place(
                name="Lincoln Square",
                line1="4725 North Western Avenue",
                line2="Suite 210",
                city="Chicago",
                region="IL",
                postal_code="60625",
                phone="+13125550142",
            ),
            _Place(
                name="Oak Park",
                line1="118 Marion Street",
                line2="",
                city="Oak Park",
                region="IL",
                postal_code="60301",
                phone="+17085550118",
            ),
        ),
    ),
    _House(
        name="Harbor Light Counseling",
        legal_name="Harbor Light Counseling Group, LLC",
        npi_stem="155500102",
        tax_number="395550177",
        places=(
            _Place(
                name="Third Ward",
                line1="221 East Buffalo Street",
                line2="Floor 3",
                city="Milwaukee",
                region="WI",
                postal_code="53202",
                phone="+14145550177",
            ),
        ),
    ),
)


def places(ctx: SeedContext) -> None:
    """Give the demo's practices places and billing identities, unless they have some."""
    made = 0
    for house in _HOUSES:
        practice = Practice.objects.filter(name=house.name).order_by("created_at", "id").first()
        if practice is None:
            continue
        there = Location.objects.unscoped(reason="whether the demo's places are there")
        if not there.filter(practice_id=practice.id).exists():
            _plant(ctx, practice, house)
            made += len(house.places)
    if made:
        ctx.say(f"{made} places where the practices see people")


@transactional
def _plant(ctx: SeedContext, practice: Practice, house: _House) -> None:
    at = ctx.at - timedelta(days=_OPENED_DAYS_AGO)
    for place in house.places:
        facts = {name: getattr(place, name) for name in ("name", *ADDRESS_FIELDS, "phone", "time_zone")}
        row = Location(
            id=_id(ctx, "location", f"{house.name}/{place.name}"),
            practice=practice,
            place_of_service="11",
            created_at=at,
            **facts,
        )
        row.save(force_insert=True)
        observability_services.event_record(
            _ACTOR, events.LocationAdded(object_id=row.id, practice_id=practice.id), at=at
        )
    if BillingIdentity.objects.unscoped(reason="whether it is there").filter(practice=practice).exists():
        return
    billed_id = _id(ctx, "billing", house.name)
    first = house.places[0]
    billed = BillingIdentity(
        id=billed_id,
        practice=practice,
        legal_name=house.legal_name,
        npi=rules.npi_complete(house.npi_stem),
        tax_kind=TaxKind.EIN,
        tax_number=vault.seal(practice.id, house.tax_number, selectors.tax_number_place(billed_id)),
        changed_at=at,
        **{name: getattr(first, name) for name in ADDRESS_FIELDS},
    )
    billed.save(force_insert=True)
    fields = ("legal_name", "npi", "tax_number", *ADDRESS_FIELDS)
    observability_services.event_record(
        _ACTOR,
        events.BillingIdentityChanged(object_id=practice.id, practice_id=practice.id, fields=fields),
        at=at,
    )


def _id(ctx: SeedContext, kind: str, key: str) -> UUID:
    return uuid.uuid5(_NAMESPACE, f"{ctx.seed}/{kind}/{key}")
