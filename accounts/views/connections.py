"""Connections: who cares for whom, what waits for an answer, and what became of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors, services
from accounts.forms.care import AnswerForm, AskForm
from accounts.types import PracticeMay, ProposalState, RoleName
from bloom.kernel import clock, problems
from bloom.kernel.errors import DomainError, NotAllowed, NotFound

ANSWERED_SHOWN = 10


@require_safe
def connections(request: Any) -> HttpResponse:
    """What waits, and who is connected, for a patient or a therapist."""
    actor = request.actor
    person_id = actor.require_user()
    if not actor.has_role(RoleName.PATIENT, RoleName.THERAPIST):
        raise NotAllowed
    waiting = selectors.proposals_own(actor)
    is_patient = actor.has_role(RoleName.PATIENT)
    cares = selectors.assignment_list(actor, patient_id=person_id, limit=200).items if is_patient else []
    answered = selectors.proposal_list(actor, is_open=False, limit=ANSWERED_SHOWN).items
    return render(
        request,
        "accounts/connections.html",
        {
            "is_patient": is_patient,
            "is_therapist": actor.has_role(RoleName.THERAPIST),
            "may_arrange": selectors.practice_may(actor, actor.practice_id, PracticeMay.ARRANGE_CARE),
            # What may mean danger comes first.
            "to_answer": sorted(
                (each for each in waiting if each.may_answer), key=lambda each: not each.alarms
            ),
            "to_wait": [each for each in waiting if not each.may_answer],
            "now": [each for each in cares if each.is_active],
            "before": [each for each in cares if not each.is_active],
            "answered": answered,
            "viewer_id": person_id,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def connection_ask(request: Any, person_id: UUID) -> HttpResponse:
    """A patient writes to a therapist that they would like to come to them."""
    actor = request.actor
    actor.require_user()
    if not actor.has_role(RoleName.PATIENT):
        raise NotAllowed
    therapist = selectors.person_get(actor, person_id)
    if therapist.role != RoleName.THERAPIST:
        raise NotFound(object_kind="accounts.user", object_id=person_id, exists=True)
    form = AskForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                asked = services.proposal_request(
                    actor,
                    person_id,
                    form.cleaned_data["message"],
                    practice_id=form.cleaned_data["practice"],
                    at=clock.now(),
                )
            except DomainError as error:
                status = problems.form_answer(form, error)
            else:
                messages.success(request, _("Your request is on its way."))
                return redirect("connection", asked.id)
    open_ones = selectors.proposal_list(
        actor, is_open=True, patient_id=actor.user_id, therapist_id=person_id, limit=1
    )
    waiting = next(iter(open_ones.items), None)
    practices = selectors.practices_asked(actor, person_id)
    care = selectors.assignment_get_active(actor, actor.require_user(), person_id)
    context = {
        "form": form,
        "therapist": therapist,
        "practices": practices,
        "waiting": waiting,
        "again_from": selectors.proposal_again_from(actor, actor.require_user(), person_id, at=clock.now()),
        "care": care,
        "care_at": selectors.practice_refs(actor, [care.practice_id])[care.practice_id].name if care else "",
    }
    return render(request, "accounts/connection_ask.html", context, status=status)


@require_safe
def connection(request: Any, proposal_id: UUID) -> HttpResponse:
    """One proposal: what was written, where it stands, and what the viewer may do with it."""
    request.actor.require_user()
    return _page(request, proposal_id, AnswerForm())


@require_POST
def connection_answer(request: Any, proposal_id: UUID) -> HttpResponse:
    """Yes or no. What was written stays when it is refused."""
    actor = request.actor
    actor.require_user()
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, proposal_id, form, status=400)
    is_yes = form.cleaned_data["answer"] == "accept"
    service = services.proposal_accept if is_yes else services.proposal_decline
    try:
        view = service(actor, proposal_id, form.cleaned_data["message"], at=clock.now())
    except DomainError as error:
        return _page(request, proposal_id, form, status=problems.form_answer(form, error))
    messages.success(request, str(_said(view.state)))
    return redirect("connection", view.id)


@require_POST
def connection_withdraw(request: Any, proposal_id: UUID) -> HttpResponse:
    """Take it back before it is answered."""
    actor = request.actor
    actor.require_user()
    try:
        view = services.proposal_withdraw(actor, proposal_id, at=clock.now())
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, str(error.detail))
        return redirect("connection", proposal_id)
    messages.success(request, _("Withdrawn."))
    return redirect("connection", view.id)


def _said(state: ProposalState) -> str:
    if state is ProposalState.ACCEPTED:
        return _("Accepted. You can write to each other now.")
    if state is ProposalState.WITH_THERAPIST:
        return _("Thank you. Now the therapist is asked.")
    return _("Declined. They will be told.")


def _page(request: Any, proposal_id: UUID, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    view = selectors.proposal_get(request.actor, proposal_id)
    viewer = request.actor.user_id
    if view.closed_at and view.seen_at is None and viewer == view.patient.id == view.proposed_by.id:
        services.proposal_seen(request.actor, view.id, at=clock.now())
    is_asked = viewer == view.patient.id and view.may_answer
    context = {
        "proposal": view,
        "may_see_therapist": is_asked and selectors.person_is_found(request.actor, view.therapist.id),
        "form": form,
        "is_patient": viewer == view.patient.id,
        "is_therapist": viewer == view.therapist.id,
        # Who wrote it reads who can help now; whoever else reads it, that it should be soon.
        "alarms_own": (view.message_alarms and viewer == view.proposed_by.id)
        or (view.agreement_alarms and viewer == view.patient.id)
        or (view.answer_alarms and view.closed_by is not None and viewer == view.closed_by.id),
        "is_proposer": viewer == view.proposed_by.id,
        "may_write": view.state is ProposalState.ACCEPTED and viewer in {view.patient.id, view.therapist.id},
        "other": view.therapist if viewer == view.patient.id else view.patient,
    }
    return render(request, "accounts/connection.html", context, status=status)
