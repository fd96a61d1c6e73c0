"""What a client may ask of conversations through the socket."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from channels.db import database_sync_to_async

from bloom.kernel import clock
from bloom.realtime.registry import Socket, frame
from messaging import rules, services
from messaging.serializers import message_wire, reactions_wire
from messaging.services import FEED

# Longer than any body that is accepted, so that a long one is refused in words; white space is trimmed first.
Body = Annotated[str, msgspec.Meta(max_length=4 * rules.BODY_LIMIT)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class MessageSend(msgspec.Struct):
    """A new message, and the uploads that stand under it."""

    conversation: UUID
    client_id: UUID
    body: Body
    attachments: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []


class MessageEdit(msgspec.Struct):
    """Another text for one's own message."""

    message: UUID
    body: Body


class MessageDelete(msgspec.Struct):
    """The wish to take one's own message back."""

    message: UUID


class ReactionToggle(msgspec.Struct):
    """One's own reaction under a message: there or not."""

    message: UUID
    emoji: Annotated[str, msgspec.Meta(max_length=64)]
    on: bool


class UserTyping(msgspec.Struct):
    """One is typing, or no longer."""

    conversation: UUID
    typing: bool


class MessageReveal(msgspec.Struct):
    """The wish to see a hidden message."""

    message: UUID


class ReceiptRead(msgspec.Struct):
    """Everything up to `seq` was read."""

    conversation: UUID
    seq: Seq


@frame("message:send", MessageSend, scope="conversations:write")
async def message_send(socket: Socket, data: MessageSend) -> dict[str, Any]:
    """Send; the answer is the message, durable, and its delivery to this socket."""
    at = clock.now()
    sent = await services.amessage_send(
        socket.actor(at),
        data.conversation,
        data.client_id,
        data.body,
        attachments=data.attachments,
        at=at,
        origin_socket=socket.id,
    )
    # A repeat's ack, too: what was sent by a socket that broke is news to this one.
    socket.delivered(FEED, data.conversation, sent.message.change)
    return message_wire(sent.message)


@frame("message:edit", MessageEdit, scope="conversations:write")
async def message_edit(socket: Socket, data: MessageEdit) -> dict[str, Any]:
    """Edit; the answer is the message, durable, and this socket's delivery of the change."""
    at = clock.now()
    message = await services.amessage_edit(
        socket.actor(at), data.message, data.body, at=at, origin_socket=socket.id
    )
    socket.delivered(FEED, message.conversation_id, message.change)
    return message_wire(message)


@frame("message:delete", MessageDelete, scope="conversations:write")
async def message_delete(socket: Socket, data: MessageDelete) -> dict[str, Any]:
    """Delete; the answer is the marker, and this socket's delivery of the change."""
    at = clock.now()
    message = await database_sync_to_async(services.message_delete)(
        socket.actor(at), data.message, at=at, origin_socket=socket.id
    )
    socket.delivered(FEED, message.conversation_id, message.change)
    return message_wire(message)


@frame("reaction:toggle", ReactionToggle, scope="conversations:write")
async def reaction_toggle(socket: Socket, data: ReactionToggle) -> dict[str, Any]:
    """React or take it back. The answer holds the reactions alone, and the message may have changed besides:
    so this socket is told of the change like any other.
    """
    at = clock.now()
    message = await database_sync_to_async(services.reaction_toggle)(
        socket.actor(at), data.message, data.emoji, data.on, at=at
    )
    return {"reactions": reactions_wire(message), "message": str(message.id), "change": message.change}


@frame("user:typing", UserTyping, scope="conversations:write")
async def user_typing(socket: Socket, data: UserTyping) -> None:
    """Tell the others; there is no answer."""
    await services.typing_tell(
        socket.actor(clock.now()), data.conversation, data.typing, origin_socket=socket.id
    )


@frame("message:reveal", MessageReveal, scope="conversations:write")
async def message_reveal(socket: Socket, data: MessageReveal) -> dict[str, Any]:
    """Show a hidden message to the person, on all their devices."""
    at = clock.now()
    message = await database_sync_to_async(services.message_reveal)(
        socket.actor(at), data.message, at=at, origin_socket=socket.id
    )
    return message_wire(message)


@frame("receipt:read", ReceiptRead, scope="conversations:write")
async def receipt_read(socket: Socket, data: ReceiptRead) -> dict[str, Any]:
    """Note how far the person has read."""
    at = clock.now()
    mark = await database_sync_to_async(services.conversation_read)(
        socket.actor(at), data.conversation, data.seq, at=at, origin_socket=socket.id
    )
    return {"read_seq": mark.read_seq}
