"""Browsers that a person has signed in with before, known by a cookie; for the doors.

The cookie opens nothing. It tells the owner of an account from somebody who guesses: each known browser has
tries of its own, so that whoever types wrong passwords elsewhere locks out nobody but themselves (OWASP,
"Slow Down Online Guessing Attacks with Device Cookies").
"""

import re
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings

from accounts import selectors, services
from bloom.kernel.actor import Actor

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")


def cookie_of(request: Any) -> str:
    """The browser's cookie; "" when it brings none, or nonsense."""
    raw = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    return raw if _COOKIE.fullmatch(raw) else ""


def device_remember(request: Any, actor: Actor, user: Any, *, tell: bool, at: datetime) -> None:
    """This person is known in this browser from now on. With `tell`, they are told where they were known in
    others only.
    """
    cookie = cookie_of(request) or getattr(request, "device_cookie", "") or secrets.token_urlsafe(32)
    request.device_cookie = cookie
    services.device_note(actor, user.id, selectors.device_hash(cookie), at=at, tell=tell)


def cookie_set(request: Any, response: Any) -> None:
    """Give the browser its cookie, when it became known in this request."""
    cookie = getattr(request, "device_cookie", "")
    if cookie:
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME,
            cookie,
            max_age=settings.DEVICE_COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
