"""Messages as they leave Bloom, by REST and socket alike: the public contract's words."""

from typing import Any

from bloom.kernel import clock
from messaging.types import AttachmentView, MessageView

MESSAGE_RECEIVE = "message:receive"
MESSAGE_UPDATE = "message:update"
REACTION_UPDATE = "reaction:update"


def message_wire(message: MessageView) -> dict[str, Any]:
    """A message for the viewer that it was made for."""
    return {
        "id": str(message.id),
        "conversation": str(message.conversation_id),
        "seq": message.seq,
        "change": message.change,
        "client_id": str(message.client_id),
        "sender": {"id": str(message.sender.id), "name": message.sender.name},
        "body": message.body,
        "blurred": message.blurred,
        "moderation": {"outcome": message.outcome, "categories": list(message.categories)},
        "sent_at": clock.to_wire(message.sent_at),
        "edited_at": clock.to_wire(message.edited_at) if message.edited_at else None,
        "deleted_at": clock.to_wire(message.deleted_at) if message.deleted_at else None,
        "reactions": reactions_wire(message),
        "attachments": [_attachment_wire(each) for each in message.attachments],
    }


def _attachment_wire(attachment: AttachmentView) -> dict[str, Any]:
    address = f"/messages/attachments/{attachment.id}/"
    return {
        "id": str(attachment.id),
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "url": address,
        "thumbnail": f"{address}thumbnail/" if attachment.is_picture else None,
        "width": attachment.width or None,
        "height": attachment.height or None,
    }


def reactions_wire(message: MessageView) -> list[dict[str, Any]]:
    """The reactions under a message, as its viewer sees them."""
    return [{"emoji": each.emoji, "count": each.count, "mine": each.mine} for each in message.reactions]


def reaction_frame(message: MessageView) -> dict[str, Any]:
    """What a socket of its viewer receives when nothing but a message's reactions has changed."""
    return {
        "type": REACTION_UPDATE,
        "conversation": str(message.conversation_id),
        "message": str(message.id),
        "change": message.change,
        "reactions": reactions_wire(message),
    }


def message_frame(message: MessageView, *, is_new: bool) -> dict[str, Any]:
    """What a socket of its viewer receives: a new message, or one that has changed."""
    return {
        "type": MESSAGE_RECEIVE if is_new else MESSAGE_UPDATE,
        "conversation": str(message.conversation_id),
        "message": message_wire(message),
    }
