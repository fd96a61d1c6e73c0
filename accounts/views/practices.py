"""The practices in which somebody works, their people, and whom they ask."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import (
    endings,
    errors,
    forms,
    practice_area,
    practice_mail,
    practice_words,
    selectors,
    services,
    sessions,
)
from accounts.types import (
    INVITATIONS_PER_HOUR,
    InvitationSent,
    MembershipRole,
    MemberView,
    PracticeMay,
    PracticeView,
)
from accounts.views.care import name_asked
from bloom.kernel import clock, limits, problems
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Conflict, DomainError, FreshFactorNeeded, NotAllowed
from bloom.kernel.registry import Ending, EndingKind


@require_safe
def practice_list(request: Any) -> HttpResponse:
    """Where one works, and as what."""
    practices = selectors.practices_own(request.actor)
    return render(request, "accounts/settings/practices.html", {"practices": practices})


@require_safe
def practice_here(request: Any) -> HttpResponse:
    """The practice in which one works now."""
    request.actor.require_user()
    if request.actor.practice_id is None:
        return redirect("practices")
    return redirect("practice", request.actor.practice_id)


@require_POST
def practice_use(request: Any, practice_id: UUID) -> HttpResponse:
    """Work in another of one's practices from now on, in this session."""
    request.actor.require_user()
    chosen = services.practice_use(request.actor, practice_id, at=clock.now())
    request.session[sessions.PRACTICE_KEY] = str(practice_id)
    messages.success(request, _("You are working in %(practice)s now.") % {"practice": chosen.name})
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("dashboard")
    return HttpResponseRedirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here()
def practice(request: Any, view: PracticeView) -> HttpResponse:
    """What the practice is; its owner changes the name."""
    form = forms.PracticeNameForm(request.POST or None, initial={"name": view.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.practice_rename(request.actor, view.id, form.cleaned_data["name"], at=clock.now())
        except DomainError as error:
            if isinstance(error, NotAllowed):
                raise
            problems.form_apply(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("practice", view.id)
    return overview(request, view, form=form)


def overview(request: Any, view: PracticeView, *, form: Any = None, logo_form: Any = None) -> HttpResponse:
    """The first of a practice's pages; its owner is told what claims and appointments still need."""
    context = {
        "form": form or forms.PracticeNameForm(initial={"name": view.name}),
        "logo_form": logo_form or forms.LogoForm(),
    }
    if PracticeMay.EDIT_BILLING in view.may:
        open_ = [each for each in selectors.location_list(request.actor, view.id) if not each.is_retired]
        context |= {"locations": open_, "identity": selectors.billing_get(request.actor, view.id)}
    return practice_area.page(request, view, "overview", context)


@require_safe
@practice_area.here()
def members(request: Any, view: PracticeView) -> HttpResponse:
    """Who works there, and who was asked."""
    return _members(request, view, forms.InvitationForm())


@require_safe
@practice_area.here(PracticeMay.SEE_PATIENTS)
def patients(request: Any, view: PracticeView) -> HttpResponse:
    """The names of the practice's patients; `?q=` looks for some of them."""
    name = name_asked(request.GET.get("q", ""), "q")
    page = selectors.practice_patients(
        request.actor, view.id, name=name, limit=50, cursor=request.GET.get("cursor") or None
    )
    context = {"page": page, "q": name, "is_continued": "cursor" in request.GET}
    return practice_area.page(request, view, "patients", context)


@require_POST
def invite(request: Any, practice_id: UUID) -> HttpResponse:
    """Ask somebody to join, by mail."""
    view = practice_area.current(request, practice_id)
    form = forms.InvitationForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        _limit(request)
        try:
            sent = services.invitation_send(
                request.actor, practice_id, data["email"], MembershipRole(data["role"]), at=clock.now()
            )
        except FreshFactorNeeded:
            return _again(request, reverse("practice_members", args=[practice_id]))
        except DomainError as error:
            if isinstance(error, NotAllowed):
                raise
            problems.form_apply(form, error)
        else:
            return _invited(request, sent)
    return _members(request, view, form)


@require_POST
def invitation_resend(request: Any, practice_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Send a new link; the old one opens nothing."""
    practice_area.current(request, practice_id)
    _limit(request)
    try:
        sent = services.invitation_resend(request.actor, invitation_id, at=clock.now())
    except FreshFactorNeeded:
        return _again(request, reverse("practice_members", args=[practice_id]))
    return _invited(request, sent)


@require_POST
def invitation_withdraw(request: Any, practice_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    practice_area.current(request, practice_id)
    services.invitation_withdraw(request.actor, invitation_id, at=clock.now())
    messages.success(
        request, _("Withdrawn. The link opens nothing any more, and says so to whoever follows it.")
    )
    return redirect("practice_members", practice_id)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(PracticeMay.MANAGE_MEMBERS)
def member(request: Any, view: PracticeView, person_id: UUID) -> HttpResponse:
    """One person who works there: their role, and taking them out."""
    found = _member_find(request, view, person_id)
    if found is None:
        return redirect("practice_members", view.id)
    form = forms.MemberRoleForm(request.POST or None, initial={"role": found.roles[0]})
    if request.method == "POST" and form.is_valid():
        role = MembershipRole(form.cleaned_data["role"])
        if role in found.roles:
            return redirect("practice_members", view.id)
        try:
            if role is MembershipRole.OWNER:
                _limit(request)
                return _invited(
                    request, services.owner_ask(request.actor, view.id, person_id, at=clock.now())
                )
            services.member_change(request.actor, view.id, person_id, role, at=clock.now())
        except FreshFactorNeeded:
            return _again(request, reverse("practice_members", args=[view.id]))
        except DomainError as error:
            if isinstance(error, NotAllowed):
                raise
            problems.form_apply(form, error)
        else:
            messages.success(request, _("Saved, and we have told them."))
            return redirect("practice_members", view.id)
    context = {"form": form, "member": found, "ends": _ends(request.actor, view.id, person_id)}
    return practice_area.page(request, view, "member", context)


@require_POST
def member_remove(request: Any, practice_id: UUID, person_id: UUID) -> HttpResponse:
    """Take somebody out of the practice. What stands against it is said where it was pressed."""
    view = practice_area.current(request, practice_id)
    try:
        notice = services.member_remove(request.actor, practice_id, person_id, at=clock.now())
    except FreshFactorNeeded:
        return _again(request, reverse("practice_members", args=[practice_id]))
    except Conflict as error:
        found = _member_find(request, view, person_id)
        if found is None:
            return redirect("practice_members", practice_id)
        form = forms.MemberRoleForm(initial={"role": found.roles[0]})
        context = {
            "form": form,
            "member": found,
            "obstacle": error.detail,
            "care_lasts": isinstance(error, errors.CareLasts),
        }
        return practice_area.page(request, view, "member", context)
    if person_id == request.actor.user_id:
        return _gone(request, notice)
    messages.success(
        request, _("%(person)s does not work here any more. We have told them.") % {"person": notice.person}
    )
    return redirect("practice_members", practice_id)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here()
def leave(request: Any, view: PracticeView) -> HttpResponse:
    """Go, after one has read what it means."""
    if request.method == "POST":
        try:
            notice = services.member_remove(
                request.actor, view.id, request.actor.require_user(), at=clock.now()
            )
        except FreshFactorNeeded:
            return _again(request, reverse("practice_leave", args=[view.id]))
        except Conflict as error:
            context = {"obstacle": error.detail, "care_lasts": isinstance(error, errors.CareLasts)}
            return practice_area.page(request, view, "leave", context)
        return _gone(request, notice)
    ends = _ends(request.actor, view.id, request.actor.require_user())
    return practice_area.page(request, view, "leave", {"ends": ends})


def _ends(actor: Actor, practice_id: UUID, person_id: UUID) -> Sequence[str]:
    """What else ends when this person works there no more."""
    leaving = Ending(kind=EndingKind.PRACTICE, therapist_id=person_id, practice_id=practice_id)
    return endings.told(actor, leaving, at=clock.now()).said


def _member_find(request: Any, view: PracticeView, person_id: UUID) -> MemberView | None:
    everybody = selectors.member_list(request.actor, view.id)
    return next((each for each in everybody if each.id == person_id), None)


def _members(request: Any, view: PracticeView, form: Any) -> HttpResponse:
    at = clock.now()
    context = {
        "members": selectors.member_list(request.actor, view.id),
        "invitations": selectors.invitation_list(request.actor, view.id, at=at)
        if PracticeMay.MANAGE_MEMBERS in view.may
        else [],
        "form": form,
    }
    return practice_area.page(request, view, "members", context)


def _invited(request: Any, sent: InvitationSent) -> HttpResponse:
    practice_mail.invitation_tell(sent)
    written = _("We have written to %(email)s.") % {"email": sent.email}
    if sent.role_before is not None:
        said = {
            "before": practice_words.ROLE_WORDS[sent.role_before],
            "role": practice_words.ROLE_WORDS[sent.role],
        }
        written += " " + (
            _("They had an invitation already, and its link opens nothing any more.")
            if sent.role_before is sent.role
            else _(
                "They had an invitation already (%(before)s). Its link opens nothing any more; the new one is"
                " for another role: %(role)s."
            )
            % said
        )
    messages.success(request, written)
    return redirect("practice_members", sent.practice_id)


def _gone(request: Any, notice: Any) -> HttpResponse:
    request.session.pop(sessions.PRACTICE_KEY, None)
    left = selectors.practice_default(request.actor, notice.person_id)
    if left is not None:
        request.session[sessions.PRACTICE_KEY] = str(left)
    messages.success(request, _("You have left %(practice)s.") % {"practice": notice.practice})
    return redirect("practices")


def _again(request: Any, back: str) -> HttpResponse:
    """Show first that it is still you; then do it again. Nobody is to take it for done."""
    messages.info(request, _("Nothing has changed yet. Show that it is you, then do it once more."))
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")


def _limit(request: Any) -> None:
    limits.limit_check(f"accounts.invitation:{request.actor.require_user()}", INVITATIONS_PER_HOUR, 3600)
