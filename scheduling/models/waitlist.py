"""Who waits for a time, and what they were offered."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from scheduling.models.calendars import Calendar, Service
from scheduling.models.shared import choices, patients_own, works_by
from scheduling.types import IN_LINE, EntryState, Mode, OfferState

IN_LINE_STATES = sorted(state.value for state in IN_LINE)
# Who rests is looked at too: their place ends in its time.
LOOKED_AT_STATES = [EntryState.RESTING.value, EntryState.WAITING.value]


class WaitlistEntry(PrivateModel):
    """Somebody's place in a line: for a service of one therapist, or for whoever fits what they look for
    (`terms`: sealed with the patient's key, since a specialty tells of them). `joined_at` is the place.

    `parts` are the parts of a week in which they could come, as scheduling.rules.waitlist packs them; 0: any.
    It is looked at again at `look_due_at`. `unanswered` counts the offers in a row that lapsed. `paused_at`:
    its person was told then that what they wait for cannot be offered to them for now.
    """

    patient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    terms = SealedField(null=True, blank=True)
    mode = models.CharField(max_length=10, choices=choices(Mode), blank=True)
    time_zone = models.CharField(max_length=64)
    parts = models.PositiveIntegerField(default=0)
    first_on = models.DateField(null=True, blank=True)
    last_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=choices(EntryState), default=EntryState.WAITING.value)
    unanswered = models.PositiveSmallIntegerField(default=0)
    joined_at = models.DateTimeField()
    look_due_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["patient", "service"],
                condition=Q(state__in=IN_LINE_STATES, service__isnull=False),
                name="scheduling_waitlist_once",
            ),
            models.CheckConstraint(
                condition=Q(therapist=None, service=None, practice_id=None)
                | Q(
                    therapist__isnull=False,
                    service__isnull=False,
                    practice_id__isnull=False,
                    terms__isnull=True,
                ),
                name="scheduling_waitlist_for_one_or_any",
            ),
            models.CheckConstraint(condition=Q(parts__lt=2**21), name="scheduling_waitlist_parts"),
            models.CheckConstraint(
                condition=Q(state__in=IN_LINE_STATES, closed_at=None)
                | ~Q(state__in=IN_LINE_STATES) & Q(closed_at__isnull=False),
                name="scheduling_waitlist_closed",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["patient", "joined_at"], name="scheduling_waitlist_own"),
            models.Index(
                fields=["therapist", "joined_at"],
                condition=Q(state__in=IN_LINE_STATES),
                name="scheduling_waitlist_line",
            ),
            models.Index(
                fields=["look_due_at"],
                condition=Q(state__in=LOOKED_AT_STATES),
                name="scheduling_waitlist_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own; and who waits for a therapist, for that therapist and the desk of the practice, while
        they act for it. Who waits for whoever fits is nobody's to see yet. A token stays within its
        practice.
        """
        if actor.is_system:
            return Q()
        return patients_own(actor) | works_by(actor)


class WaitlistOffer(PrivateModel):
    """A time that is kept for one who waits until `expires_at`: its claims prove that nobody else has it. The
    appointment that it becomes has its id as `hold_id`.
    """

    entry = models.ForeignKey(WaitlistEntry, on_delete=models.CASCADE, related_name="+")
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    service_version = models.PositiveIntegerField()
    calendar_version = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    mode = models.CharField(max_length=10, choices=choices(Mode))
    location_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=choices(OfferState), default=OfferState.OPEN.value)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state=OfferState.OPEN.value), name="scheduling_offer_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state=OfferState.OPEN.value, closed_at=None)
                | ~Q(state=OfferState.OPEN.value) & Q(closed_at__isnull=False),
                name="scheduling_offer_closed",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["expires_at"],
                condition=Q(state=OfferState.OPEN.value),
                name="scheduling_offer_due",
            ),
            models.Index(fields=["patient", "starts_at"], name="scheduling_offer_patient"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Of whom it was made to, and of the schedule that it is part of; a token stays in its practice."""
        if actor.is_system:
            return Q()
        return patients_own(actor) | works_by(actor)
