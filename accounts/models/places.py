"""Where a practice works, and what it is to payers."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from accounts import roles
from accounts.models.practices import Practice, working_as
from accounts.models.shared import NOTHING
from accounts.types import (
    ADDRESS_LINE_LENGTH,
    LEGAL_NAME_LENGTH,
    PLACE_NAME_LENGTH,
    PracticeMay,
    TaxKind,
)
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField


class Addressed(models.Model):
    """An address in the United States."""

    line1 = models.CharField(max_length=ADDRESS_LINE_LENGTH, blank=True)
    line2 = models.CharField(max_length=ADDRESS_LINE_LENGTH, blank=True)
    city = models.CharField(max_length=ADDRESS_LINE_LENGTH, blank=True)
    region = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)

    class Meta:
        abstract = True


class Location(PrivateModel, Addressed):
    """A place where a practice sees people. Never deleted: what happened there refers to it."""

    practice_id = None
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=PLACE_NAME_LENGTH)
    phone = models.CharField(max_length=16, blank=True)
    time_zone = models.CharField(max_length=64)
    place_of_service = models.CharField(max_length=2)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["practice", "name"], condition=Q(retired_at=None), name="location_name_once"
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(retired_at__gte=F("created_at")),
                name="location_retires_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Those of the practice that the actor works in and acts for; and all for platform staff."""
        if actor.is_system or actor.has_role(*roles.STAFF_ROLES):
            return Q()
        if actor.user_id is None or actor.practice_id is None:
            return NOTHING
        return Q(working_as(actor, PracticeMay.SEE_MEMBERS), practice_id=actor.practice_id)


class BillingIdentity(PrivateModel, Addressed):
    """Who a practice is to payers. The tax number is sealed with the practice's own key."""

    practice_id = None
    practice = models.OneToOneField(Practice, on_delete=models.PROTECT, related_name="+")
    legal_name = models.CharField(max_length=LEGAL_NAME_LENGTH)
    npi = models.CharField(max_length=10, blank=True)
    tax_kind = models.CharField(
        max_length=3, blank=True, choices=[(kind.value, kind.value) for kind in TaxKind]
    )
    tax_number = SealedField(null=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(tax_number__isnull=True, tax_kind="")
                | (Q(tax_number__isnull=False) & ~Q(tax_kind="")),
                name="billing_identity_tax_number_has_kind",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """That of the practice that the actor acts for, when they may see it. Never for platform staff."""
        if actor.is_system:
            return Q()
        if actor.user_id is None or actor.practice_id is None:
            return NOTHING
        return Q(working_as(actor, PracticeMay.SEE_BILLING), practice_id=actor.practice_id)
