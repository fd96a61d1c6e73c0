"""Conversations of the person asking."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext

from accounts import selectors as accounts_selectors
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid
from bloom.kernel.guard import PrivateQuerySet
from bloom.kernel.pages import Page
from messaging import list_cache, names, present, rooms, rules
from messaging.list_cache import LastRow, ListRow, ListRows, SeatRow
from messaging.models import Conversation, Member
from messaging.selectors.messages import messages_visible
from messaging.types import (
    CompanyView,
    ConversationKind,
    ConversationView,
    MemberRole,
    MemberView,
    MessageView,
    PersonName,
    Shelf,
)


def conversation_list(
    actor: Actor,
    *,
    shelf: Shelf | None = None,
    name: str = "",
    unread_first: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ConversationView]:
    """The actor's conversations, the one with the newest message first, or with `unread_first` after those
    that hold something unread. `shelf` keeps those that are archived, or are not; `name` those with somebody
    whose name holds it. Eight queries at most; none of the tables' first page is asked while it is kept.

    Raises Invalid for a cursor that no earlier page gave.
    """
    if cursor is None and not name:
        kept_as = f"{shelf or 'all'}/{'unread' if unread_first else 'newest'}/{limit}"
        read = partial(_page_read, actor, shelf=shelf, unread_first=unread_first, limit=limit)
        page = list_cache.rows_get(actor, kept_as, read)
    else:
        page = _page_read(
            actor, shelf=shelf, name=name, unread_first=unread_first, limit=limit, cursor=cursor
        )
    return Page(_views(actor, page.rows), page.next)


def _page_read(
    actor: Actor,
    *,
    shelf: Shelf | None,
    name: str = "",
    unread_first: bool,
    limit: int,
    cursor: str | None = None,
) -> ListRows:
    seats = _seats(actor)
    if shelf is not None:
        seats = seats.filter(ARCHIVED if shelf is Shelf.ARCHIVE else ~ARCHIVED)
    if name:
        seats = seats.filter(conversation_id__in=_conversations_with(actor, name))
    order = ["-moved_at", "-conversation_id"]
    if cursor is not None:
        seats = seats.filter(_after(cursor, unread_first=unread_first))
    found = list(seats.order_by(*(["-has_unread", *order] if unread_first else order))[: limit + 1])
    rows = _rows(actor, [seat.conversation for seat in found[:limit]])
    more = len(found) > limit
    return ListRows(rows=rows, next=_cursor(found[limit - 1]) if more else None)


# The number of the newest message that a row of Member may know of: whoever left hears of no later one.
LAST_SEQ = Coalesce(F("left_seq"), F("conversation__last_seq"))
# Whether a row of Member has its conversation put away: rules.is_archived in SQL.
ARCHIVED = Q(archived_seq__isnull=False) & (Q(muted_at__isnull=False) | Q(archived_seq__gte=LAST_SEQ))
# When something last happened in it that they may know of.
MOVED_AT = Coalesce(F("left_at"), F("conversation__last_sent_at"))
UNREAD = GreaterThan(LAST_SEQ, F("read_seq") + F("own_unread"))


def _seats(actor: Actor) -> PrivateQuerySet[Any]:
    """The actor's own memberships with their conversations, and whether something in them is unread."""
    return (
        Member.objects.visible_to(actor)
        .filter(user_id=actor.require_user())
        .with_parents("conversation")
        .annotate(
            has_unread=Case(When(UNREAD, then=Value(1)), default=Value(0)),
            moved_at=MOVED_AT,
        )
    )


def _conversations_with(actor: Actor, name: str) -> list[UUID]:
    """The actor's conversations with somebody of this name. Names are asked where they are kept."""
    seats = Member.objects.visible_to(actor)
    left = {
        seat.conversation_id: seat
        for seat in seats.filter(user_id=actor.require_user(), left_at__isnull=False)
    }
    others = seats.filter(Q(left_at=None) | Q(conversation_id__in=left)).exclude(user_id=actor.require_user())
    rooms_of: dict[UUID, list[UUID]] = defaultdict(list)
    for other in others.only("user_id", "conversation_id", "joined_at", "left_at"):
        own = left.get(other.conversation_id)
        # Whom somebody who left is not shown must not be found out by guessing, either.
        if own is None or rules.is_beside(other, own):
            rooms_of[other.user_id].append(other.conversation_id)
    named = accounts_selectors.people_named(actor, rooms_of, name)
    return [conversation_id for person_id in named for conversation_id in rooms_of[person_id]]


def conversation_get(actor: Actor, conversation_id: UUID, *, with_last: bool = True) -> ConversationView:
    """One conversation; its newest message only `with_last`, which is one query more. Raises NotFound."""
    row = Conversation.objects.visible_to(actor).get_or_refuse(pk=conversation_id)
    return _views(actor, _rows(actor, [row], with_last=with_last))[0]


def conversation_others(actor: Actor, conversation_id: UUID) -> tuple[UUID | None, dict[UUID, str]]:
    """An open conversation's practice, and its other members with their roles. Raises NotFound and
    ConversationReadOnly.
    """
    row = Conversation.objects.visible_to(actor).get_or_refuse(pk=conversation_id)
    rooms.writing_check(actor, row)
    members = Member.objects.visible_to(actor).filter(conversation_id=conversation_id, left_at=None)
    others = members.exclude(user_id=actor.require_user()).values_list("user_id", "role")
    return row.practice_id, dict(others)


CIRCLE_LIMIT = 1000


def conversation_circles(actor: Actor, person_ids: Collection[UUID]) -> dict[UUID, list[CompanyView]]:
    """With whom each of these people shares a conversation that lives, by practice and by whether they are
    its patient; of very many, those of the newest conversations. For rules, not for show. Two queries.
    """
    rooms_of: dict[UUID, list[tuple[UUID, UUID | None, str]]] = defaultdict(list)
    live = Member.objects.unscoped(reason="who may know that somebody is here").filter(
        left_at=None, conversation__read_only_at=None
    )
    own = live.filter(user_id__in=person_ids).order_by("-conversation__last_sent_at", "-conversation_id")
    for user_id, *room in own.values_list("user_id", "conversation_id", "practice_id", "role"):
        if len(rooms_of[user_id]) < CIRCLE_LIMIT:
            rooms_of[user_id].append((room[0], room[1], room[2]))
    wanted = {conversation_id for theirs in rooms_of.values() for conversation_id, _practice, _role in theirs}
    people_in: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for conversation_id, user_id, role in live.filter(conversation_id__in=wanted).values_list(
        "conversation_id", "user_id", "role"
    ):
        people_in[conversation_id][user_id] = role
    circles: dict[UUID, list[CompanyView]] = {}
    for person_id, theirs in rooms_of.items():
        company: dict[tuple[UUID | None, str], dict[UUID, str]] = defaultdict(dict)
        for conversation_id, practice_id, role in theirs:
            company[practice_id, role] |= people_in[conversation_id]
        circles[person_id] = [
            CompanyView(
                practice_id=practice_id,
                people=tuple(each for each in people if each != person_id),
                patients=tuple(each for each in rules.patients_of(people) if each != person_id),
                is_patient=role == MemberRole.PATIENT,
            )
            for (practice_id, role), people in company.items()
        ]
    return circles


def conversation_heads(actor: Actor) -> dict[UUID, int]:
    """The newest change of each of the actor's conversations; those that they left change no more."""
    seats = Member.objects.visible_to(actor).filter(user_id=actor.require_user(), left_at=None)
    return dict(
        seats.with_parents("conversation").values_list("conversation_id", "conversation__last_change")
    )


def conversations_ended(actor: Actor, conversation_ids: Collection[UUID]) -> list[UUID]:
    """Those of these conversations in which the actor can only read."""
    seats = Member.objects.visible_to(actor).filter(
        user_id=actor.require_user(), conversation_id__in=conversation_ids
    )
    ended = seats.with_parents("conversation").filter(
        ~Q(left_at=None) | Q(conversation__read_only_at__isnull=False)
    )
    return list(ended.values_list("conversation_id", flat=True))


def unread_total(actor: Actor) -> int:
    """How many messages of others the actor has not read, over all conversations that are not
    archived. One query.
    """
    found = (
        Member.objects.visible_to(actor)
        .filter(user_id=actor.require_user())
        .exclude(ARCHIVED)
        .with_parents("conversation")
        .aggregate(total=Sum(LAST_SEQ - F("read_seq") - F("own_unread")))
    )
    return found["total"] or 0


def _rows(
    actor: Actor, conversations: Sequence[Conversation], *, with_last: bool = True
) -> tuple[ListRow, ...]:
    """What the tables say of these conversations to the actor: two queries, and one without the last."""
    ids = [each.id for each in conversations]
    members: dict[UUID, list[Member]] = defaultdict(list)
    own: dict[UUID, Member] = {}
    people = Member.objects.visible_to(actor).filter(conversation_id__in=ids)
    for member in people.order_by("joined_at", "id"):
        members[member.conversation_id].append(member)
        if member.user_id == actor.user_id:
            own[member.conversation_id] = member
    for id_, seat in own.items():
        members[id_] = [each for each in members[id_] if rules.is_beside(each, seat)]
    last = _newest(actor, own) if with_last else {}
    # Who was removed between the first query and the second sees the conversation no more.
    return tuple(
        _row(each, own[each.id], members[each.id], last.get(each.id))
        for each in conversations
        if each.id in own
    )


def _newest(actor: Actor, own: Mapping[UUID, Member]) -> dict[UUID, Any]:
    """The newest message of each of these conversations that the actor, by their seat, knows of."""
    newest = Q(conversation_id__in=list(own), seq=F("conversation__last_seq"))
    for id_, seat in own.items():
        if seat.left_seq is not None:
            newest |= Q(conversation_id=id_, seq=seat.left_seq)
    return {message.conversation_id: message for message in messages_visible(actor).filter(newest)}


def _row(row: Conversation, own: Member, members: Sequence[Member], last: Any | None) -> ListRow:
    return ListRow(
        id=row.id,
        practice_id=row.practice_id,
        kind=row.kind,
        last_seq=rules.newest_known(row.last_seq, own.left_seq),
        last_change=rules.newest_known(row.last_change, own.left_change),
        last_sent_at=own.left_at or row.last_sent_at,
        read_only=row.read_only_at is not None or own.left_at is not None,
        own_left=own.left_at is not None,
        own_read_seq=own.read_seq,
        own_unread=own.own_unread,
        own_archived_seq=own.archived_seq,
        own_muted=own.muted_at is not None,
        members=tuple(
            SeatRow(user_id=each.user_id, role=each.role, read_seq=each.read_seq) for each in members
        ),
        last=None
        if last is None
        else LastRow.of(last, withheld=rules.words_are_later(last.edited_at, own.left_at)),
    )


def _views(actor: Actor, rows: Sequence[ListRow]) -> list[ConversationView]:
    """The conversations as the actor may see them now: names, keys, reactions and files are asked."""
    called = names.names_get(actor, {member.user_id for row in rows for member in row.members})
    newest = [row.last for row in rows if row.last is not None]
    revealed = {each.id for each in newest if each.revealed}
    withheld = {each.id for each in newest if each.withheld}
    views = present.message_views(actor, newest, revealed=revealed, withheld=withheld)
    last = {each.conversation_id: each for each in views}
    return [_view(row, last.get(row.id), called) for row in rows]


def _view(
    row: ListRow, last_message: MessageView | None, called: Mapping[UUID, PersonName]
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
                read_seq=min(member.read_seq, row.last_seq),
                photo_id=called[member.user_id].photo_id if member.user_id in called else None,
                pronouns=called[member.user_id].pronouns if member.user_id in called else "",
            )
            for member in row.members
        ),
        last_seq=row.last_seq,
        last_change=row.last_change,
        read_seq=row.own_read_seq,
        unread=rules.unread(last_seq=row.last_seq, read_seq=row.own_read_seq, own_unread=row.own_unread),
        last_message=last_message,
        last_sent_at=row.last_sent_at,
        read_only=row.read_only,
        archived=rules.is_archived(
            archived_seq=row.own_archived_seq, last_seq=row.last_seq, muted=row.own_muted
        ),
        muted=row.own_muted,
    )


def _cursor(seat: Any) -> str:
    text = f"{clock.to_wire(seat.moved_at)} {seat.conversation_id} {seat.has_unread}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _after(cursor: str, *, unread_first: bool) -> Q:
    """What stands after the place that the cursor names."""
    moved_at, conversation_id, has_unread = _cursor_read(cursor)
    later = Q(moved_at__lt=moved_at) | Q(moved_at=moved_at, conversation_id__lt=conversation_id)
    return Q(has_unread__lt=has_unread) | Q(has_unread=has_unread) & later if unread_first else later


def _cursor_read(cursor: str) -> tuple[datetime, UUID, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, conversation_id, has_unread = text.split(" ")
        return clock.from_wire(at), UUID(conversation_id), int(has_unread)
    except (ValueError, binascii.Error) as error:
        raise Invalid(errors={"cursor": [gettext("This is not a cursor of this list.")]}) from error
