"""What accounts puts on the first page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import is_valid_path, reverse
from django.utils.translation import gettext_lazy as _

from accounts import roles, selectors
from accounts.types import (
    FirstStep,
    FirstSteps,
    ListingState,
    PracticeMay,
    RoleName,
    StepFacts,
    StepKey,
)
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.registry import Card, Step

# Pages whose sections appear as soon as they have been built.
_PROFILE, _CONNECTIONS = "/settings/profile/", "/connections/"
_LISTING_TITLES = {
    ListingState.AWAITING: _("We are checking your license"),
    ListingState.REFUSED: _("Your listing needs another look"),
}


@dataclass(frozen=True, slots=True)
class _Said:
    """A step in words: what it is, why or what comes of it, and where it is done."""

    title: Any
    text: Any
    path: str = ""
    label: Any = ""


def first_steps(actor: Actor, at: datetime) -> Card | None:
    """The way of a patient to their first therapist and session, and of a therapist to their first patient;
    once that is done or put away, only what became of the check of a listing.
    """
    found = selectors.first_steps_get(actor)
    if found is None:
        return None
    steps = [] if found.is_put_away else _steps(actor, found, at)
    if all(step.is_done for step in steps):
        return _listing(found.facts.listing)
    if found.facts.has_care:
        title = _("Your first steps")
    elif actor.has_role(RoleName.THERAPIST):
        title = _("Your way to the first patient")
    else:
        title = _("Your way to a therapist")
    # The first that this person can do something about stands out.
    following = next((step for step in steps if not step.is_done and not step.waits), None)
    return Card(
        key="first_steps",
        title=title,
        template="accounts/cards/first_steps.html",
        context={
            "steps": [{"said": step, "is_next": step is following} for step in steps],
            "done": sum(step.is_done for step in steps),
            "count": len(steps),
        },
    )


def workplace(actor: Actor, at: datetime) -> Card | None:
    """What somebody without a role of the platform finds first: their practice and what they may do there, or
    kind words when they work nowhere.
    """
    if actor.roles:
        return None
    here = next((each for each in selectors.practices_own(actor) if each.is_current), None)
    if here is None:
        title = _("You work in no practice now")
        return Card(key="workplace", title=title, template="accounts/cards/workplace.html", context={})
    rows = [
        {
            "icon": icon,
            "title": title,
            "text": text,
            "path": reverse(name, args=[here.id]),
        }
        for may, icon, title, text, name in (
            (PracticeMay.SEE_PATIENTS, "users", _("Patients"), _("Their names."), "practice_patients"),
            (
                PracticeMay.SEE_BILLING,
                "credit-card",
                _("Billing"),
                _("Its identity."),
                "practice_billing",
            ),
            (PracticeMay.SEE_MEMBERS, "house", _("Locations"), _("Where it is."), "practice_locations"),
            (PracticeMay.SEE_MEMBERS, "user-round", _("People"), _("Who works there."), "practice_members"),
        )
        if may in here.may
    ]
    return Card(
        key="workplace",
        title=here.name,
        template="accounts/cards/workplace.html",
        context={"practice": here, "rows": rows},
    )


def staff_waiting(actor: Actor, at: datetime) -> Card | None:
    """What waits for platform staff, each with where it is seen to."""
    if not actor.has_role(*roles.STAFF_ROLES):
        return None
    found = selectors.staff_waiting_get(actor)
    people = reverse("admin:accounts_user_changelist")
    rows = (
        {
            "count": found.listings,
            "icon": "stethoscope",
            "title": _("Therapists to verify"),
            "text": _("The registry was not sure, or has not answered yet.")
            if actor.has_role(RoleName.ADMIN)
            else _("An administrator decides; you can see what the check found."),
            "path": f"{reverse('admin:accounts_listing_changelist')}?state__exact={ListingState.AWAITING}",
        },
        {
            "count": found.requests,
            "icon": "heart-handshake",
            "title": _("Requests for care"),
            "text": _("A patient or a therapist has not answered yet."),
            "path": f"{reverse('admin:accounts_proposal_changelist')}?open=yes",
        },
        {
            "count": found.without_factor,
            "icon": "key-round",
            "title": _("Without a second step"),
            "text": _("Their role asks for one; they add it at their next sign-in."),
            "path": f"{people}?factor=missing",
        },
    )
    return Card(
        key="staff_waiting",
        title=_("What waits"),
        template="accounts/cards/staff_waiting.html",
        context={"rows": rows, "is_quiet": not any(row["count"] for row in rows)},
    )


def _listing(state: ListingState | None) -> Card | None:
    if state not in _LISTING_TITLES:
        return None
    return Card(
        key="listing",
        title=_LISTING_TITLES[state],
        template="accounts/cards/listing.html",
        context={"state": state},
    )


def _steps(actor: Actor, found: FirstSteps, at: datetime) -> list[Step]:
    """The account's own steps, and among them those of other rooms."""
    steps = [_in_words(step, found.facts) for step in found.steps]
    for step in [provide(actor, at) for _key, provide in registry.first_step.items()]:
        if step is not None:
            place = next((nr for nr, each in enumerate(steps) if each.key == step.before), len(steps))
            steps.insert(place, step)
    return steps


def _in_words(step: FirstStep, facts: StepFacts) -> Step:
    said = _said(step, facts)
    return Step(
        key=step.key.value,
        title=said.title,
        text=said.text,
        path=said.path,
        label=said.label,
        is_done=step.is_done,
        waits=step.waits,
    )


def _said(step: FirstStep, facts: StepFacts) -> _Said:
    match step.key:
        case StepKey.EMAIL:
            title = _("Confirm your email address")
            return _Said(title, _("So that we reach you."), reverse("email"), _("Confirm"))

        case StepKey.PROFILE:
            return _Said(
                _("Your name and time zone"),
                _("Times are shown as on your clock."),
                _PROFILE if is_valid_path(_PROFILE) else "",
                _("Set them"),
            )
        case StepKey.PASSKEY:
            return _Said(
                _("Protect your account with a passkey"),
                _("Sign in with your fingerprint, your face or your device. There is no password to steal."),
                reverse("security_passkey"),
                _("Add a passkey"),
            )
        case StepKey.FACTOR:
            return _Said(
                _("A second step at sign-in"),
                _("Your patients’ records deserve more than a password."),
                reverse("security"),
                _("Set it up"),
            )
        case StepKey.ASK:
            return _Said(
                _("Find a therapist and ask to connect"),
                _("Look for somebody who fits, and write them a line."),
                reverse("therapists"),
                _("Find a therapist"),
            )
        case StepKey.ANSWER:
            return _answer(facts)
        case StepKey.LISTING:
            return _own_listing(facts)
        case StepKey.PRACTICE:
            return _Said(
                _("Your practice’s details"),
                _("Where it is, and who it is to payers: what appointments and claims need."),
                reverse("practice_here"),
                _("Fill them in"),
            )
        case StepKey.CHECK:
            return _check(facts)
        case StepKey.PATIENT:
            return _patient(facts)


def _connections(label: Any) -> tuple[str, Any]:
    return (_CONNECTIONS, label) if is_valid_path(_CONNECTIONS) else ("", "")


def _answer(facts: StepFacts) -> _Said:
    title = _("Your therapist says yes")
    if facts.asks_you:
        return _Said(
            title, _("A therapist has been proposed to you. It is your turn."), *_connections(_("Answer"))
        )
    if facts.asked:
        return _Said(
            title, _("Asked. They have fourteen days to answer."), *_connections(_("See your request"))
        )
    return _Said(title, _("Then you can write to each other here."))


def _own_listing(facts: StepFacts) -> _Said:
    title = _("Tell patients how you work")
    if facts.listing is ListingState.REFUSED:
        return _Said(
            title,
            _("Somebody has looked at it, and wrote what is missing."),
            reverse("listing_settings"),
            _("Read it"),
        )
    label = _("Go on where you were") if facts.listing is ListingState.DRAFT else _("Begin")
    text = _("Your license, your NPI and what you help with: three minutes.")
    return _Said(title, text, reverse("welcome_listing"), label)


def _check(facts: StepFacts) -> _Said:
    title = _("We check your license")
    if facts.listing is ListingState.AWAITING:
        return _Said(
            title,
            _("We are comparing it with the national registry. You get a mail, often within a minute."),
            reverse("listing_settings"),
            _("See your entry"),
        )
    return _Said(title, _("Follows by itself once you have sent your entry. Then patients find you."))


def _patient(facts: StepFacts) -> _Said:
    title = _("Your first patient")
    if facts.asks_you:
        return _Said(title, _("Somebody asks for your care."), *_connections(_("Read and answer")))
    return _Said(title, _("Who finds you in the directory can ask for your care; you see it here."))
