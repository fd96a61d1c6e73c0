"""Doors of telehealth: video accounts in a practice's pages, the way into a meeting, vendors' webhooks."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import practice_area
from accounts import services as accounts
from accounts.types import PracticeView
from bloom.kernel import clock, problems
from bloom.kernel.errors import Invalid, NotAllowed, NotFound, TooLarge, Unavailable
from scheduling.errors import CalendarMissing
from scheduling.telehealth import selectors, services, views_room
from scheduling.telehealth.errors import ArrivalNeeded, ConsentNeeded, RoomClosed
from scheduling.telehealth.forms import MeetForm, ZoomForm
from scheduling.telehealth.rules.signed import LARGEST_BODY
from scheduling.telehealth.types import Vendor, VideoAccounts

_WHOSE = ("own", "practice")
_LOOKS_DIGITS = 3
_FORMS: dict[Vendor, type[ZoomForm | MeetForm]] = {Vendor.ZOOM: ZoomForm, Vendor.MEET: MeetForm}


# Video accounts ---------------------------------------------------------------------------------------------


@never_cache
@require_safe
@practice_area.here()
def practice_video(request: Any, practice: PracticeView) -> HttpResponse:
    """With whose account video meetings are made."""
    held = _accounts(request, practice)
    return _page(request, practice, "list", accounts=held, site=settings.SITE_URL)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here()
def practice_video_connect(request: Any, practice: PracticeView, whose: str, vendor: str) -> HttpResponse:
    """Connect an account, one's own or the practice's, in the place of the one that is there."""
    held = _accounts(request, practice)
    if whose not in _WHOSE or vendor not in set(Vendor):
        raise NotFound
    is_own = whose == "own"
    if not (held.may_own if is_own else held.may_shared):
        raise NotAllowed(object_kind="accounts.practice", object_id=practice.id, exists=True)
    # Asked for before anything is typed.
    accounts.factor_check(request.actor, at=clock.now())
    form = _FORMS[Vendor(vendor)](request.POST or None, is_own=is_own)
    if request.method == "POST" and form.is_valid():
        try:
            services.credential_save(
                request.actor, practice.id, form.account(), is_own=is_own, at=clock.now()
            )
        except (Invalid, Unavailable) as error:
            problems.form_apply(form, error)
        else:
            messages.success(request, _("Connected. Video appointments get their link from now on."))
            return redirect("practice_video", practice.id)
    return _page(request, practice, f"connect_{vendor}", form=form, whose=whose, is_own=is_own)


@require_POST
@practice_area.here()
def practice_video_where(request: Any, practice: PracticeView) -> HttpResponse:
    """Hold one's own sessions in Bloom, or where an account is connected."""
    in_bloom = request.POST.get("where") == "bloom"
    try:
        services.video_choose(request.actor, practice.id, in_bloom=in_bloom, at=clock.now())
    except CalendarMissing as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("Saved. Appointments to come follow."))
    return redirect("practice_video", practice.id)


@require_POST
@practice_area.here()
def practice_video_test(request: Any, practice: PracticeView, credential_id: UUID) -> HttpResponse:
    """Try an account's keys again."""
    try:
        services.credential_test(request.actor, practice.id, credential_id, at=clock.now())
    except (Invalid, Unavailable) as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("It works."))
    return redirect("practice_video", practice.id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here()
def practice_video_remove(request: Any, practice: PracticeView, credential_id: UUID) -> HttpResponse:
    """What it means to forget an account's keys; and then to forget them."""
    if request.method != "POST":
        held = _accounts(request, practice)
        known = [each for each in (held.own, held.shared, *held.earlier) if each is not None]
        account = next((each for each in known if each.id == credential_id), None)
        if account is None:
            raise NotFound
        # Asked for before there is anything to press.
        accounts.factor_check(request.actor, at=clock.now())
        return _page(request, practice, "remove", account=account, is_earlier=account in held.earlier)
    services.credential_remove(request.actor, practice.id, credential_id, at=clock.now())
    messages.success(request, _("Removed. Its keys are gone from here."))
    return redirect("practice_video", practice.id)


# An appointment's meeting -----------------------------------------------------------------------------------


@never_cache
@require_safe
def appointment_video(request: Any, appointment_id: UUID) -> HttpResponse:
    """Into the meeting: its address is told to the two alone, and only when they go there. The patient says
    first what is to be said.
    """
    try:
        address = services.meeting_open(request.actor, appointment_id, at=clock.now())
    except (RoomClosed, ConsentNeeded, ArrivalNeeded):
        return redirect(reverse("appointment_room", args=[appointment_id]) + views_room.TO_MEETING)
    return HttpResponseRedirect(address)


@never_cache
@require_safe
def appointment_video_state(request: Any, appointment_id: UUID) -> HttpResponse:
    """How far the meeting is, for the page that waits for it."""
    request.actor.require_user()
    found = selectors.meeting_get(request.actor, appointment_id)
    looks = request.GET.get("looks", "")
    # What nobody's page has asked for begins anew.
    number = int(looks) if looks.isdecimal() and len(looks) <= _LOOKS_DIGITS else 0
    return render(request, "scheduling/telehealth/state.html", {"meeting": found, "looks": number})


# Webhooks ---------------------------------------------------------------------------------------------------


@csrf_exempt
@require_POST
def hook_zoom(request: Any, credential_id: UUID) -> HttpResponse:
    """What Zoom tells. Its signature is all that counts, so a session neither helps nor hurts."""
    answer = services.zoom_hook_take(
        request.actor,
        credential_id,
        stamp=request.headers.get("x-zm-request-timestamp", ""),
        signature=request.headers.get("x-zm-signature", ""),
        body=_body(request),
        at=clock.now(),
    )
    return HttpResponse(status=204) if answer is None else JsonResponse(answer)


@csrf_exempt
@require_POST
def hook_meet(request: Any, credential_id: UUID) -> HttpResponse:
    """What Google pushes. Its token is all that counts."""
    kind, _blank, token = request.headers.get("Authorization", "").partition(" ")
    services.meet_hook_take(
        request.actor,
        credential_id,
        token=token if kind.lower() == "bearer" else "",
        body=_body(request),
        at=clock.now(),
    )
    return HttpResponse(status=204)


def _body(request: Any) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise TooLarge
    body: bytes = request.body
    return body


def _accounts(request: Any, practice: PracticeView) -> VideoAccounts:
    held = selectors.video_accounts(request.actor, practice.id)
    if not (held.may_own or held.may_shared):
        raise NotAllowed(object_kind="accounts.practice", object_id=practice.id, exists=True)
    return held


def _page(request: Any, practice: PracticeView, template: str, **context: Any) -> HttpResponse:
    return practice_area.page(
        request, practice, "video", context, template=f"scheduling/telehealth/{template}.html"
    )
