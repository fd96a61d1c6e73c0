"""What a practice is to payers. The practice's row is the lock: of two who change it at once, the later one
is told.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import errors, events, rules, selectors
from accounts.models import BillingIdentity
from accounts.services.factors import factor_check
from accounts.services.members import practice_locked
from accounts.services.place_faults import billing_check
from accounts.services.practices import practice_check
from accounts.types import (
    ADDRESS_FIELDS,
    BillingChange,
    BillingIdentityView,
    PracticeMay,
    TaxKind,
    TaxNumber,
)
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotFound
from observability import services as observability_services

_PLAIN = ("legal_name", "npi", *ADDRESS_FIELDS)


@transactional
def billing_change(
    actor: Actor,
    practice_id: UUID,
    change: BillingChange,
    *,
    at: datetime,
    version: int | None = None,
) -> BillingIdentityView:
    """Say who the practice is to payers, by whoever has seen `version` of it; None: whatever is there. A tax
    number that is left out, or empty, stays as it is.

    Raises NotFound, NotAllowed, FreshFactorNeeded, Invalid, ChangedMeanwhile.
    """
    practice_locked(actor, practice_id, PracticeMay.EDIT_BILLING)
    factor_check(actor, at=at)
    found = BillingIdentity.objects.visible_to(actor).filter(practice_id=practice_id).first()
    row = found or BillingIdentity(practice_id=practice_id, version=0)
    if version is not None and version != row.version:
        raise errors.ChangedMeanwhile(version=row.version)
    facts: dict[str, Any] = {name: getattr(row, name) for name in (*_PLAIN, "tax_kind")} | dict(change)
    number = rules.tax_number_normal(facts.pop("tax_number", ""))
    for name in ("legal_name", "line1", "line2", "city"):
        facts[name] = rules.name_normal(facts[name])
    facts["npi"] = rules.npi_normal(facts["npi"])
    if not number:
        facts["tax_kind"] = facts["tax_kind"] or row.tax_kind
    _kind_check(row, facts["tax_kind"], number)
    billing_check(facts, tax_number=number)
    if facts["postal_code"]:
        facts["postal_code"] = rules.postal_code_normal(facts["postal_code"])
    changed = [name for name in _PLAIN if getattr(row, name) != facts[name]]
    for name in changed:
        setattr(row, name, facts[name])
    if number and (number, facts["tax_kind"]) != (selectors.tax_number_read(row), row.tax_kind):
        row.tax_kind = facts["tax_kind"]
        row.tax_number = vault.seal(practice_id, number, selectors.tax_number_place(row.id))
        changed.append("tax_number")
    if changed:
        row.version += 1
        row.changed_at = at
        row.save(force_insert=found is None)
        observability_services.event_record(
            actor,
            events.BillingIdentityChanged(
                object_id=practice_id, practice_id=practice_id, fields=tuple(changed)
            ),
            at=at,
        )
    return selectors.billing_view(row)


@transactional
def tax_number_open(actor: Actor, practice_id: UUID, *, at: datetime) -> TaxNumber:
    """The whole tax number, on record. Raises NotFound, also where there is none, NotAllowed,
    FreshFactorNeeded.
    """
    selectors.practice_see_check(actor, practice_id)
    practice_check(actor, practice_id, PracticeMay.OPEN_TAX_NUMBER)
    factor_check(actor, at=at)
    row = BillingIdentity.objects.visible_to(actor).filter(practice_id=practice_id).first()
    number = selectors.tax_number_read(row) if row else ""
    if row is None or not number:
        raise NotFound(object_kind=events.PRACTICE, object_id=practice_id)
    observability_services.event_record(
        actor, events.TaxNumberOpened(object_id=practice_id, practice_id=practice_id), at=at
    )
    kind = TaxKind(row.tax_kind)
    return TaxNumber(kind=kind, number=number, shown=rules.tax_number_show(kind, number))


def _kind_check(row: BillingIdentity, kind: str, number: str) -> None:
    """A number of another kind is another number."""
    if kind != row.tax_kind and row.tax_number is not None and not number:
        raise Invalid(errors={"tax_number": [_("Please write the number of this kind, too.")]})
