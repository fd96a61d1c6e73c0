"""A therapist's patients."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import selectors
from accounts.types import RoleName
from bloom.kernel.errors import NotAllowed


@require_safe
def patients(request: Any) -> HttpResponse:
    """A therapist's patients, now or (`?past=1`) before."""
    request.actor.require_user()
    if not request.actor.has_role(RoleName.THERAPIST):
        raise NotAllowed
    past = request.GET.get("past") == "1"
    page = selectors.assignment_list(
        request.actor,
        therapist_id=request.actor.user_id,
        active=not past,
        limit=200,
        cursor=request.GET.get("cursor"),
    )
    return render(request, "accounts/patients.html", {"page": page, "past": past})
