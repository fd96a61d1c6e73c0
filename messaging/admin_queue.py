"""The moderation queue in the admin: who wrote, when, and what was found; never what was written."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via
from bloom.kernel.admin import PrivateAdmin
from bloom.kernel.errors import DomainError
from bloom.kernel.problems import actor_of
from messaging import names, services
from messaging.models import ModerationCase, QueueItem
from messaging.moderation.categories import CATEGORIES
from messaging.types import CaseState

STATES: dict[str | None, Any] = {
    None: _("New"),
    CaseState.TAKEN.value: _("Being looked at"),
    CaseState.UPHELD.value: _("Stands"),
    CaseState.LIFTED.value: _("Lifted"),
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


def _each(request: HttpRequest, model_admin: Any, queryset: QuerySet[Any], act: Callable[..., None]) -> None:
    """`act(actor, id, at)` for each chosen row; says what was refused."""
    actor, at, done = actor_of(request).through(Via.ADMIN), clock.now(), 0
    for row in queryset:
        try:
            act(actor, row.pk, at)
        except DomainError as error:
            model_admin.message_user(request, f"{row.at:%Y-%m-%d %H:%M}: {error.detail}", messages.ERROR)
        else:
            done += 1
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
        "rules",
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
