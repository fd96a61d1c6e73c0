"""Who signs up because a practice has asked them to."""

from typing import Any
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from accounts import selectors
from accounts.types import InvitationOpened, InvitationState
from bloom.kernel import clock
from bloom.kernel.errors import NotFound


def invitation_of(request: Any) -> tuple[str | None, InvitationOpened | None]:
    """The link to which this request's `next` leads, and its invitation while that is open; else nothing."""
    back = (request.POST.get("next") or request.GET.get("next") or "") if request is not None else ""
    try:
        found = resolve(urlsplit(back).path)
    except (Resolver404, ValueError):
        return None, None
    if found.url_name != "invitation":
        return None, None
    secret = found.kwargs["secret"]
    try:
        opened = selectors.invitation_opened(request.actor, secret, at=clock.now())
    except NotFound:
        return None, None
    return (secret, opened) if opened.state is InvitationState.OPEN else (None, None)
