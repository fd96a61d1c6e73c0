"""Therapists to choose from, and what one may know of a person."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts import selectors, terms
from accounts.types import (
    SEARCH_LENGTH,
    TERMS,
    DirectoryAsk,
    DirectorySort,
    RoleName,
    TermKind,
)
from bloom.kernel.errors import NotFound

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter that is on, and the address without it."""

    field: str
    label: str
    href: str


@require_safe
def therapists(request: Any) -> HttpResponse:
    """The directory. Its filters stand in the address; htmx gets the part that they change."""
    request.actor.require_user()
    ask = ask_read(request.GET)
    page = selectors.directory_list(
        request.actor, ask, limit=PAGE_SIZE, cursor=request.GET.get("cursor") or None
    )
    chips = _chips(ask, request.GET)
    template = "accounts/directory.html"
    if request.htmx and not request.htmx.history_restore_request:
        template = (
            "accounts/directory_more.html"
            if request.htmx.target == "more"
            else "accounts/directory_results.html"
        )
    context = {
        "ask": ask,
        "page": page,
        "chips": chips,
        "looser": [
            (chip_of(chips, each.field), each.count) for each in page.looser if chip_of(chips, each.field)
        ],
        "groups": [_group(kind, ask) for kind in terms.KIND_WORDS],
        "next": _address(request.GET, cursor=page.next) if page.next else "",
        "is_continued": "cursor" in request.GET,
        "wait_query": _address(request.GET),
    }
    response = render(request, template, context)
    if template == "accounts/directory_results.html":
        response["HX-Push-Url"] = request.path + _address(request.GET).rstrip("?")
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_safe
def therapist(request: Any, person_id: UUID) -> HttpResponse:
    """One therapist's page."""
    view = selectors.listing_get(request.actor, person_id)
    return render(
        request,
        "accounts/therapist.html",
        {
            "person": view,
            "care": _care_with(request.actor, person_id),
            "is_own": person_id == request.actor.user_id,
        },
    )


@require_safe
def person(request: Any, person_id: UUID) -> HttpResponse:
    """A person whom one may find; a therapist with a listing has a page of their own."""
    found = selectors.person_get(request.actor, person_id)
    if found.role == RoleName.THERAPIST:
        try:
            selectors.listing_get(request.actor, person_id)
        except NotFound:
            pass
        else:
            return redirect("therapist", person_id)
    return render(
        request,
        "accounts/person.html",
        {
            "person": found,
            "care": _care_with(request.actor, person_id),
            "is_own": person_id == request.actor.user_id,
        },
    )


def ask_read(query: QueryDict) -> DirectoryAsk:
    """What an address asks for. Codes that are no more are left out: old addresses still lead here."""
    chosen = {
        kind: tuple(dict.fromkeys(code for code in query.getlist(kind.value) if code in TERMS[kind]))
        for kind in TermKind
    }
    return DirectoryAsk(
        text=query.get("q", "").replace("\x00", "").strip()[:SEARCH_LENGTH],
        terms={kind: codes for kind, codes in chosen.items() if codes},
        accepts_new=query.get("accepting") == "1",
        sort=DirectorySort.NAME if query.get("sort") == "name" else DirectorySort.BEST,
    )


def chip_of(chips: list[Chip], field: str) -> Chip | None:
    """What one presses to leave a filter out."""
    return next((chip for chip in chips if chip.field == field), None)


def _care_with(actor: Any, person_id: UUID) -> Any:
    """The care that binds the actor and this person now, whichever of them is the patient."""
    if actor.has_role(RoleName.PATIENT):
        found = selectors.assignment_get_active(actor, actor.user_id, person_id)
        if found:
            return found
    if actor.has_role(RoleName.THERAPIST):
        return selectors.assignment_get_active(actor, person_id, actor.user_id)
    return None


def _group(kind: TermKind, ask: DirectoryAsk) -> dict[str, Any]:
    chosen = ask.terms.get(kind, ())
    return {
        "name": kind.value,
        "label": terms.KIND_WORDS[kind],
        "choices": [(code, label, code in chosen) for code, label in terms.choices(kind)],
        "count": len(chosen),
    }


def _chips(ask: DirectoryAsk, query: QueryDict) -> list[Chip]:
    chips = []
    if ask.text:
        chips.append(Chip(field="text", label=f"“{ask.text}”", href=_address(query, without=("q", None))))
    if ask.accepts_new:
        label = str(terms.ACCEPTING_WORDS)
        chips.append(
            Chip(field="accepts_new", label=label, href=_address(query, without=("accepting", None)))
        )
    for kind in terms.KIND_WORDS:
        for code in ask.terms.get(kind, ()):
            href = _address(query, without=(kind.value, code))
            chips.append(Chip(field=kind.value, label=terms.term_label(kind, code), href=href))
    return chips


def _address(
    query: QueryDict, *, without: tuple[str, str | None] | None = None, cursor: str | None = None
) -> str:
    """The directory's address with another filter or place, and nothing empty in it."""
    changed = QueryDict(mutable=True)
    names = {**dict.fromkeys(("q", "accepting", "sort")), **{kind.value: TERMS[kind] for kind in TermKind}}
    for name, known in names.items():
        kept = [
            value
            for value in query.getlist(name)
            if value and (known is None or value in known) and (name, value) != without
        ]
        if kept and (name, None) != without:
            changed.setlist(name, kept)
    if cursor:
        changed["cursor"] = cursor
    encoded = changed.urlencode()
    return f"?{encoded}" if encoded else "?"
