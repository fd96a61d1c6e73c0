"""Appointments, and the claims that prove that nobody is booked twice."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from scheduling.models.calendars import Calendar, Service
from scheduling.models.series import Series
from scheduling.models.shared import choices, patients_own, works_by
from scheduling.types import (
    BUFFER_MOST,
    CALLED_OFF,
    DURATION_MOST,
    OCCUPYING,
    SERVICE_NAME_LENGTH,
    AppointmentState,
    CancelCause,
    FreeCause,
    Mode,
)

OCCUPYING_STATES = sorted(state.value for state in OCCUPYING)
CALLED_OFF_STATES = sorted(state.value for state in CALLED_OFF)


class Appointment(PrivateModel):
    """A patient and a therapist meet from `starts_at` until before `ends_at`.

    What was agreed is kept as it was then: the service's name, length, code, price and buffers, until when
    cancelling is free (`free_cancel_until`: `free_cancel_minutes` before a time that the patient chose), and
    what is owed after it (`late_fee_minor`; owed when `owes_late_fee`). `agreed_at` is when the patient said
    yes to this time; None where they owe nothing for it until it begins, and `free_cause` says why. `hold_id`
    is the hold that it came from: one hold is one appointment. One of a `series` stands for its day
    `series_on` there, whenever it is. `sequence` counts its changes, as calendar
    programs do (RFC 5545, SEQUENCE). `cancel_cause`: why it was called off, where nobody just cancelled it.
    `attending_at` is when the patient said that they will be there, at this time. `changed_at` goes with
    `sequence`: calendar programs are told it, so what is written beside the appointment leaves it alone.

    `reason` is what the patient wrote, `note` what the therapist keeps for themselves; both are sealed with
    the patient's key. `reason_alarms`: what the patient wrote, now or before, may mean danger
    (registry.alarm); `alarm_words` keeps the first such words, sealed likewise, once the patient has written
    something else. `decline_words` is what the therapist who declined a request wrote to the patient, sealed
    as well.
    """

    practice_id = models.UUIDField()
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    patient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    service_name = models.CharField(max_length=SERVICE_NAME_LENGTH)
    cpt_code = models.CharField(max_length=5, blank=True)
    place_of_service = models.CharField(max_length=2, blank=True)
    duration_minutes = models.PositiveSmallIntegerField()
    buffer_before = models.PositiveSmallIntegerField()
    buffer_after = models.PositiveSmallIntegerField()
    price_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=14, choices=choices(AppointmentState))
    mode = models.CharField(max_length=10, choices=choices(Mode))
    location_id = models.UUIDField(null=True, blank=True)
    reason = SealedField(null=True, blank=True)
    reason_alarms = models.BooleanField(default=False)
    alarm_words = SealedField(null=True, blank=True)
    note = SealedField(null=True, blank=True)
    decline_words = SealedField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    agreed_at = models.DateTimeField(null=True, blank=True)
    # Empty where it is bound, and of what was unbound before this was kept.
    free_cause = models.CharField(max_length=16, choices=choices(FreeCause), blank=True, default="")
    free_cancel_minutes = models.PositiveIntegerField()
    free_cancel_until = models.DateTimeField()
    late_fee_minor = models.PositiveIntegerField(default=0)
    owes_late_fee = models.BooleanField(default=False)
    hold_id = models.UUIDField()
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    series_on = models.DateField(null=True, blank=True)
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    attending_at = models.DateTimeField(null=True, blank=True)
    cancel_cause = models.CharField(max_length=16, choices=choices(CancelCause), blank=True, default="")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hold_id"], name="scheduling_appointment_once"),
            models.UniqueConstraint(fields=["series", "series_on"], name="scheduling_appointment_in_series"),
            models.CheckConstraint(
                condition=Q(series=None, series_on=None) | Q(series__isnull=False, series_on__isnull=False),
                name="scheduling_appointment_series_day",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="scheduling_appointment_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(
                    duration_minutes__lte=DURATION_MOST,
                    buffer_before__lte=BUFFER_MOST,
                    buffer_after__lte=BUFFER_MOST,
                ),
                name="scheduling_appointment_length",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in AppointmentState]),
                name="scheduling_appointment_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=CALLED_OFF_STATES, cancelled_at__isnull=False)
                | ~Q(state__in=CALLED_OFF_STATES) & Q(cancelled_at=None, cancelled_by=None),
                name="scheduling_appointment_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(owes_late_fee=False)
                | Q(state__in=[AppointmentState.LATE_CANCELLED.value, AppointmentState.NO_SHOW.value]),
                name="scheduling_appointment_fee_has_cause",
            ),
            models.CheckConstraint(
                condition=~Q(patient=F("therapist")), name="scheduling_appointment_not_with_oneself"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["therapist", "starts_at"], name="scheduling_appointment_week"),
            models.Index(fields=["patient", "starts_at"], name="scheduling_appointment_own"),
            models.Index(fields=["practice_id", "starts_at"], name="scheduling_appointment_desk"),
            models.Index(
                fields=["starts_at", "therapist"],
                condition=Q(state__in=OCCUPYING_STATES),
                name="scheduling_appointment_taken",
            ),
            # What time decides, for the sweep: of all that was, none.
            models.Index(
                fields=["ends_at"],
                condition=Q(state__in=[AppointmentState.CONFIRMED.value, AppointmentState.IN_SESSION.value]),
                name="scheduling_appointment_over",
            ),
            models.Index(
                fields=["starts_at"],
                condition=Q(state=AppointmentState.REQUESTED.value),
                name="scheduling_appointment_asked",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """The patient's own, always; the therapist's, and those of the practice for whom their role lets see
        schedules, while they act for it. A token stays within the practice that it was issued for.
        """
        if actor.is_system:
            return Q()
        return patients_own(actor) | works_by(actor)


class Claim(PrivateModel):
    """Five minutes of a therapist's time, taken once: by an appointment; until `expires_at` by an offer; or,
    of neither, by those who wait, since it was just given back.
    `quantum` is how many times five minutes have passed since 1970 began, in UTC. A session claims its own
    minutes, without buffers.
    """

    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantum = models.PositiveIntegerField()
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, null=True, related_name="+")
    offer_id = models.UUIDField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["therapist", "quantum"], name="scheduling_claim_once"),
            models.CheckConstraint(
                condition=Q(appointment__isnull=False, offer_id=None, expires_at=None)
                | Q(appointment=None, expires_at__isnull=False),
                name="scheduling_claim_of_one",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["quantum", "therapist"],
                condition=Q(expires_at__isnull=False),
                name="scheduling_claim_offered",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """As the schedule that it is part of."""
        return works_by(actor)
