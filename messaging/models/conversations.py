"""Conversations and their record. Only members see them: no role on the platform opens a conversation."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from messaging.moderation.types import Outcome
from messaging.types import AuditAction, ConversationKind, MemberRole

OUTCOMES = [(outcome.value, outcome.value) for outcome in Outcome]


def _member_of(actor: Actor, conversation: str) -> Q:
    """The actor takes part in the conversation that `conversation` names.

    A person sees all of their own conversations, whichever practice they act for now: a patient's words must
    not hide behind a choice. A token stays within the practice that it was issued for.
    """
    if actor.user_id is None:
        return Q(pk__in=[])
    member = Member.objects.unscoped(reason="whether somebody takes part decides what they see").filter(
        conversation_id=OuterRef(conversation), user_id=actor.user_id, left_at=None
    )
    seen = Q(Exists(member))
    if actor.token_id is not None and actor.practice_id is not None:
        seen &= Q(practice_id=actor.practice_id)
    return seen


class Conversation(PrivateModel):
    """A thread between a patient and those who care for them.

    `key_subject_id` names the vault key of its texts: the patient's. `last_seq` counts messages and
    `last_change` all changes to them, both without gaps; whoever adds one holds this row's lock.
    """

    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in ConversationKind])
    patient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key_subject_id = models.UUIDField()
    created_at = models.DateTimeField()
    last_sent_at = models.DateTimeField(
        help_text="when the newest message was sent; before the first, created_at"
    )
    last_seq = models.PositiveIntegerField(default=0)
    last_change = models.PositiveBigIntegerField(default=0)
    read_only_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["practice_id", "patient", "therapist"],
                condition=Q(kind=ConversationKind.DIRECT.value),
                name="messaging_conversation_direct_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind=ConversationKind.DIRECT.value)
                | Q(patient__isnull=False, therapist__isnull=False),
                name="messaging_conversation_direct_pair",
            ),
            models.CheckConstraint(
                condition=Q(last_change__gte=F("last_seq")), name="messaging_conversation_counts"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return _member_of(actor, "pk")


class Member(PrivateModel):
    """Somebody takes part in a conversation, until `left_at`.

    They have read everything up to `read_seq`, and `own_unread` of the messages after it are their own.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in MemberRole])
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    read_seq = models.PositiveIntegerField(default=0)
    own_unread = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "user"], name="messaging_member_once"),
        ]

    def __str__(self) -> str:
        return self.role

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return _member_of(actor, "conversation_id")


class Message(PrivateModel):
    """What somebody wrote, sealed. `change` is the newest change to it, `sent_change` the one that sent it.

    `body_hash` is a keyed hash of the original content, for repeats of a `client_id`. An edit replaces `body`
    and keeps what stood there as a MessageVersion: `edits` counts them, `edit_hash` is the hash of the
    present text, `text_change` the newest change to it, `reaction_change` that to its reactions. A deleted
    message keeps its text, sealed.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    seq = models.PositiveIntegerField()
    change = models.PositiveBigIntegerField()
    sent_change = models.PositiveBigIntegerField()
    client_id = models.UUIDField()
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    body = SealedField()
    body_hash = models.BinaryField(max_length=32)
    outcome = models.CharField(max_length=8, choices=OUTCOMES)
    categories = models.JSONField(default=list)
    sent_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # What a new message has of these the database fills in: sending one does not mention them.
    edits = models.PositiveSmallIntegerField(default=0, db_default=0)
    edit_hash = models.BinaryField(max_length=32, null=True, blank=True)
    text_change = models.PositiveBigIntegerField(null=True, blank=True)
    reaction_change = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="messaging_message_seq"),
            models.UniqueConstraint(fields=["conversation", "change"], name="messaging_message_change"),
            models.UniqueConstraint(
                fields=["conversation", "sender", "client_id"], name="messaging_message_client_id"
            ),
            models.CheckConstraint(
                condition=Q(change__gte=F("sent_change")), name="messaging_message_changes_rise"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return _member_of(actor, "conversation_id")


class MessageVersion(PrivateModel):
    """What a message said before it was edited, sealed: its text number `number`, counted from 0."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    body = SealedField()
    outcome = models.CharField(max_length=8, choices=OUTCOMES)
    categories = models.JSONField(default=list)
    written_at = models.DateTimeField()
    replaced_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "number"], name="messaging_version_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Whoever wrote it, and the conversation's therapists: it belongs to the care record."""
        if actor.user_id is None:
            return Q(pk__in=[])
        therapist = Member.objects.unscoped(reason="whether somebody treats decides what they see").filter(
            conversation_id=OuterRef("conversation_id"),
            user_id=actor.user_id,
            role=MemberRole.THERAPIST.value,
            left_at=None,
        )
        return _member_of(actor, "conversation_id") & (Q(sender_id=actor.user_id) | Q(Exists(therapist)))


class Reaction(PrivateModel):
    """Somebody answered a message with an emoji, each at most once."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    emoji = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "user", "emoji"], name="messaging_reaction_once"),
        ]

    def __str__(self) -> str:
        return self.emoji

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return _member_of(actor, "conversation_id")


class Reveal(PrivateModel):
    """Somebody chose to see a blurred message, as it was after so many `edits`: a later text is hidden."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    edits = models.PositiveSmallIntegerField(default=0, db_default=0)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "user"], name="messaging_reveal_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own: that somebody looked is nobody else's business but the record's."""
        return Q(user_id=actor.user_id) & _member_of(actor, "conversation_id")


class CrisisAlert(PrivateModel):
    """A patient's message may mean danger. Each therapist in the conversation acknowledges their own."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "therapist"], name="messaging_crisis_alert_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["therapist", "raised_at"],
                condition=Q(acknowledged_at=None),
                name="messaging_crisis_alert_open",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q(therapist_id=actor.user_id) & _member_of(actor, "conversation_id")


class MessageAudit(PrivateModel):
    """The record of messages: append-only, authenticated row by row (`mac`), sealed with the other records.

    One row for each message, edit, deletion, refusal and reveal, and for each look at another's history: who
    and through which door, what the moderator said and by which rules, and a keyed hash of the content, never
    the content. It names its objects by id alone, so that it outlives them.
    """

    action = models.CharField(max_length=12, choices=[(action.value, action.value) for action in AuditAction])
    conversation_id = models.UUIDField()
    message_id = models.UUIDField(null=True, blank=True, db_index=True)
    subject_id = models.UUIDField()
    body_hash = models.BinaryField(max_length=32, null=True)
    outcome = models.CharField(max_length=8, choices=OUTCOMES)
    categories = models.JSONField(default=list)
    source = models.CharField(max_length=32)
    rules = models.JSONField(default=list)
    actor_user_id = models.UUIDField(null=True, blank=True)
    session_id = models.CharField(max_length=64, blank=True)
    token_id = models.UUIDField(null=True, blank=True)
    system = models.CharField(max_length=64, blank=True)
    via = models.CharField(max_length=8)
    ip = models.GenericIPAddressField(null=True, blank=True)
    device = models.CharField(max_length=200, blank=True)
    request_id = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    mac = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("message record")
        verbose_name_plural = _("message records")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recorded_at", "id"], name="messaging_audit_by_time"),
        ]

    def __str__(self) -> str:
        return self.action

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Admins, who answer for the record; it holds ids and codes only."""
        return Q() if actor.has_role("admin") else Q(pk__in=[])
