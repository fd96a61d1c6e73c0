"""Video accounts: a therapist's own at a practice, or the practice's for all who have none.

Keys are tried at the vendor before they are kept, outside any transaction, and shown to nobody afterwards.
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from accounts import selectors as accounts_selectors
from accounts import services as accounts
from accounts.types import PracticeMay
from bloom.kernel import limits
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed
from observability import services as observability
from scheduling.errors import CalendarMissing
from scheduling.models import Calendar, MeetingCredential
from scheduling.telehealth import events, keys, selectors
from scheduling.telehealth.errors import CredentialNotFound, CredentialRefused, VideoUnavailable
from scheduling.telehealth.keys import Keys
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.services.following import meetings_follow, meetings_try_again
from scheduling.telehealth.types import CredentialView, MeetAccount, ZoomAccount

_TRIED_PER_MINUTE: Final = 10


def credential_save(
    actor: Actor, practice_id: UUID, account: ZoomAccount | MeetAccount, *, is_own: bool, at: datetime
) -> CredentialView:
    """Connect an account, in the place of the one that was there; appointments to come get their meetings.
    Other keys of the same account take the place of its keys. Another account leaves the one before to its
    meetings, until it is removed.

    Raises NotAllowed, FreshFactorNeeded, Invalid, CredentialRefused, VideoUnavailable, RateLimited.
    """
    _may_check(actor, practice_id, is_own=is_own)
    accounts.factor_check(actor, at=at)
    held = keys.keys_typed(account)
    _try(actor, held)
    return _saved(actor, practice_id, held, is_own=is_own, at=at)


def credential_test(actor: Actor, practice_id: UUID, credential_id: UUID, *, at: datetime) -> CredentialView:
    """Try its keys again; what comes of it is kept. Raises CredentialNotFound, CredentialRefused,
    VideoUnavailable, RateLimited.
    """
    row = _row(actor, practice_id, credential_id)
    refused: VendorRejected | None = None
    try:
        _ask(actor, _keys(row))
    except VendorUnavailable:
        raise VideoUnavailable from None
    except VendorRejected as error:
        refused = error
    view = _tested(actor, practice_id, credential_id, refused, at=at)
    if refused is not None:
        raise CredentialRefused(refused.fault)
    return view


@transactional
def credential_remove(actor: Actor, practice_id: UUID, credential_id: UUID, *, at: datetime) -> None:
    """Forget its keys. Meetings that are there keep their address, and can't be moved or cancelled from here
    any more. Raises CredentialNotFound, FreshFactorNeeded.
    """
    row = _row(actor, practice_id, credential_id, lock=True)
    accounts.factor_check(actor, at=at)
    _forget(actor, row, at=at)
    # Those of the therapist may be made with the practice's account instead.
    meetings_follow(practice_id, row.therapist_id, at=at)


@transactional
def video_choose(actor: Actor, practice_id: UUID, *, in_bloom: bool, at: datetime) -> None:
    """The actor holds their sessions by video at this practice in Bloom from now on, or where an account is
    connected. Appointments to come follow, but those whose room is open. Twice is once. Raises NotAllowed and
    CalendarMissing.
    """
    _may_check(actor, practice_id, is_own=True)
    rows = Calendar.objects.visible_to(actor).select_for_update()
    row = rows.filter(practice_id=practice_id, therapist_id=actor.require_user()).first()
    if row is None:
        raise CalendarMissing
    if row.video_in_bloom is in_bloom:
        return
    row.video_in_bloom = in_bloom
    row.save(update_fields=["video_in_bloom"])
    chosen = events.VideoChosen(object_id=row.id, practice_id=practice_id, in_bloom=in_bloom)
    observability.event_record(actor, chosen, at=at)
    meetings_follow(practice_id, row.therapist_id, at=at)


@transactional
def credential_leave(actor: Actor, practice_id: UUID, therapist_id: UUID, *, at: datetime) -> None:
    """Forget the own keys of somebody who cares for nobody in the practice any more: nobody else sees them,
    so nobody could remove them. Whoever still may (or may again) keeps theirs. Idempotent. Raises NotAllowed
    unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    if accounts_selectors.care_may_be_given(actor, therapist_id, practice_id):
        return
    rows = MeetingCredential.objects.visible_to(actor).select_for_update().order_by("id")
    # Earlier accounts, too.
    for row in rows.filter(practice_id=practice_id, therapist_id=therapist_id):
        _forget(actor, row, at=at)
    meetings_follow(practice_id, therapist_id, at=at)


@transactional
def _saved(actor: Actor, practice_id: UUID, held: Keys, *, is_own: bool, at: datetime) -> CredentialView:
    _may_check(actor, practice_id, is_own=is_own)
    # Two who connect at once wait for one another.
    accounts.practice_hold(actor, practice_id)
    therapist_id = actor.require_user() if is_own else None
    rows = MeetingCredential.objects.unscoped(reason="the accounts that are there").filter(
        practice_id=practice_id, therapist_id=therapist_id
    )
    known = list(rows.select_for_update().order_by("id"))
    row = next((each for each in known if _keys(each).is_same_account(held)), None)
    for each in known:
        if each is not row and each.replaced_at is None:
            each.replaced_at = at
            each.save(update_fields=["replaced_at"])
    if row is None:
        row = MeetingCredential(
            id=uuid4(),
            practice_id=practice_id,
            therapist_id=therapist_id,
            vendor=held.vendor.value,
            created_by_id=actor.require_user(),
            created_at=at,
        )
    row.keys = keys.keys_seal(held, row.id)
    row.hint, row.tested_at, row.changed_at = held.hint, at, at
    row.fault, row.fails, row.rests_until, row.replaced_at = "", 0, None, None
    row.save()
    connected = events.CredentialConnected(
        object_id=row.id, practice_id=practice_id, vendor=row.vendor, therapist_id=therapist_id
    )
    observability.event_record(actor, connected, at=at)
    meetings_try_again(row, at=at)
    meetings_follow(practice_id, therapist_id, at=at)
    return selectors.credential_view(row)


@transactional
def _tested(
    actor: Actor, practice_id: UUID, credential_id: UUID, refused: VendorRejected | None, *, at: datetime
) -> CredentialView:
    row = _row(actor, practice_id, credential_id, lock=True)
    row.tested_at, row.fault = at, refused.fault.value if refused else ""
    fields = ["tested_at", "fault"]
    if refused is None:
        row.fails, row.rests_until = 0, None
        fields += ["fails", "rests_until"]
        meetings_try_again(row, at=at)
    row.save(update_fields=fields)
    return selectors.credential_view(row)


def _keys(row: MeetingCredential) -> Keys:
    return keys.keys_open(row.vendor, row.keys, row.id)


def _try(actor: Actor, held: Keys) -> None:
    try:
        _ask(actor, held)
    except VendorUnavailable:
        raise VideoUnavailable from None
    except VendorRejected as refused:
        raise CredentialRefused(refused.fault) from None


def _ask(actor: Actor, held: Keys) -> None:
    person_id = actor.require_user()
    # Each try is a call to a vendor in our name.
    limits.limit_check(f"telehealth.try:{person_id}", _TRIED_PER_MINUTE, 60)
    addresses = accounts_selectors.mail_addresses([person_id])
    held.provider(addresses[person_id][0] if person_id in addresses else "").check()


def _row(actor: Actor, practice_id: UUID, credential_id: UUID, *, lock: bool = False) -> MeetingCredential:
    rows = MeetingCredential.objects.visible_to(actor)
    if lock:
        rows = rows.select_for_update()
    row = rows.filter(practice_id=practice_id, pk=credential_id).first()
    if row is None:
        exists = MeetingCredential.objects.unscoped(reason="what a refusal hides, for the record").filter(
            pk=credential_id
        )
        raise CredentialNotFound(
            object_kind=events.CREDENTIAL, object_id=credential_id, exists=exists.exists()
        )
    _may_check(actor, practice_id, is_own=row.therapist_id is not None)
    return row


def _forget(actor: Actor, row: MeetingCredential, *, at: datetime) -> None:
    observability.event_record(
        actor,
        events.CredentialRemoved(
            object_id=row.id, practice_id=row.practice_id, vendor=row.vendor, therapist_id=row.therapist_id
        ),
        at=at,
    )
    row.delete()


def _may_check(actor: Actor, practice_id: UUID, *, is_own: bool) -> None:
    may = PracticeMay.GIVE_CARE if is_own else PracticeMay.MANAGE_VIDEO
    if not accounts_selectors.practice_may(actor, practice_id, may):
        raise NotAllowed(object_kind="accounts.practice", object_id=practice_id, exists=True)
