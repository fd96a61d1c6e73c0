"""The messages page: every conversation, one of them opened. It works without a script; the script
(assets/js/messaging) makes it live and uses the same markup.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages as toasts
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors as accounts_selectors
from bloom.kernel import clock, problems
from bloom.kernel.api import parse_int
from bloom.kernel.errors import Blocked, DomainError, Invalid, NotAllowed, RateLimited
from messaging import selectors, services
from messaging.emoji import OFFERED
from messaging.errors import AlertOpen, AlertTaken, ConversationReadOnly
from messaging.forms import (
    AlertForm,
    ArrangeForm,
    DayForm,
    EditForm,
    MessageForm,
    ReactionForm,
    ReadForm,
    StartForm,
    name_clean,
)
from messaging.types import MessageView, Shelf, Thread
from messaging.views_hours import away_of

_DONE = {
    "archive": _("Archived. A new message brings it back."),
    "unarchive": _("Back among your conversations."),
    "mute": _("Muted. You get no sound, notice or mail of it. Alerts about danger still reach you."),
    "unmute": _("You hear of new messages here again."),
}


@require_safe
@never_cache
def messages(request: Any) -> HttpResponse:
    """All of one's conversations, and none opened."""
    context = {**_inbox(request), "seal_key": selectors.device_key(request.actor)}
    return render(request, "messaging/messages.html", context)


@require_safe
@never_cache
def conversation_rows(request: Any) -> HttpResponse:
    """The list alone, for the page's script. `?open=` names the conversation that is open beside it."""
    opened = request.GET.get("open", "")
    return render(request, "messaging/parts/list.html", {**_inbox(request), "open_id": opened})


@require_safe
@never_cache
def conversation(request: Any, conversation_id: UUID) -> HttpResponse:
    """One conversation. `?before=` goes back in its history, `?on=` to a day, `?newest` to its end."""
    if "on" in request.GET:
        return _at_day(request, conversation_id)
    form = MessageForm(initial={"client_id": uuid.uuid4()})
    return thread_page(request, conversation_id, form)


@require_safe
@never_cache
def conversation_alerts(request: Any, conversation_id: UUID) -> HttpResponse:
    """The crisis alerts of one conversation alone, for the page's script."""
    request.actor.require_user()
    selectors.conversation_get(request.actor, conversation_id)
    alerts = selectors.crisis_alert_list(request.actor, conversation_id=conversation_id)
    return render(request, "messaging/parts/alerts.html", {"alerts": alerts})


@require_POST
def conversation_start(request: Any) -> HttpResponse:
    """Open the conversation with somebody."""
    request.actor.require_user()
    person = _valid(StartForm(request.POST))["person"]
    opened = services.conversation_open(request.actor, person, at=clock.now())
    return redirect("conversation", opened.conversation.id)


@require_POST
def conversation_send(request: Any, conversation_id: UUID) -> HttpResponse:
    """Send without a script. What was refused is shown again, word for word, with the reason."""
    request.actor.require_user()
    form = MessageForm(request.POST)
    if not form.is_valid():
        return thread_page(request, conversation_id, form, status=400)
    given = form.cleaned_data
    try:
        sent = services.message_send(
            request.actor, conversation_id, given["client_id"], given["body"], at=clock.now()
        )
    except DomainError as error:
        status = refused_status(form, error)
        categories = error.fields.get("categories", ()) if isinstance(error, Blocked) else ()
        return thread_page(request, conversation_id, form, blocked=categories, status=status)
    # To the newest: with much unread the page would open far above what was just written.
    page = reverse("conversation", args=[conversation_id])
    return redirect(f"{page}?newest=1#message-{sent.message.seq}")


@require_POST
def conversation_read(request: Any, conversation_id: UUID) -> HttpResponse:
    """Note, without a script, how far the person has read."""
    request.actor.require_user()
    seq = _valid(ReadForm(request.POST))["seq"]
    services.conversation_read(request.actor, conversation_id, seq, at=clock.now())
    return redirect("conversation", conversation_id)


@require_POST
def conversation_arrange(request: Any, conversation_id: UUID) -> HttpResponse:
    """Archive or mute a conversation for oneself, or undo it."""
    request.actor.require_user()
    what = _valid(ArrangeForm(request.POST))["do"]
    change = {"archived": what == "archive"} if "archive" in what else {"muted": what == "mute"}
    try:
        services.conversation_arrange(request.actor, conversation_id, **change, at=clock.now())
    except AlertOpen as error:
        toasts.error(request, str(error.detail))
        return redirect("conversation", conversation_id)
    toasts.success(request, str(_DONE[what]))
    return redirect("messages") if what == "archive" else redirect("conversation", conversation_id)


@require_POST
def message_reveal(request: Any, message_id: UUID) -> HttpResponse:
    """Show, without a script, a message that is hidden."""
    request.actor.require_user()
    message = services.message_reveal(request.actor, message_id, at=clock.now())
    before = request.POST.get("before")
    query = f"?before={parse_int(before, 'before')}" if before else ""
    back = reverse("conversation", args=[message.conversation_id])
    return redirect(f"{back}{query}#message-{message.seq}")


@require_safe
@never_cache
def message(request: Any, message_id: UUID) -> HttpResponse:
    """What may be done with one message, for pages without a script."""
    return _message(request, message_id)


@require_POST
def message_edit(request: Any, message_id: UUID) -> HttpResponse:
    """Give a message another text. What was refused is shown again, word for word, with the reason."""
    request.actor.require_user()
    form = EditForm(request.POST)
    body = _valid(form)["body"]
    try:
        edited = services.message_edit(request.actor, message_id, body, at=clock.now())
    except (Invalid, Blocked, RateLimited) as error:
        status = problems.form_answer(form, error)
        return _message(request, message_id, form, blocked=error.fields.get("categories", ()), status=status)
    return redirect(_place(edited))


@require_POST
def message_delete(request: Any, message_id: UUID) -> HttpResponse:
    """Take a message back."""
    request.actor.require_user()
    return redirect(_place(services.message_delete(request.actor, message_id, at=clock.now())))


@require_POST
def message_react(request: Any, message_id: UUID) -> HttpResponse:
    """React to a message, or take it back."""
    request.actor.require_user()
    given = _valid(ReactionForm(request.POST))
    reacted = services.reaction_toggle(request.actor, message_id, given["emoji"], given["on"], at=clock.now())
    return redirect(_place(reacted))


@require_safe
@never_cache
def message_history(request: Any, message_id: UUID) -> HttpResponse:
    """All that a message said."""
    request.actor.require_user()
    history = services.message_history_open(request.actor, message_id, at=clock.now())
    return render(request, "messaging/history.html", {"history": history, "back": _place(history.message)})


@require_safe
@never_cache
def crisis_alert(request: Any, alert_id: UUID) -> HttpResponse:
    """An alert of the reader's: the message in its conversation, or the words that are no message."""
    request.actor.require_user()
    found = selectors.crisis_alert_words(request.actor, alert_id, at=clock.now())
    if found.alert.conversation_id is not None:
        address = reverse("conversation", args=[found.alert.conversation_id])
        return redirect(f"{address}#message-{found.alert.message_seq}")
    return render(request, "messaging/alert.html", {"alert": found.alert, "words": found.words})


@require_POST
def crisis_alert_acknowledge(request: Any, alert_id: UUID) -> HttpResponse:
    """A therapist has seen what was raised."""
    request.actor.require_user()
    seen = _valid(AlertForm(request.POST))
    alert = services.crisis_alert_acknowledge(
        request.actor, alert_id, at=clock.now(), raised_at=seen["raised_at"]
    )
    if alert.conversation_id is None:
        return redirect("crisis_alert", alert.id)
    return redirect("conversation", alert.conversation_id)


@require_POST
def crisis_alert_take(request: Any, alert_id: UUID) -> HttpResponse:
    """Somebody looks after a patient whose therapist has not answered."""
    request.actor.require_user()
    try:
        services.crisis_alert_take(request.actor, alert_id, at=clock.now())
    except AlertTaken as error:
        toasts.info(request, error.detail)
    else:
        toasts.success(request, _("You look after this now. Their therapist is shown so."))
    return redirect("dashboard")


def _valid(form: Form) -> dict[str, Any]:
    if not form.is_valid():
        raise Invalid(errors={name: [str(text) for text in texts] for name, texts in form.errors.items()})
    return form.cleaned_data


def _place(message: MessageView) -> str:
    """Where the message stands in its conversation."""
    return f"{reverse('conversation', args=[message.conversation_id])}#message-{message.seq}"


def _at_day(request: Any, conversation_id: UUID) -> HttpResponse:
    """To the first message of a day in the viewer's zone; where it has none, to what came after it."""
    request.actor.require_user()
    day = _valid(DayForm(request.GET))["on"]
    zone = ZoneInfo(accounts_selectors.profile_get(request.actor).time_zone)
    try:
        begins = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise Invalid(errors={"on": [gettext("This is not a day.")]}) from None
    seq = selectors.message_seq_at(request.actor, conversation_id, begins)
    page = reverse("conversation", args=[conversation_id])
    place = "newest=1" if seq is None else f"before={selectors.page_before(seq)}#message-{seq}"
    return redirect(f"{page}?{place}")


def _message(
    request: Any, message_id: UUID, form: EditForm | None = None, *, blocked: Any = (), status: int = 200
) -> HttpResponse:
    request.actor.require_user()
    options = selectors.message_options(request.actor, message_id, at=clock.now())
    context = {
        "options": options,
        "message": options.message,
        "viewer_id": request.actor.user_id,
        "form": form or EditForm(initial={"body": options.message.body}),
        "blocked": blocked,
        "offered": OFFERED,
        "back": _place(options.message),
    }
    return render(request, "messaging/message.html", context, status=status)


def _inbox(request: Any, thread: Thread | None = None) -> dict[str, Any]:
    """The list that stands on every page of this room: `?show=archived` is what was put away, `?q=` who is
    looked for. Beside an archived conversation stand the others.
    """
    request.actor.require_user()
    if not request.actor.has_role("patient", "therapist"):
        raise NotAllowed
    is_archive = request.GET.get("show", "") == "archived" or (
        thread is not None and thread.conversation.archived and "show" not in request.GET
    )
    name = name_clean(request.GET.get("q", ""))
    inbox = selectors.inbox_get(
        request.actor,
        shelf=Shelf.ARCHIVE if is_archive else Shelf.INBOX,
        name=name,
        cursor=request.GET.get("cursor"),
        beside=None if thread is None else thread.conversation,
    )
    return {"inbox": inbox, "viewer_id": request.actor.user_id, "is_archive": is_archive, "looked_for": name}


def refused_status(form: Form, error: DomainError) -> int:
    """Say in the form why what was written was refused; the status of the page that shows both. So, too, of
    what was written to a conversation that has ended meanwhile: the words are not lost.
    """
    if not isinstance(error, ConversationReadOnly):
        return problems.form_answer(form, error)
    problems.form_apply(form, error)
    return problems.problem_of(error).status


def thread_page(
    request: Any,
    conversation_id: UUID,
    form: Form,
    *,
    blocked: Any = (),
    refused: Mapping[UUID, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page with one conversation opened, and what was written and refused; `refused` says why one that
    was to go later could not go now. Raises NotFound.
    """
    request.actor.require_user()
    before = request.GET.get("before")
    thread = selectors.thread_get(
        request.actor,
        conversation_id,
        at=clock.now(),
        before_seq=None if before is None else parse_int(before, "before", least=1),
        newest="newest" in request.GET,
    )
    listed = _inbox(request, thread)
    is_alerting = conversation_id in listed["inbox"].alerting
    context = {
        **listed,
        **away_of(request.actor, thread.conversation, at=clock.now()),
        "seal_key": selectors.device_key(request.actor),
        "thread": thread,
        "alerts": selectors.crisis_alert_list(request.actor, conversation_id=conversation_id)
        if is_alerting
        else [],
        "open_id": str(conversation_id),
        "scheduled": selectors.scheduled_beside(request.actor, conversation_id),
        "refused": refused or {},
        "form": form,
        "blocked": blocked,
        "file_bytes": settings.FILE_BYTES_MOST,
        "files_most": settings.ATTACHMENTS_PER_MESSAGE,
        "edit_seconds": int(settings.MESSAGE_EDIT_WINDOW.total_seconds()),
    }
    return render(request, "messaging/messages.html", context, status=status)
