"""Bloom's own video: who agreed to it, where the patient is each time, and what happened in a room."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from scheduling.models.appointments import Appointment
from scheduling.models.meetings import MARK_LENGTH, of_appointment
from scheduling.models.shared import NOTHING, choices, patients_own
from scheduling.telehealth.types import Happening

VERSION_LENGTH = 16


class TelehealthConsent(PrivateModel):
    """A patient's yes to sessions by video with a practice, to the words of `version`. It holds until it is
    withdrawn; nothing of it is ever changed besides.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=VERSION_LENGTH)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["patient", "practice_id", "version"],
                condition=Q(withdrawn_at=None),
                name="scheduling_telehealthconsent_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """The patient's own."""
        return Q() if actor.is_system else patients_own(actor)


class Arrival(PrivateModel):
    """Where a patient said that they are for one session, and whom to call if something happens: `told`,
    sealed with the patient's key. It is of the session that begins at `starts_at`: moved, it is another.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    appointment = models.OneToOneField(Appointment, on_delete=models.CASCADE, related_name="+")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    therapist_id = models.UUIDField()
    starts_at = models.DateTimeField(null=True)
    told = SealedField()
    told_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["patient", "-told_at"], name="scheduling_arrival_last"),
            models.Index(fields=["told_at"], name="scheduling_arrival_told"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """The patient's own, and the therapist's of that session, at the practice that they act for: the desk
        has no part in it.
        """
        if actor.is_system:
            return Q()
        if actor.user_id is None:
            return NOTHING
        seen = patients_own(actor)
        if actor.practice_id is not None:
            seen |= Q(practice_id=actor.practice_id, therapist_id=actor.user_id)
        return seen


class RoomEvent(PrivateModel):
    """Something that happened in the room of an appointment, once: the same words as a vendor's news
    (MeetingEvent), so that both make one timeline. `person` says which of the two.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="+")
    happening = models.CharField(max_length=8, choices=choices(Happening))
    session = models.CharField(max_length=MARK_LENGTH)
    person = models.CharField(max_length=MARK_LENGTH, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["appointment", "session", "happening", "person", "happened_at"],
                name="scheduling_roomevent_once",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["happened_at"], name="scheduling_roomevent_when"),
        ]

    def __str__(self) -> str:
        return self.happening

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """As its appointment."""
        return of_appointment(actor, "appointment_id")
