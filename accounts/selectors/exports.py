"""Copies of one's own data, and what accounts puts into them."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import links
from accounts.models import DataExport, Session, User
from accounts.selectors.assignments import assignment_list
from accounts.selectors.notices import notice_list
from accounts.selectors.people import profile_get
from accounts.selectors.proposals import proposal_list
from accounts.selectors.providers import connected_get
from accounts.selectors.sessions import activity_list
from accounts.selectors.tokens import token_list
from accounts.types import ExportState, ExportView
from bloom.files import selectors as files_selectors
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from bloom.kernel.pages import items_all
from bloom.kernel.registry import ExportPart

_LINK = "export"
_AT_ONCE = 200
PHOTO_FILE = "photo.webp"


def export_latest(actor: Actor) -> ExportView | None:
    """The copy that the actor asked for last."""
    mine = DataExport.objects.visible_to(actor).order_by("-asked_at", "-id").first()
    return export_view(mine) if mine else None


def export_view(export: DataExport) -> ExportView:
    """A copy as its person sees it."""
    ready = export.state == ExportState.READY
    return ExportView(
        id=export.id,
        state=ExportState(export.state),
        asked_at=export.asked_at,
        made_at=export.made_at,
        expires_at=export.expires_at,
        size=export.size,
        link=links.link_write(_LINK, export.id) if ready else "",
    )


def export_of_link(link: str) -> UUID | None:
    """Which copy a link is for; None for one that we did not sign."""
    return links.link_read(_LINK, link)


def export_parts(actor: Actor) -> Iterator[ExportPart]:
    """What accounts keeps about the actor (registry.export)."""
    yield ExportPart(
        name="profile", title=_("You"), rows=lambda: _profile(actor), files=lambda: _photo(actor)
    )
    yield ExportPart(name="connected_accounts", title=_("Connected accounts"), rows=lambda: _connected(actor))
    yield ExportPart(name="care", title=_("Care"), rows=lambda: _care(actor))
    yield ExportPart(name="requests", title=_("Requests for care"), rows=lambda: _requests(actor))
    yield ExportPart(name="devices", title=_("Signed-in devices"), rows=lambda: _devices(actor))
    yield ExportPart(name="tokens", title=_("API tokens"), rows=lambda: _tokens(actor))
    yield ExportPart(name="activity", title=_("Sign-in activity"), rows=lambda: _activity(actor))


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
        "notices": {view.key: view.is_wanted for view in notice_list(actor)},
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
        yield {
            "patient": each.patient.name,
            "therapist": each.therapist.name,
            "state": each.state,
            "message": each.message,
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


def _activity(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in items_all(lambda cursor: activity_list(actor, limit=_AT_ONCE, cursor=cursor)):
        yield {"what": each.title, "when": each.at, "device": each.device, "address": each.ip}
