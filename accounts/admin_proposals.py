"""Requests for care in the admin: between whom, and since when; never what was written."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin import FoundByIdAdmin
from accounts.models import Proposal
from accounts.types import OPEN_STATES, ProposalKind, ProposalState
from bloom.kernel.admin import words_filter

_KINDS = {
    ProposalKind.REQUEST: _("Request"),
    ProposalKind.OFFER: _("Offer"),
    ProposalKind.TRANSFER: _("Transfer"),
}
_STATES = {
    ProposalState.WITH_PATIENT: _("Waits for the patient"),
    ProposalState.WITH_THERAPIST: _("Waits for the therapist"),
    ProposalState.ACCEPTED: _("Accepted"),
    ProposalState.DECLINED: _("Declined"),
    ProposalState.WITHDRAWN: _("Withdrawn"),
    ProposalState.LAPSED: _("Lapsed"),
}


class OpenFilter(admin.SimpleListFilter):
    title = _("answered")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Not yet")), ("no", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that wait, or those that are over."""
        waiting = sorted(OPEN_STATES)
        if self.value() == "yes":
            return queryset.filter(state__in=waiting)
        return queryset.exclude(state__in=waiting) if self.value() == "no" else queryset


@admin.register(Proposal)
class ProposalAdmin(FoundByIdAdmin):
    list_display = ["patient", "therapist", "practice", "what", "stands", "created_at", "due_at"]
    list_select_related = ["patient", "therapist", "practice"]
    list_filter = [OpenFilter, ("kind", words_filter(_KINDS))]
    search_fields = ["=id", "=patient_id", "=therapist_id", "=practice_id"]
    # Who has waited longest comes first.
    ordering = ["created_at", "id"]
    fields = [
        "patient_id",
        "therapist_id",
        "practice_id",
        "what",
        "stands",
        "proposed_by_id",
        "created_at",
        "agreed_at",
        "due_at",
        "closed_at",
        "closed_by_id",
        "id",
    ]
    readonly_fields = fields

    @admin.display(description=_("kind"), ordering="kind")
    def what(self, proposal: Proposal) -> str:
        return str(_KINDS[ProposalKind(proposal.kind)])

    @admin.display(description=_("state"), ordering="state")
    def stands(self, proposal: Proposal) -> str:
        return str(_STATES[ProposalState(proposal.state)])
