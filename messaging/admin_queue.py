"""The moderation queue in the admin: who wrote, when, and what was found; never what was written."""

from collections.abc import Callable
from copy import copy
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via
from bloom.kernel.admin import PrivateAdmin, each_done
from bloom.kernel.errors import DomainError
from bloom.kernel.problems import actor_of, form_answer
from messaging import names, selectors, services
from messaging.forms import CaseAssignForm, CaseNoteForm
from messaging.models import ModerationCase, QueueItem
from messaging.moderation.categories import CATEGORIES
from messaging.types import CaseState

STATES: dict[str | None, Any] = {
    None: _("New"),
    CaseState.TAKEN.value: _("Being looked at"),
    CaseState.UPHELD.value: _("Stands"),
    CaseState.LIFTED.value: _("Lifted"),
}


_DONE = {
    "note": _("Your note is kept."),
    "assign": _("They look at it now."),
    "take": _("You look at it now."),
    "uphold": _("It stands, and has left the queue."),
    "lift": _("It is lifted: everybody in the conversation reads it."),
}


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Open")), ("mine", _("Mine, open")), ("decided", _("Decided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By what staff have made of it."""
        decided = queryset.filter(case_state__in=[CaseState.UPHELD.value, CaseState.LIFTED.value])
        if self.value() == "decided":
            return decided
        if self.value() == "open":
            return queryset.exclude(pk__in=decided.values("pk"))
        if self.value() == "mine":
            mine = {"case_state": CaseState.TAKEN.value, "assigned_id": actor_of(request).user_id}
            return queryset.filter(**mine)
        return queryset


def _case_act(actor: Actor, audit_id: UUID, act: str, form: Form) -> None:
    """Do what a button of a verdict's page asks for."""
    at = clock.now()
    form.is_valid()
    if act == "note":
        services.case_note(actor, audit_id, form.data.get("body", ""), at=at)
    elif act == "assign":
        # What is no id of a person is that of nobody.
        services.case_assign(actor, audit_id, form.cleaned_data.get("person") or audit_id, at=at)
    elif act == "take":
        services.case_take(actor, audit_id, at=at)
    else:
        services.case_decide(actor, audit_id, lift=act == "lift", at=at)


def _each(request: HttpRequest, model_admin: Any, queryset: QuerySet[Any], act: Callable[..., None]) -> None:
    """`act(actor, id, at)` for each chosen row; says what was refused."""
    actor, at = actor_of(request).through(Via.ADMIN), clock.now()
    done = each_done(
        model_admin,
        request,
        queryset,
        lambda row: act(actor, row.pk, at),
        named=lambda row: f"{row.at:%Y-%m-%d %H:%M}",
    )
    if done:
        model_admin.message_user(request, _("Done: %(count)s") % {"count": done}, messages.SUCCESS)


@admin.register(QueueItem)
class QueueItemAdmin(PrivateAdmin):
    list_display = ["at", "outcome", "reasons", "who", "action", "state", "looked_at_by"]
    list_filter = [StateFilter, "outcome", "at"]
    search_fields = ["=message_id", "=conversation_id", "=actor_user_id"]
    # Who has waited longest comes first.
    ordering = ["recorded_at", "id"]
    fields = [
        "at",
        "action",
        "outcome",
        "reasons",
        "source",
        "found_by",
        "who",
        "state",
        "looked_at_by",
        "message_id",
        "conversation_id",
        "practice_id",
    ]
    readonly_fields = fields
    actions = ["case_take", "case_uphold", "case_lift"]
    show_full_result_count = False
    change_form_outer_before_template = "messaging/admin_case.html"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """One verdict, what staff have made of it, and what they can do about it."""
        row = self.get_object(request, unquote(object_id))
        act = request.POST.get("case", "")
        if row is None or (request.method == "POST" and act not in _DONE):
            return super().change_view(request, object_id, *args, **kwargs)
        if request.method != "POST":
            return self._case_page(request, row, CaseNoteForm())
        form = CaseNoteForm(request.POST) if act == "note" else CaseAssignForm(request.POST)
        try:
            _case_act(actor_of(request).through(Via.ADMIN), row.pk, act, form)
        except DomainError as error:
            status = form_answer(form, error)
        else:
            self.message_user(request, _DONE[act], messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        if isinstance(form, CaseNoteForm):
            return self._case_page(request, row, form, status)
        self.message_user(request, " ".join(map(str, form.non_field_errors())), messages.ERROR)
        return self._case_page(request, row, CaseNoteForm(), status)

    def _case_page(
        self, request: HttpRequest, row: Any, note: CaseNoteForm, status: int = 200
    ) -> HttpResponse:
        case = selectors.case_get(actor_of(request).through(Via.ADMIN), row.pk)
        # Nothing of the row itself can be changed: to Django's page every visit is a look.
        look = copy(request)
        look.method = "GET"
        page = super().change_view(look, str(row.pk), extra_context={"case": case, "note_form": note})
        page.status_code = status
        return page

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        cases = ModerationCase.objects.visible_to(actor_of(request)).filter(audit_id=OuterRef("pk"))
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.annotate(
            case_state=Subquery(cases.values("state")[:1]),
            assigned_id=Subquery(cases.values("assigned_to_id")[:1]),
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        # One query for all names of the page; the columns find them in the process.
        shown = {each for row in found.result_list for each in (row.actor_user_id, row.assigned_id) if each}
        names.names_get(actor_of(request), shown)
        return found

    @admin.display(description=_("written by"))
    def who(self, row: Any) -> str:
        return _name(row.actor_user_id) if row.actor_user_id else str(_("Bloom, at a later look"))

    @admin.display(description=_("found"))
    def reasons(self, row: Any) -> str:
        return "; ".join(gettext(CATEGORIES[each]) for each in row.categories if each in CATEGORIES)

    @admin.display(description=_("by the rules"))
    def found_by(self, row: Any) -> str:
        return ", ".join(row.rules) or "-"

    @admin.display(description=_("state"))
    def state(self, row: Any) -> Any:
        return STATES[row.case_state]

    @admin.display(description=_("looked at by"))
    def looked_at_by(self, row: Any) -> str:
        return _name(row.assigned_id) if row.assigned_id else ""

    @admin.action(description=_("Look at it myself"))
    def case_take(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        _each(request, self, queryset, lambda actor, pk, at: services.case_take(actor, pk, at=at))

    @admin.action(description=_("It stands"))
    def case_uphold(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        _each(
            request, self, queryset, lambda actor, pk, at: services.case_decide(actor, pk, lift=False, at=at)
        )

    @admin.action(description=_("Lift it: everybody in the conversation reads it"))
    def case_lift(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        _each(
            request, self, queryset, lambda actor, pk, at: services.case_decide(actor, pk, lift=True, at=at)
        )


def _name(person_id: Any) -> str:
    found = names.names_get(Actor.for_system("moderation_queue"), [person_id]).get(person_id)
    return found.name if found else str(person_id)
