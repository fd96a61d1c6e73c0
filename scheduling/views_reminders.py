"""When one is reminded, and what one answers by the link of the mail."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bloom.kernel import clock, fees
from bloom.kernel.errors import Conflict, Invalid, NotFound
from scheduling import selectors, services
from scheduling.types import LEADS, ReminderAnswer

_MINUTES = {
    30: gettext_lazy("Half an hour before"),
    60: gettext_lazy("An hour before"),
    7 * 24 * 60: gettext_lazy("A week before"),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reminder(request: Any, token: str) -> HttpResponse:
    """For whoever has the mail, signed in or not: that one will be there, or cannot come. Looking changes
    nothing: programs that scan mail look, too. To cancel takes two steps: the second says what it costs.
    """
    at = clock.now()
    try:
        reminder_id = selectors.reminder_read(token)
        view = selectors.reminder_of_link(request.actor, reminder_id, at=at)
    except NotFound:
        raise Http404 from None
    refusal: Conflict | None = None
    answer = request.POST.get("answer") if request.method == "POST" else None
    asks = (answer or request.GET.get("answer")) == ReminderAnswer.CANCEL
    if asks and request.POST.get("sure") != "yes":
        answer = None
    if answer is not None:
        try:
            if answer == ReminderAnswer.CONFIRM:
                services.reminder_confirm(request.actor, reminder_id, at=at)
            elif answer == ReminderAnswer.CANCEL:
                fees_seen = fees.read(request.POST.get("fees_seen", ""))
                services.reminder_cancel(request.actor, reminder_id, fees_seen=fees_seen, at=at)
        except Conflict as error:
            refusal = error
        view = selectors.reminder_of_link(request.actor, reminder_id, at=at)
    context = {
        "reminder": view,
        "fees_seen": fees.write([view.fee] if view.fee else []),
        "refusal": refusal,
        "asks": asks and view.is_open,
    }
    with timezone.override(ZoneInfo(view.time_zone)):
        return render(request, "scheduling/reminder.html", context, status=409 if refusal else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reminder_settings(request: Any) -> HttpResponse:
    """How long before one is reminded."""
    actor = request.actor
    error = ""
    chosen = selectors.reminder_leads(actor)
    if request.method == "POST":
        raw = request.POST.getlist("leads")
        try:
            wanted = [int(each) for each in raw if each.isdecimal() and len(each) < 7]
            if len(wanted) != len(raw):
                raise Invalid(errors={"leads": [_("Please choose from the list.")]})
            services.reminders_choose(actor, wanted, at=clock.now())
        except Invalid as refused:
            error = str(refused.errors["leads"][0])
        else:
            messages.success(request, _("Saved."))
            return redirect("reminder_settings")
    context = {
        "leads": [(lead, _lead_words(lead), lead in chosen) for lead in LEADS],
        "error": error,
    }
    return render(request, "scheduling/settings/reminders.html", context, status=400 if error else 200)


def _lead_words(lead: int) -> str:
    if lead in _MINUTES:
        return str(_MINUTES[lead])
    if lead % (24 * 60):
        hours = lead // 60
        return ngettext("%(count)d hour before", "%(count)d hours before", hours) % {"count": hours}
    days = lead // (24 * 60)
    return ngettext("A day before", "%(count)d days before", days) % {"count": days}
