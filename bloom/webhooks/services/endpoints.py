"""A practice's endpoints: where it is told, of what, and with which secret. For its owners."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import selectors as accounts_selectors
from accounts import services as accounts
from accounts.types import PracticeMay
from bloom.kernel import addresses, clock, limits, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotFound
from bloom.webhooks import events, rules, selectors
from bloom.webhooks.errors import EndpointOff, TooManyEndpoints
from bloom.webhooks.models import Cursor, Delivery, Endpoint
from bloom.webhooks.types import DeliveryState, EndpointSecret, EndpointView, Off
from observability import selectors as record
from observability import services as observability

ENDPOINTS_MOST: Final = 10
CURSOR: Final = "record"
# So long a program has to take up a new secret.
OLDER_LASTS: Final = timedelta(hours=24)
_SECRET_BYTES: Final = 32
_TRIED_PER_MINUTE: Final = 10
_URL_FAULTS: Final = {
    "https": lambda: _("The address has to begin with https://."),
    "port": lambda: _("Only the ports 443 and 8443 can be used."),
    "address": lambda: _("This address leads into a network that is not the internet."),
    "form": lambda: _("This is not an address that can be used, such as https://example.org/bloom."),
}


@transactional
def endpoint_add(
    actor: Actor, practice_id: UUID, url: str, names: Collection[str], *, at: datetime
) -> EndpointSecret:
    """Tell this address from now on what happens in the practice. The secret stands in this answer alone.

    Raises NotFound, NotAllowed, FreshFactorNeeded, Invalid, TooManyEndpoints.
    """
    _manage_check(actor, practice_id, at=at)
    url, chosen = _url(url), _names(names)
    # Two who add one at once count one another's.
    accounts.practice_hold(actor, practice_id)
    rows = Endpoint.objects.unscoped(reason="how many the practice has")
    if rows.filter(practice_id=practice_id).count() >= ENDPOINTS_MOST:
        raise TooManyEndpoints
    row = Endpoint(
        id=uuid4(),
        practice_id=practice_id,
        url=url,
        events=chosen,
        created_by_id=actor.require_user(),
        created_at=at,
    )
    secret = _secret_new(row, "secret")
    row.save(force_insert=True)
    cursor_make()
    added = events.EndpointAdded(object_id=row.id, practice_id=practice_id, events=tuple(chosen))
    observability.event_record(actor, added, at=at)
    return EndpointSecret(endpoint=selectors.endpoint_view(row), secret=secret)


@transactional
def endpoint_change(
    actor: Actor,
    practice_id: UUID,
    endpoint_id: UUID,
    *,
    url: str | None = None,
    names: Collection[str] | None = None,
    is_on: bool | None = None,
    at: datetime,
) -> EndpointView:
    """Another address, other events, on or off; None: as it stands, also when somebody else has just changed
    it. What waits for one that is switched off is dropped.

    Raises EndpointNotFound, FreshFactorNeeded, Invalid.
    """
    row = selectors.endpoint_row(actor, practice_id, endpoint_id, lock=True)
    _manage_check(actor, practice_id, at=at)
    wanted: dict[str, Any] = {}
    if url is not None:
        wanted["url"] = _url(url)
    if names is not None:
        wanted["events"] = _names(names)
    if is_on is not None:
        wanted["off"] = "" if is_on else (row.off or Off.OWNER.value)
    fields = [name for name, value in wanted.items() if getattr(row, name) != value]
    if not fields:
        return selectors.endpoint_view(row)
    for name in fields:
        setattr(row, name, wanted[name])
    row.failing_since = None
    row.save(update_fields=[*fields, "failing_since"])
    if row.off:
        deliveries_drop(row, at=at)
    changed = events.EndpointChanged(object_id=row.id, practice_id=practice_id, fields=tuple(fields))
    observability.event_record(actor, changed, at=at)
    return selectors.endpoint_view(row)


@transactional
def endpoint_remove(actor: Actor, practice_id: UUID, endpoint_id: UUID, *, at: datetime) -> None:
    """Tell it nothing any more, and forget what it was told. Raises EndpointNotFound."""
    row = selectors.endpoint_row(actor, practice_id, endpoint_id, lock=True)
    removed = events.EndpointRemoved(object_id=row.id, practice_id=practice_id)
    row.delete()
    observability.event_record(actor, removed, at=at)


@transactional
def secret_renew(actor: Actor, practice_id: UUID, endpoint_id: UUID, *, at: datetime) -> EndpointSecret:
    """Another secret. For a day what is sent is signed with the one before, too; the one before that holds no
    more. Raises EndpointNotFound, FreshFactorNeeded.
    """
    row = selectors.endpoint_row(actor, practice_id, endpoint_id, lock=True)
    _manage_check(actor, practice_id, at=at)
    older = vault.open(row.secret, secret_place(row, "secret"))
    row.older_secret = vault.seal(vault.SYSTEM_SUBJECT, older, secret_place(row, "older_secret"))
    row.older_until = at + OLDER_LASTS
    secret = _secret_new(row, "secret")
    row.save(update_fields=["secret", "older_secret", "older_until"])
    observability.event_record(actor, events.SecretRenewed(object_id=row.id, practice_id=practice_id), at=at)
    return EndpointSecret(endpoint=selectors.endpoint_view(row), secret=secret)


@transactional
def _test(actor: Actor, practice_id: UUID, endpoint_id: UUID, *, at: datetime) -> None:
    row = selectors.endpoint_row(actor, practice_id, endpoint_id)
    if row.off:
        raise EndpointOff
    delivery_make(row, uuid4(), selectors.TEST, {}, happened_at=at, at=at).save(force_insert=True)
    tested = events.EndpointTested(object_id=row.id, practice_id=practice_id)
    observability.event_record(actor, tested, at=at)


def endpoint_test(actor: Actor, practice_id: UUID, endpoint_id: UUID, *, at: datetime) -> None:
    """Send it something that means nothing. Raises EndpointNotFound, EndpointOff, RateLimited."""
    limits.limit_check(f"webhooks.try:{actor.require_user()}", _TRIED_PER_MINUTE, 60)
    _test(actor, practice_id, endpoint_id, at=at)


@transactional
def _again(actor: Actor, practice_id: UUID, endpoint_id: UUID, delivery_id: UUID, *, at: datetime) -> None:
    endpoint = selectors.endpoint_row(actor, practice_id, endpoint_id, lock=True)
    if endpoint.off:
        raise EndpointOff
    row = (
        Delivery.objects.visible_to(actor)
        .select_for_update()
        .filter(endpoint=endpoint, id=delivery_id)
        .first()
    )
    if row is None:
        raise NotFound
    if row.state == DeliveryState.WAITING and row.attempts == 0:
        return
    # Another moment than a call in flight has leased it for, so what comes of that call leaves it alone.
    row.state, row.attempts, row.due_at, row.ended_at = DeliveryState.WAITING.value, 0, at, None
    row.save(update_fields=["state", "attempts", "due_at", "ended_at"])
    again = events.DeliveryAgain(object_id=row.id, practice_id=practice_id)
    observability.event_record(actor, again, at=at)


def delivery_again(
    actor: Actor, practice_id: UUID, endpoint_id: UUID, delivery_id: UUID, *, at: datetime
) -> None:
    """Send it one more time, under its own id. Raises NotFound, EndpointOff, RateLimited."""
    limits.limit_check(f"webhooks.try:{actor.require_user()}", _TRIED_PER_MINUTE, 60)
    _again(actor, practice_id, endpoint_id, delivery_id, at=at)


def delivery_make(
    endpoint: Endpoint,
    source_id: UUID,
    name: str,
    data: dict[str, str],
    *,
    happened_at: datetime,
    at: datetime,
) -> Delivery:
    """What an endpoint is to be told: what, when and where, in ids."""
    return Delivery(
        id=uuid4(),
        endpoint=endpoint,
        practice_id=endpoint.practice_id,
        source_id=source_id,
        event=name,
        payload={
            "type": name,
            "timestamp": clock.to_wire(happened_at),
            "data": {"practice": str(endpoint.practice_id), **data},
        },
        created_at=at,
        due_at=at,
    )


def deliveries_drop(endpoint: Endpoint, *, at: datetime) -> None:
    """Nothing that waits for this endpoint is sent any more."""
    Delivery.objects.unscoped(reason="what waits for an endpoint that is off").filter(
        endpoint=endpoint, state=DeliveryState.WAITING
    ).update(state=DeliveryState.DROPPED, ended_at=at)


def cursor_make() -> None:
    """The record is read from here on, where nobody has begun to read it."""
    head = record.chain_head(Actor.for_system("webhooks"))
    Cursor.objects.bulk_create([Cursor(name=CURSOR, number=head)], ignore_conflicts=True)


def secret_place(row: Endpoint, column: str) -> vault.Place:
    """Where a secret is sealed for."""
    return vault.Place("webhooks_endpoint", column, row.id)


def _secret_new(row: Endpoint, column: str) -> str:
    secret = rules.secret_text(secrets.token_bytes(_SECRET_BYTES))
    setattr(row, column, vault.seal(vault.SYSTEM_SUBJECT, secret, secret_place(row, column)))
    return secret


def _manage_check(actor: Actor, practice_id: UUID, *, at: datetime) -> None:
    """Where a practice's news goes decides an owner, who has just shown that it is they."""
    accounts_selectors.practice_see_check(actor, practice_id)
    accounts.practice_check(actor, practice_id, PracticeMay.MANAGE_WEBHOOKS)
    accounts.factor_check(actor, at=at)


def _url(raw: str) -> str:
    url = raw.strip()
    if fault := addresses.url_fault(url, private=settings.WEBHOOKS_PRIVATE):
        raise Invalid(errors={"url": [_URL_FAULTS[fault]()]})
    return url


def _names(names: Collection[str]) -> list[str]:
    known = selectors.kinds()
    chosen = [name for name in known if name in names]
    if not chosen or set(names) - set(known):
        raise Invalid(errors={"events": [_("Please choose at least one from the list.")]})
    return chosen
