"""What vendors tell: believed or not, kept sealed for a while, and put on the meeting's timeline once.

Nothing here asks the vendor: an answer is due within three seconds. What cannot be placed yet is kept and
placed later (services/placing.py). News of meetings that are not ours are not kept at all: a vendor's app may
tell of everything in its account.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings

from bloom.kernel import limits, network, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed, RateLimited
from scheduling.integrations.meet import keys as google_keys
from scheduling.models import Meeting, MeetingCredential, MeetingEvent, WebhookDelivery
from scheduling.telehealth import events, keys
from scheduling.telehealth.errors import CredentialNotFound, HookRefused, HookUnreadable, VideoUnavailable
from scheduling.telehealth.keys import Keys
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.rules import meet, zoom
from scheduling.telehealth.rules.signed import Unbelieved, Unreadable
from scheduling.telehealth.services.attending import news_note, patient_of
from scheduling.telehealth.types import MeetingNews, Vendor

# A payload is kept as long as somebody may ask what a vendor said about a session.
KEPT: Final = timedelta(days=30)
# What could not be placed for so long is nobody's.
PLACED_WITHIN: Final = timedelta(hours=6)
# So much news of one account waits to be placed. What comes beyond that is not taken: the vendor tells it
# again later.
UNPLACED_MOST: Final = 200
UNTAKEN_SECONDS: Final = 60
_TAKEN_PER_MINUTE: Final = 600


def zoom_hook_take(
    actor: Actor, credential_id: UUID, *, stamp: str, signature: str, body: bytes, at: datetime
) -> dict[str, str] | None:
    """Take what Zoom tells; what it wants to hear when it asks whose address this is, else None. Twice is as
    once. Raises CredentialNotFound, HookRefused, HookUnreadable, RateLimited.
    """
    credential, held = _credential(actor, credential_id, Vendor.ZOOM)
    try:
        secret = held.values["hook_secret"]
        zoom.signature_check(secret, stamp, signature, body, at=at)
        answer = zoom.validation_answer(secret, body)
        if answer is not None:
            return answer
        news = zoom.news_read(body, held.values["account_id"])
    except Unbelieved:
        raise _refused(credential) from None
    except Unreadable:
        raise HookUnreadable from None
    if news is not None:
        _taken(actor, credential.id, news, body, at=at)
    return None


def meet_hook_take(actor: Actor, credential_id: UUID, *, token: str, body: bytes, at: datetime) -> None:
    """Take what Google pushes. Twice is as once. Raises CredentialNotFound, HookRefused, HookUnreadable,
    RateLimited, and VideoUnavailable while Google's keys cannot be had.
    """
    credential, held = _credential(actor, credential_id, Vendor.MEET)
    try:
        email = held.values["push_email"]
        if not email:
            raise Unbelieved("nobody")
        known = google_keys.keys_get(meet.key_id(token))
        meet.token_check(token, known, audience=meet_audience(credential_id), email=email, at=at)
        news = meet.news_read(body)
    except Unbelieved:
        raise _refused(credential) from None
    except Unreadable:
        raise HookUnreadable from None
    except (VendorUnavailable, VendorRejected):
        raise VideoUnavailable from None
    if news is not None:
        _taken(actor, credential.id, news, body, at=at)


def meet_audience(credential_id: UUID) -> str:
    """For whom Google has to sign a push: the address to which it goes."""
    return f"{settings.SITE_URL}/hooks/meet/{credential_id}/"


@transactional
def deliveries_forget(actor: Actor, *, at: datetime) -> int:
    """Payloads whose time is over are gone; how many. Raises NotAllowed unless the system asks."""
    if not actor.is_system:
        raise NotAllowed
    rows = WebhookDelivery.objects.unscoped(reason="payloads whose time is over").filter(expires_at__lte=at)
    gone, _rows = rows.delete()
    return gone


def payload_place(delivery_id: UUID) -> vault.Place:
    """Where a payload is sealed for."""
    return vault.Place("scheduling_webhookdelivery", "payload", delivery_id)


def _credential(actor: Actor, credential_id: UUID, vendor: Vendor) -> tuple[MeetingCredential, Keys]:
    limits.limit_check(f"telehealth.hook:{credential_id}:{network.place(actor.ip)}", _TAKEN_PER_MINUTE, 60)
    row = (
        MeetingCredential.objects.unscoped(reason="the signature says who asks")
        .filter(pk=credential_id, vendor=vendor.value)
        .first()
    )
    if row is None:
        raise CredentialNotFound
    return row, keys.keys_open(row.vendor, row.keys, row.id)


def _refused(credential: MeetingCredential) -> HookRefused:
    return HookRefused(object_kind=events.CREDENTIAL, object_id=credential.id, exists=True)


@transactional
def _taken(actor: Actor, credential_id: UUID, news: MeetingNews, body: bytes, *, at: datetime) -> None:
    """Keep it and put it on the timeline, together; or neither, and the vendor tells it again."""
    credential = (
        MeetingCredential.objects.unscoped(reason="whose news it is").filter(pk=credential_id).first()
    )
    if credential is None:
        return
    meeting = _meeting_of(credential, news)
    if meeting is None and news.vendor_id:
        return
    if meeting is None and _unplaced(credential) >= UNPLACED_MOST:
        raise RateLimited(retry_after=UNTAKEN_SECONDS)
    delivery = WebhookDelivery(
        id=uuid4(),
        practice_id=credential.practice_id,
        credential=credential,
        meeting=meeting,
        dedupe_key=news.dedupe_key,
        received_at=at,
        expires_at=at + (KEPT if meeting else PLACED_WITHIN),
        next_try_at=None if meeting else at,
    )
    subject_id = patient_of(meeting) if meeting else vault.SYSTEM_SUBJECT
    delivery.payload = vault.seal(subject_id, body.decode(errors="replace"), payload_place(delivery.id))
    WebhookDelivery.objects.bulk_create([delivery], ignore_conflicts=True)
    if meeting is not None:
        news_note(actor, meeting, news, at=at)


def _unplaced(credential: MeetingCredential) -> int:
    rows = WebhookDelivery.objects.unscoped(reason="how much news waits to be placed")
    return rows.filter(credential=credential, meeting=None).count()


def _meeting_of(credential: MeetingCredential, news: MeetingNews) -> Meeting | None:
    rows = Meeting.objects.unscoped(reason="of which meeting the news is").filter(credential=credential)
    if news.vendor_id:
        return rows.filter(vendor_id=news.vendor_id).first()
    # Other news of the same conference may have said it.
    known = MeetingEvent.objects.unscoped(reason="of which meeting the news is").filter(
        meeting__credential=credential, session=news.session
    )
    meeting_id = known.values_list("meeting_id", flat=True).first()
    return rows.filter(pk=meeting_id).first() if meeting_id else None
