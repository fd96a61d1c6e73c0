"""The shape of what conversations take in and give out by REST, and its description for OpenAPI."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from bloom.kernel import clock
from messaging.moderation.types import Outcome
from messaging.types import ConversationKind, ConversationView, MemberRole, VersionView
from messaging.wire import message_frame, message_wire, reactions_wire

__all__ = [
    "ConversationOpenSerializer",
    "ConversationPageSerializer",
    "ConversationSerializer",
    "MessageEditSerializer",
    "MessageHistorySerializer",
    "MessagePageSerializer",
    "MessageSendSerializer",
    "MessageSerializer",
    "ReactionToggleSerializer",
    "ReactionsSerializer",
    "ReadMarkSerializer",
    "ReadSerializer",
    "conversation_wire",
    "message_frame",
    "message_wire",
    "reactions_wire",
    "version_wire",
]


def conversation_wire(conversation: ConversationView) -> dict[str, Any]:
    """A conversation for the member that it was made for."""
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


class PersonNameSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class MemberSerializer(PersonNameSerializer):
    role = serializers.ChoiceField(choices=[role.value for role in MemberRole])


class ModerationSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    categories = serializers.ListField(child=serializers.CharField())


class ReactionSerializer(serializers.Serializer[Any]):
    emoji = serializers.CharField()
    count = serializers.IntegerField()
    mine = serializers.BooleanField()


class MessageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Counts the conversation's messages, without gaps.")
    change = serializers.IntegerField(help_text="The newest change to this message.")
    client_id = serializers.UUIDField()
    sender = PersonNameSerializer()
    body = serializers.CharField(allow_null=True)
    blurred = serializers.BooleanField(help_text="Hidden from you until you reveal it.")
    moderation = ModerationSerializer()
    sent_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    reactions = ReactionSerializer(many=True)
    attachments = serializers.ListField(child=serializers.DictField())


class ConversationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in ConversationKind])
    members = MemberSerializer(many=True)
    last_seq = serializers.IntegerField()
    last_change = serializers.IntegerField()
    read_seq = serializers.IntegerField()
    unread = serializers.IntegerField()
    last_message = MessageSerializer(allow_null=True)
    # DRF takes declared fields out of the class, so its own attribute of this name stays.
    read_only = serializers.BooleanField()  # type: ignore[assignment]


class ConversationPageSerializer(serializers.Serializer[Any]):
    results = ConversationSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class MessagePageSerializer(serializers.Serializer[Any]):
    results = MessageSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class IdField(serializers.UUIDField):
    """A UUID as text: the library's own field would take a number for one."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        value: UUID = super().to_internal_value(data)
        return value


class ConversationOpenSerializer(serializers.Serializer[Any]):
    person = IdField(help_text="With whom.")


class TextField(serializers.CharField):
    """A string, and nothing that could be made one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        return text


class MessageSendSerializer(serializers.Serializer[Any]):
    """`body` is checked by the service: 1 to 4,000 characters after trimming."""

    client_id = IdField(help_text="Made by the client; the same one is sent only once.")
    body = TextField(trim_whitespace=False, allow_blank=True)
    attachments = serializers.ListField(child=IdField(), required=False, max_length=0)


class ReactionToggleSerializer(serializers.Serializer[Any]):
    emoji = TextField(max_length=64)
    on = serializers.BooleanField()


class ReactionsSerializer(serializers.Serializer[Any]):
    reactions = ReactionSerializer(many=True)
    message = serializers.UUIDField()
    change = serializers.IntegerField()


class MessageEditSerializer(serializers.Serializer[Any]):
    """Checked by the service, as a new message is."""

    body = TextField(trim_whitespace=False, allow_blank=True)


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
    seq = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class ReadMarkSerializer(serializers.Serializer[Any]):
    read_seq = serializers.IntegerField()
    unread = serializers.IntegerField()
