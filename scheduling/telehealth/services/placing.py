"""News that did not say of which meeting it is: found out by asking Google, one run at a time.

Each account has its turn, so that one with much of it, or one that Google leaves waiting, keeps nobody else's
waiting; and one that does not answer rests, as it does for its meetings.
"""

import random
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from accounts import selectors as accounts_selectors
from bloom.kernel import clock, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed
from observability import logs
from scheduling.integrations import calls
from scheduling.integrations.meet.http import Meet
from scheduling.models import Meeting, MeetingCredential, WebhookDelivery
from scheduling.services import turns
from scheduling.telehealth import keys
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.rules import meet, tries
from scheduling.telehealth.services.attending import news_note, patient_of
from scheduling.telehealth.services.hooks import KEPT, payload_place
from scheduling.telehealth.services.resting import credential_note
from scheduling.telehealth.types import Fault

log = logs.get_logger(__name__)

# For so long a run begins to ask; each time it ends within calls.DEADLINE.
RUN: Final = timedelta(seconds=20)
TURN: Final = "placing"
TURN_LASTS: Final = timedelta(seconds=60)
# So much news of one account in a run, and of all together.
OF_EACH: Final = 10
IN_ALL: Final = 200
# Whose conference it may be: of those who meet so soon before or after, and of no more than so many.
MEETS_WITHIN: Final = timedelta(hours=12)
HOSTS_ASKED: Final = 5


def deliveries_place(actor: Actor, *, at: datetime) -> int:
    """Find out of which meeting the news is that did not say it, unless another run is at it; how many were
    placed. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    turn = turns.turn_take(TURN, at=at, lasts=TURN_LASTS)
    if turn is None:
        return 0
    try:
        return _run(actor, at=at)
    finally:
        turns.turn_end(TURN, turn)


def _run(actor: Actor, *, at: datetime) -> int:
    placed = 0
    silent: set[UUID] = set()
    for (delivery_id, credential_id), now in zip(_due(at=at), clock.moments(at, goes_on=RUN), strict=False):
        if credential_id in silent:
            continue
        try:
            placed += _place(actor, delivery_id, _space_of(delivery_id), at=now)
        except VendorUnavailable as error:
            silent.add(credential_id)
            _rest(credential_id, error, at=now)
            _put_off(delivery_id, at=now)
        except Exception:
            # One that Bloom cannot read, say, is no reason for the others to wait.
            log.exception("telehealth.place_failed", delivery_id=delivery_id)
            _put_off(delivery_id, at=now)
    return placed


def _due(*, at: datetime) -> list[tuple[UUID, UUID]]:
    """Deliveries and their accounts: first the oldest of each, then the second of each, and so on."""
    rows = WebhookDelivery.objects.unscoped(reason="news that is yet to be placed").filter(
        Q(credential__rests_until=None) | Q(credential__rests_until__lte=at), next_try_at__lte=at
    )
    number = Window(RowNumber(), partition_by=F("credential_id"), order_by=("next_try_at", "id"))
    each = rows.annotate(number=number).filter(number__lte=OF_EACH).order_by("number", "next_try_at", "id")
    return list(each.values_list("id", "credential_id")[:IN_ALL])


def _space_of(delivery_id: UUID) -> str | None:
    """The space of the conference that the news is about; None while nobody who may know it says it. Raises
    VendorUnavailable where Google does not answer.
    """
    row = (
        WebhookDelivery.objects.unscoped(reason="news that is yet to be placed")
        .with_parents("credential")
        .filter(pk=delivery_id)
        .first()
    )
    if row is None:
        return None
    news = meet.news_read(vault.open(row.payload, payload_place(row.id)).encode())
    held = keys.keys_open(row.credential.vendor, row.credential.keys, row.credential_id)
    until = calls.deadline()
    for host in _hosts(row) if news is not None else ():
        provider = held.provider(host, until=until)
        if news is None or not isinstance(provider, Meet):
            return None
        try:
            return provider.space_of(news.session)
        except VendorRejected:
            # A conference is known to the host of its space alone.
            continue
        except VendorUnavailable as error:
            if error.fault is not Fault.GARBLED:
                raise
    return None


def _hosts(row: WebhookDelivery) -> list[str]:
    """The addresses of those who meet about then with this account."""
    therapists = (
        Meeting.objects.unscoped(reason="who meets about then")
        .filter(
            credential_id=row.credential_id,
            appointment__starts_at__gt=row.received_at - MEETS_WITHIN,
            appointment__starts_at__lt=row.received_at + MEETS_WITHIN,
        )
        .order_by("appointment__starts_at", "id")
        .values_list("appointment__therapist_id", flat=True)
    )
    ids = list(dict.fromkeys(therapists[:HOSTS_ASKED]))
    addresses = accounts_selectors.mail_addresses(ids)
    return [addresses[each][0] for each in ids if each in addresses]


@transactional
def _place(actor: Actor, delivery_id: UUID, space: str | None, *, at: datetime) -> bool:
    row = (
        WebhookDelivery.objects.unscoped(reason="news that is yet to be placed")
        .select_for_update()
        .filter(pk=delivery_id)
        .first()
    )
    if row is None or row.next_try_at is None:
        return False
    meeting = (
        Meeting.objects.unscoped(reason="of which meeting the news is")
        .filter(credential_id=row.credential_id, vendor_id=space)
        .first()
        if space
        else None
    )
    if space and meeting is None:
        # It is of a meeting that is not ours.
        row.delete()
        return False
    if meeting is None:
        _put_off(delivery_id, at=at)
        return False
    body = vault.open(row.payload, payload_place(row.id))
    news = meet.news_read(body.encode())
    row.meeting, row.next_try_at, row.expires_at = meeting, None, row.received_at + KEPT
    row.payload = vault.seal(patient_of(meeting), body, payload_place(row.id))
    row.save()
    if news is not None:
        news_note(actor, meeting, news, at=at)
    return True


@transactional
def _put_off(delivery_id: UUID, *, at: datetime) -> None:
    row = WebhookDelivery.objects.unscoped(reason="news that is yet to be placed").filter(
        pk=delivery_id, next_try_at__isnull=False
    )
    known = row.values_list("tries", flat=True).first()
    if known is not None:
        number = min(known + 1, 1000)
        wait = tries.wait_after(number, random.random())  # noqa: S311 - jitter
        row.update(tries=number, next_try_at=at + wait)


@transactional
def _rest(credential_id: UUID, error: VendorUnavailable, *, at: datetime) -> None:
    row = (
        MeetingCredential.objects.unscoped(reason="an account that does not answer")
        .select_for_update()
        .filter(pk=credential_id)
        .first()
    )
    if row is not None:
        credential_note(row, error, at=at)
