"""Therapists to choose from, and what one may know of a person."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors, terms
from accounts.types import (
    SEARCH_LENGTH,
    TERMS,
    DirectoryAsk,
    DirectorySort,
    RoleName,
    TermKind,
)
from bloom.kernel import searches
from bloom.kernel.errors import NotFound

PAGE_SIZE = 20
_NAMES = ("q", "accepting", "sort", *(kind.value for kind in TermKind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter that is on, and the search without it, as the address says it."""

    field: str
    label: str
    query: str


@require_http_methods(["GET", "HEAD", "POST"])
def therapists(request: Any) -> HttpResponse:
    """The directory. What it is narrowed by is sent as a form and stands sealed in the address; htmx gets the
    part that it changes.
    """
    actor = request.actor
    search = searches.search_read(request, _NAMES)
    ask = ask_read(search.said)
    if not search.is_settled:
        return redirect(searches.search_address(actor, request.path, ask_said(ask)))
    page = selectors.directory_list(actor, ask, limit=PAGE_SIZE, cursor=request.GET.get("cursor") or None)
    template = "accounts/directory.html"
    if request.htmx:
        template = (
            "accounts/directory_more.html"
            if request.htmx.target == "more"
            else "accounts/directory_results.html"
        )
    chips = _chips(actor, ask)
    query = searches.search_address(actor, "", ask_said(ask))
    context = {
        "ask": ask,
        "page": page,
        "chips": chips,
        "looser": [
            (chip_of(chips, each.field), each.count) for each in page.looser if chip_of(chips, each.field)
        ],
        "groups": [_group(kind, ask) for kind in terms.KIND_WORDS],
        "next": searches.search_address(actor, "", ask_said(ask), cursor=page.next) if page.next else "",
        "is_continued": "cursor" in request.GET,
        "query": query,
    }
    response = render(request, template, context)
    if template == "accounts/directory_results.html":
        response["HX-Push-Url"] = request.path + query
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
    """What a search asks for. Codes that are no more are left out: old addresses still lead here."""
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


def ask_said(ask: DirectoryAsk) -> list[tuple[str, str]]:
    """The search that asks for this; `ask_read` reads it."""
    return [
        *([("q", ask.text)] if ask.text else []),
        *([("accepting", "1")] if ask.accepts_new else []),
        *([("sort", "name")] if ask.sort is DirectorySort.NAME else []),
        *((kind.value, code) for kind, codes in ask.terms.items() for code in codes),
    ]


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


def _chips(actor: Any, ask: DirectoryAsk) -> list[Chip]:
    found: list[tuple[str, str, DirectoryAsk]] = []
    if ask.text:
        found.append(("text", f"“{ask.text}”", replace(ask, text="")))
    if ask.accepts_new:
        found.append(("accepts_new", str(terms.ACCEPTING_WORDS), replace(ask, accepts_new=False)))
    for kind in terms.KIND_WORDS:
        codes = ask.terms.get(kind, ())
        for code in codes:
            kept = {**ask.terms, kind: tuple(each for each in codes if each != code)}
            found.append((kind.value, terms.term_label(kind, code), replace(ask, terms=kept)))
    return [
        Chip(field=field, label=label, query=searches.search_address(actor, "", ask_said(without)))
        for field, label, without in found
    ]
