"""When therapists work, and what they offer. All weekly and daily hours are by the clock on the wall of the
calendar's time zone.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from scheduling.models.shared import NOTHING, choices, in_quanta, of_calendar, works_by
from scheduling.types import (
    BUFFER_MOST,
    DAY_MINUTES,
    DURATION_MOST,
    HORIZON_DAYS_MOST,
    NOTICE_MINUTES_MOST,
    SERVICE_NAME_LENGTH,
    ExceptionKind,
    Modes,
    WhoMayBook,
)


class Calendar(PrivateModel):
    """A therapist's time at one practice, and how it is given away. Whoever books, moves or offers a time
    first updates this row: it is the lock.

    Slots begin every `slot_minutes`, no sooner than `notice_minutes` from now, no later than `horizon_days`
    ahead, at most `daily_limit` a day (None: no limit). A cancellation is free until `free_cancel_minutes`
    before the start; after it, and for a no-show, `late_fee_minor` is owed, in the currency of the service.
    `turn` counts the writes. `video_in_bloom`: sessions by video are held in Bloom, whatever account is
    connected.
    """

    practice_id = models.UUIDField()
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    time_zone = models.CharField(max_length=64)
    slot_minutes = models.PositiveSmallIntegerField(default=15)
    notice_minutes = models.PositiveIntegerField(default=DAY_MINUTES)
    horizon_days = models.PositiveSmallIntegerField(default=60)
    daily_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    needs_approval = models.BooleanField(default=False)
    free_cancel_minutes = models.PositiveIntegerField(default=DAY_MINUTES)
    late_fee_minor = models.PositiveIntegerField(default=0)
    video_in_bloom = models.BooleanField(default=False, db_default=False)
    version = models.PositiveIntegerField(default=0)
    turn = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["therapist", "practice_id"], name="scheduling_calendar_once"),
            models.CheckConstraint(
                condition=Q(slot_minutes__gte=5, slot_minutes__lte=240) & in_quanta("slot_minutes"),
                name="scheduling_calendar_steps",
            ),
            models.CheckConstraint(
                condition=Q(notice_minutes__lte=NOTICE_MINUTES_MOST, horizon_days__gte=1)
                & Q(horizon_days__lte=HORIZON_DAYS_MOST),
                name="scheduling_calendar_reach",
            ),
            models.CheckConstraint(
                condition=Q(daily_limit=None) | Q(daily_limit__gte=1), name="scheduling_calendar_daily_limit"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Their own at the practice they act for, and those of colleagues whose role lets them. Patients read
        what follows from it (selectors.slots).
        """
        return works_by(actor)


class Service(PrivateModel):
    """Something that a therapist offers at a practice: how long, for how much, to whom. `buffer_before` and
    `buffer_after` are minutes around it in which nobody else is booked. A retired one stays for what was
    booked of it.
    """

    practice_id = models.UUIDField()
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=SERVICE_NAME_LENGTH)
    duration_minutes = models.PositiveSmallIntegerField()
    buffer_before = models.PositiveSmallIntegerField(default=0)
    buffer_after = models.PositiveSmallIntegerField(default=0)
    cpt_code = models.CharField(max_length=5, blank=True)
    place_of_service = models.CharField(max_length=2, blank=True)
    price_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="USD")
    modes = models.CharField(max_length=10, choices=choices(Modes))
    who_may_book = models.CharField(
        max_length=8, choices=choices(WhoMayBook), default=WhoMayBook.ANYBODY.value
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["calendar", "name"],
                condition=Q(retired_at=None),
                name="scheduling_service_name_once",
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=5, duration_minutes__lte=DURATION_MOST)
                & in_quanta("duration_minutes"),
                name="scheduling_service_duration",
            ),
            models.CheckConstraint(
                condition=Q(buffer_before__lte=BUFFER_MOST, buffer_after__lte=BUFFER_MOST)
                & in_quanta("buffer_before", "buffer_after"),
                name="scheduling_service_buffers",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["therapist", "practice_id"],
                condition=Q(retired_at=None),
                name="scheduling_service_offered",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """What is offered, for everybody who may find its therapist at its practice; retired ones, for those
        who see the calendar.
        """
        if actor.is_system:
            return Q()
        if actor.user_id is None:
            return NOTHING
        found = Q(accounts_selectors.therapist_is_open_to(actor), retired_at=None)
        return found | works_by(actor)


class WeeklyBlock(PrivateModel):
    """Hours of every week: from one minute after midnight of a weekday (0 is Monday) until before another,
    which lies in the next day from 1440 on.
    """

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField()
    starts_minute = models.PositiveSmallIntegerField()
    ends_minute = models.PositiveSmallIntegerField()
    modes = models.CharField(max_length=10, choices=choices(Modes), default=Modes.BOTH.value)
    # Of the practice, where people meet in person; None where it has told of none.
    location_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["calendar", "weekday", "starts_minute"], name="scheduling_block_once"
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="scheduling_block_weekday"),
            models.CheckConstraint(
                condition=Q(
                    starts_minute__lt=DAY_MINUTES,
                    ends_minute__gt=F("starts_minute"),
                    ends_minute__lte=F("starts_minute") + DAY_MINUTES,
                )
                & in_quanta("starts_minute", "ends_minute"),
                name="scheduling_block_minutes",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """With its calendar."""
        return of_calendar(actor, Calendar)


class DateException(PrivateModel):
    """Days apart, from `starts_on` to `ends_on`, both included: off, or with extra hours. Off without minutes
    is the whole of each day; with minutes, and always for extra hours, it is that stretch of each day.
    """

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5, choices=choices(ExceptionKind))
    starts_on = models.DateField()
    ends_on = models.DateField()
    starts_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    ends_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    modes = models.CharField(max_length=10, choices=choices(Modes), default=Modes.BOTH.value)
    location_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="scheduling_exception_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(kind=ExceptionKind.OFF.value, starts_minute=None, ends_minute=None)
                | Q(
                    starts_minute__isnull=False,
                    ends_minute__isnull=False,
                    starts_minute__lt=DAY_MINUTES,
                    ends_minute__gt=F("starts_minute"),
                    ends_minute__lte=F("starts_minute") + DAY_MINUTES,
                )
                & in_quanta("starts_minute", "ends_minute"),
                name="scheduling_exception_minutes",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["calendar", "ends_on"], name="scheduling_exception_coming"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """With its calendar."""
        return of_calendar(actor, Calendar)


class BusyTime(PrivateModel):
    """A stretch in which a therapist is busy elsewhere, read from a calendar of theirs (`source_id`): when,
    never what. It holds in every practice where they work. `key` tells one entry of a source from another.
    """

    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source_id = models.UUIDField()
    key = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    imported_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["therapist", "source_id", "key", "starts_at"], name="scheduling_busy_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="scheduling_busy_ends_after_start"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["therapist", "ends_at"], name="scheduling_busy_coming"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own."""
        if actor.is_system:
            return Q()
        return NOTHING if actor.user_id is None else Q(therapist_id=actor.user_id)
