"""The messages page: every conversation, one of them opened. It works without a script; the script
(assets/js/messaging) makes it live and uses the same markup.
"""

import uuid
from typing import Any
from uuid import UUID

from django.conf import settings
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bloom.kernel import clock, problems
from bloom.kernel.api import parse_int
from bloom.kernel.errors import Blocked, DomainError, Invalid, NotAllowed, RateLimited
from messaging import selectors, services
from messaging.emoji import OFFERED
from messaging.forms import AlertForm, EditForm, MessageForm, ReactionForm, ReadForm, StartForm
from messaging.moderation.categories import CATEGORIES
from messaging.types import MessageView


@require_safe
@never_cache
def messages(request: Any) -> HttpResponse:
    """All of one's conversations, and none opened."""
    return render(request, "messaging/messages.html", _inbox(request))


@require_safe
@never_cache
def conversation_rows(request: Any) -> HttpResponse:
    """The list alone, for the page's script. `?open=` names the conversation that is open beside it."""
    opened = request.GET.get("open", "")
    return render(request, "messaging/parts/list.html", {**_inbox(request), "open_id": opened})


@require_safe
@never_cache
def conversation(request: Any, conversation_id: UUID) -> HttpResponse:
    """One conversation. `?before=` goes back in its history."""
    form = MessageForm(initial={"client_id": uuid.uuid4()})
    return _thread(request, conversation_id, form)


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
    given = _valid(form)
    try:
        sent = services.message_send(
            request.actor, conversation_id, given["client_id"], given["body"], at=clock.now()
        )
    except DomainError as error:
        status = problems.form_answer(form, error)
        categories = error.fields.get("categories", ()) if isinstance(error, Blocked) else ()
        return _thread(request, conversation_id, form, blocked=categories, status=status)
    return redirect(_place(sent.message))


@require_POST
def conversation_read(request: Any, conversation_id: UUID) -> HttpResponse:
    """Note, without a script, how far the person has read."""
    request.actor.require_user()
    seq = _valid(ReadForm(request.POST))["seq"]
    services.conversation_read(request.actor, conversation_id, seq, at=clock.now())
    return redirect("conversation", conversation_id)


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


@require_POST
def crisis_alert_acknowledge(request: Any, alert_id: UUID) -> HttpResponse:
    """A therapist has seen what was raised."""
    request.actor.require_user()
    seen = _valid(AlertForm(request.POST))
    alert = services.crisis_alert_acknowledge(
        request.actor, alert_id, at=clock.now(), raised_at=seen["raised_at"]
    )
    return redirect("conversation", alert.conversation_id)


def _valid(form: Form) -> dict[str, Any]:
    if not form.is_valid():
        raise Invalid(errors={name: [str(text) for text in texts] for name, texts in form.errors.items()})
    return form.cleaned_data


def _place(message: MessageView) -> str:
    """Where the message stands in its conversation."""
    return f"{reverse('conversation', args=[message.conversation_id])}#message-{message.seq}"


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


def _inbox(request: Any) -> dict[str, Any]:
    """The list that stands on every page of this room."""
    request.actor.require_user()
    if not request.actor.has_role("patient", "therapist"):
        raise NotAllowed
    inbox = selectors.inbox_get(request.actor, cursor=request.GET.get("cursor"))
    return {"inbox": inbox, "viewer_id": request.actor.user_id}


def _thread(
    request: Any, conversation_id: UUID, form: MessageForm, *, blocked: Any = (), status: int = 200
) -> HttpResponse:
    request.actor.require_user()
    before = request.GET.get("before")
    thread = selectors.thread_get(
        request.actor,
        conversation_id,
        at=clock.now(),
        before_seq=None if before is None else parse_int(before, "before", least=1),
    )
    context = {
        **_inbox(request),
        "thread": thread,
        "reasons": CATEGORIES,
        "open_id": str(conversation_id),
        "form": form,
        "blocked": blocked,
        "is_newest": before is None,
        "offered": OFFERED,
        "edit_seconds": int(settings.MESSAGE_EDIT_WINDOW.total_seconds()),
    }
    return render(request, "messaging/messages.html", context, status=status)
