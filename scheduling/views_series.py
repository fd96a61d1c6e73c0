"""Appointments that come again: one begins to, all of them move, or they end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bloom.kernel import clock, fees, problems
from bloom.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from bloom.kernel.money_words import money_words
from scheduling import selectors, services
from scheduling.errors import SeriesConflicts, SlotNotOffered, SlotTaken
from scheduling.forms_series import RepeatForm, SeriesMoveForm, choices_read, conflicts_of
from scheduling.rules import clock as wall
from scheduling.types import AppointmentView, Party, Scope, SeriesPlan, SeriesView


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """One of the ways in which a series ends: how many appointments with it, for how many of them it is late,
    and what is owed for those, in words and as the form sends it back.
    """

    scope: str
    is_chosen: bool
    count: int
    late: int
    owed: str
    fees_seen: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def repeat(request: Any, appointment_id: UUID) -> HttpResponse:
    """How often it comes again; what stands against some of the times is settled here before any is made."""
    view = _repeatable(request, appointment_id)
    at = clock.now()
    form = RepeatForm(request.POST if request.method == "POST" else None)
    choices = choices_read(request.POST)
    plan: SeriesPlan | None = None
    refusal: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.series_make(request.actor, appointment_id, form.rule(), choices, at=at)
        except Invalid as error:
            problems.form_apply(form, error)
        except (SeriesConflicts, SlotTaken, SlotNotOffered) as error:
            refusal = error
            plan = selectors.series_plan(request.actor, appointment_id, form.rule(), at=at)
        except Conflict as error:
            refusal = error
        else:
            messages.success(request, _("It repeats from now on."))
            return redirect("appointment", appointment_id)
    context = {
        "appointment": view,
        "form": form,
        "refusal": refusal,
        "conflicts": conflicts_of(plan, choices) if plan else [],
        "possible": len(plan.occurrences) - len(plan.conflicts) if plan else 0,
    }
    return render(request, "scheduling/series/repeat.html", context, status=409 if refusal else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def series_move(request: Any, appointment_id: UUID) -> HttpResponse:
    """Another day or time for this one and those after it, or for all."""
    view = _of_therapist(request, appointment_id)
    at = clock.now()
    series = _series(request, appointment_id, at)
    zone = ZoneInfo(series.time_zone)
    local = view.starts_at.astimezone(zone)
    initial = {"day": local.date(), "time": local.time(), "scope": Scope.FOLLOWING.value}
    form = SeriesMoveForm(request.POST if request.method == "POST" else None, initial=initial)
    choices = choices_read(request.POST)
    plan: SeriesPlan | None = None
    refusal: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        starts_at, scope = _moment(form, zone), Scope(form.cleaned_data["scope"])
        try:
            services.series_move(
                request.actor, appointment_id, starts_at=starts_at, scope=scope, choices=choices, at=at
            )
        except Invalid as error:
            problems.form_apply(form, error)
        except (SeriesConflicts, SlotTaken) as error:
            refusal = error
            plan = selectors.series_move_plan(
                request.actor, appointment_id, starts_at=starts_at, scope=scope, at=at
            )
        except Conflict as error:
            refusal = error
        else:
            messages.success(request, _("The appointments have moved."))
            return redirect("appointment", appointment_id)
    context = {
        "appointment": view,
        "series": series,
        "form": form,
        "refusal": refusal,
        "conflicts": conflicts_of(plan, choices) if plan else [],
        "possible": len(plan.occurrences) - len(plan.conflicts) if plan else 0,
    }
    return render(request, "scheduling/series/move.html", context, status=409 if refusal else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def series_end(request: Any, appointment_id: UUID) -> HttpResponse:
    """What ends with it, and then the end of it."""
    request.actor.require_user()
    at = clock.now()
    view = selectors.appointment_get(request.actor, appointment_id, at=at)
    series = _series(request, appointment_id, at)
    if view.party is None:
        raise NotAllowed(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    refusal: Conflict | None = None
    scope = Scope.ALL if request.POST.get("scope") == Scope.ALL else Scope.FOLLOWING
    if request.method == "POST":
        try:
            seen = fees.read(request.POST.get(f"fees_seen_{scope.value}", ""))
            ended = services.series_end(request.actor, appointment_id, scope, fees_seen=seen, at=at)
        except Conflict as error:
            refusal = error
        else:
            said = _("%(count)d appointments are cancelled, and no more will come.")
            messages.success(request, said % {"count": ended})
            return redirect("appointment", appointment_id)
    context = {
        "appointment": view,
        "series": series,
        "ways": [_way_out(request, view, each, scope, at) for each in (Scope.FOLLOWING, Scope.ALL)],
        "refusal": refusal,
    }
    return render(request, "scheduling/series/end.html", context, status=409 if refusal else 200)


def _repeatable(request: Any, appointment_id: UUID) -> AppointmentView:
    """The appointment, for its therapist and the practice's desk. Raises NotFound and NotAllowed."""
    request.actor.require_user()
    view = selectors.appointment_get(request.actor, appointment_id, at=clock.now())
    at_desk = view.party is None and selectors.booking_allowed(
        request.actor, view.therapist.id, view.practice_id
    )
    if view.party is not Party.THERAPIST and not at_desk:
        raise NotAllowed(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    return view


def _of_therapist(request: Any, appointment_id: UUID) -> AppointmentView:
    """The appointment, for its therapist. Raises NotFound and NotAllowed."""
    request.actor.require_user()
    view = selectors.appointment_get(request.actor, appointment_id, at=clock.now())
    if view.party is not Party.THERAPIST:
        raise NotAllowed(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    return view


def _series(request: Any, appointment_id: UUID, at: datetime) -> SeriesView:
    found = selectors.series_of_appointment(request.actor, appointment_id, at=at)
    if found is None:
        raise NotFound
    return found


def _way_out(request: Any, view: AppointmentView, scope: Scope, chosen: Scope, at: datetime) -> WayOut:
    ends = selectors.series_ending(request.actor, view.id, scope, at=at)
    return WayOut(
        scope=scope.value,
        is_chosen=scope is chosen,
        count=ends.count,
        late=ends.late,
        owed=", ".join(map(money_words, ends.fees)),
        fees_seen=fees.write(ends.fees),
    )


def _moment(form: SeriesMoveForm, zone: ZoneInfo) -> datetime:
    time = form.cleaned_data["time"]
    return wall.moment(zone, form.cleaned_data["day"], time.hour * 60 + time.minute)
