"""Where a practice works, and what it is to payers."""

from collections.abc import Iterable
from uuid import UUID

from accounts import events, rules
from accounts.models import BillingIdentity, Location
from accounts.selectors.members import practice_see_check
from accounts.selectors.practices import practice_may
from accounts.types import (
    ADDRESS_FIELDS,
    AddressFacts,
    BillingIdentityView,
    BillingNeed,
    LocationView,
    PracticeMay,
    TaxKind,
)
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from bloom.kernel.guard import PrivateQuerySet


def location_list(actor: Actor, practice_id: UUID) -> list[LocationView]:
    """The practice's locations by name, those that are retired last. Two queries. Raises NotFound."""
    practice_see_check(actor, practice_id)
    views = [location_view(row) for row in Location.objects.visible_to(actor).filter(practice_id=practice_id)]
    return sorted(views, key=lambda view: (view.is_retired, view.name.casefold(), view.id))


def locations_shown(actor: Actor, ids: Iterable[UUID]) -> dict[UUID, LocationView]:
    """Places that the caller has already decided to show: where somebody is expected. One query."""
    rows = Location.objects.unscoped(reason="where somebody is expected").filter(id__in=set(ids))
    return {row.id: location_view(row) for row in rows}


def location_only(actor: Actor, practice_ids: Iterable[UUID]) -> dict[UUID, LocationView]:
    """Where people meet at each of these practices that sees them in one place alone, by practice: for what
    names no place. Others are left out. For who has already decided to show it. One query.
    """
    rows = Location.objects.unscoped(reason="where somebody is expected").filter(
        practice_id__in=set(practice_ids), retired_at=None
    )
    found: dict[UUID, list[Location]] = {}
    for row in rows:
        found.setdefault(row.practice_id, []).append(row)
    return {practice_id: location_view(there[0]) for practice_id, there in found.items() if len(there) == 1}


def location_get(actor: Actor, practice_id: UUID, location_id: UUID) -> LocationView:
    """One location of this practice. Raises NotFound."""
    practice_see_check(actor, practice_id)
    rows = Location.objects.visible_to(actor).filter(practice_id=practice_id)
    return location_view(rows.get_or_refuse(location_id))


def location_view(row: Location) -> LocationView:
    """A location as those who work there see it."""
    return LocationView(
        id=row.id,
        practice_id=row.practice_id,
        name=row.name,
        address=address_of(row),
        phone=row.phone,
        phone_shown=rules.phone_show(row.phone),
        time_zone=row.time_zone,
        place_of_service=row.place_of_service,
        version=row.version,
        retired_at=row.retired_at,
    )


def billing_get(actor: Actor, practice_id: UUID) -> BillingIdentityView:
    """Who the practice is to payers; version 0 before anything was told. Raises NotFound, NotAllowed."""
    practice_see_check(actor, practice_id)
    if not (actor.is_system or practice_may(actor, practice_id, PracticeMay.SEE_BILLING)):
        raise NotAllowed(object_kind=events.PRACTICE, object_id=practice_id, exists=True)
    row = BillingIdentity.objects.visible_to(actor).filter(practice_id=practice_id).first()
    return billing_view(row or BillingIdentity(practice_id=practice_id, version=0))


def billing_view(row: BillingIdentity) -> BillingIdentityView:
    """A billing identity without its tax number, but for the last four digits."""
    number = tax_number_read(row)
    address = address_of(row)
    held = {
        BillingNeed.NPI: row.npi,
        BillingNeed.TAX_NUMBER: number,
        BillingNeed.ADDRESS: address.line1,
    }
    return BillingIdentityView(
        practice_id=row.practice_id,
        legal_name=row.legal_name,
        npi=row.npi,
        tax_kind=TaxKind(row.tax_kind) if number else None,
        tax_last_four=number[-4:],
        address=address,
        version=row.version,
        missing=tuple(need for need, value in held.items() if not value),
    )


def billing_whole(rows: PrivateQuerySet[BillingIdentity]) -> PrivateQuerySet[BillingIdentity]:
    """Those of which a claim needs nothing more: in SQL what `BillingIdentityView.missing` is."""
    return rows.exclude(npi="").exclude(line1="").filter(tax_number__isnull=False)


def tax_number_read(row: BillingIdentity) -> str:
    """The whole tax number of a row in hand; "" when there is none, or its key was destroyed."""
    if row.tax_number is None:
        return ""
    try:
        return vault.open(bytes(row.tax_number), tax_number_place(row.id))
    except vault.KeyDestroyed:
        return ""


def tax_number_place(identity_id: UUID) -> vault.Place:
    """Where a sealed tax number lives."""
    return vault.Place(BillingIdentity._meta.db_table, "tax_number", identity_id)


def address_of(row: Location | BillingIdentity) -> AddressFacts:
    return AddressFacts(**{name: getattr(row, name) for name in ADDRESS_FIELDS})
