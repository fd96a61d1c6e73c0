"""Alerts to a therapist, and to whoever is told when they do not answer."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from messaging.models.conversations import Conversation, Message, member_of
from messaging.types import AlertKind, AlertReach


class CrisisAlert(PrivateModel):
    """A patient's words may mean danger: a message, which each therapist in the conversation acknowledges for
    themselves, or what they wrote with something of another room, `about_kind` and `about_id`, to its
    therapist. Where a patient said no in such words to an offer of care and no therapist learns of it,
    `therapist` is whoever made the offer, or answers in their place, for the practice or the platform.
    `not_for_id` is the therapist to whom it was a no: they learn nothing of it, however far it goes.

    While nobody does, it reaches others at `reach_due_at` (None: nobody further), until one of them takes it.
    `mailed_at` is when its therapist was last written to.
    """

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    about_kind = models.CharField(
        max_length=11,
        blank=True,
        default="",
        db_default="",
        choices=[(kind.value, kind.value) for kind in AlertKind],
    )
    about_id = models.UUIDField(null=True, blank=True)
    not_for_id = models.UUIDField(null=True, blank=True)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    reach = models.PositiveSmallIntegerField(
        default=AlertReach.THERAPIST.value,
        db_default=AlertReach.THERAPIST.value,
        choices=[(reach.value, reach.name.lower()) for reach in AlertReach],
    )
    reach_due_at = models.DateTimeField(null=True, blank=True)
    taken_by_id = models.UUIDField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "therapist"], name="messaging_crisis_alert_once"),
            models.UniqueConstraint(
                fields=["about_id", "therapist"], name="messaging_crisis_alert_about_once"
            ),
            models.CheckConstraint(
                condition=Q(conversation__isnull=False, message__isnull=False, about_kind="", about_id=None)
                | Q(conversation=None, message=None, about_id__isnull=False) & ~Q(about_kind=""),
                name="messaging_crisis_alert_of_one",
            ),
            models.CheckConstraint(
                condition=Q(taken_by_id=None, taken_at=None)
                | Q(taken_by_id__isnull=False, taken_at__isnull=False),
                name="messaging_crisis_alert_taken",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["therapist", "raised_at"],
                condition=Q(acknowledged_at=None),
                name="messaging_crisis_alert_open",
            ),
            models.Index(
                fields=["reach_due_at"],
                condition=Q(reach_due_at__isnull=False),
                name="messaging_crisis_alert_due",
            ),
            models.Index(
                fields=["raised_at"],
                condition=Q(acknowledged_at=None, reach__gt=0),
                name="messaging_crisis_alert_beyond",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """The therapist's own: of a message while they see it, of other words while they act for the practice
        where they were written; what the platform answers for, while they are of its staff, whichever
        practice they act for besides, and by no token.
        """
        here = Q(pk__in=[]) if actor.practice_id is None else Q(practice_id=actor.practice_id)
        if actor.token_id is None and actor.has_role("support", "admin"):
            here |= Q(practice_id=None)
        return Q(therapist_id=actor.user_id) & (
            member_of(actor, "conversation_id", seq="message__seq") | Q(message=None) & here
        )


class AlertBeyond(CrisisAlert):
    """The same alert for those who are told when its therapist does not answer. Never the message."""

    class Meta:
        proxy = True
        base_manager_name = "instances"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Platform staff once it has come to them; before, those who answer for the practice that they act
        for. Nobody by a token: alerts are answered by people. Never who is to learn nothing of it.
        """
        waits = Q(acknowledged_at=None) & ~Q(not_for_id=actor.user_id)
        if actor.user_id is None or actor.token_id is not None:
            return Q(pk__in=[])
        if actor.has_role("support", "admin"):
            return waits & Q(reach__gte=AlertReach.STAFF)
        if not accounts_selectors.practice_may(actor, actor.practice_id, PracticeMay.ANSWER_ALERTS):
            return Q(pk__in=[])
        own = Q(therapist_id=actor.user_id)
        return waits & Q(reach__gte=AlertReach.PRACTICE, practice_id=actor.practice_id) & ~own
