"""A therapist's patients."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import selectors
from accounts.types import RoleName
from accounts.views.care import name_asked
from bloom.kernel.errors import NotAllowed

PATIENTS_SHOWN = 50


@require_safe
def patients(request: Any) -> HttpResponse:
    """A therapist's patients, now or (`?past=1`) before; `?q=` looks for some by name."""
    request.actor.require_user()
    if not request.actor.has_role(RoleName.THERAPIST):
        raise NotAllowed
    past = request.GET.get("past") == "1"
    name = name_asked(request.GET.get("q", ""), "q")
    page = selectors.assignment_list(
        request.actor,
        therapist_id=request.actor.user_id,
        active=not past,
        name=name,
        limit=PATIENTS_SHOWN,
        cursor=request.GET.get("cursor") or None,
    )
    context = {"page": page, "past": past, "q": name, "is_continued": "cursor" in request.GET}
    return render(request, "accounts/patients.html", context)
