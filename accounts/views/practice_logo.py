"""A practice's logo."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import practice_area, services
from accounts.forms import LogoForm
from accounts.types import PracticeMay
from accounts.views import practices
from bloom.files.errors import ImageRefused
from bloom.files.types import IMAGE_BYTES_MOST
from bloom.kernel import clock
from bloom.kernel.errors import RateLimited


@require_POST
def logo(request: Any, practice_id: UUID) -> HttpResponse:
    """Another one."""
    view = practice_area.current(request, practice_id)
    practice_area.may_check(view, PracticeMay.EDIT_PRACTICE)
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        # One byte more than may be is enough to say that it is too large.
        content = form.cleaned_data["logo"].read(IMAGE_BYTES_MOST + 1)
        try:
            services.logo_change(request.actor, practice_id, content, at=clock.now())
        except (ImageRefused, RateLimited) as error:
            form.add_error("logo", str(error.detail))
        else:
            messages.success(request, _("Your logo is shown from now on."))
            return redirect("practice", practice_id)
    return practices.overview(request, view, logo_form=form)


@require_POST
def logo_remove(request: Any, practice_id: UUID) -> HttpResponse:
    """None."""
    practice_area.current(request, practice_id)
    services.logo_remove(request.actor, practice_id, at=clock.now())
    messages.success(request, _("The logo is removed."))
    return redirect("practice", practice_id)
