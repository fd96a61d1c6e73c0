"""A conversation as JSON, a message at a time."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from messaging.types import MessageView


def write(
    out: Any, messages: Iterable[MessageView], actor: Actor, *, title: str, name: str, at: datetime
) -> None:
    """`{"title", "for", "made_at", "messages": [...]}`. `text` is null where the reader sees none; `state`
    says why: hidden, deleted, or unreadable.
    """
    head = {"title": title, "for": name, "made_at": clock.to_wire(at)}
    out.write(json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "messages": [')
    lead = b"\n"
    for message in messages:
        out.write(lead + json.dumps(_plain(message, actor), ensure_ascii=False).encode())
        lead = b",\n"
    out.write(b"\n]}\n")


def _plain(message: MessageView, actor: Actor) -> dict[str, Any]:
    return {
        "seq": message.seq,
        "sent_at": clock.to_wire(message.sent_at),
        "edited_at": clock.to_wire(message.edited_at) if message.edited_at else None,
        "from": message.sender.name,
        "by_you": message.sender.id == actor.user_id,
        "state": state_of(message),
        "text": message.body,
        "files": [each.name for each in message.attachments],
    }


def state_of(message: MessageView) -> str:
    """What the reader sees of it."""
    if message.deleted_at is not None:
        return "deleted"
    if message.blurred:
        return "hidden"
    return "shown" if message.body is not None else "unreadable"
