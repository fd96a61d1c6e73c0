"""Therapists to check, in the admin: what they say beside what the registry says, and what is decided."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import rules, services, terms
from accounts.forms import RefusalForm
from accounts.models import Listing, ListingLicence
from accounts.types import CheckNote, ListingState, RoleName
from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.kernel.admin import PrivateAdmin, each_done, words_filter
from bloom.kernel.problems import actor_of

NOTE_WORDS = {
    CheckNote.UNKNOWN_NPI: _("The registry does not know this NPI."),
    CheckNote.NOT_ACTIVE: _("The NPI is not active."),
    CheckNote.NOT_A_PERSON: _("The NPI is an organization's."),
    CheckNote.NAME_DIFFERS: _("The name differs."),
    CheckNote.LICENCE_TYPE_DIFFERS: _("The type of a license differs."),
    CheckNote.STATE_DIFFERS: _("The state of a license differs."),
    CheckNote.LICENCE_NUMBER_DIFFERS: _("The number of a license differs, or the registry has none."),
    CheckNote.NPI_ELSEWHERE: _("Another account here has named this NPI."),
    CheckNote.UNREACHABLE: _("The registry does not answer."),
}


_STATES = {
    ListingState.DRAFT: _("Not sent yet"),
    ListingState.AWAITING: _("Waits for the check"),
    ListingState.VERIFIED: _("Verified"),
    ListingState.REFUSED: _("Refused"),
}


@admin.register(Listing)
class ListingAdmin(PrivateAdmin):
    list_display = ["name", "stands", "submitted_at", "number", "found", "is_hidden"]
    list_select_related = ["therapist"]
    list_filter = [("state", words_filter(_STATES)), "is_hidden"]
    search_fields = ["sort_name", "=npi"]
    # Those that wait come first, the longest waiting before all.
    ordering = ["state", "submitted_at", "id"]
    fields = [
        "name",
        "stands",
        "submitted_at",
        "compared",
        "found",
        "refusal",
        "verified_how",
        "verified_at",
        "is_hidden",
        "approach",
        "id",
    ]
    readonly_fields = fields
    actions = ["listing_accept", "listing_refuse"]
    change_form_outer_before_template = "accounts/admin_listing.html"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """With the way to a decision, for whoever may make it."""
        extra = {
            **(kwargs.pop("extra_context", None) or {}),
            "may_decide": actor_of(request).has_role(RoleName.ADMIN),
        }
        return super().change_view(request, object_id, *args, extra_context=extra, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        return actions if actor_of(request).has_role(RoleName.ADMIN) else {}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By a part of the name, or by a whole NPI."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(sort_name__contains=rules.search_normal(term)) | Q(npi=term[:10])), False

    @admin.display(description=_("therapist"), ordering="sort_name")
    def name(self, listing: Any) -> str:
        return str(listing.therapist)

    @admin.display(description=_("state"), ordering="state")
    def stands(self, listing: Any) -> str:
        return str(_STATES[ListingState(listing.state)])

    @admin.display(description="NPI", ordering="npi")
    def number(self, listing: Any) -> str:
        return str(listing.npi)

    @admin.display(description=_("what the check found"))
    def found(self, listing: Any) -> str:
        if listing.check_due_at is not None and not listing.check_notes:
            return gettext("The registry is being asked.")
        return " ".join(str(NOTE_WORDS[CheckNote(note)]) for note in listing.check_notes) or "-"

    @admin.display(description=_("side by side"))
    def compared(self, listing: Any) -> str:
        """Each fact as the therapist and as the registry tells it."""
        own, known = _told(listing), _registered(listing.registry)
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
            ((label, own[name], known[name]) for name, label in _ROWS),
        )
        return format_html(
            '<table class="bloom-compared"><thead><tr><td></td><th scope="col">{}</th>'
            '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>',
            gettext("The therapist says"),
            gettext("The registry says"),
            rows,
        )

    @admin.action(description=_("Accept: patients find them"))
    def listing_accept(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        if "decide" in request.POST:
            # The facts were shown on the page before (_ask).
            self._decide(request, queryset, services.listing_accept)
            return None
        return self._ask(request, queryset, "listing_accept", gettext("Accept"))

    @admin.action(description=_("Refuse, with a reason"))
    def listing_refuse(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        form = RefusalForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            self._decide(
                request,
                queryset,
                lambda actor, listing_id, *, seen, at: services.listing_refuse(
                    actor, listing_id, reason, seen=seen, at=at
                ),
            )
            return None
        return self._ask(request, queryset, "listing_refuse", gettext("Refuse"), form)

    def _ask(
        self,
        request: HttpRequest,
        queryset: Iterable[Any],
        action: str,
        title: str,
        form: RefusalForm | None = None,
    ) -> HttpResponse:
        """The facts to decide upon, once more, and when they were sent: a decision holds for these alone."""
        rows = [
            {
                "id": listing.pk,
                "name": str(listing.therapist),
                "compared": self.compared(listing),
                "found": self.found(listing),
                "seen": _seen_write(listing.submitted_at),
                "seen_name": _seen_name(listing),
            }
            for listing in queryset
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "action": action,
            "listings": rows,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "accounts/admin_decide.html", context)

    def _decide(self, request: HttpRequest, queryset: Iterable[Any], service: Any) -> None:
        """Decide each and write to its therapist; say what was refused."""
        actor = actor_of(request).through(Via.ADMIN)

        def decide(listing: Any) -> None:
            seen = _seen_read(request.POST.get(_seen_name(listing), ""))
            service(actor, listing.id, seen=seen, at=clock.now())

        done = each_done(self, request, queryset, decide, named=lambda listing: str(listing.therapist))
        if done:
            said = ngettext(
                "Decided, and the therapist is told.", "Decided %(count)s, and the therapists are told.", done
            )
            self.message_user(request, said % {"count": done}, messages.SUCCESS)


def _seen_name(listing: Any) -> str:
    return f"seen-{listing.pk}"


def _seen_write(submitted_at: datetime | None) -> str:
    return submitted_at.isoformat() if submitted_at is not None else ""


def _seen_read(text: str) -> datetime:
    """When what an admin looked at was sent, from their form; a moment of no listing for anything else."""
    try:
        seen = datetime.fromisoformat(text)
    except ValueError:
        return _NEVER
    return seen if seen.tzinfo is not None else _NEVER


_NEVER = datetime.min.replace(tzinfo=UTC)
_ROWS = (
    ("name", _("Name")),
    ("npi", _("NPI")),
    ("active", _("Active")),
    ("licences", _("Licenses")),
)


def _told(listing: Any) -> dict[str, str]:
    rows = ListingLicence.objects.unscoped(reason="a listing that staff look at").filter(
        listing_id=listing.id
    )
    return {
        "name": str(listing.therapist),
        "npi": listing.npi or "-",
        "active": "",
        "licences": "; ".join(
            f"{terms.licence_title(each.type)}, {each.state}, {each.number}"
            for each in rows.order_by("place")
        ),
    }


def _registered(entry: Any) -> dict[str, str]:
    if not entry:
        return dict.fromkeys(("name", "npi", "active", "licences"), "-")
    name = f"{entry['first_name']} {entry['last_name']} {entry['credential']}".strip()
    others = "; ".join(entry["other_names"])
    return {
        "name": f"{name} ({others})" if others else name,
        "npi": entry["npi"],
        "active": gettext("yes") if entry["is_active"] else gettext("no"),
        "licences": "; ".join(
            f"{each['code']}, {each['state'] or '-'}, {each['licence'] or '-'}"
            for each in entry["taxonomies"]
        ),
    }
