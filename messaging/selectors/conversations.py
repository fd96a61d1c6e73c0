"""Conversations of the person asking."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid
from bloom.kernel.pages import Page
from messaging import names, rules
from messaging.errors import ConversationReadOnly
from messaging.models import Conversation, Member
from messaging.selectors.messages import message_views_of
from messaging.types import (
    ConversationKind,
    ConversationView,
    MemberRole,
    MemberView,
    MessageView,
    PersonName,
)


def conversation_list(actor: Actor, *, limit: int = 50, cursor: str | None = None) -> Page[ConversationView]:
    """The actor's conversations, the one with the newest message first. Six queries at most.

    Raises Invalid for a cursor that no earlier page gave.
    """
    rows = Conversation.objects.visible_to(actor).order_by("-last_sent_at", "-id")
    if cursor is not None:
        sent_at, conversation_id = _cursor_read(cursor)
        rows = rows.filter(Q(last_sent_at__lt=sent_at) | Q(last_sent_at=sent_at, id__lt=conversation_id))
    found = list(rows[: limit + 1])
    views = _views(actor, found[:limit])
    more = len(found) > limit
    return Page(views, _cursor(views[-1]) if more else None)


def conversation_get(actor: Actor, conversation_id: UUID) -> ConversationView:
    """One conversation. Raises NotFound."""
    row = Conversation.objects.visible_to(actor).get_or_refuse(pk=conversation_id)
    return _views(actor, [row])[0]


def conversation_others(actor: Actor, conversation_id: UUID) -> tuple[UUID | None, tuple[UUID, ...]]:
    """An open conversation's practice and other members. Raises NotFound and ConversationReadOnly."""
    row = Conversation.objects.visible_to(actor).get_or_refuse(pk=conversation_id)
    if row.read_only_at is not None:
        raise ConversationReadOnly
    members = Member.objects.visible_to(actor).filter(conversation_id=conversation_id, left_at=None)
    others = members.exclude(user_id=actor.require_user()).values_list("user_id", flat=True)
    return row.practice_id, tuple(others)


def conversation_heads(actor: Actor) -> dict[UUID, int]:
    """The newest change of each of the actor's conversations."""
    return dict(Conversation.objects.visible_to(actor).values_list("id", "last_change"))


def unread_total(actor: Actor) -> int:
    """How many messages of others the actor has not read, over all conversations. One query."""
    theirs = Conversation.objects.visible_to(actor).filter(pk=OuterRef("conversation_id"))
    found = (
        Member.objects.visible_to(actor)
        .filter(user_id=actor.require_user())
        .annotate(last_seq=Subquery(theirs.values("last_seq")))
        .aggregate(total=Sum(F("last_seq") - F("read_seq") - F("own_unread")))
    )
    return found["total"] or 0


def _views(actor: Actor, rows: Sequence[Conversation]) -> list[ConversationView]:
    ids = [row.id for row in rows]
    members: dict[UUID, list[Member]] = defaultdict(list)
    people = Member.objects.visible_to(actor).filter(conversation_id__in=ids, left_at=None)
    for member in people.order_by("joined_at", "id"):
        members[member.conversation_id].append(member)
    called = names.names_get(actor, {member.user_id for group in members.values() for member in group})
    last = {
        message.conversation_id: message
        for message in message_views_of(actor, Q(conversation_id__in=ids, seq=F("conversation__last_seq")))
    }
    own = {
        member.conversation_id: member
        for group in members.values()
        for member in group
        if member.user_id == actor.user_id
    }
    # Who was removed between the first query and the second sees the conversation no more.
    return [
        _view(row, own[row.id], members[row.id], last.get(row.id), called) for row in rows if row.id in own
    ]


def _view(
    row: Conversation,
    own: Member,
    members: Sequence[Member],
    last_message: MessageView | None,
    called: Mapping[UUID, PersonName],
) -> ConversationView:
    return ConversationView(
        id=row.id,
        practice_id=row.practice_id,
        kind=ConversationKind(row.kind),
        members=tuple(
            MemberView(
                id=member.user_id,
                name=called[member.user_id].name if member.user_id in called else gettext("Somebody"),
                role=MemberRole(member.role),
                read_seq=member.read_seq,
                photo_id=called[member.user_id].photo_id if member.user_id in called else None,
                pronouns=called[member.user_id].pronouns if member.user_id in called else "",
            )
            for member in members
        ),
        last_seq=row.last_seq,
        last_change=row.last_change,
        read_seq=own.read_seq,
        unread=rules.unread(last_seq=row.last_seq, read_seq=own.read_seq, own_unread=own.own_unread),
        last_message=last_message,
        last_sent_at=row.last_sent_at,
        read_only=row.read_only_at is not None,
    )


def _cursor(view: ConversationView) -> str:
    text = f"{clock.to_wire(view.last_sent_at)} {view.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor_read(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, conversation_id = text.partition(" ")
        return clock.from_wire(at), UUID(conversation_id)
    except (ValueError, binascii.Error) as error:
        raise Invalid(errors={"cursor": [gettext("This is not a cursor of this list.")]}) from error
