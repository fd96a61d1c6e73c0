"""What people are told, by one way for everything that tells; and what they want to be told of."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import errors, events, metrics, rules, selectors
from accounts.models import Notice, NoticeChoice, User
from accounts.types import NoticeChannel, NoticeChoiceView, NoticeLetter, NoticeView
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from observability import logs
from observability import services as observability_services

log = logs.get_logger(__name__)

# Whoever takes a letter and dies leaves it to the next one after so long, and twice as long each time; so
# often is it tried. What is urgent comes again sooner, and over about as long a time. A relay that hangs is
# given up within EMAIL_TIMEOUT, well before.
_LETTER_WAITS: Final = timedelta(minutes=5)
_LETTER_TRIES: Final = 6
_URGENT_WAITS: Final = timedelta(minutes=1)
_URGENT_TRIES: Final = 8

_gathered: ContextVar[list[UUID] | None] = ContextVar("notices_gathered", default=None)


def notice_send(
    actor: Actor,
    kind: str,
    code: str,
    to: Iterable[UUID | None],
    *,
    event_id: UUID,
    at: datetime,
    params: Mapping[str, object] | None = None,
    practice_id: UUID | None = None,
    own: Collection[UUID | None] = (),
    by_mail: bool = True,
    by_app: bool = True,
) -> None:
    """Tell people, each by the ways that they want, what the event `event_id` means for them. Within the
    transaction of that event; twice is once. Mail leaves soon after, in words made then (accounts.letters).

    Those of `own` are told as themselves, as a patient is: they see it whichever practice they act for.
    `params` are ids and plain values. `by_mail` is False where another mail says it, `by_app` where they did
    it themselves and only the mail is of use. Raises WordsInNotice.
    """
    asked = {person_id for person_id in to if person_id is not None}
    if not asked:
        return
    earlier = Notice.objects.unscoped(reason="who was told of this event already")
    asked -= set(
        earlier.filter(event_id=event_id, code=code, user_id__in=asked).values_list("user_id", flat=True)
    )
    plain = rules.notice_params(params or {})
    rows = []
    for person_id, channels in sorted(selectors.notice_channels(asked, kind).items()):
        mailed = by_mail and NoticeChannel.EMAIL in channels
        shown = by_app and NoticeChannel.APP in channels
        if shown or mailed:
            rows.append(
                Notice(
                    id=uuid.uuid4(),
                    practice_id=practice_id,
                    user_id=person_id,
                    event_id=event_id,
                    kind=kind,
                    code=code,
                    params=plain,
                    created_at=at,
                    is_own=person_id in own,
                    in_app=shown,
                    mail_due_at=at if mailed else None,
                )
            )
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        if row.in_app:
            observability_services.event_record(
                actor,
                events.NoticeMade(
                    object_id=row.id, practice_id=practice_id, subject_id=row.user_id, kind=kind, code=code
                ),
                at=at,
            )
    waiting = _gathered.get()
    if waiting is not None:
        waiting.extend(row.id for row in rows if row.mail_due_at is not None)


@contextmanager
def letters_gathered() -> Iterator[list[UUID]]:
    """Within the block, the ids of notices whose mail waits: for a door that sends them when it is done. Some
    may never have been stored.
    """
    waiting: list[UUID] = []
    token = _gathered.set(waiting)
    try:
        yield waiting
    finally:
        _gathered.reset(token)


@transactional
def letter_take(actor: Actor, *, at: datetime, ids: Iterable[UUID] | None = None) -> NoticeLetter | None:
    """Take the next mail that is due, or of `ids`, so that nobody else sends it; None when there is none. It
    is to be given back by `letter_sent`; what is not is due again in a while, so many times. Then it is given
    up, which is logged and counted.
    """
    rows = Notice.objects.unscoped(reason="mail that waits to be sent")
    due = rows.filter(mail_due_at__lte=at) if ids is None else rows.filter(id__in=list(ids), mail_tries=0)
    due = due.filter(mail_due_at__isnull=False).order_by("mail_due_at", "id")
    while (row := due.select_for_update(skip_locked=True).first()) is not None:
        row.mail_tries += 1
        kind = registry.notice_kind.get(row.kind)
        waits, tries = (_URGENT_WAITS, _URGENT_TRIES) if kind.is_urgent else (_LETTER_WAITS, _LETTER_TRIES)
        person = User.objects.filter(id=row.user_id, is_active=True).first()
        is_over = person is None or row.mail_tries > tries
        row.mail_due_at = None if is_over else at + waits * 2 ** (row.mail_tries - 1)
        row.save(update_fields=["mail_due_at", "mail_tries"])
        if person is None:
            # Who has left is written to no more.
            continue
        if is_over:
            log.error("accounts.letter_given_up", kind=row.kind, notice_id=str(row.id))
            metrics.LETTERS_GIVEN_UP.labels(row.kind).inc()
            continue
        return NoticeLetter(
            id=row.id,
            person_id=row.user_id,
            kind=row.kind,
            code=row.code,
            params=row.params,
            created_at=row.created_at,
            email=person.email,
            locale=person.locale,
            time_zone=person.time_zone,
        )
    return None


@transactional
def letter_sent(actor: Actor, notice_id: UUID, *, at: datetime) -> None:
    """Its mail has left."""
    Notice.objects.unscoped(reason="the mail that has left").filter(id=notice_id).update(mail_due_at=None)


@transactional
def notice_open(actor: Actor, notice_id: UUID, *, at: datetime) -> NoticeView:
    """The actor follows a notice: it is read. Raises NotFound."""
    row = Notice.objects.visible_to(actor).get_or_refuse(pk=notice_id)
    if row.read_at is None:
        row.read_at = at
        row.save(update_fields=["read_at"])
    return selectors.notice_views(actor, [row])[0]


@transactional
def notices_read(actor: Actor, ids: Iterable[UUID] | None = None, *, at: datetime) -> int:
    """The actor has read these of their notices, or all; how many were unread. Others' are passed over."""
    mine = Notice.objects.visible_to(actor).filter(user_id=actor.require_user(), read_at=None)
    return (mine if ids is None else mine.filter(id__in=list(ids))).update(read_at=at)


@transactional
def notices_forget(actor: Actor, *, at: datetime) -> int:
    """The sweep: what was read leaves after a while, everything in the end. How many left."""
    if not actor.is_system:
        raise NotAllowed
    rows = Notice.objects.unscoped(reason="notices whose time is over")
    was_read = Q(read_at__lt=at - settings.NOTICES_READ_KEPT)
    never_shown = Q(in_app=False, created_at__lt=at - settings.NOTICES_READ_KEPT)
    gone, _rows = rows.filter(was_read | never_shown | Q(created_at__lt=at - settings.NOTICES_KEPT)).delete()
    return gone


@transactional
def notice_stop(actor: Actor, person_id: UUID, kind: str, *, at: datetime) -> None:
    """No more mail of this kind to a person, by a link that only their mails carry. Twice is once. Raises
    NotFound for what is no notice or nobody, NoticeLocked for one that always comes.
    """
    found = dict(registry.notice_kind.items()).get(kind)
    person = User.objects.select_for_update().filter(id=person_id, is_active=True).first()
    if found is None or person is None or NoticeChannel.EMAIL not in found.channels:
        raise NotFound
    if found.locked:
        raise errors.NoticeLocked
    if NoticeChannel.EMAIL in selectors.notice_channels([person_id], kind)[person_id]:
        _choose(actor, person_id, kind, NoticeChannel.EMAIL, is_wanted=False, at=at)


@transactional
def notices_choose(
    actor: Actor, choices: Mapping[tuple[str, str], bool], *, at: datetime
) -> tuple[NoticeChoiceView, ...]:
    """Say yes or no to kinds of notices, each by one way: (kind, channel). What is not named stays. Returns
    all as they are then.

    Raises Invalid for what is no notice of the actor's, NoticeLocked for a no to one that always comes.
    """
    # Two answers of one person, from two browsers, are taken one after the other.
    person = User.objects.select_for_update().get(id=actor.require_user())
    known = {(view.kind, str(view.channel)): view for view in selectors.notice_choices(actor)}
    for pair, is_wanted in choices.items():
        view = known.get(pair)
        if view is None:
            raise Invalid(errors={".".join(pair): [_("Bloom sends no such notice.")]})
        if view.locked and not is_wanted:
            raise errors.NoticeLocked
        if view.is_wanted == is_wanted:
            continue
        _choose(actor, person.id, view.kind, view.channel, is_wanted=is_wanted, at=at)
    return selectors.notice_choices(actor)


def _choose(
    actor: Actor, person_id: UUID, kind: str, channel: NoticeChannel, *, is_wanted: bool, at: datetime
) -> None:
    NoticeChoice.objects.unscoped(reason="the choice of the person whose row is locked").update_or_create(
        user_id=person_id,
        kind=kind,
        channel=channel,
        defaults={"is_wanted": is_wanted, "changed_at": at},
    )
    observability_services.event_record(
        actor,
        events.NoticeChosen(
            object_id=person_id, subject_id=person_id, kind=kind, channel=channel, is_wanted=is_wanted
        ),
        at=at,
    )
