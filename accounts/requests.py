"""What a request says about where it comes from; for the doors."""

from typing import Any
from uuid import UUID

from django.conf import settings

from bloom.kernel.actor import Via

DEVICE_LENGTH = 200


def where(request: Any) -> dict[str, Any]:
    """What an actor carries of the request through which it came."""
    request_id = getattr(request, "request_id", None)
    return {
        "via": _via(request.path),
        "request_id": request_id if isinstance(request_id, UUID) else None,
        "ip": ip_of(request),
        "device": request.headers.get("User-Agent", "")[:DEVICE_LENGTH],
    }


def ip_of(request: Any) -> str | None:
    """The client's address: as the outermost of our own proxies saw it, when there are any.

    `X-Forwarded-For` is only believed as far as those proxies wrote it (settings.TRUSTED_PROXIES).
    """
    count = settings.TRUSTED_PROXIES
    if count:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= count and hops[-count]:
            return hops[-count]
    return request.META.get("REMOTE_ADDR") or None


def _via(path: str) -> Via:
    if path.startswith("/api/"):
        return Via.API
    return Via.ADMIN if path.startswith("/admin/") else Via.WEB
