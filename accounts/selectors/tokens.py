"""One's own credentials for programs."""

from datetime import datetime
from uuid import UUID

from accounts.models import ApiToken, Practice
from accounts.types import TokenView
from bloom.kernel.actor import Actor


def tokens_open(person_id: UUID, *, at: datetime) -> bool:
    """Has this person a token that opens something now? For what is said of it; decides nothing."""
    rows = ApiToken.objects.unscoped(reason="whether there is anything to end")
    return rows.filter(user_id=person_id, revoked_at=None, expires_at__gt=at).exists()


def token_list(actor: Actor, *, at: datetime) -> list[TokenView]:
    """The actor's own tokens: those that still open something first, then the newest. Two queries."""
    mine = list(
        ApiToken.objects.visible_to(actor).filter(user_id=actor.require_user()).order_by("-created_at", "id")
    )
    names: dict[UUID | None, str] = dict(
        Practice.objects.filter(id__in={token.practice_id for token in mine}).values_list("id", "name")
    )
    views = [
        TokenView(
            id=token.id,
            name=token.name,
            prefix=token.prefix,
            scopes=tuple(token.scopes),
            practice=names.get(token.practice_id, ""),
            created_at=token.created_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            last_used_at=token.last_used_at,
            is_alive=token.revoked_at is None and token.expires_at > at,
        )
        for token in mine
    ]
    return sorted(views, key=lambda view: not view.is_alive)
