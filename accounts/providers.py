"""What the session of a browser knows of an identity that opens no account yet; for the doors."""

import time
from dataclasses import asdict
from typing import Any
from uuid import UUID

from accounts import errors, services
from accounts.types import ProviderIdentity, ProviderName
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound

# An identity whose person is being asked who they are here; and one that waits for their address.
PENDING_KEY = "provider_pending"
LINKING_KEY = "provider_linking"
PENDING_SECONDS = 20 * 60


def pending_put(request: Any, identity: ProviderIdentity, back: str) -> None:
    """Keep an identity while its person says who they are here."""
    request.session[PENDING_KEY] = {**asdict(identity), "back": back, "at": time.time()}


def pending_get(request: Any) -> tuple[ProviderIdentity, str] | None:
    """The identity that waits in this browser, and where its person was going; None when there is none, or it
    has waited too long.
    """
    kept = request.session.get(PENDING_KEY)
    if kept is None:
        return None
    if not 0 <= time.time() - kept["at"] < PENDING_SECONDS:
        pending_drop(request)
        return None
    return _identity(kept), kept["back"]


def pending_drop(request: Any) -> None:
    request.session.pop(PENDING_KEY, None)


def linking_put(request: Any, identity: ProviderIdentity, person_id: UUID) -> None:
    """Keep an identity until its person has shown, in this browser, that their address is theirs."""
    request.session[LINKING_KEY] = {**asdict(identity), "person": str(person_id)}


def linking_finish(request: Any, actor: Actor, user: Any) -> None:
    """Somebody signs in: when they are the one who waits, their identity opens the account from now on."""
    kept = request.session.pop(LINKING_KEY, None)
    if kept is None or kept["person"] != str(user.pk):
        return
    try:
        services.provider_link(actor, _identity(kept), at=clock.now(), person_id=user.pk)
    except (errors.ProviderTaken, errors.ProviderHeld, NotFound):
        # Another browser was faster. The person is in, and can connect it in the settings.
        return


def _identity(kept: dict[str, Any]) -> ProviderIdentity:
    return ProviderIdentity(
        provider=ProviderName(kept["provider"]),
        **{each: kept[each] for each in ("subject", "email", "is_verified", "is_vouched", "name")},
    )
