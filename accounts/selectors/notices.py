"""What people are told, and what they want to be told of, and how."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts import notice_words, rules
from accounts.models import Listing, Notice, NoticeChoice, Practice, User
from accounts.selectors.cursors import cursor_parts
from accounts.selectors.people import SHOWN_NAME
from accounts.selectors.practices import practices_of
from accounts.types import NoticeChannel, NoticeChoiceView, NoticeLetter, NoticeSaid, NoticeView
from bloom.kernel import registry
from bloom.kernel.actor import Actor, Via
from bloom.kernel.pages import Page


def notice_list(actor: Actor, *, limit: int = 20, cursor: str | None = None) -> Page[NoticeView]:
    """What the actor was told in the app, newest first, in the language of now. Four queries at most.

    Raises Invalid for a cursor that no earlier page gave.
    """
    rows = Notice.objects.visible_to(actor).filter(user_id=actor.require_user())
    if cursor:
        at, last_id = cursor_parts(cursor, datetime.fromisoformat, UUID)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=last_id))
    found = list(rows.order_by("-created_at", "-id")[: limit + 1])
    shown = found[:limit]
    more = len(found) > limit
    return Page(
        notice_views(actor, shown),
        next=rules.cursor_write(shown[-1].created_at.isoformat(), str(shown[-1].id)) if more else None,
    )


def notice_views(actor: Actor, rows: Sequence[Notice]) -> list[NoticeView]:
    """Notices of the actor's that the caller has read. Two queries at most."""
    kinds = dict(registry.notice_kind.items())
    zone = User.objects.values_list("time_zone", flat=True).get(id=actor.require_user()) if rows else ""
    names = _Names(row.params for row in rows)
    return [
        NoticeView(
            id=row.id,
            kind=row.kind,
            code=row.code,
            kind_title=kinds[row.kind].title if row.kind in kinds else "",
            said=names.say(
                row.kind, row.code, row.params, at=row.created_at, zone=zone, reader_id=actor.user_id
            ),
            created_at=row.created_at,
            is_read=row.read_at is not None,
        )
        for row in rows
    ]


def notices_unread(person_id: UUID) -> dict[UUID | None, int]:
    """How much of what somebody was told is unread in each practice in which they work, or in none for who
    works nowhere: numbers for their own pages, as a session sees them. One query, and one for each practice.
    """
    person = Actor(user_id=person_id, via=Via.JOB)
    places: list[UUID | None] = [each.id for each in practices_of([person_id]).get(person_id, ())] or [None]
    return {
        place: Notice.objects.visible_to(person if place is None else person.acting_for(place))
        .filter(read_at=None)
        .count()
        for place in places
    }


def notice_letter_says(letter: NoticeLetter) -> NoticeSaid:
    """What a mail says, in the language of now. Two queries at most."""
    zone = rules.time_zone_or_utc(letter.time_zone)
    return _Names([letter.params]).say(
        letter.kind, letter.code, letter.params, at=letter.created_at, zone=zone, by_mail=True
    )


def notice_choices(actor: Actor) -> tuple[NoticeChoiceView, ...]:
    """Each kind of notice that the actor may get, by each way, as they have it. One query."""
    rows = NoticeChoice.objects.visible_to(actor).filter(user_id=actor.require_user())
    chosen = {(row.kind, row.channel): row.is_wanted for row in rows}
    return tuple(
        NoticeChoiceView(
            kind=key,
            channel=NoticeChannel(channel),
            title=kind.title,
            hint=kind.hint,
            is_wanted=bool(kind.locked) or chosen.get((key, channel), unless_told),
            locked=kind.locked,
        )
        for key, kind in registry.notice_kind.items()
        if (not kind.roles or actor.has_role(*kind.roles))
        and (actor.practice_id is not None or not kind.in_practice)
        for channel, unless_told in kind.channels.items()
    )


def notice_wanted(person_id: UUID, kind: str, channel: NoticeChannel) -> bool:
    """Does this person want to be told of `kind` by `channel`? For whoever is about to tell them."""
    return channel in notice_channels([person_id], kind)[person_id]


def notice_channels(ids: Iterable[UUID], key: str) -> dict[UUID, frozenset[NoticeChannel]]:
    """By which ways each of these people wants to be told of `key`. One query, for a locked kind none."""
    kind, asked = registry.notice_kind.get(key), set(ids)
    unless_told = {NoticeChannel(channel): wanted for channel, wanted in kind.channels.items()}
    if kind.locked:
        return dict.fromkeys(asked, frozenset(unless_told))
    rows = NoticeChoice.objects.unscoped(reason="whom to tell").filter(user_id__in=asked, kind=key)
    chosen = {
        (user_id, channel): is_wanted
        for user_id, channel, is_wanted in rows.values_list("user_id", "channel", "is_wanted")
    }
    return {
        person_id: frozenset(
            channel for channel, wanted in unless_told.items() if chosen.get((person_id, channel), wanted)
        )
        for person_id in asked
    }


def listing_refusal(person_id: UUID) -> str:
    """Why a therapist's listing was refused, for the mail to that therapist."""
    rows = Listing.objects.unscoped(reason="the mail that tells a therapist of their own listing")
    return rows.filter(therapist_id=person_id).values_list("refusal", flat=True).first() or ""


class _Names:
    """The names that several notices need, read at once."""

    def __init__(self, several: Iterable[Mapping[str, Any]]) -> None:
        params = list(several)
        people = notice_words.ids_named(params, notice_words.PEOPLE)
        practices = notice_words.ids_named(params, notice_words.PRACTICES)
        self.people: dict[UUID, str] = {}
        self.practices: dict[UUID, str] = {}
        if people:
            named = User.objects.filter(id__in=people).annotate(shown=SHOWN_NAME)
            self.people = dict(named.values_list("id", "shown"))
        if practices:
            self.practices = dict(Practice.objects.filter(id__in=practices).values_list("id", "name"))

    def say(
        self,
        kind: str,
        code: str,
        params: Mapping[str, Any],
        *,
        at: datetime,
        zone: str,
        reader_id: UUID | None = None,
        by_mail: bool = False,
    ) -> NoticeSaid:
        return notice_words.notice_say(
            kind,
            code,
            params,
            at=at,
            zone=zone,
            people=self.people,
            practices=self.practices,
            reader_id=reader_id,
            by_mail=by_mail,
        )
