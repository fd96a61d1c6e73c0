"""What Django and allauth tell us: each signal calls one service, which writes the record."""

from typing import Any
from uuid import UUID

from accounts import devices, factors, providers, requests, selectors, services, sessions
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via


def _actor(request: Any) -> Actor:
    """Who asks; by the session as it is now, because signing in changes it."""
    if request is None or not request.META:
        return Actor.anonymous(via=Via.WEB)
    return getattr(request, "actor", None) or Actor.anonymous(**requests.where(request))


def user_logged_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """django.contrib.auth: a session begins; it acts for the person's first practice until they choose."""
    practice_id = selectors.practice_default(_actor(request), user.id)
    if practice_id is not None:
        request.session[sessions.PRACTICE_KEY] = str(practice_id)
    if request.session.session_key is None:
        request.session.create()
    at = clock.now()
    actor = _actor(request)
    method = factors.sign_in_note(request, user)
    request.session[sessions.METHOD_KEY] = method.value
    request.session[sessions.IP_KEY] = actor.ip
    request.session[sessions.DEVICE_KEY] = actor.device
    session_id = sessions.session_id(request.session.session_key)
    services.session_started(actor, user.id, session_id, method, at=at)
    devices.device_remember(request, actor, user, tell=True, at=clock.now())
    providers.linking_finish(request, actor, user)


def user_logged_out(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """django.contrib.auth: a session ends (Django flushes it after this)."""
    actor = _actor(request)
    if actor.is_authenticated and actor.session_id:
        services.session_end(actor, UUID(actor.session_id), at=clock.now())


def user_login_failed(sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
    """django.contrib.auth: an address and a password that do not belong together."""
    email = credentials.get("email") or credentials.get("username") or ""
    services.sign_in_failed(_actor(request), str(email), at=clock.now())


def password_changed(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """allauth: a new password, by somebody who is signed in and stays so in this browser. Their form has left
    on the request whether tokens stay.
    """
    keep = sessions.session_id(request.session.session_key) if request.session.session_key else None
    keep_tokens = getattr(request, "keeps_tokens", False)
    services.password_changed(
        _actor(request), user.id, keep_session=keep, keep_tokens=keep_tokens, at=clock.now()
    )


def password_reset(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """allauth: a new password, by mail: whoever reads it may sign in here, whatever others try elsewhere."""
    actor, at = _actor(request), clock.now()
    # The mail that allauth writes next says what ended (adapters).
    request.tokens_ended = services.password_reset(actor, user.id, at=at)
    devices.device_remember(request, actor, user, tell=False, at=at)


def email_confirmed(sender: Any, request: Any, email_address: Any, **kwargs: Any) -> None:
    """allauth: an address was shown to be its person's."""
    services.email_verified(_actor(request), email_address.user_id, at=clock.now())


def authenticator_used(
    sender: Any, request: Any, user: Any, authenticator: Any, reauthenticated: bool, **kwargs: Any
) -> None:
    """allauth: a passkey was shown. By whom is signed in, it counts from now; on the way in, from then on."""
    if reauthenticated:
        factors.factor_shown(request, clock.now(), authenticator.pk)
