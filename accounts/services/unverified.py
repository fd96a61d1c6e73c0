"""Sign-ups whose address nobody has shown to be theirs: dropped in time, or for who comes next."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import IntegrityError
from django.db.models import ProtectedError

from accounts import errors, events, selectors
from accounts.models import Membership, Practice, User
from accounts.types import DropReason
from bloom.kernel.actor import Actor
from bloom.kernel.db import savepoint, transactional
from bloom.kernel.errors import NotAllowed
from observability import logs
from observability import services as observability_services

log = logs.get_logger(__name__)


def sign_ups_drop(actor: Actor, *, at: datetime) -> int:
    """Forget the sign-ups that were not confirmed in time; how many. For the system's job."""
    if not actor.is_system:
        raise NotAllowed
    return sum(_drop_due(actor, person_id, at=at) for person_id in selectors.unverified_due(at=at))


@transactional
def _drop_due(actor: Actor, person_id: UUID, *, at: datetime) -> bool:
    try:
        with savepoint():
            return sign_up_drop(actor, person_id, DropReason.NEVER_CONFIRMED, at=at)
    except (ProtectedError, IntegrityError):
        # Somebody else's record names them: they stay.
        log.warning("accounts.sign_up_stays")
        return False


def address_free(actor: Actor, email: str, *, reason: DropReason, at: datetime) -> None:
    """Drop the sign-up, if there is one, that holds this address and never showed that it is theirs.

    Within the caller's transaction, which gives the address to somebody else. Raises EmailTaken.
    """
    held_by = selectors.unverified_of(email)
    if held_by is None:
        return
    try:
        with savepoint():
            sign_up_drop(actor, held_by, reason, at=at)
    except (ProtectedError, IntegrityError) as error:
        raise errors.EmailTaken from error


def sign_up_drop(actor: Actor, person_id: UUID, reason: DropReason, *, at: datetime) -> bool:
    """Delete a sign-up with all that came with it: password, role, practice. False when it is confirmed by
    now, or gone. Within the caller's transaction.
    """
    User.objects.select_for_update().filter(id=person_id).first()
    if not selectors.unverified_is(person_id):
        return False
    # Confirming takes these rows, too: whoever is second sees what the first has made of them. Deleting alone
    # would not look again, because it asks for the rows first and then removes them by their keys.
    addresses = list(EmailAddress.objects.select_for_update().filter(user_id=person_id))
    if any(each.verified for each in addresses):
        raise errors.EmailTaken
    EmailAddress.objects.filter(id__in=[each.pk for each in addresses]).delete()
    works = Membership.objects.unscoped(reason="the practice that came with a sign-up").filter(
        user_id=person_id
    )
    practices = list(works.values_list("practice_id", flat=True))
    works.delete()
    Practice.objects.filter(id__in=practices).delete()
    User.objects.get(id=person_id).delete()
    observability_services.event_record(
        actor, events.SignUpDropped(object_id=person_id, subject_id=person_id, reason=reason), at=at
    )
    return True
