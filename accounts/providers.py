"""What the session of a browser knows of an identity that opens no account yet; for the doors."""

import time
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.utils.translation import gettext as _

from accounts import errors, services
from accounts.types import ProviderIdentity, ProviderName
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound

# An identity whose person is being asked who they are here; and one that waits for their address.
PENDING_KEY = "provider_pending"
LINKING_KEY = "provider_linking"
# How long it waits for the code from the mail.
LINKING_SECONDS = 10 * 60
PENDING_SECONDS = 20 * 60


def pending_put(request: Any, identity: ProviderIdentity, back: str) -> None:
    """Keep an identity while its person says who they are here."""
    request.session[PENDING_KEY] = {**asdict(identity), "back": back, "at": time.time()}


def pending_get(request: Any) -> tuple[ProviderIdentity, str, float] | None:
    """The identity that waits in this browser, where its person was going, and when the provider vouched for
    them; None when there is none, or it has waited too long.
    """
    kept = request.session.get(PENDING_KEY)
    if kept is None:
        return None
    if not 0 <= time.time() - kept.get("at", 0) < PENDING_SECONDS:
        pending_drop(request)
        return None
    return _identity(kept), kept["back"], kept["at"]


def pending_drop(request: Any) -> None:
    request.session.pop(PENDING_KEY, None)


def linking_put(request: Any, identity: ProviderIdentity, person_id: UUID) -> None:
    """Keep an identity until its person has shown, in this browser, that their address is theirs."""
    request.session[LINKING_KEY] = {**asdict(identity), "person": str(person_id), "at": time.time()}


def linking_finish(request: Any, actor: Actor, user: Any) -> None:
    """Somebody signs in: when they are the one who waits, in the browser and the minutes in which they signed
    up, their identity opens the account from now on, and they are told.
    """
    kept = request.session.pop(LINKING_KEY, None)
    if kept is None or kept["person"] != str(user.pk):
        return
    identity = _identity(kept)
    if not 0 <= time.time() - kept.get("at", 0) < LINKING_SECONDS:
        messages.info(
            request,
            _("Connecting %(provider)s took too long. You can do it in your settings.")
            % {"provider": identity.provider.label},
        )
        return
    try:
        services.provider_link(actor, identity, at=clock.now(), person_id=user.pk)
    except (errors.ProviderTaken, errors.ProviderHeld, NotFound):
        # Another browser was faster. The person is in, and can connect it in the settings.
        return


def linked_title(identity: ProviderIdentity) -> str:
    """In words."""
    return _("%(provider)s was connected") % {"provider": identity.provider.label}


def _identity(kept: dict[str, Any]) -> ProviderIdentity:
    return ProviderIdentity(
        provider=ProviderName(kept["provider"]),
        **{each: kept[each] for each in ("subject", "email", "is_verified", "is_vouched", "name")},
    )
