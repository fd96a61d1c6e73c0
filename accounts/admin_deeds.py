"""What an admin does to somebody's account, from the list of people: asked for once more on a page of its
own, with a fresh second factor, and told to whom it concerns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.errors import FactorNeeded
from accounts.forms import DeedForm
from accounts.models import User
from accounts.role_words import ROLE_WORDS
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via
from bloom.kernel.admin import each_done
from bloom.kernel.errors import NotAllowed, NotFound
from bloom.kernel.problems import actor_of, refusal_record, route_of

PEOPLE_AT_ONCE = 50

_OPENS: Mapping[RoleName, Any] = {
    RoleName.PATIENT: _("They can look for a therapist and be in care."),
    RoleName.THERAPIST: _("They can be in the directory once verified, and care for patients."),
    RoleName.SUPPORT: _(
        "They see who is here, who cares for whom and what moderation found, and read nobody’s words."
    ),
    RoleName.ADMIN: _(
        "They can do all that you can: give roles, also this one, reset second factors, read the record."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that is done to each of the people chosen. `title` names it in the list, `about` says what
    it means, `sure` is what whoever does it has to say first.
    """

    title: Any
    about: Any
    sure: Any
    do: Callable[[Actor, UUID, datetime], Any]


def _granting(role: RoleName) -> Deed:
    return Deed(
        title=_("Give the role: %(role)s") % {"role": ROLE_WORDS[role]},
        about=_OPENS[role],
        sure=_("They asked for it, or know of it"),
        do=lambda actor, user_id, at: services.role_grant(actor, user_id, role, at=at),
    )


def _revoking(role: RoleName) -> Deed:
    return Deed(
        title=_("Take the role: %(role)s") % {"role": ROLE_WORDS[role]},
        about=_("What they could do by it ends at once, on every device."),
        sure=_("I know what ends with it"),
        do=lambda actor, user_id, at: services.role_revoke(actor, user_id, role, at=at),
    )


DEEDS: Mapping[str, Deed] = {
    **{f"grant_{role.value}": _granting(role) for role in RoleName},
    **{f"revoke_{role.value}": _revoking(role) for role in RoleName},
    "factors_reset": Deed(
        title=_("Reset lost second factors"),
        about=_(
            "Their passkeys, app and recovery codes stop working, and they are signed out everywhere. "
            "Whoever reads their mail can then sign in, and adds new ones."
        ),
        sure=_("I have spoken to them by a way that does not lead through this account, and it is they"),
        do=lambda actor, user_id, at: services.factors_reset(actor, user_id, at=at),
    ),
}


def deed_action(key: str) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse]:
    """The entry of the list's menu: it leads to the page that asks once more."""

    def act(self: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        ids = list(queryset.order_by("name", "id").values_list("id", flat=True)[: PEOPLE_AT_ONCE + 1])
        if len(ids) > PEOPLE_AT_ONCE:
            said = _("Please choose at most %(count)s people at once.") % {"count": PEOPLE_AT_ONCE}
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        # The list comes back as it was searched and filtered.
        seen = [("list", request.GET.urlencode())] if request.GET else []
        asked = urlencode([("deed", key), *(("person", str(each)) for each in ids), *seen])
        return HttpResponseRedirect(f"{reverse('admin:accounts_user_deed')}?{asked}")

    # The admin tells actions apart by the names of their functions.
    act.__name__ = key
    decorated: Any = admin.action(description=DEEDS[key].title)(act)
    return decorated


def deed_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Ask once more, then do it to each, and say what was refused. The factor is asked for before
    the page is, so that showing it leads back here, to the same people; who has none reads where to add one,
    and finds the same people here afterwards.
    """
    actor, at = actor_of(request).through(Via.ADMIN), clock.now()
    if not actor.has_role(RoleName.ADMIN):
        raise NotAllowed
    deed = DEEDS.get(request.GET.get("deed", ""))
    people = list(User.objects.filter(id__in=_ids(request)).order_by("name", "id"))
    if deed is None or not people:
        raise NotFound
    people_list = _list_address(request)
    refusal = ""
    try:
        services.factor_needed_check(actor, at=at)
    except FactorNeeded as error:
        refusal_record(actor, error, route_of(request))
        refusal = str(error.detail)
    form = DeedForm(request.POST if request.method == "POST" else None)
    if not refusal and form.is_valid():
        done = each_done(model_admin, request, people, lambda person: deed.do(actor, person.id, at))
        if done:
            said = _("Done: %(count)s. They are told by mail.") % {"count": done}
            model_admin.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(people_list)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": deed.title,
        "deed": deed,
        "people": people,
        "form": form,
        "refusal": refusal,
        "people_list": people_list,
        "opts": model_admin.model._meta,
    }
    status = 403 if refusal else 400 if form.is_bound else 200
    return TemplateResponse(request, "accounts/admin_deed.html", context, status=status)


def _list_address(request: HttpRequest) -> str:
    """The list of people, as it was when these were chosen."""
    seen = QueryDict(request.GET.get("list", "")).urlencode()
    address = reverse("admin:accounts_user_changelist")
    return f"{address}?{seen}" if seen else address


def _ids(request: HttpRequest) -> list[UUID]:
    found = []
    for each in request.GET.getlist("person")[:PEOPLE_AT_ONCE]:
        try:
            found.append(UUID(each))
        except ValueError:
            continue
    return found
