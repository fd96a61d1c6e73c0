"""Browsers that a person has signed in with before, known by a cookie; for the doors.

The cookie opens nothing. It tells the owner of an account from somebody who guesses: each known browser has
tries of its own, so that whoever types wrong passwords elsewhere locks out nobody but themselves (OWASP,
"Slow Down Online Guessing Attacks with Device Cookies").
"""

import re
import secrets
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import factors, selectors, services, useragents
from accounts.places import place_of
from bloom.kernel.actor import Actor

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")


def cookie_of(request: Any) -> str:
    """The browser's cookie; "" when it brings none, or nonsense."""
    raw = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    return raw if _COOKIE.fullmatch(raw) else ""


def device_remember(request: Any, actor: Actor, user: Any, *, tell: bool, at: datetime) -> None:
    """This person is known in this browser from now on. With `tell`, a mail says so where they were known in
    others only.
    """
    cookie = cookie_of(request) or getattr(request, "device_cookie", "") or secrets.token_urlsafe(32)
    request.device_cookie = cookie
    if services.device_note(actor, user.id, selectors.device_hash(cookie), at=at) and tell:
        _notice_send(user, actor, at)


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


def _notice_send(user: Any, actor: Actor, at: datetime) -> None:
    moment = date_format(at.astimezone(ZoneInfo(user.time_zone)), "j F Y, H:i")
    where = " · ".join(part for part in (place_of(actor.ip), actor.ip or "") if part)
    factors.notice_send(
        user,
        _("A new sign-in to your account"),
        _("%(device)s, %(moment)s (%(zone)s)%(where)s. If this was you, there is nothing to do.")
        % {
            "device": useragents.device_words(actor.device),
            "moment": moment,
            "zone": user.time_zone,
            "where": f", {where}" if where else "",
        },
    )
