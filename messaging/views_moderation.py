"""A practice's choice about the live moderation service."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import practice_area
from accounts.types import PracticeMay, PracticeView
from bloom.kernel import clock
from messaging import selectors, services
from messaging.forms import ModerationForm


@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(PracticeMay.EDIT_PRACTICE)
def practice_moderation(request: Any, practice: PracticeView) -> HttpResponse:
    """Who reads the practice's messages before they arrive; its owner changes it."""
    moderation = selectors.moderation_get(request.actor, practice.id)
    form = ModerationForm(request.POST or None, initial={"live": "yes" if moderation.is_live else "no"})
    if request.method == "POST" and form.is_valid():
        is_live = form.cleaned_data["live"] == "yes"
        services.moderation_switch(request.actor, practice.id, is_live=is_live, at=clock.now())
        messages.success(request, _("Saved."))
        return redirect("practice_moderation", practice.id)
    context = {"moderation": moderation, "form": form}
    template = "messaging/practice_moderation.html"
    return practice_area.page(request, practice, "moderation", context, template=template)
