"""The first free time over all therapists who fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as accounts_selectors
from accounts.types import GENDERS, TERMS, DirectoryAsk, RoleName, TermKind
from bloom.kernel import clock, searches
from bloom.kernel.actor import Actor
from scheduling import selectors, services
from scheduling.types import WAITLIST_TERMS, Mode

SHOWN, SHOWN_MOST = 20, 100
_KINDS = {
    TermKind.SPECIALTY: gettext_lazy("What it is about"),
    TermKind.INSURANCE: gettext_lazy("Insurance"),
    TermKind.LANGUAGE: gettext_lazy("Language"),
    TermKind.MODALITY: gettext_lazy("Way of working"),
}
_NAMES = (*(kind.value for kind in _KINDS), "gender", "mode")
_MODES = {Mode.TELEHEALTH: gettext_lazy("By video"), Mode.IN_PERSON: gettext_lazy("In person")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Something that narrows what is found: its name in the form, its words, and what can be chosen."""

    name: str
    label: Any
    choices: list[tuple[str, str]]
    chosen: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def slots_first(request: Any) -> HttpResponse:
    """Of the therapists who fit, the first time of each, soonest first, in the reader's own zone. What they
    are to fit is sent as a form and stands sealed in the address.
    """
    actor = request.actor
    search = searches.search_read(request, _NAMES)
    filters = _filters(search.said)
    chosen = {each.name: each.chosen for each in filters if each.chosen}
    if not search.is_settled:
        return redirect(searches.search_address(actor, request.path, chosen.items()))
    services.look_count(actor)
    shown = SHOWN_MOST if request.GET.get("all") == "1" else SHOWN
    mode = Mode(chosen["mode"]) if "mode" in chosen else None
    ask = DirectoryAsk(
        terms={kind: (chosen[kind.value],) for kind in _KINDS if kind.value in chosen},
        genders=(chosen["gender"],) if "gender" in chosen else (),
    )
    found = selectors.slot_first_free(actor, ask, at=clock.now(), mode=mode, limit=shown + 1)
    context = {
        "filters": filters,
        "is_narrowed": bool(chosen),
        "found": found[:shown],
        "has_more": len(found) > shown and shown < SHOWN_MOST,
        "more": searches.search_address(actor, request.path, chosen.items(), all="1"),
        "wait": _wait_address(actor, chosen),
        "mode": mode.value if mode else "",
        "zone": accounts_selectors.profile_get(actor).time_zone,
    }
    return render(request, "scheduling/slots_first.html", context)


def _wait_address(actor: Actor, chosen: Mapping[str, str]) -> str:
    """Where a patient waits for whoever fits; empty where they named nothing by which one waits."""
    terms = [(kind.value, chosen[kind.value]) for kind in WAITLIST_TERMS if kind.value in chosen]
    if not terms or not actor.has_role(RoleName.PATIENT):
        return ""
    return searches.search_address(actor, reverse("waitlist_join"), terms)


def _filters(said: Any) -> list[Filter]:
    """What can be chosen, and what is. Codes that are none are left out: old addresses still lead here."""
    found = [
        Filter(
            name=kind.value,
            label=label,
            choices=_sorted(TERMS[kind]) if kind is not TermKind.LANGUAGE else _worded(TERMS[kind]),
            chosen=_known(said.get(kind.value, ""), TERMS[kind]),
        )
        for kind, label in _KINDS.items()
    ]
    genders = Filter(
        name="gender",
        label=gettext_lazy("Therapist’s gender"),
        choices=_worded(GENDERS),
        chosen=_known(said.get("gender", ""), GENDERS),
    )
    modes = Filter(
        name="mode",
        label=gettext_lazy("How you meet"),
        choices=[(mode.value, str(words)) for mode, words in _MODES.items()],
        chosen=_known(said.get("mode", ""), {mode.value: "" for mode in Mode}),
    )
    return [found[0], modes, *found[1:], genders]


def _known(code: str, codes: Mapping[str, str]) -> str:
    return code if code in codes else ""


def _worded(codes: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(code, gettext(label)) for code, label in codes.items()]


def _sorted(codes: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(_worded(codes), key=lambda pair: pair[1])
