"""Messages of a conversation, by number and by change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid
from bloom.kernel.guard import PrivateQuerySet
from bloom.kernel.pages import Page
from messaging import present, rooms, rules
from messaging.models import Conversation, Member, Message, MessageVersion, Reveal, seat_holds
from messaging.types import MessageChange, MessageHistory, MessageView

# How many messages are looked at together to find one by its moment.
_PROBES = 64


def message_list(
    actor: Actor,
    conversation_id: UUID,
    *,
    after_seq: int | None = None,
    before_seq: int | None = None,
    limit: int = 50,
) -> Page[MessageView]:
    """Messages ascending by `seq`: those after `after_seq`, those before `before_seq`, or the newest.

    `next` is the `seq` from which to go on in the same direction (towards older ones when neither was given).
    Raises NotFound, and Invalid when both are given.
    """
    if after_seq is not None and before_seq is not None:
        raise Invalid(errors={"after_seq": [gettext("Give either after_seq or before_seq, not both.")]})
    rows = messages_visible(actor).filter(conversation_id=conversation_id)
    if after_seq is not None:
        found = list(rows.filter(seq__gt=after_seq).order_by("seq")[: limit + 1])
    else:
        if before_seq is not None:
            rows = rows.filter(seq__lt=before_seq)
        found = list(rows.order_by("-seq")[: limit + 1])
    if not found:
        Conversation.objects.visible_to(actor).only("id").get_or_refuse(pk=conversation_id)
    more = len(found) > limit
    found = found[:limit]
    following = str(found[-1].seq) if more else None
    if after_seq is None:
        found.reverse()
    return Page(_views(actor, found), following)


def message_seq_at(actor: Actor, conversation_id: UUID, at: datetime) -> int | None:
    """The number of the first message that was sent at that moment or later; None when all were sent before.

    Messages stand in the order of their numbers, so a few look-ups find it among fifty thousand: no index on
    moments, which each message that is sent would have to pay for. Raises NotFound.
    """
    Conversation.objects.visible_to(actor).only("id").get_or_refuse(pk=conversation_id)
    rows = Message.objects.visible_to(actor).filter(conversation_id=conversation_id)
    numbers = rows.values_list("seq", flat=True)
    first, last = numbers.order_by("seq").first(), numbers.order_by("-seq").first()
    if first is None or last is None:
        return None
    earlier, later = first - 1, last + 1
    while later - earlier > 1:
        step = max(1, (later - earlier) // _PROBES)
        probes = range(earlier + step, later, step)
        sent = dict(rows.filter(seq__in=probes).values_list("seq", "sent_at"))
        later = min((seq for seq, moment in sent.items() if moment >= at), default=later)
        earlier = max((seq for seq in probes if seq < later), default=earlier)
    return later if later <= last else None


def message_seq_unread(actor: Actor, conversation_id: UUID, read_seq: int) -> int | None:
    """The number of the first message of others after `read_seq`, among those that the actor sees."""
    rows = Message.objects.visible_to(actor).filter(conversation_id=conversation_id, seq__gt=read_seq)
    others = rows.exclude(sender_id=actor.require_user()).order_by("seq")
    first: int | None = others.values_list("seq", flat=True).first()
    return first


def message_changes(
    actor: Actor, conversation_id: UUID, after_change: int, limit: int
) -> list[MessageChange]:
    """The first `limit` messages that changed after `after_change`, in order of change. Raises NotFound."""
    rows = list(
        messages_visible(actor)
        .filter(conversation_id=conversation_id, change__gt=after_change)
        .order_by("change")[:limit]
    )
    if not rows:
        Conversation.objects.visible_to(actor).only("id").get_or_refuse(pk=conversation_id)
    return [
        MessageChange(
            message=view,
            is_new=row.sent_change > after_change,
            is_reaction=row.change == row.reaction_change
            and max(row.sent_change, row.text_change or 0) <= after_change,
        )
        for row, view in zip(rows, _views(actor, rows), strict=True)
    ]


def message_get(actor: Actor, message_id: UUID) -> MessageView:
    """One message. Raises NotFound."""
    return _views(actor, [messages_visible(actor).get_or_refuse(pk=message_id)])[0]


def message_numbered(actor: Actor, conversation_id: UUID, seq: int) -> MessageView | None:
    """The message of this number, where the actor sees one."""
    found = messages_visible(actor).filter(conversation_id=conversation_id, seq=seq)
    return next(iter(_views(actor, list(found))), None)


def message_history(actor: Actor, message_id: UUID) -> MessageHistory:
    """A message and what it said before, as far as the actor may read that. Raises NotFound.

    For services: that somebody looks is on record, and whether they may is decided, by message_history_open.
    """
    message = messages_visible(actor).get_or_refuse(pk=message_id)
    versions = MessageVersion.objects.visible_to(actor).filter(message_id=message_id).order_by("number")
    reveal = Reveal.objects.visible_to(actor).filter(message_id=message_id)
    return MessageHistory(
        message=_views(actor, [message])[0],
        versions=tuple(
            present.version_views(
                actor,
                message,
                list(versions),
                revealed_edits=reveal.values_list("edits", flat=True).first(),
            )
        ),
    )


def messages_visible(actor: Actor) -> PrivateQuerySet[Any]:
    """The visible messages, each with whether the actor has revealed its present text. For selectors."""
    reveals = Reveal.objects.visible_to(actor).filter(message_id=OuterRef("pk"), edits=OuterRef("edits"))
    return Message.objects.visible_to(actor).annotate(revealed=Exists(reveals))


def _views(actor: Actor, rows: list[Message]) -> list[MessageView]:
    revealed = {row.id for row in rows if getattr(row, "revealed", False)}
    return present.message_views(actor, rows, revealed=revealed, withheld=messages_withheld(actor, rows))


def messages_withheld(actor: Actor, rows: Sequence[Message]) -> set[UUID]:
    """Those of the messages whose words were written after the actor had left. One query, where any of a care
    team's were edited: nobody leaves another conversation before it is over. For services.
    """
    edited = {row.conversation_id for row in rows if row.edited_at is not None and row.deleted_at is None}
    teams = [each for each in edited if rooms.room_get(each).is_team]
    if not teams:
        return set()
    own = Member.objects.unscoped(reason="the actor's own seats").filter(
        seat_holds(actor.practice_id),
        conversation_id__in=teams,
        user_id=actor.require_user(),
        left_at__isnull=False,
    )
    left = dict(own.values_list("conversation_id", "left_at"))
    return {row.id for row in rows if rules.words_are_later(row.edited_at, left.get(row.conversation_id))}
