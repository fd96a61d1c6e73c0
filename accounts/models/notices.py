"""What people are told, and what they want to be told of."""

import uuid
from typing import Any, ClassVar

from django.db import models

from accounts.models.people import User
from accounts.models.practices import in_practice_of
from accounts.models.shared import NOTHING
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


class Notice(PrivateModel):
    """One person is told one thing, once: `code` of `kind` (registry.notice_kind), because of the event
    `event_id`. `params` are ids and plain values, never words: those are made for whoever reads it.

    What is of a practice is seen by who acts for that practice; one that `is_own` was told to its person as
    the patient, or as the one whose membership it is, and is seen wherever they are.

    It is `in_app` where its person wants it there, and waits for its mail while `mail_due_at` is set.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    event_id = models.UUIDField()
    kind = models.CharField(max_length=32)
    code = models.CharField(max_length=32)
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)
    is_own = models.BooleanField(default=False, db_default=False)
    in_app = models.BooleanField()
    read_at = models.DateTimeField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "event_id", "code"], name="notice_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["user", "-created_at", "-id"],
                condition=models.Q(in_app=True),
                name="notice_by_person",
            ),
            models.Index(
                fields=["user"],
                condition=models.Q(in_app=True, read_at=None),
                name="notice_unread",
            ),
            models.Index(
                fields=["mail_due_at"],
                condition=models.Q(mail_due_at__isnull=False),
                name="notice_mail_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}.{self.code}"

    @classmethod
    def visibility(cls, actor: Actor) -> models.Q:
        """One's own, as far as they are for the app, and of no other practice than the one acted for. A token
        sees those kinds alone whose scope it has.
        """
        if actor.user_id is None:
            return NOTHING
        here = models.Q(practice_id=None) | models.Q(is_own=True) | in_practice_of(actor)
        if actor.token_id is not None and actor.practice_id is not None:
            here = models.Q(practice_id=None) | in_practice_of(actor)
        hidden = [
            key for key, kind in registry.notice_kind.items() if kind.scope and not actor.may(kind.scope)
        ]
        mine = models.Q(user_id=actor.user_id, in_app=True) & here
        return mine & ~models.Q(kind__in=hidden) if hidden else mine


class NoticeChoice(PrivateModel):
    """One person's yes or no to one kind of notice (registry.notice_kind) by one way; none: as it is for
    everybody.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=16)
    is_wanted = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "kind", "channel"], name="notice_choice_once"),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> models.Q:
        """One's own."""
        return NOTHING if actor.user_id is None else models.Q(user_id=actor.user_id)
