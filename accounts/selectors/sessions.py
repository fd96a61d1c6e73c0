"""Where somebody is signed in, and what has happened to their way in."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import events, rules, useragents
from accounts.models import KnownDevice, Session
from accounts.places import place_of
from accounts.role_words import ROLE_WORDS
from accounts.roles import PRACTICE_STAFF
from accounts.selectors.cursors import cursor_parts
from accounts.selectors.factors import works_somewhere
from accounts.selectors.people import roles_of
from accounts.types import ActivityView, SessionOver, SessionView, SignInMethod
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.pages import Page
from observability import selectors as observability_selectors
from observability.types import EventView


def session_limits(roles: Iterable[str]) -> tuple[timedelta, timedelta]:
    """How long a session of somebody with these roles lasts unused, and altogether."""
    return rules.session_limits(settings.SESSION_LIMITS, roles)


def session_over(session: Session, *, at: datetime) -> SessionOver | None:
    """Why this session is over; None while it lasts."""
    person_id = session.user_id
    if person_id is None:
        return None
    held = roles_of(Actor.for_system("sessions"), [person_id]).get(person_id, frozenset())
    if works_somewhere(person_id):
        held |= {PRACTICE_STAFF}
    return rules.session_over(session.started_at, session.seen_at, session_limits(held), at)


def session_list(actor: Actor, *, at: datetime) -> list[SessionView]:
    """Where the actor is signed in now: this browser first, then the one seen last. One query."""
    limits = session_limits(actor.roles)
    rows = Session.objects.filter(user_id=actor.require_user(), expire_date__gt=at).order_by("-seen_at")
    views = [
        SessionView(
            id=UUID(row.session_key),
            device=useragents.device_words(row.device),
            ip=row.ip,
            place=place_of(row.ip),
            method=method_words(row.method),
            started_at=row.started_at,
            seen_at=row.seen_at,
            is_this=row.session_key == actor.session_id,
            is_seen_now=at - row.seen_at < timedelta(minutes=1),
        )
        for row in rows
        if row.started_at and row.seen_at and not rules.session_over(row.started_at, row.seen_at, limits, at)
    ]
    return sorted(views, key=lambda view: not view.is_this)


def method_words(method: str) -> str:
    """How somebody signed in, in words; "" when nobody knows."""
    words: dict[str, str] = {
        SignInMethod.PASSWORD: _("password"),
        SignInMethod.PASSKEY: _("passkey"),
        SignInMethod.GOOGLE: "Google",
        SignInMethod.ZOOM: "Zoom",
    }
    return words.get(method, "")


def device_hash(cookie: str) -> bytes:
    """What is kept of a browser's cookie."""
    return vault.keyed_hash("accounts.device", cookie)


def device_is_known(email: str, cookie: str) -> bool:
    """Has the person with this address signed in with this browser before? One query, whoever asks."""
    return (
        KnownDevice.objects.unscoped(reason="whether a browser knows a person, before they sign in")
        .filter(user__email=email, hash=device_hash(cookie))
        .exists()
    )


Words = Callable[[Mapping[str, Any]], str]

_FACTORS = {
    "totp": gettext_lazy("authenticator app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery code"),
}


def _factor(data: Mapping[str, Any]) -> str:
    return str(_FACTORS.get(data.get("kind", ""), _("second factor")))


def _signed_in(data: Mapping[str, Any]) -> str:
    method = method_words(data.get("method", ""))
    return _("Signed in with %(method)s") % {"method": method} if method else _("Signed in")


def _signed_out(data: Mapping[str, Any]) -> str:
    if data.get("over") == SessionOver.IDLE:
        return _("Signed out, because nobody was there for a while")
    if data.get("over") == SessionOver.OLD:
        return _("Signed out, because the session had lasted long enough")
    return _("Signed out")


def _role(data: Mapping[str, Any]) -> str:
    return str(ROLE_WORDS.get(data.get("role", ""), ""))


def _provider(data: Mapping[str, Any]) -> str:
    return method_words(data.get("provider", ""))


def _said(words: Any) -> Words:
    return lambda data: str(words)


# What a person is told of, by the name in the record; True: worth a second look when it was not they.
_ACTIVITY: dict[str, tuple[Words, bool]] = {
    "accounts.user.signed_up": (_said(gettext_lazy("Account made")), False),
    "accounts.session.started": (_signed_in, False),
    "accounts.session.ended": (_signed_out, False),
    "accounts.sign_in.failed": (_said(gettext_lazy("A wrong password was typed")), True),
    "accounts.sign_in.limited": (
        _said(gettext_lazy("Sign-in was refused after too many wrong passwords")),
        True,
    ),
    "accounts.device.added": (_said(gettext_lazy("First sign-in with this browser")), False),
    "accounts.password.changed": (_said(gettext_lazy("Password changed")), True),
    "accounts.password_change.failed": (
        _said(gettext_lazy("A wrong current password was typed with a new one")),
        True,
    ),
    "accounts.password_reset.asked": (_said(gettext_lazy("A new password was asked for by mail")), True),
    "accounts.password.reset": (_said(gettext_lazy("New password set by mail")), True),
    "accounts.email_code.failed": (_said(gettext_lazy("A wrong code from the mail was typed")), True),
    "accounts.email.verified": (_said(gettext_lazy("Email address confirmed")), False),
    "accounts.account.closing": (_said(gettext_lazy("Account set to close")), True),
    "accounts.account.kept": (_said(gettext_lazy("Account kept")), False),
    "accounts.email.changed": (_said(gettext_lazy("Email address changed")), True),
    "accounts.email_change.asked": (_said(gettext_lazy("Another email address was asked for")), True),
    "accounts.email_change.failed": (_said(gettext_lazy("A wrong code for the new address was typed")), True),
    "accounts.email_change.ended": (_said(gettext_lazy("The new address was not used")), False),
    "accounts.email.restored": (_said(gettext_lazy("Old email address put back from its own mail")), True),
    "accounts.factor.added": (lambda data: _("Added: %(factor)s") % {"factor": _factor(data)}, True),
    "accounts.factor.removed": (lambda data: _("Removed: %(factor)s") % {"factor": _factor(data)}, True),
    "accounts.factor.reset": (_said(gettext_lazy("Second factors reset by an administrator")), True),
    "accounts.factor.used": (lambda data: _("Shown: %(factor)s") % {"factor": _factor(data)}, False),
    "accounts.factor.failed": (_said(gettext_lazy("A wrong code or passkey was tried")), True),
    "accounts.factor.limited": (
        _said(gettext_lazy("Codes or passkeys were refused after too many tries")),
        True,
    ),
    "accounts.passkey.copied": (_said(gettext_lazy("A passkey was refused: it may be a copy")), True),
    "accounts.recovery_codes.made": (_said(gettext_lazy("New recovery codes made")), True),
    "accounts.token.issued": (_said(gettext_lazy("API token made")), True),
    "accounts.token.revoked": (_said(gettext_lazy("API token revoked")), False),
    "accounts.role.granted": (lambda data: _("Given a role: %(role)s") % {"role": _role(data)}, True),
    "accounts.role.revoked": (lambda data: _("Taken back: the role %(role)s") % {"role": _role(data)}, True),
    "accounts.provider.linked": (lambda data: _("Connected: %(who)s") % {"who": _provider(data)}, True),
    "accounts.provider.unlinked": (lambda data: _("Removed: %(who)s") % {"who": _provider(data)}, True),
    "accounts.provider.confirmed": (lambda data: _("Shown: %(who)s") % {"who": _provider(data)}, False),
    "accounts.provider_sign_in.refused": (
        lambda data: _("Refused: %(who)s") % {"who": _provider(data)},
        True,
    ),
}


def activity_list(actor: Actor, *, limit: int = 50, cursor: str | None = None) -> Page[ActivityView]:
    """What has happened to the actor's way in, newest first, by the record. One query, and one more where a
    session was ended from another device.
    """
    before: Any = cursor_parts(cursor, datetime.fromisoformat, UUID) if cursor else None
    found = observability_selectors.events_about(
        actor, actor.require_user(), names=_ACTIVITY, limit=limit + 1, before=before
    )
    shown = found[:limit]
    more = len(found) > limit
    ended = {each.object_id for each in shown if _is_ended_elsewhere(each)}
    devices = (
        observability_selectors.devices_of(
            actor, actor.require_user(), ended, begun=events.SessionStarted.name
        )
        if ended
        else {}
    )
    return Page(
        [_activity(each, devices) for each in shown],
        next=rules.cursor_write(shown[-1].at.isoformat(), str(shown[-1].id)) if more else None,
    )


def _is_ended_elsewhere(each: EventView) -> bool:
    """Was this session ended by its person from another one? What is recorded is where that was done."""
    is_own = each.actor_user_id == each.subject_id and bool(each.session_id)
    return each.name == events.SessionEnded.name and is_own and each.session_id != each.object_id.hex


def _activity(each: EventView, devices: Mapping[UUID, str]) -> ActivityView:
    words, is_warning = _ACTIVITY[each.name]
    title = words(each.data)
    if _is_ended_elsewhere(each):
        device = devices.get(each.object_id, "")
        title = (
            _("Signed out another device: %(device)s") % {"device": useragents.device_words(device)}
            if device
            else _("Signed out another device")
        )
    return ActivityView(
        title=title,
        at=each.at,
        device=useragents.device_words(each.device) if each.device else "",
        ip=each.ip,
        place=place_of(each.ip),
        is_warning=is_warning,
    )
