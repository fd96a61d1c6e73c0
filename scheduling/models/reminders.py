"""When people want to be reminded, and what they were reminded of."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from scheduling.models.appointments import Appointment
from scheduling.models.shared import NOTHING, is_fenced


class ReminderChoice(PrivateModel):
    """How long before somebody is reminded, as scheduling.rules.reminders packs it; without a row, as
    LEADS_DEFAULT says.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    leads = models.PositiveSmallIntegerField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own; it is of no practice, and so not for a token of one."""
        if actor.is_system:
            return Q()
        return NOTHING if actor.user_id is None or is_fenced(actor) else Q(person_id=actor.user_id)


class Reminder(PrivateModel):
    """One mail about one appointment, so long before the time that it had: `due_at` until it is sent or
    dropped, `sent_at` when it was. A time that moved has others.
    """

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="+")
    patient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    starts_at = models.DateTimeField()
    lead_minutes = models.PositiveIntegerField()
    due_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["appointment", "lead_minutes", "starts_at"], name="scheduling_reminder_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="scheduling_reminder_due"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Of whom is reminded, as its appointment."""
        if actor.is_system:
            return Q()
        seen = Appointment.objects.visible_to(actor).filter(pk=OuterRef("appointment_id"))
        return Q(patient_id=actor.user_id) & Q(Exists(seen))
