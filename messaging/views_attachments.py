"""The files of messages: who may fetch one is decided here, and its bytes come by a link of `bloom.files`."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bloom.kernel import clock
from messaging import selectors, services


@require_safe
@never_cache
def attachment(request: Any, attachment_id: UUID) -> HttpResponse:
    """To the file, which is saved and never shown. It is recorded who fetched it."""
    request.actor.require_user()
    return redirect(services.attachment_fetch(request.actor, attachment_id, at=clock.now()))


@require_safe
@never_cache
def attachment_thumbnail(request: Any, attachment_id: UUID) -> HttpResponse:
    """To the small picture of a file that is a picture."""
    request.actor.require_user()
    return redirect(selectors.thumbnail_link(request.actor, attachment_id, at=clock.now()))
