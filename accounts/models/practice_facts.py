"""Where a practice is, and under which numbers it bills."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models.practices import Practice, working_as
from accounts.models.shared import NOTHING
from accounts.types import CITY_LENGTH, LOCATION_NAME_LENGTH, PHONE_LENGTH, STREET_LENGTH, PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField


class Location(PrivateModel):
    """Where a practice sees people. It is closed, never deleted: what happened there names it."""

    practice_id = None
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=LOCATION_NAME_LENGTH)
    street = models.CharField(max_length=STREET_LENGTH)
    city = models.CharField(max_length=CITY_LENGTH)
    region = models.CharField(max_length=2)
    postal_code = models.CharField(max_length=10)
    phone = models.CharField(max_length=PHONE_LENGTH, blank=True)
    time_zone = models.CharField(max_length=64)
    is_main = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["practice"], condition=Q(is_main=True), name="location_main_once"
            ),
            models.CheckConstraint(
                condition=Q(is_main=False) | Q(closed_at=None), name="location_main_is_open"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("created_at")),
                name="location_closes_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Those of the practice that the actor works in now."""
        if actor.is_system:
            return Q()
        if actor.user_id is None or actor.practice_id is None:
            return NOTHING
        return Q(working_as(actor, PracticeMay.SEE_MEMBERS), practice_id=actor.practice_id)


class BillingIdentity(PrivateModel):
    """The numbers under which a practice bills. The tax number is sealed; its last digits are shown."""

    practice_id = None
    practice = models.OneToOneField(Practice, on_delete=models.PROTECT, related_name="+")
    npi = models.CharField(max_length=10, blank=True)
    tax_number = SealedField(null=True)
    tax_last4 = models.CharField(max_length=4, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """That of the practice that the actor acts for, when they may see it; nobody's of the platform."""
        if actor.is_system:
            return Q()
        if actor.user_id is None or actor.practice_id is None:
            return NOTHING
        return Q(working_as(actor, PracticeMay.SEE_BILLING), practice_id=actor.practice_id)
