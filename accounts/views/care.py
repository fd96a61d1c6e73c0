"""Care that is: one of it, its end, its way to another therapist, and all of it for whoever arranges care."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import endings, roles, rules, selectors, services
from accounts.forms.care import BringTogetherForm, EndForm, TransferForm
from accounts.types import AssignmentView, PracticeMay, RoleName
from bloom.kernel import clock, fees, problems
from bloom.kernel.actor import Actor
from bloom.kernel.errors import DomainError, Invalid, NotAllowed
from bloom.kernel.registry import EndingTold

FOUND_SHOWN = 20


@require_safe
def care(request: Any, assignment_id: UUID) -> HttpResponse:
    """One care: since when, why, what came before, and how it may end or go on."""
    request.actor.require_user()
    return _care_page(request, assignment_id, EndForm())


@require_http_methods(["GET", "HEAD", "POST"])
def care_end(request: Any, assignment_id: UUID) -> HttpResponse:
    """What ends and what stays, and then the end."""
    actor = request.actor
    actor.require_user()
    if request.method != "POST":
        return _end_page(request, assignment_id, EndForm())
    form = EndForm(request.POST)
    if not form.is_valid():
        return _end_page(request, assignment_id, form, status=400)
    try:
        view = services.assignment_end(
            actor,
            assignment_id,
            form.cleaned_data["reason"],
            fees_seen=fees.read(request.POST.get("fees_seen", "")),
            at=clock.now(),
        )
    except DomainError as error:
        return _end_page(request, assignment_id, form, status=problems.form_answer(form, error))
    messages.success(request, _("This care has ended. What you wrote stays."))
    return redirect("care", view.id)


@require_http_methods(["GET", "HEAD", "POST"])
def care_transfer(request: Any, assignment_id: UUID) -> HttpResponse:
    """Propose that a patient goes on with somebody else. `q` looks for a therapist by name; what was written
    meanwhile stays.
    """
    actor = request.actor
    actor.require_user()
    view = selectors.assignment_get(actor, assignment_id)
    if not view.is_active:
        # An old link, or care that ended meanwhile: its page says so.
        return redirect("care", assignment_id)
    if not _may_transfer(actor, view):
        raise NotAllowed(object_kind="accounts.assignment", object_id=assignment_id, exists=True)
    looks = request.method != "POST" or "find" in request.POST
    given = request.POST if request.method == "POST" else request.GET
    form = TransferForm(None if looks else given, initial={"message": request.POST.get("message", "")})
    status = 200
    if not looks:
        status = 400
        if form.is_valid():
            try:
                proposed = services.proposal_transfer(
                    actor,
                    assignment_id,
                    form.cleaned_data["therapist"],
                    form.cleaned_data["message"],
                    at=clock.now(),
                )
            except DomainError as error:
                status = problems.form_answer(form, error)
            else:
                messages.success(request, _("Proposed. Your patient is asked first."))
                return redirect("connection", proposed.id)
    name = name_asked(given.get("q", ""), "q")
    found = selectors.people_list(actor, role=RoleName.THERAPIST, name=name, limit=FOUND_SHOWN + 1).items
    context = {
        "care": view,
        "form": form,
        "q": name,
        "found": [person for person in found if person.id not in {view.therapist.id, view.patient.id}],
        "chosen": given.get("therapist") or request.GET.get("to", ""),
    }
    return render(request, "accounts/care_transfer.html", context, status=status)


@require_safe
def care_list(request: Any) -> HttpResponse:
    """All care that one arranges, and what waits: for platform staff, and the owner of a practice."""
    actor = request.actor
    _arranger_check(actor)
    name, which = name_asked(request.GET.get("q", ""), "q"), request.GET.get("show", "now")
    cursor = request.GET.get("cursor")
    context: dict[str, Any] = {"q": name, "show": which if which in {"now", "before", "waiting"} else "now"}
    if context["show"] == "waiting":
        context["page"] = selectors.proposal_list(actor, is_open=True, name=name, cursor=cursor)
    else:
        active = context["show"] == "now"
        context["page"] = selectors.assignment_list(actor, active=active, name=name, cursor=cursor)
        ids = {each.practice_id for each in context["page"].items}
        names = selectors.practice_refs(actor, ids)
        context["rows"] = [(each, names[each.practice_id].name) for each in context["page"].items]
    return render(request, "accounts/care_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def care_new(request: Any) -> HttpResponse:
    """Bring a patient and a therapist together. `?patient_q=` and `?therapist_q=` look for them by name."""
    actor = request.actor
    _arranger_check(actor)
    form = BringTogetherForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return _bring_together(request, form.cleaned_data)
            except DomainError as error:
                status = problems.form_answer(form, error)
    given = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {"form": form, "how": given.get("how", "propose")}
    for role in (RoleName.PATIENT, RoleName.THERAPIST):
        name = name_asked(given.get(f"{role}_q", ""), f"{role}_q")
        context[f"{role}_q"] = name
        found = selectors.people_list(actor, role=role, name=name, limit=FOUND_SHOWN).items if name else []
        context[f"{role}s"] = found
        context[f"{role}_chosen"] = given.get(role.value, str(found[0].id) if len(found) == 1 else "")
    return render(request, "accounts/care_new.html", context, status=status)


def _bring_together(request: Any, given: dict[str, Any]) -> HttpResponse:
    actor, at = request.actor, clock.now()
    pair = (given["patient"], given["therapist"], given["practice"])
    if given["how"] == "start":
        begun = services.assignment_start(actor, *pair, given["message"], at=at)
        messages.success(request, _("Care has begun. They can write to each other now."))
        return redirect("care", begun.id)
    offered = services.proposal_offer(actor, *pair, given["message"], at=at)
    messages.success(request, _("Proposed. The patient is asked first."))
    return redirect("connection", offered.id)


def _care_page(request: Any, assignment_id: UUID, form: EndForm) -> HttpResponse:
    actor = request.actor
    view = selectors.assignment_get(actor, assignment_id)
    history = selectors.assignment_list(actor, patient_id=view.patient.id, limit=100).items
    names = selectors.practice_refs(actor, {each.practice_id for each in history} | {view.practice_id})
    waiting = selectors.proposal_list(actor, is_open=True, patient_id=view.patient.id, limit=20).items
    ends = _ends(actor, view)
    context = {
        # The dialog asks here what the page of its own asks, and has to say the same.
        "ends": ends.said,
        "fees_seen": fees.write(ends.owed),
        "care": view,
        "practice": names[view.practice_id],
        "history": [(each, names[each.practice_id].name) for each in history if each.id != view.id],
        "waiting": waiting,
        "is_patient": actor.user_id == view.patient.id,
        "is_therapist": actor.user_id == view.therapist.id,
        "may_transfer": _may_transfer(actor, view),
        "form": form,
        "policy": rules.CARE_POLICY,
    }
    return render(request, "accounts/care.html", context)


def _end_page(request: Any, assignment_id: UUID, form: EndForm, *, status: int = 200) -> HttpResponse:
    view = selectors.assignment_get(request.actor, assignment_id)
    ends = _ends(request.actor, view)
    context = {
        "care": view,
        "form": form,
        "policy": rules.CARE_POLICY,
        "ends": ends.said,
        "fees_seen": fees.write(ends.owed),
    }
    return render(request, "accounts/care_end.html", context, status=status)


def _ends(actor: Actor, view: AssignmentView) -> EndingTold:
    """What else ends with this care."""
    if not view.is_active:
        return EndingTold()
    care = endings.care(view.patient.id, view.therapist.id, view.practice_id)
    return endings.told(actor, care, at=clock.now())


def _may_transfer(actor: Actor, view: AssignmentView) -> bool:
    """Does the page offer it? Whether it may be done is decided again when it is."""
    arranges = actor.has_role(*roles.STAFF_ROLES) or selectors.practice_may(
        actor, view.practice_id, PracticeMay.ARRANGE_CARE
    )
    return view.is_active and (actor.user_id == view.therapist.id or arranges)


def _arranger_check(actor: Actor) -> None:
    actor.require_user()
    if actor.has_role(*roles.STAFF_ROLES):
        return
    if not selectors.practice_may(actor, actor.practice_id, PracticeMay.ARRANGE_CARE):
        raise NotAllowed


def name_asked(text: str, field: str) -> str:
    """A name to look for. Raises Invalid for what no name holds."""
    if "\x00" in text:
        raise Invalid(errors={field: [_("This text holds a character that no name has.")]})
    return text.strip()[:150]
