"""Messages that go later: planned beside where one writes, changed on a page of their own."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages as toasts
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as accounts_selectors
from bloom.kernel import clock, problems
from bloom.kernel.errors import Blocked, Conflict, DomainError, Invalid, RateLimited
from messaging import selectors, services
from messaging.errors import ConversationReadOnly, ScheduledSent
from messaging.forms import MessageForm
from messaging.forms_later import PlanForm, ScheduledForm
from messaging.types import ScheduledView
from messaging.views import refused_status, thread_page

# The page's script says so: it wants the part alone, or what is wrong as plain words.
PART = "X-Bloom-Part"


@require_POST
def conversation_plan(request: Any, conversation_id: UUID) -> HttpResponse:
    """Have what was written sent later. What was refused is shown again, word for word, with the reason."""
    request.actor.require_user()
    at, zone = clock.now(), _zone(request)
    form = PlanForm(request.POST, zone=zone, at=at)
    status = 400
    if form.is_valid():
        given = form.cleaned_data
        try:
            planned = services.scheduled_plan(
                request.actor,
                conversation_id,
                given["client_id"],
                given["body"],
                given["due_at"],
                attachments=given["attachments"],
                at=at,
            )
        except (Invalid, Conflict, RateLimited, ConversationReadOnly) as error:
            status = refused_status(form, error)
        else:
            if request.headers.get(PART):
                return _part(request, conversation_id)
            toasts.success(request, _planned(planned.scheduled.due_at, zone))
            return redirect("conversation", conversation_id)
    if request.headers.get(PART):
        words = [str(text) for texts in form.errors.values() for text in texts]
        return HttpResponse(" ".join(words), status=status, content_type="text/plain; charset=utf-8")
    return thread_page(request, conversation_id, form, status=status)


@require_safe
@never_cache
def conversation_later(request: Any, conversation_id: UUID) -> HttpResponse:
    """What one has planned in a conversation, alone, for the page's script."""
    request.actor.require_user()
    return _part(request, conversation_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def scheduled(request: Any, scheduled_id: UUID) -> HttpResponse:
    """One of them: its text and its time."""
    request.actor.require_user()
    at, zone = clock.now(), _zone(request)
    found = selectors.scheduled_get(request.actor, scheduled_id)
    form = ScheduledForm(
        request.POST if request.method == "POST" else None, scheduled=found, zone=zone, at=at
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            changed = services.scheduled_change(
                request.actor,
                scheduled_id,
                body=given["body"],
                due_at=given["due_at"],
                attachments=given["attachments"],
                at=at,
            )
        except (Invalid, Conflict, RateLimited) as error:
            status = problems.form_answer(form, error)
        else:
            toasts.success(request, _planned(changed.due_at, zone))
            return redirect("conversation", found.conversation_id)
    context = {"form": form, "scheduled": found}
    return render(request, "messaging/scheduled.html", context, status=status)


@require_POST
def scheduled_send(request: Any, scheduled_id: UUID) -> HttpResponse:
    """Send it now. What was refused stays where it stands, with the reason."""
    request.actor.require_user()
    found = selectors.scheduled_get(request.actor, scheduled_id)
    try:
        services.scheduled_send(request.actor, scheduled_id, at=clock.now())
    except (Blocked, Invalid, Conflict, RateLimited, ConversationReadOnly) as error:
        return _refused(request, found, error)
    return _done(request, found)


@require_POST
def scheduled_cancel(request: Any, scheduled_id: UUID) -> HttpResponse:
    """Take it back."""
    request.actor.require_user()
    found = selectors.scheduled_get(request.actor, scheduled_id)
    try:
        services.scheduled_cancel(request.actor, scheduled_id, at=clock.now())
    except Conflict as error:
        return _refused(request, found, error)
    if not request.headers.get(PART):
        toasts.success(request, _("Cancelled. It is not sent."))
    return _done(request, found)


def _done(request: Any, found: ScheduledView) -> HttpResponse:
    if request.headers.get(PART):
        return _part(request, found.conversation_id)
    return redirect("conversation", found.conversation_id)


def _refused(request: Any, found: ScheduledView, error: DomainError) -> HttpResponse:
    """Beside the message that could not go: what stopped it, unless it says so itself by now."""
    problem = problems.problem_of(error)
    refused = {} if isinstance(error, Blocked) else {found.id: _said(error)}
    if request.headers.get(PART):
        return _part(request, found.conversation_id, refused=refused, status=problem.status)
    if isinstance(error, ScheduledSent):
        # There it stands, as any message.
        return redirect("conversation", found.conversation_id)
    form = MessageForm(initial={"client_id": uuid.uuid4()})
    return thread_page(request, found.conversation_id, form, refused=refused, status=problem.status)


def _zone(request: Any) -> str:
    return accounts_selectors.profile_get(request.actor).time_zone


def _planned(due_at: datetime, zone: str) -> str:
    when = date_format(localtime(due_at, ZoneInfo(zone)), "SHORT_DATETIME_FORMAT")
    return _("It is sent %(when)s your time. Until then you can change it.") % {"when": when}


def _said(error: DomainError) -> str:
    if isinstance(error, Invalid):
        return " ".join(text for texts in error.errors.values() for text in texts)
    return str(error.detail)


def _part(
    request: Any, conversation_id: UUID, *, refused: Mapping[UUID, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "scheduled": selectors.scheduled_list(request.actor, conversation_id),
        "refused": refused or {},
    }
    return render(request, "messaging/parts/later.html", context, status=status)
