"""Meetings of appointments at a vendor: with whose keys, what became of them, and what the vendor told."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from scheduling.models.appointments import Appointment
from scheduling.models.shared import NOTHING, choices
from scheduling.telehealth.types import Fault, Happening, MeetingState, Vendor

VENDOR_ID_LENGTH = 128
MARK_LENGTH = 128


class MeetingCredential(PrivateModel):
    """Keys of a vendor's account, of one therapist at a practice, or of the practice for all who have none
    of their own there (`therapist` is None). All are sealed together with the system's key; `hint` is the end
    of the one by which people tell accounts apart. Until `rests_until` the vendor is left alone. One whose
    place another took (`replaced_at`) makes no new meetings, and looks after those that it made.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    vendor = models.CharField(max_length=8, choices=choices(Vendor))
    keys = SealedField()
    hint = models.CharField(max_length=8)
    tested_at = models.DateTimeField()
    fault = models.CharField(max_length=12, blank=True, choices=choices(Fault))
    fails = models.PositiveSmallIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)
    created_by_id = models.UUIDField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["practice_id", "therapist"],
                condition=Q(therapist__isnull=False, replaced_at=None),
                name="scheduling_meetingcredential_own",
            ),
            models.UniqueConstraint(
                fields=["practice_id"],
                condition=Q(therapist=None, replaced_at=None),
                name="scheduling_meetingcredential_shared",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, and the practice's, while one acts for it; who may change them, the services ask."""
        if actor.is_system:
            return Q()
        if actor.user_id is None or actor.practice_id is None:
            return NOTHING
        return Q(practice_id=actor.practice_id) & (Q(therapist=None) | Q(therapist_id=actor.user_id))


class Meeting(PrivateModel):
    """The meeting of an appointment at a vendor. It is due when `next_try_at` has come; `turn` counts what
    has changed about it, so that what comes of a call does not undo what happened meanwhile. `held_starts_at`
    and `held_minutes` are when the vendor believes that it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    appointment = models.OneToOneField(Appointment, on_delete=models.CASCADE, related_name="+")
    credential = models.ForeignKey(MeetingCredential, on_delete=models.SET_NULL, null=True, related_name="+")
    vendor = models.CharField(max_length=8, choices=choices(Vendor))
    state = models.CharField(max_length=10, choices=choices(MeetingState))
    vendor_id = models.CharField(max_length=VENDOR_ID_LENGTH, blank=True)
    join_url = SealedField(null=True)
    held_starts_at = models.DateTimeField(null=True, blank=True)
    held_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    fault = models.CharField(max_length=12, blank=True, choices=choices(Fault))
    tries = models.PositiveSmallIntegerField(default=0)
    turn = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    watched_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~Q(state=MeetingState.THERE.value)
                | (~Q(vendor_id="") & Q(join_url__isnull=False, held_starts_at__isnull=False)),
                name="scheduling_meeting_there_has_address",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="scheduling_meeting_due",
            ),
            models.Index(fields=["credential", "vendor_id"], name="scheduling_meeting_vendor"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """As its appointment; who gets which address, the selectors say."""
        return of_appointment(actor, "appointment_id")


class MeetingEvent(PrivateModel):
    """Something that a vendor told of a meeting, once. `person` is the vendor's mark of a stay, no name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="+")
    happening = models.CharField(max_length=8, choices=choices(Happening))
    session = models.CharField(max_length=MARK_LENGTH)
    person = models.CharField(max_length=MARK_LENGTH, blank=True)
    happened_at = models.DateTimeField()
    told_at = models.DateTimeField()
    dedupe_key = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["meeting", "dedupe_key"], name="scheduling_meetingevent_once"),
        ]

    def __str__(self) -> str:
        return self.happening

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """As its meeting."""
        meetings = Meeting.objects.visible_to(actor).filter(pk=OuterRef("meeting_id"))
        return Q(Exists(meetings))


class WebhookDelivery(PrivateModel):
    """What a vendor sent, as it came, sealed with the patient's key, until `expires_at`. `meeting` is None
    for what is yet to be placed; then it is sealed with the system's, and tried again at `next_try_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    credential = models.ForeignKey(MeetingCredential, on_delete=models.CASCADE, related_name="+")
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, null=True, related_name="+")
    dedupe_key = models.CharField(max_length=64)
    payload = SealedField()
    received_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["credential", "dedupe_key"], name="scheduling_webhookdelivery_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["expires_at"], name="scheduling_webhookdelivery_age"),
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="scheduling_webhookdelivery_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Nobody's: only jobs open it, to find out what a vendor once said."""
        return Q() if actor.is_system else NOTHING


class MeetingTurn(models.Model):
    """Whose work goes on one run at a time; `until` then, whatever became of the run."""

    name = models.CharField(primary_key=True, max_length=20)
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


def of_appointment(actor: Actor, column: str) -> Q:
    if actor.is_system:
        return Q()
    return Q(Exists(Appointment.objects.visible_to(actor).filter(pk=OuterRef(column))))
