"""The shape of what conversations take in and give out by REST, and its description for OpenAPI."""

from typing import Any

from rest_framework import serializers

from bloom.kernel import clock, fields
from messaging.moderation.types import Outcome
from messaging.types import AwayNotice, ConversationKind, ConversationView, MemberRole, VersionView
from messaging.wire import message_frame, message_wire, reactions_wire

__all__ = [
    "AttachmentSerializer",
    "ConversationArrangeSerializer",
    "ConversationOpenSerializer",
    "ConversationPageSerializer",
    "ConversationSerializer",
    "FetchSerializer",
    "MessageEditSerializer",
    "MessageHistorySerializer",
    "MessagePageSerializer",
    "MessageSendSerializer",
    "MessageSerializer",
    "ReactionToggleSerializer",
    "ReactionsSerializer",
    "ReadMarkSerializer",
    "ReadSerializer",
    "away_wire",
    "conversation_wire",
    "message_frame",
    "message_wire",
    "reactions_wire",
    "version_wire",
]


def conversation_wire(conversation: ConversationView, away: AwayNotice) -> dict[str, Any]:
    """A conversation for the member that it was made for; `away` says when it is read."""
    last = conversation.last_message
    return {
        "id": str(conversation.id),
        "kind": conversation.kind.value,
        "members": [
            {"id": str(member.id), "name": member.name, "role": member.role.value}
            for member in conversation.members
        ],
        "last_seq": conversation.last_seq,
        "last_change": conversation.last_change,
        "read_seq": conversation.read_seq,
        "unread": conversation.unread,
        "last_message": message_wire(last) if last is not None else None,
        "read_only": conversation.read_only,
        "archived": conversation.archived,
        "muted": conversation.muted,
        "away": away_wire(away),
    }


def away_wire(notice: AwayNotice) -> dict[str, Any]:
    """When a conversation is read."""
    return {
        "text": notice.text,
        "danger": notice.danger,
        "open": notice.is_open,
        "reads_next_at": clock.to_wire(notice.reads_next_at) if notice.reads_next_at else None,
        "therapists": [
            {"id": str(each.id), "name": each.name, "back_at": clock.to_wire(each.back_at), "text": each.text}
            for each in notice.therapists
        ],
    }


def version_wire(version: VersionView) -> dict[str, Any]:
    """What a message said for a while, for the viewer that it was made for."""
    return {
        "number": version.number,
        "body": version.body,
        "blurred": version.blurred,
        "moderation": {"outcome": version.outcome, "categories": list(version.categories)},
        "written_at": clock.to_wire(version.written_at),
        "until": clock.to_wire(version.until) if version.until else None,
    }


class SenderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ConversationMemberSerializer(SenderSerializer):
    role = serializers.ChoiceField(choices=[role.value for role in MemberRole])


class ModerationSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    categories = serializers.ListField(child=serializers.CharField())


class ReactionSerializer(serializers.Serializer[Any]):
    emoji = serializers.CharField()
    count = serializers.IntegerField()
    mine = serializers.BooleanField()


class AttachmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    url = serializers.CharField(
        help_text="Where a signed-in person fetches it; by REST: `attachments/{id}/`."
    )
    thumbnail = serializers.CharField(allow_null=True, help_text="A small picture of it, where it is one.")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)


class FetchSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(help_text="Where the file can be fetched, without a token, for a minute.")
    expires_at = serializers.DateTimeField()


class MessageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Counts the conversation's messages, without gaps.")
    change = serializers.IntegerField(help_text="The newest change to this message.")
    client_id = serializers.UUIDField()
    sender = SenderSerializer()
    body = serializers.CharField(allow_null=True)
    blurred = serializers.BooleanField(help_text="Hidden from you until you reveal it.")
    moderation = ModerationSerializer()
    sent_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    reactions = ReactionSerializer(many=True)
    attachments = AttachmentSerializer(many=True)


class AwayTherapistSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    back_at = serializers.DateTimeField(help_text="The beginning of the day after.")
    text = serializers.CharField()


class AwayNoticeSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="What the practice says of when messages are read.")
    danger = serializers.CharField(help_text="Always to be shown beside it.")
    open = serializers.BooleanField(allow_null=True, help_text="null: the practice has set no hours.")
    reads_next_at = serializers.DateTimeField(
        allow_null=True, help_text="While nobody reads: when somebody does, where it is known."
    )
    therapists = AwayTherapistSerializer(many=True, help_text="Those who are away now.")


class ConversationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in ConversationKind])
    members = ConversationMemberSerializer(many=True)
    last_seq = serializers.IntegerField()
    last_change = serializers.IntegerField()
    read_seq = serializers.IntegerField()
    unread = serializers.IntegerField()
    last_message = MessageSerializer(allow_null=True)
    # DRF takes declared fields out of the class, so its own attribute of this name stays.
    read_only = serializers.BooleanField()  # type: ignore[assignment]
    archived = serializers.BooleanField(help_text="Put away by you. A new message brings it back.")
    muted = serializers.BooleanField(help_text="No sound, notice or mail for you.")
    away = AwayNoticeSerializer()


class ConversationPageSerializer(serializers.Serializer[Any]):
    results = ConversationSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class MessagePageSerializer(serializers.Serializer[Any]):
    results = MessageSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class ConversationOpenSerializer(serializers.Serializer[Any]):
    person = fields.Id(help_text="With whom.")


class ConversationArrangeSerializer(serializers.Serializer[Any]):
    """What is not named stays as it is."""

    archived = fields.YesNo(required=False)
    muted = fields.YesNo(required=False)


class MessageSendSerializer(serializers.Serializer[Any]):
    """`body` is checked by the service: 1 to 4,000 characters after trimming."""

    client_id = fields.Id(help_text="Made by the client; the same one is sent only once.")
    body = fields.Text(trim_whitespace=False, allow_blank=True)
    attachments = serializers.ListField(
        child=fields.Id(), required=False, max_length=50, help_text="Uploads that are ready, at most 10."
    )


class ReactionToggleSerializer(serializers.Serializer[Any]):
    emoji = fields.Text(max_length=64)
    on = fields.YesNo()


class ReactionsSerializer(serializers.Serializer[Any]):
    reactions = ReactionSerializer(many=True)
    message = serializers.UUIDField()
    change = serializers.IntegerField()


class MessageEditSerializer(serializers.Serializer[Any]):
    """Checked by the service, as a new message is."""

    body = fields.Text(trim_whitespace=False, allow_blank=True)


class VersionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="0 is what was sent.")
    body = serializers.CharField(allow_null=True)
    blurred = serializers.BooleanField()
    moderation = ModerationSerializer()
    written_at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text="When it was replaced or deleted.")


class MessageHistorySerializer(serializers.Serializer[Any]):
    results = VersionSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class ReadSerializer(serializers.Serializer[Any]):
    seq = fields.Whole(min_value=0)


class ReadMarkSerializer(serializers.Serializer[Any]):
    read_seq = serializers.IntegerField()
    unread = serializers.IntegerField()
