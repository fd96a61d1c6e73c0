"""Booking for a patient, from a free time of a calendar or from the patient's page."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as accounts_selectors
from accounts.types import PersonRef
from bloom.kernel import clock, problems
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Conflict, IdempotencyConflict, Invalid
from scheduling import selectors, services
from scheduling.forms_calendar import BookForForm, moment_read
from scheduling.rules import clock as wall
from scheduling.types import CalendarSpan, Mode
from scheduling.views_calendar import therapist_read


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_book(request: Any) -> HttpResponse:
    """Who, for what, how and when; confirmed at once. What is refused keeps all that was typed, and says what
    is free instead.
    """
    actor, at = request.actor, clock.now()
    actor.require_user()
    therapist, colleagues = _therapist(actor, request.GET)
    if therapist is None:
        # Without hours there is no calendar to book into; whoever gives no care there has none to set.
        selectors.practice_here(actor)
        messages.info(request, _("Please tell first at which hours you work."))
        return redirect("availability")
    profile = accounts_selectors.profile_get(actor)
    zone = ZoneInfo(profile.time_zone)
    is_own = therapist.id == actor.user_id
    patients = _patients(actor, therapist)
    offered = selectors.services_at(actor, therapist.id)
    form = BookForForm(
        request.POST if request.method == "POST" else None,
        patients=patients,
        services=offered,
        zone=zone,
        with_note=is_own,
        said=request.GET.dict(),
    )
    refusal: Conflict | None = None
    if request.method == "POST":
        _patient_check(actor, request.POST.get("patient", ""), patients)
        if form.is_valid():
            patient_id, service_id = form.ids()
            try:
                booked = services.appointment_book_for(
                    actor,
                    patient_id,
                    service_id,
                    starts_at=form.cleaned_data["starts_at"],
                    mode=Mode(form.cleaned_data["mode"]),
                    note=form.cleaned_data.get("note", ""),
                    key=form.cleaned_data["key"],
                    at=at,
                )
            except Invalid as error:
                if "starts_at" in error.errors:
                    error.errors["at"] = error.errors.pop("starts_at")
                problems.form_apply(form, error)
            except IdempotencyConflict:
                form.key_renew()
                refusal = Conflict(
                    _("This page has booked something else already. To book this as well, send it again.")
                )
            except Conflict as error:
                refusal = error
            else:
                messages.success(request, _("Booked. The time stands in your calendar and in the patient’s."))
                on = wall.day_of(zone, booked.appointment.starts_at)
                said = {"view": CalendarSpan.WEEK.value, "on": on.isoformat()}
                if not is_own:
                    said["therapist"] = str(therapist.id)
                return redirect(f"{reverse('calendar')}?{urlencode(said)}")
    context = {
        "form": form,
        "therapist": therapist,
        "colleagues": colleagues if len(colleagues) > 1 else [],
        "is_own": is_own,
        "zone": zone.key,
        "has_patients": bool(patients),
        "has_services": bool(offered),
        "refusal": refusal,
        "alternatives": _alternatives(refusal),
        "said": {name: request.GET[name] for name in ("starts_at", "on", "patient") if request.GET.get(name)},
    }
    return render(request, "scheduling/calendar_book.html", context, status=409 if refusal else 200)


def _therapist(actor: Actor, said: Any) -> tuple[PersonRef | None, list[PersonRef]]:
    """For whom is booked: as named, else who cares for the patient that is named, else the actor or the
    first; None where there is nobody. Raises NotFound.
    """
    practice_id, known = actor.practice_id, selectors.calendars_bookable(actor)
    raw = said.get("therapist", "")
    patient_id = _id_read(said.get("patient", ""))
    if not raw and patient_id is not None and practice_id is not None:
        caring = {
            each for each, _patient in accounts_selectors.care_at(actor, practice_id, patient_id=patient_id)
        }
        found = next((each for each in known if each.id in caring), None)
        if found is not None:
            return found, known
    return therapist_read(actor, raw, known), known


def _patients(actor: Actor, therapist: PersonRef) -> list[PersonRef]:
    """Who is in this therapist's care here, by name."""
    assert actor.practice_id is not None
    care = accounts_selectors.care_at(actor, actor.practice_id, therapist_id=therapist.id)
    people = accounts_selectors.person_refs(actor, {patient_id for _therapist_id, patient_id in care})
    return sorted(people.values(), key=lambda each: each.name)


def _patient_check(actor: Actor, raw: str, patients: list[PersonRef]) -> None:
    """Whoever names somebody who was never on the list is refused as for anything that is not theirs to see.
    Raises NotFound.
    """
    wanted = _id_read(raw)
    if wanted is not None and all(each.id != wanted for each in patients):
        accounts_selectors.person_get(actor, wanted)


def _alternatives(refusal: Conflict | None) -> list[Any]:
    """The times that are free instead, as moments."""
    near = refusal.fields.get("alternatives", []) if refusal is not None else []
    return [found for each in near if (found := moment_read(each["starts_at"])) is not None]


def _id_read(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None
