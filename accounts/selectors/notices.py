"""What people want to be told of, and how."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import NoticeChoice
from accounts.selectors.people import mail_addresses
from accounts.types import NoticeChannel, NoticeView
from bloom.kernel import registry
from bloom.kernel.actor import Actor


def notice_list(actor: Actor) -> tuple[NoticeView, ...]:
    """Each kind of notice that the actor may get, by each way, as they have it. One query."""
    rows = NoticeChoice.objects.visible_to(actor).filter(user_id=actor.require_user())
    chosen = {(row.kind, row.channel): row.is_wanted for row in rows}
    return tuple(
        NoticeView(
            kind=key,
            channel=NoticeChannel(channel),
            title=kind.title,
            hint=kind.hint,
            is_wanted=bool(kind.locked) or chosen.get((key, channel), unless_told),
            locked=kind.locked,
        )
        for key, kind in registry.notice_kind.items()
        if not kind.roles or actor.has_role(*kind.roles)
        for channel, unless_told in kind.channels.items()
    )


def notice_wanted(person_id: UUID, kind: str, channel: NoticeChannel) -> bool:
    """Does this person want to be told of `kind` by `channel`? For whoever is about to tell them."""
    return person_id in _wanting([person_id], kind, channel)


def notice_addresses(ids: Iterable[UUID], kind: str) -> dict[UUID, tuple[str, str]]:
    """The address and language of the active people who want mail of `kind`; never for show. Two queries."""
    return mail_addresses(_wanting(ids, kind, NoticeChannel.EMAIL))


def _wanting(ids: Iterable[UUID], key: str, channel: NoticeChannel) -> set[UUID]:
    kind, asked = registry.notice_kind.get(key), set(ids)
    if channel not in kind.channels:
        return set()
    if kind.locked:
        return asked
    rows = NoticeChoice.objects.unscoped(reason="whom to tell").filter(
        user_id__in=asked, kind=key, channel=channel
    )
    chosen = dict(rows.values_list("user_id", "is_wanted"))
    return {person_id for person_id in asked if chosen.get(person_id, kind.channels[channel])}
