"""A practice's choice about the live moderation service."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from messaging import selectors, services
from messaging.forms import ModerationForm


@require_http_methods(["GET", "HEAD", "POST"])
def practice_moderation(request: Any, practice_id: UUID) -> HttpResponse:
    """Who reads the practice's messages before they arrive; its owner changes it."""
    request.actor.require_user()
    view = accounts_selectors.practice_get(request.actor, practice_id)
    if not view.is_current:
        return render(request, "accounts/practice_elsewhere.html", {"practice": view})
    if PracticeMay.EDIT_PRACTICE not in view.may:
        raise NotAllowed(object_kind="accounts.practice", object_id=practice_id, exists=True)
    moderation = selectors.moderation_get(request.actor, practice_id)
    form = ModerationForm(request.POST or None, initial={"live": "yes" if moderation.is_live else "no"})
    if request.method == "POST" and form.is_valid():
        is_live = form.cleaned_data["live"] == "yes"
        services.moderation_switch(request.actor, practice_id, is_live=is_live, at=clock.now())
        messages.success(request, _("Saved."))
        return redirect("practice_moderation", practice_id)
    return render(
        request,
        "messaging/practice_moderation.html",
        {
            "practice": view,
            "part": "moderation",
            "may": {each.value: True for each in view.may},
            "moderation": moderation,
            "form": form,
        },
    )
