"""Conversations and their record. Only members see them: no role on the platform opens a conversation."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from messaging.moderation.types import Outcome
from messaging.types import ConversationKind, MemberRole

OUTCOMES = [(outcome.value, outcome.value) for outcome in Outcome]


def seat_holds(practice_id: UUID | None) -> Q:
    """Which memberships count for somebody who acts for this practice: all as a patient, else those in it."""
    return Q(role=MemberRole.PATIENT.value) | Q(practice_id=practice_id)


def member_of(actor: Actor, conversation: str, *, seq: str = "", at: str = "") -> Q:
    """The actor takes part in the conversation that `conversation` names, or did and keeps what was said
    until they left: then `seq`, where it is given, names a message's number up to which they see, and `at` a
    moment (docs/decisions/0023).

    As a patient in all of theirs, always; as who cares for somebody, only in those of the practice that they
    act for now (docs/decisions/0021). What waits in another practice of theirs, selectors.waiting_elsewhere
    says without showing it. A token stays within the practice that it was issued for.
    """
    if actor.user_id is None:
        return Q(pk__in=[])
    member = Member.objects.unscoped(reason="whether somebody takes part decides what they see").filter(
        seat_holds(actor.practice_id),
        conversation_id=OuterRef(conversation),
        user_id=actor.user_id,
    )
    kept = Q(left_seq__gte=OuterRef(seq)) if seq else Q(left_seq__isnull=False)
    if at:
        kept &= Q(left_at__gte=OuterRef(at))
    seen = Q(Exists(member.filter(Q(left_at=None) | kept)))
    if actor.token_id is not None and actor.practice_id is not None:
        seen &= Q(practice_id=actor.practice_id)
    return seen


class Conversation(PrivateModel):
    """A thread between a patient and one who cares for them, or all who do at a practice: their care team.

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
            models.UniqueConstraint(
                fields=["practice_id", "patient"],
                condition=Q(kind=ConversationKind.TEAM.value),
                name="messaging_conversation_team_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind=ConversationKind.TEAM.value)
                | Q(patient__isnull=False, therapist__isnull=True),
                name="messaging_conversation_team_patient",
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
        return member_of(actor, "pk")


class Member(PrivateModel):
    """Somebody takes part in a conversation, until `left_at`. Whoever left keeps what was said until message
    number `left_seq` and change `left_change`; None there: nothing.

    They have read everything up to `read_seq`, and `own_unread` of the messages after it are their own. They
    put it away when its newest message was `archived_seq`, so a later one brings it back without a write, and
    want no sound, notice or mail of it since `muted_at` (rules.is_archived).
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in MemberRole])
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    left_seq = models.PositiveIntegerField(null=True, blank=True)
    left_change = models.PositiveBigIntegerField(null=True, blank=True)
    read_seq = models.PositiveIntegerField(default=0)
    own_unread = models.PositiveIntegerField(default=0)
    archived_seq = models.PositiveIntegerField(null=True, blank=True)
    muted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "user"], name="messaging_member_once"),
            models.CheckConstraint(
                condition=Q(left_seq=None, left_change=None)
                | Q(left_at__isnull=False, left_seq__isnull=False, left_change__isnull=False),
                name="messaging_member_left",
            ),
        ]

    def __str__(self) -> str:
        return self.role

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return member_of(actor, "conversation_id")


class Message(PrivateModel):
    """What somebody wrote, sealed. `change` is the newest change to it, `sent_change` the one that sent it.

    `body_hash` is a keyed hash of the original content, for repeats of a `client_id`. An edit replaces `body`
    and keeps what stood there as a MessageVersion: `edits` counts them, `edit_hash` is the hash of the
    present text, `text_change` the newest change to it, `reaction_change` that to its reactions. A deleted
    message keeps its text, sealed.
    """

    # Nobody looks for messages by their practice alone, and every one that is sent would pay for the index.
    practice_id = models.UUIDField(null=True, blank=True, editable=False)
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
    attachment_count = models.PositiveSmallIntegerField(default=0, db_default=0)

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
        return member_of(actor, "conversation_id", seq="seq")


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
        return member_of(actor, "conversation_id", seq="message__seq") & (
            Q(sender_id=actor.user_id) | Q(Exists(therapist))
        )


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
        return member_of(actor, "conversation_id", seq="message__seq", at="at")


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
        return Q(user_id=actor.user_id) & member_of(actor, "conversation_id")
