"""What a request says about where it comes from; for the doors."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language

from bloom.kernel import network
from bloom.kernel.actor import Via

DEVICE_LENGTH = 200
# Set by assets/js/ui/unattended.js.
UNATTENDED = "X-Bloom-Unattended"


def where(request: Any) -> dict[str, Any]:
    """What an actor carries of the request through which it came."""
    request_id = getattr(request, "request_id", None)
    return {
        "via": _via(request.path),
        "request_id": request_id if isinstance(request_id, UUID) else None,
        "ip": ip_of(request),
        "device": request.headers.get("User-Agent", "")[:DEVICE_LENGTH],
    }


def is_unattended(request: Any) -> bool:
    """Whether a page asks by itself, as while it waits for something: nobody need be there.

    It is the page's own word, and can only shorten a session: who says it, is not seen by it.
    """
    return UNATTENDED in request.headers


def locale_now() -> str:
    """The language in which this request is answered."""
    language = (get_language() or "en").partition("-")[0]
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def ip_of(request: Any) -> str | None:
    """The client's address; see network.client_address."""
    return network.client_address(
        request.META.get("REMOTE_ADDR"),
        request.headers.get("X-Forwarded-For", ""),
        trusted_proxies=settings.TRUSTED_PROXIES,
    )


def place_of(request: Any) -> str:
    """What limits count as the client's address; see network.place."""
    return network.place(ip_of(request))


def _via(path: str) -> Via:
    if path.startswith("/api/"):
        return Via.API
    return Via.ADMIN if path.startswith("/admin/") else Via.WEB
