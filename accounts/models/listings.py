"""Therapists in the directory: what they tell of themselves, how they are found, and who has checked it."""

import uuid
from functools import cache
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models.assignments import Assignment
from accounts.models.people import Role, User
from accounts.models.practices import Membership
from accounts.models.shared import NOTHING
from accounts.types import (
    CITY_LENGTH,
    NAME_LENGTH,
    REFUSAL_LENGTH,
    ListingState,
    RoleName,
    TermKind,
    VerifiedHow,
)
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel

_IN = ListingState
_SHOWN = Q(state=_IN.VERIFIED.value, is_hidden=False)


class Listing(PrivateModel):
    """One therapist in the directory. Their headline stands with the person.

    `is_shown`, `sort_name`, `rank` and `search` follow from the rest and are written with it: the directory
    walks its indexes instead of sorting ten thousand people.
    """

    therapist = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    approach = models.TextField(blank=True)
    gender = models.CharField(max_length=16, blank=True)
    city = models.CharField(max_length=CITY_LENGTH, blank=True)
    region = models.CharField(max_length=2, blank=True)
    practising_since = models.PositiveSmallIntegerField(null=True, blank=True)
    accepts_new = models.BooleanField(default=True)
    fee_from_minor = models.PositiveIntegerField(null=True, blank=True)
    fee_to_minor = models.PositiveIntegerField(null=True, blank=True)
    fee_currency = models.CharField(max_length=3, default="USD")
    sliding_scale = models.BooleanField(default=False)
    npi = models.CharField(max_length=10, blank=True)
    is_hidden = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=[(state.value, state.value) for state in ListingState])
    submitted_at = models.DateTimeField(null=True, blank=True)
    # When a job asks the registry (again); None: nothing is to be asked.
    check_due_at = models.DateTimeField(null=True, blank=True)
    check_tries = models.PositiveSmallIntegerField(default=0)
    check_notes = models.JSONField(default=list, blank=True)
    # The registry's public entry as it was found, for whoever decides.
    registry = models.JSONField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    verified_how = models.CharField(
        max_length=8, blank=True, choices=[(how.value, how.value) for how in VerifiedHow]
    )
    refusal = models.CharField(max_length=REFUSAL_LENGTH, blank=True)
    # Written by scheduling, through `services.listing_opening_set`.
    next_open_at = models.DateTimeField(null=True, blank=True)
    is_shown = models.BooleanField(default=False)
    sort_name = models.CharField(max_length=NAME_LENGTH * 2)
    rank = models.PositiveSmallIntegerField(default=0)
    search = models.TextField(blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("directory entry")
        verbose_name_plural = _("directory entries")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["npi"], condition=Q(state=_IN.VERIFIED.value), name="listing_npi_verified_once"
            ),
            models.CheckConstraint(
                condition=(Q(is_shown=True) & _SHOWN) | (Q(is_shown=False) & ~_SHOWN),
                name="listing_shown_when_verified",
            ),
            models.CheckConstraint(
                condition=~Q(state=_IN.VERIFIED.value)
                | (Q(verified_at__isnull=False) & ~Q(verified_how="") & ~Q(npi="")),
                name="listing_verified_says_how",
            ),
            models.CheckConstraint(
                condition=Q(fee_to_minor=None)
                | Q(fee_from_minor__isnull=False, fee_to_minor__gte=F("fee_from_minor")),
                name="listing_fees_in_order",
            ),
            models.CheckConstraint(
                condition=Q(check_due_at=None) | Q(state=_IN.AWAITING.value), name="listing_check_is_awaited"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["rank", "id"], condition=Q(is_shown=True), name="listing_by_rank"),
            models.Index(fields=["sort_name", "id"], condition=Q(is_shown=True), name="listing_by_name"),
            models.Index(
                fields=["check_due_at"], condition=Q(check_due_at__isnull=False), name="listing_check_due"
            ),
            models.Index(fields=["state", "submitted_at", "id"], name="listing_queue"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    @cache
    def is_public(cls) -> Q:
        """What everybody who is signed in may find: verified, not hidden, of an active therapist who works in
        a practice that shows its therapists. Made once: it is the same for everybody, and to word it takes
        longer than to read it.
        """
        works = Membership.objects.unscoped(reason="whether a practice shows its therapists").filter(
            user_id=OuterRef("therapist_id"), ended_at=None, practice__is_listed=True
        )
        holds = Role.objects.filter(
            user_id=OuterRef("therapist_id"), role=RoleName.THERAPIST.value, revoked_at=None
        )
        return Q(
            Exists(works), Exists(holds), is_shown=True, therapist__is_active=True, therapist__closing_at=None
        )

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Public ones for whoever is signed in. Besides, whatever its state: one's own, that of the therapist
        in whose care one is, those of colleagues in the practice one acts for, and all for platform staff and
        jobs of the system.
        """
        if actor.is_system or actor.has_role(*roles.STAFF_ROLES):
            return Q()
        if actor.user_id is None:
            return NOTHING
        care = Assignment.objects.unscoped(reason="the therapists of the actor").filter(
            patient_id=actor.user_id, therapist_id=OuterRef("therapist_id"), ended_at=None
        )
        if actor.token_id is not None and actor.practice_id is not None:
            care = care.filter(practice_id=actor.practice_id)
        seen = cls.is_public() | Q(therapist_id=actor.user_id) | Q(Exists(care))
        if actor.practice_id is not None:
            colleague = Membership.objects.unscoped(reason="colleagues in the actor's practice").filter(
                user_id=OuterRef("therapist_id"), ended_at=None, practice_id=actor.practice_id
            )
            seen |= Q(Exists(colleague))
        return seen


class _OfListing(PrivateModel):
    """A part of a listing, seen by whoever sees that."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
        base_manager_name = "instances"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q(Exists(Listing.objects.visible_to(actor).filter(id=OuterRef("listing_id"))))


class ListingTerm(_OfListing):
    """A listing is found by this word (accounts.types.terms)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in TermKind])
    code = models.CharField(max_length=32)
    # The order in which their therapist names them.
    place = models.PositiveSmallIntegerField(default=0)

    class Meta(_OfListing.Meta):
        abstract = False
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["listing", "kind", "code"], name="listing_term_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "code", "listing"], name="listing_term_found"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.code}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """With its listing."""
        return super().visibility(actor)


class ListingLicence(_OfListing):
    """A licence to practise in one state."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=2)
    type = models.CharField(max_length=16)
    number = models.CharField(max_length=40)
    place = models.PositiveSmallIntegerField(default=0)

    class Meta(_OfListing.Meta):
        abstract = False
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["listing", "state", "type"], name="listing_licence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.state} {self.number}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """With its listing."""
        return super().visibility(actor)
