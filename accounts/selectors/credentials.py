"""What sessions and tokens stand for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import auth
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from accounts import rules, sessions
from accounts.models import ApiToken, Membership, Session
from accounts.roles import PRACTICE_STAFF
from accounts.selectors.factors import factor_policy
from accounts.selectors.sessions import session_limits
from accounts.types import (
    Authority,
    FactorPolicy,
    Standing,
)
from bloom.kernel import clock, vault


def authority_for_session(session_key: str) -> Authority | None:
    """What the session in this cookie stands for, by the same check as a page request; None for nobody."""
    request = HttpRequest()
    request.session = sessions.SessionStore(session_key)
    user = auth.get_user(request)
    return authority_of_session(sessions.session_id(session_key)) if user.is_authenticated else None


def authority_of_session(session_id: str) -> Authority | None:
    """What a session stands for, by its hashed name; None once it is over. One query."""
    return next(iter(_session_authorities([session_id])), None)


def authority_held_back(session_id: str) -> tuple[Authority, Standing] | None:
    """Whose session opens no more than one thing, and which; None for every other session.

    It carries no role: its bearer may do that one thing, and nothing else.
    """
    for standing in (Standing.FACTOR, Standing.CLOSING):
        for found in _session_authorities([session_id], standing):
            return replace(found, roles=frozenset(), practice_id=None, scopes=frozenset()), standing
    return None


def authority_for_token(raw: str) -> Authority | None:
    """What this API token stands for; None when it is wrong, expired or revoked, or when its person has left
    the practice that it was issued for. One query.
    """
    prefix = rules.token_prefix(raw)
    if prefix is None:
        return None
    # The look-up goes by a keyed hash that nobody outside can compute, so its timing tells nothing.
    return next(iter(_token_authorities(Q(prefix=prefix, hash=token_hash(raw)))), None)


def authority_current(authority: Authority) -> Authority | None:
    """The same credential as it stands now, or None once it is over. One query."""
    return authorities_current([authority])[0]


def authorities_current(authorities: Sequence[Authority]) -> list[Authority | None]:
    """`authority_current` for many at once, in their order: at most two queries, however many."""
    session_ids = [each.session_id for each in authorities if each.session_id]
    token_ids = [each.token_id for each in authorities if each.token_id]
    found: dict[str | UUID | None, Authority] = {}
    if session_ids:
        found |= {each.session_id: each for each in _session_authorities(session_ids)}
    if token_ids:
        found |= {each.token_id: each for each in _token_authorities(Q(id__in=token_ids))}
    now = [found.get(each.session_id or each.token_id) for each in authorities]
    # A session that somebody else signed in to is another credential.
    return [
        new if new and new.user_id == old.user_id else None for old, new in zip(authorities, now, strict=True)
    ]


def token_hash(raw: str) -> bytes:
    """What is kept of a token."""
    return vault.keyed_hash("accounts.token", raw)


_ROLE_COLUMNS = ("user__roles__role", "user__roles__revoked_at")


def _session_authorities(session_ids: Sequence[str], standing: Standing = Standing.OPEN) -> list[Authority]:
    """What sessions stand for. One whose person's role needs a second factor, and in which none was shown,
    stands for nobody, at every door, nor does one whose person is closing their account: only another
    `standing` tells of those. One that was not used for too long, or has lasted too long, is over.
    """
    rows = (
        Session.objects.filter(session_key__in=session_ids, expire_date__gt=clock.now(), user__is_active=True)
        .annotate(works=_works_there(), is_member=_works_there(anywhere=True))
        .values_list(
            *_ROLE_COLUMNS,
            "session_key",
            "user_id",
            "practice_id",
            "works",
            "is_member",
            "factor_at",
            "shown_at",
            "started_at",
            "seen_at",
            "user__closing_at",
            "user__shows_presence",
        )
    )
    return [
        Authority(
            user_id=user_id,
            roles=held,
            practice_id=practice_id if works else None,
            scopes=None,
            session_id=session_id,
            token_id=None,
            factor_at=factor_at,
            shown_at=shown_at,
            last_used_at=seen_at,
            shows_presence=shows_presence,
        )
        for (
            session_id,
            user_id,
            practice_id,
            works,
            is_member,
            factor_at,
            shown_at,
            started_at,
            seen_at,
            closing_at,
            shows_presence,
        ), held in _roles_folded(rows)
        if standing is _standing(user_id, held, is_member, factor_at, closing_at)
        and rules.session_over(
            started_at,
            seen_at,
            session_limits(held | {PRACTICE_STAFF} if is_member else held),
            clock.now(),
        )
        is None
    ]


def _standing(
    user_id: UUID,
    held: frozenset[str],
    is_member: bool,
    factor_at: datetime | None,
    closing_at: datetime | None,
) -> Standing:
    if factor_at is None and factor_policy(user_id, held, works=is_member) is FactorPolicy.REQUIRED:
        return Standing.FACTOR
    return Standing.OPEN if closing_at is None else Standing.CLOSING


def _token_authorities(which: Q) -> list[Authority]:
    rows = (
        ApiToken.objects.unscoped(reason="the credential itself is the proof")
        .filter(which, expires_at__gt=clock.now(), revoked_at=None, user__is_active=True)
        .filter(user__closing_at=None)
        # Without its practice a token would be one without a limit.
        .filter(Q(practice_id=None) | _works_there())
        .values_list(
            *_ROLE_COLUMNS, "id", "user_id", "practice_id", "last_used_at", "scopes", "user__shows_presence"
        )
    )
    return [
        Authority(
            user_id=user_id,
            roles=held,
            practice_id=practice_id,
            scopes=frozenset(scopes),
            session_id=None,
            token_id=token_id,
            last_used_at=last_used_at,
            shows_presence=shows_presence,
        )
        for (token_id, user_id, practice_id, last_used_at, scopes, shows_presence), held in _roles_folded(
            rows
        )
    ]


def _works_there(*, anywhere: bool = False) -> Exists:
    works = Membership.objects.unscoped(reason="whether a credential's practice still holds").filter(
        user_id=OuterRef("user_id"), ended_at=None
    )
    return Exists(works if anywhere else works.filter(practice_id=OuterRef("practice_id")))


def _roles_folded(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], frozenset[str]]]:
    """Rows of (role, revoked_at, key, ...), one for each role, as one for each key with the roles held."""
    first: dict[Any, tuple[Any, ...]] = {}
    names: dict[Any, set[str]] = {}
    for role, revoked_at, key, *rest in rows:
        first.setdefault(key, (key, *rest))
        held = names.setdefault(key, set())
        if role and revoked_at is None:
            held.add(role)
    for key, row in first.items():
        yield row, frozenset(names[key])
