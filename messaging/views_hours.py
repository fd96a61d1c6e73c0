"""A practice's hours, a therapist's time away, and what stands of both in a conversation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import errors as accounts_errors
from accounts import practice_area
from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay, PracticeView
from bloom.kernel import clock, problems
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid, NotAllowed
from messaging import selectors, services
from messaging.forms_hours import AwayForm, OfficeHoursForm
from messaging.types import ConversationView


@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(PracticeMay.EDIT_PRACTICE)
def practice_hours(request: Any, practice: PracticeView) -> HttpResponse:
    """When the practice reads messages, what it says of it, and what patients see then."""
    at = clock.now()
    view = selectors.office_hours_get(request.actor, practice.id)
    zone = accounts_selectors.profile_get(request.actor).time_zone
    form = OfficeHoursForm(request.POST if request.method == "POST" else None, view=view, zone=zone)
    hours, text, is_kept = view.hours, view.text, True
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if request.POST.get("do") == "preview":
            hours, text, is_kept = given["hours"], given["text"].strip(), False
            hours = hours if any(hours.week) or hours.dates else None
        else:
            try:
                services.office_hours_change(
                    request.actor,
                    practice.id,
                    given["hours"],
                    given["text"],
                    version=given["version"],
                    at=at,
                )
            except accounts_errors.ChangedMeanwhile as error:
                form.add_error(None, str(error.detail))
            except Invalid as error:
                problems.form_apply(form, error)
            else:
                messages.success(request, _("Saved. Patients see it from now on."))
                return redirect("practice_hours", practice.id)
    context = {
        "form": form,
        "view": view,
        "is_kept": is_kept,
        "notice": selectors.notice_preview(hours, text, at=at),
        "hours": hours,
    }
    return practice_area.page(request, practice, "hours", context, template="messaging/practice_hours.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def away(request: Any) -> HttpResponse:
    """A therapist's own time away."""
    request.actor.require_user()
    if not request.actor.has_role("therapist"):
        raise NotAllowed
    at = clock.now()
    present = selectors.away_get(request.actor, at=at)
    form = AwayForm(request.POST if request.method == "POST" else None, away=present)
    if request.method == "POST" and form.is_valid():
        zone = accounts_selectors.profile_get(request.actor).time_zone
        try:
            services.away_set(request.actor, **form.cleaned_data, time_zone=zone, at=at)
        except Invalid as error:
            problems.form_apply(form, error)
        else:
            messages.success(request, _("Saved. Your patients see it on those days."))
            return redirect("away")
    return render(request, "messaging/settings_away.html", {"form": form, "away": present})


@require_POST
def away_end(request: Any) -> HttpResponse:
    """Away no more."""
    request.actor.require_user()
    services.away_end(request.actor, at=clock.now())
    messages.success(request, _("Your away notice is off."))
    return redirect("away")


@require_safe
@never_cache
def conversation_away(request: Any, conversation_id: UUID) -> HttpResponse:
    """When a conversation is read, alone, for the page's script."""
    request.actor.require_user()
    found = selectors.conversation_get(request.actor, conversation_id)
    return render(request, "messaging/parts/away.html", away_of(request.actor, found, at=clock.now()))


def away_of(actor: Actor, conversation: ConversationView, *, at: datetime) -> dict[str, Any]:
    """What the part of a conversation needs that says when it is read. `just_sent`: the viewer wrote
    last, and nobody has read it.
    """
    notice = selectors.away_notices(actor, [conversation], at=at)[conversation.id]
    own = next((member for member in conversation.members if member.id == actor.user_id), None)
    last = conversation.last_message
    was_read = any(each.read_seq >= conversation.last_seq for each in conversation.members if each != own)
    return {
        "notice": notice,
        # Whoever left reads on, and is told nothing of who is away.
        "own_role": own.role if own is not None else "",
        "own_away": next((each for each in notice.therapists if each.id == actor.user_id), None),
        "just_sent": last is not None and last.sender.id == actor.user_id and not was_read,
    }
