"""`Idempotency-Key`: a create that is sent again is not done again, and gets the first answer.

A key belongs to one person, method and path for 24 hours. It is claimed before the work starts, so of two
requests at once one runs and the other is told to come back. Every transaction of the work marks the claim
as its last statement: a process that dies in between leaves either nothing (the claim may be taken over) or
the knowledge that the work was done (and is not repeated). A refusal frees the key, even one that left
something on record: the same request is refused again. Answers are kept sealed with the person's own key.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from bloom.kernel import db, vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Conflict, DomainError, IdempotencyConflict, Invalid, Kind
from bloom.kernel.models import StoredAnswer

HEADER: Final = "Idempotency-Key"
KEPT: Final = timedelta(hours=24)
# Longer than any request may take: a claim older than this belongs to a process that died.
ABANDONED: Final = timedelta(minutes=5)
_KEY_LENGTH: Final = 255
_PATH_LENGTH: Final = 300
_SWEPT_AT_ONCE: Final = 1_000
# How often the first request may let go of a key between our two looks at it.
_LOOKS: Final = 5


class RequestUnderWay(Conflict):
    code = "request_under_way"
    detail = _("The first request with this key is still being worked on. Please ask again in a moment.")


class AnswerLost(Conflict):
    code = "answer_lost"
    detail = _(
        "This was already carried out, but the answer to it was lost. Please look before you try again."
    )


def answer_once(actor: Actor, request: Request, work: Callable[[], Response], *, at: datetime) -> Response:
    """Do `work`, or give the answer that the same request got before.

    Raises IdempotencyConflict when the key came with another body, RequestUnderWay while the first
    request runs. Without the header, or for nobody in particular, this is `work` alone.
    """
    key = request.headers.get(HEADER)
    if key is None or actor.user_id is None:
        return work()
    if not (0 < len(key) <= _KEY_LENGTH and key.isascii() and key.isprintable()):
        raise Invalid(errors={HEADER: [_("A key has 1 to 255 printable ASCII characters.")]})
    claim, is_mine = _claim(actor.user_id, request, key, at=at)
    if not is_mine:
        return _earlier(claim)
    try:
        with db.with_each_commit(lambda: _mark(claim.id)):
            response = work()
    except BaseException as error:
        _release(claim.id, refused=isinstance(error, DomainError) and error.kind is not Kind.UNAVAILABLE)
        raise
    _keep(claim, response)
    return response


@db.transactional
def answers_clear(actor: Actor, *, at: datetime) -> int:
    """Forget the answers whose day is over, a thousand at a time; how many. Swept by beat."""
    expired = StoredAnswer.objects.filter(expires_at__lte=at).order_by("expires_at")
    ids = list(expired.values_list("pk", flat=True)[:_SWEPT_AT_ONCE])
    StoredAnswer.objects.filter(pk__in=ids).delete()
    return len(ids)


def _keep(claim: StoredAnswer, response: Response) -> None:
    body = JSONRenderer().render(response.data).decode()
    try:
        sealed = vault.seal(claim.person_id, body, _place(claim.id))
    except vault.KeyDestroyed:
        # The work was the person's own erasure: nothing of theirs is kept any more.
        sealed = None
    StoredAnswer.objects.filter(pk=claim.id).update(
        carried_out=True, status=response.status_code, answer=sealed
    )


def _earlier(claim: StoredAnswer) -> Response:
    if claim.answer is not None and claim.status is not None:
        try:
            body = vault.open(claim.answer, _place(claim.id))
        except vault.KeyDestroyed:
            raise AnswerLost from None
        return Response(
            json.loads(body or "null"), status=claim.status, headers={"Idempotent-Replay": "true"}
        )
    raise AnswerLost if claim.carried_out else RequestUnderWay(retry_after=1)


@db.transactional
def _claim(person_id: UUID, request: Request, key: str, *, at: datetime) -> tuple[StoredAnswer, bool]:
    """The claim on this key, and whether it is ours: made now, or taken over from a process that died."""
    body_hash = vault.keyed_hash("idempotency body", request._request.body)
    fresh = StoredAnswer(
        person_id=person_id,
        method=request.method or "",
        path=request.path[:_PATH_LENGTH],
        key_hash=vault.keyed_hash("idempotency key", key),
        body_hash=body_hash,
        created_at=at,
        expires_at=at + KEPT,
    )
    claim = _claim_locked(fresh, at=at)
    if claim.pk == fresh.pk:
        return claim, True
    if bytes(claim.body_hash) != body_hash:
        raise IdempotencyConflict
    if claim.carried_out or claim.created_at > at - ABANDONED:
        return claim, False
    claim.created_at = at
    claim.save(update_fields=["created_at"])
    return claim, True


def _claim_locked(fresh: StoredAnswer, *, at: datetime) -> StoredAnswer:
    """The claim on the key of `fresh`, and its lock: `fresh` itself where there was none that still counts.

    Raises RequestUnderWay when others come and go too fast.
    """
    same = StoredAnswer.objects.select_for_update().filter(
        person_id=fresh.person_id, method=fresh.method, path=fresh.path, key_hash=fresh.key_hash
    )
    for _look in range(_LOOKS):
        StoredAnswer.objects.bulk_create([fresh], ignore_conflicts=True)
        # None when the request that held the key let go of it between the two statements.
        claim = same.first()
        if claim is not None and claim.expires_at > at:
            return claim
        if claim is not None:
            claim.delete()
    raise RequestUnderWay(retry_after=1)


def _mark(claim_id: UUID) -> None:
    StoredAnswer.objects.filter(pk=claim_id).update(carried_out=True)


def _release(claim_id: UUID, *, refused: bool) -> None:
    """What was refused may be asked again, and so may work that failed before any of it was durable."""
    claims = StoredAnswer.objects.filter(pk=claim_id)
    (claims if refused else claims.filter(carried_out=False)).delete()


def _place(claim_id: UUID) -> vault.Place:
    return vault.Place("kernel_storedanswer", "answer", claim_id)
