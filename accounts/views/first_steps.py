"""The first steps, on the first page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import services
from bloom.kernel import clock


@require_POST
def put_away(request: Any) -> HttpResponse:
    """Show them no more."""
    services.first_steps_put_away(request.actor, at=clock.now())
    messages.success(request, _("Put away. All of it stays in your settings."))
    return redirect("dashboard")
