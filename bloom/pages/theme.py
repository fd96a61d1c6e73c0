"""Light, dark, or as the machine has it: a choice in a cookie, read before the first byte of a page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "bloom_theme"
THEMES = ("system", "light", "dark")
_ONE_YEAR = 365 * 24 * 3600


def chosen(request: HttpRequest) -> str:
    """The visitor's theme; whatever else the cookie says is `system`."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else "system"


def keep(response: HttpResponse, theme: str) -> None:
    """Remember `theme` for a year. Scripts may write this cookie too (assets/js/ui/theme.js)."""
    response.set_cookie(
        COOKIE, theme, max_age=_ONE_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
