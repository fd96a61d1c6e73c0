"""The record's tables. Event, SealBatch and SealEntry are append-only in the database (migration 0002)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from observability.types import SealSource


def _whole_record(actor: Actor) -> Q:
    """The record is read whole by the system and by administrators, and by nobody else."""
    return Q() if actor.is_system or actor.has_role("admin") else Q(pk__in=[])


class Event(PrivateModel):
    """One thing that happened: ids and codes, never a word that a person wrote."""

    class ActorKind(models.TextChoices):
        USER = "user", _("person")
        TOKEN = "token", _("API token")
        SYSTEM = "system", _("system")
        ANONYMOUS = "anonymous", _("nobody known")

    name = models.CharField(_("event"), max_length=100)
    object_kind = models.CharField(_("kind of object"), max_length=100)
    object_id = models.UUIDField(_("object"))
    subject_id = models.UUIDField(_("about"), null=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=10, choices=ActorKind)
    actor_user_id = models.UUIDField(_("person"), null=True)
    system_name = models.CharField(_("part of the system"), max_length=100)
    token_id = models.UUIDField(_("token"), null=True)
    session_id = models.CharField(_("session"), max_length=64)
    via = models.CharField(_("door"), max_length=10)
    data = models.JSONField(_("details"))
    at = models.DateTimeField(_("happened"))
    recorded_at = models.DateTimeField(_("recorded"))
    request_id = models.UUIDField(_("request"), null=True)
    trace_id = models.CharField(_("trace"), max_length=32)
    ip = models.GenericIPAddressField(_("address"), null=True)
    device = models.CharField(_("device"), max_length=200)
    mac = models.BinaryField()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="event_by_time"),
            models.Index(fields=["object_id", "at"], name="event_by_object"),
            models.Index(fields=["subject_id", "at"], name="event_by_subject"),
            models.Index(fields=["actor_user_id", "at"], name="event_by_actor"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return _whole_record(actor)


EVENT_SOURCE = SealSource(
    name="observability.event",
    table=Event._meta.db_table,
    columns=tuple(field.attname for field in Event._meta.concrete_fields if field.attname != "mac"),
    time_column="recorded_at",
)


class Delivery(models.Model):
    """An event on its way to one subscriber."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DONE = "done", _("delivered")
        DEAD = "dead", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", verbose_name=_("event"))
    subscriber = models.CharField(_("subscriber"), max_length=100)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"))
    last_error = models.CharField(_("last error"), max_length=100, default="")

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="delivery_once_per_subscriber")
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="pending"), name="delivery_due"),
            models.Index(fields=["next_at"], condition=Q(state="dead"), name="delivery_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} ({self.get_state_display()})"


class SealLock(models.Model):
    """The row that a run of the sealer locks, so that the chain grows at one end only."""

    name = models.CharField(primary_key=True, max_length=20)


class SealBatch(models.Model):
    """A link of the chain: the entries of one batch, tied to the batch before, and signed."""

    number = models.BigIntegerField(_("number"), primary_key=True)
    previous_hash = models.BinaryField(unique=True)
    entries_hash = models.BinaryField()
    count = models.PositiveIntegerField(_("entries"))
    late_count = models.PositiveIntegerField(_("late entries"))
    sealed_at = models.DateTimeField(_("sealed"))
    signing_key_id = models.CharField(_("signing key"), max_length=32)
    hash = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")

    def __str__(self) -> str:
        return f"{self.number}"


class SealEntry(models.Model):
    """The place in the chain of one row of a sealed source. Row ids are random: one key serves all."""

    row_id = models.UUIDField(primary_key=True)
    source = models.CharField(max_length=64)
    row_hash = models.BinaryField()
    batch_number = models.BigIntegerField()
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch_number", "position"], name="seal_entry_one_place")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.row_id}"
