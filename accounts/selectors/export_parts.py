"""What accounts puts into the copy of somebody's data, part by part."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import copy_words, terms
from accounts.models import KnownDevice, Session, User
from accounts.role_words import ROLE_WORDS
from accounts.scope_words import scope_words
from accounts.selectors.assignments import assignment_list
from accounts.selectors.factors import recovery_codes_get, security_get
from accounts.selectors.listings import listing_own
from accounts.selectors.notices import notice_choices, notice_list
from accounts.selectors.people import profile_get
from accounts.selectors.proposals import proposal_list
from accounts.selectors.providers import connected_get
from accounts.selectors.sessions import activity_list
from accounts.selectors.tokens import token_list
from accounts.types import (
    FactorKind,
    ListingState,
    NoticeChannel,
    TermKind,
)
from accounts.useragents import device_words
from bloom.files import selectors as files_selectors
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from bloom.kernel.money_words import money_words
from bloom.kernel.pages import items_all
from bloom.kernel.registry import ExportPart

_AT_ONCE = 200
PHOTO_FILE = "photo.webp"


def export_parts(actor: Actor) -> Iterator[ExportPart]:
    """What accounts keeps about the actor (registry.export)."""
    yield ExportPart(
        name="profile",
        title=_("You"),
        rows=lambda: _profile(actor),
        files=lambda: _photo(actor),
        labels={
            "name": _("Legal name"),
            "preferred_name": _("Preferred name"),
            "pronouns": _("Pronouns"),
            "email": _("Email address"),
            "photo": _("Photo, a file of this copy"),
            "time_zone": _("Time zone"),
            "language": _("Language"),
            "roles": _("What you are in Bloom"),
            "practices": _("Where you work"),
            "notices": _("What Bloom tells you of"),
            "member_since": _("Here since"),
        },
        says={
            "time_zone": lambda name: name.replace("_", " "),
            "language": lambda code: dict(settings.LANGUAGES).get(code, code),
            "roles": lambda names: [ROLE_WORDS[name] for name in names],
            "notices": lambda chosen: _notices_said(actor, chosen),
        },
    )
    yield ExportPart(
        name="connected_accounts",
        title=_("Connected accounts"),
        rows=lambda: _connected(actor),
        labels={
            "with": _("With"),
            "address_there": _("Your address there"),
            "connected": _("Connected"),
            "last_used": _("Last used"),
        },
    )
    yield ExportPart(
        name="directory_entry",
        title=_("Your entry in the directory"),
        rows=lambda: _directory_entry(actor),
        labels={
            "state": _("Where it stands"),
            "hidden": _("Hidden by you"),
            "headline": _("In one line"),
            "approach": _("How you work"),
            "specialties": _("What it is about"),
            "modalities": _("Your ways of working"),
            "languages": _("Languages"),
            "formats": _("Where you meet"),
            "insurance": _("Insurance you accept"),
            "takes_new_patients": _("Takes new patients"),
            "fee_from": _("Fee per session, from"),
            "fee_to": _("Fee per session, up to"),
            "sliding_scale": _("Places on a sliding scale"),
            "city": _("City"),
            "state_of_practice": _("State"),
            "in_practice_since": _("In practice since"),
            "gender": _("Gender"),
            "licenses": _("Licenses"),
            "npi": "NPI",
            "refusal": _("What was wrong with it"),
            "sent": _("Sent to be checked"),
            "verified": _("Verified"),
        },
        says={
            "state": lambda state: copy_words.LISTING_STATES[ListingState(state)],
            "specialties": partial(terms.term_labels, TermKind.SPECIALTY),
            "modalities": partial(terms.term_labels, TermKind.MODALITY),
            "languages": partial(terms.term_labels, TermKind.LANGUAGE),
            "formats": partial(terms.term_labels, TermKind.FORMAT),
            "insurance": partial(terms.term_labels, TermKind.INSURANCE),
            "state_of_practice": lambda code: terms.state_name(code) if code else "",
            "gender": lambda code: dict(terms.gender_choices()).get(code, code),
            "licenses": lambda held: [
                f"{terms.licence_label(each['type'])} · {terms.state_name(each['state'])} · {each['number']}"
                for each in held
            ],
        },
    )
    yield ExportPart(
        name="second_factors",
        title=_("Passkeys and codes"),
        rows=lambda: _second_factors(actor),
        labels={
            "kind": _("What"),
            "name": _("Name"),
            "maker": _("Maker"),
            "is_synced": _("Synced to your other devices"),
            "uses": _("Uses that it counts itself"),
            "left": _("Left"),
            "used": _("Used up"),
            "added": _("Added"),
            "last_used": _("Last used"),
        },
        says={"kind": lambda kind: copy_words.FACTORS[FactorKind(kind)]},
    )
    yield ExportPart(
        name="care",
        title=_("Care"),
        rows=lambda: _care(actor),
        labels={
            "patient": _("Patient"),
            "therapist": _("Therapist"),
            "from": _("Began"),
            "until": _("Ended"),
            "reason": _("Why it began"),
            "reason_of_the_end": _("Why it ended"),
        },
    )
    yield ExportPart(
        name="requests",
        title=_("Requests for care"),
        rows=lambda: _requests(actor),
        labels={
            "patient": _("Patient"),
            "therapist": _("Therapist"),
            "state": _("Where it stands"),
            "message": _("What was written with it"),
            "agreement": _("What the patient wrote to their yes"),
            "answer": _("The answer"),
            "asked": _("Asked"),
            "answered": _("Answered, or over"),
        },
        says={"state": lambda state: copy_words.PROPOSAL_STATES[state]},
    )
    yield ExportPart(
        name="devices",
        title=_("Signed-in devices"),
        rows=lambda: _devices(actor),
        labels={
            "device": _("Device"),
            "address": _("From the internet address"),
            "from": _("Signed in"),
            "last_seen": _("Last seen"),
        },
        says={"device": device_words},
    )
    yield ExportPart(
        name="known_browsers",
        title=_("Browsers that you have signed in with"),
        rows=lambda: _known_browsers(actor),
        labels={"first": _("First"), "last": _("Last")},
    )
    yield ExportPart(
        name="tokens",
        title=_("API tokens"),
        rows=lambda: _tokens(actor),
        labels={
            "name": _("Name"),
            "scopes": _("What it may do"),
            "made": _("Made"),
            "ends": _("Ends"),
            "revoked": _("Revoked"),
            "last_used": _("Last used"),
        },
        says={"scopes": lambda scopes: [scope_words(scope) for scope in scopes]},
    )
    yield ExportPart(
        name="notices",
        title=_("Notifications"),
        rows=lambda: _notices(actor),
        labels={"what": _("What"), "more": _("More"), "when": _("When"), "read": _("Read")},
    )
    yield ExportPart(
        name="activity",
        title=_("Sign-in activity"),
        rows=lambda: _activity(actor),
        labels={
            "what": _("What"),
            "when": _("When"),
            "device": _("Device"),
            "address": _("From the internet address"),
        },
    )


def _notices_said(actor: Actor, chosen: Mapping[str, bool]) -> list[str]:
    """The kinds that somebody is told of, each with the ways."""
    ways = {NoticeChannel.APP: _("in Bloom"), NoticeChannel.EMAIL: _("by mail")}
    told: dict[str, list[str]] = {}
    for view in notice_choices(actor):
        if chosen.get(view.key):
            told.setdefault(str(view.title), []).append(ways[view.channel])
    return [f"{title} ({' + '.join(each)})" for title, each in told.items()]


def _profile(actor: Actor) -> Iterator[Mapping[str, Any]]:
    profile = profile_get(actor)
    person = User.objects.get(id=profile.id)
    yield {
        "id": profile.id,
        "name": profile.name,
        "preferred_name": profile.preferred_name,
        "pronouns": profile.pronouns,
        "email": profile.email,
        "photo": PHOTO_FILE if profile.photo_id else None,
        "time_zone": profile.time_zone,
        "language": profile.locale,
        "roles": list(profile.roles),
        "practices": [practice.name for practice in profile.practices],
        "notices": {view.key: view.is_wanted for view in notice_choices(actor)},
        "member_since": person.date_joined,
    }


def _photo(actor: Actor) -> Iterator[tuple[str, bytes]]:
    photo_id = profile_get(actor).photo_id
    if photo_id is not None:
        try:
            content = files_selectors.file_content(photo_id).content
        except NotFound:
            # The file is lost; the rest is not.
            return
        yield PHOTO_FILE, content


def _connected(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for row in connected_get(actor).rows:
        if row.link is not None:
            yield {
                "with": row.provider.label,
                "address_there": row.link.email,
                "connected": row.link.linked_at,
                "last_used": row.link.last_used_at,
            }


def _directory_entry(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """What a therapist tells of themselves, and how far its check is."""
    own = listing_own(actor)
    if own is None:
        return
    view = own.view
    yield {
        "state": own.state,
        "hidden": own.is_hidden,
        "headline": view.headline,
        "approach": view.approach,
        "specialties": list(view.specialties),
        "modalities": list(view.modalities),
        "languages": list(view.languages),
        "formats": list(view.formats),
        "insurance": list(view.insurance),
        "takes_new_patients": view.accepts_new,
        "fee_from": money_words(view.fee_from) if view.fee_from else None,
        "fee_to": money_words(view.fee_to) if view.fee_to else None,
        "sliding_scale": view.sliding_scale,
        "city": view.city,
        "state_of_practice": view.region,
        "in_practice_since": view.practising_since,
        "gender": view.gender,
        "licenses": [
            {"type": each.type, "state": each.state, "number": each.number} for each in view.licences
        ],
        "npi": own.npi,
        "refusal": own.refusal,
        "sent": own.submitted_at,
        "verified": view.verified_at,
    }


def _known_browsers(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for row in KnownDevice.objects.visible_to(actor).order_by("first_at"):
        yield {"first": row.first_at, "last": row.last_at}


def _second_factors(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """What is held and how it was used; never what it is checked with."""
    security = security_get(actor)
    for each in security.factors:
        yield {
            "kind": each.kind,
            # Only passkeys have names.
            "name": each.name if each.kind is FactorKind.PASSKEY else None,
            "maker": each.maker,
            "is_synced": each.is_synced if each.kind is FactorKind.PASSKEY else None,
            "uses": each.uses,
            "added": each.created_at,
            "last_used": each.last_used_at,
        }
    codes = recovery_codes_get(actor)
    if codes is not None:
        yield {
            "kind": FactorKind.RECOVERY_CODE,
            "left": codes.left,
            "used": codes.used,
            "added": codes.made_at,
            "last_used": codes.last_used_at,
        }


def _care(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in items_all(lambda cursor: assignment_list(actor, limit=_AT_ONCE, cursor=cursor)):
        if actor.user_id in {each.patient.id, each.therapist.id}:
            yield {
                "patient": each.patient.name,
                "therapist": each.therapist.name,
                "from": each.started_at,
                "until": each.ended_at,
                "reason": each.reason,
                "reason_of_the_end": each.end_reason,
            }


def _requests(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in items_all(lambda cursor: proposal_list(actor, limit=_AT_ONCE, cursor=cursor)):
        # The owner of a practice sees what others ask of each other.
        if actor.user_id not in {each.patient.id, each.therapist.id, each.proposed_by.id}:
            continue
        yield {
            "patient": each.patient.name,
            "therapist": each.therapist.name,
            "state": each.state,
            "message": each.message,
            "agreement": each.agreement,
            "answer": each.answer,
            "asked": each.created_at,
            "answered": each.closed_at,
        }


def _devices(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for row in Session.objects.filter(user_id=actor.require_user()).order_by("started_at"):
        yield {"device": row.device, "address": row.ip, "from": row.started_at, "last_seen": row.seen_at}


def _tokens(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in token_list(actor, at=clock.now()):
        yield {
            "name": each.name,
            "scopes": list(each.scopes),
            "made": each.created_at,
            "ends": each.expires_at,
            "revoked": each.revoked_at,
            "last_used": each.last_used_at,
        }


def _notices(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in items_all(lambda cursor: notice_list(actor, limit=_AT_ONCE, cursor=cursor)):
        yield {"what": each.said.title, "more": each.said.text, "when": each.created_at, "read": each.is_read}


def _activity(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in items_all(lambda cursor: activity_list(actor, limit=_AT_ONCE, cursor=cursor)):
        yield {"what": each.title, "when": each.at, "device": each.device, "address": each.ip}
