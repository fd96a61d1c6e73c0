"""Who may open a socket: the Origin, then the session's cookie or a ticket. Reads the scope, asks nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from bloom.kernel import network

SUBPROTOCOL = "bloom.v1"
TICKET_PREFIX = "ticket."
DEVICE_LENGTH = 200
_JOINTS = {"cookie": "; ", "x-forwarded-for": ","}
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What the opening request says. `origin_is_ours` is None when there is no Origin (not a browser)."""

    origin_is_ours: bool | None
    subprotocol: str | None
    subprotocol_is_known: bool
    ticket: str | None
    session_key: str | None
    request_id: UUID
    traceparent: str | None
    ip: str | None
    device: str


def handshake_read(scope: Mapping[str, Any]) -> Handshake:
    """Read a websocket scope."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        # A header that comes twice counts as its first, except those that may be split.
        joint = _JOINTS.get(key)
        headers[key] = f"{headers[key]}{joint}{text}" if joint and key in headers else headers.get(key, text)
    offered = list(scope.get("subprotocols") or ())
    known = SUBPROTOCOL in offered
    tickets = [each.removeprefix(TICKET_PREFIX) for each in offered if each.startswith(TICKET_PREFIX)]
    return Handshake(
        origin_is_ours=_origin_is_ours(headers, scope) if "origin" in headers else None,
        subprotocol=SUBPROTOCOL if known else None,
        subprotocol_is_known=known or not offered,
        ticket=tickets[0] if tickets else None,
        session_key=parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME),
        request_id=_uuid(headers.get("x-request-id")),
        traceparent=headers.get("traceparent"),
        ip=_ip(headers, scope),
        device=headers.get("user-agent", "")[:DEVICE_LENGTH],
    )


def _origin_is_ours(headers: Mapping[str, str], scope: Mapping[str, Any]) -> bool:
    """An origin is ours when settings name it, or when it is the very host that was asked for, by the same
    scheme, and that host is one of ours (a rebound name is not).
    """
    origin = headers["origin"]
    if origin in settings.SITE_ORIGINS:
        return True
    host = headers.get("host", "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    secure = scope.get("scheme") == "wss" or (
        bool(settings.TRUSTED_PROXIES) and headers.get("x-forwarded-proto") == "https"
    )
    return _place(origin) == _place(f"{'https' if secure else 'http'}://{host}")


def _place(origin: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(origin)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path or parts.query or parts.username:
            return None
        return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]
    except ValueError:
        return None


def _uuid(raw: str | None) -> UUID:
    try:
        return UUID(raw or "")
    except ValueError:
        return uuid4()


def _ip(headers: Mapping[str, str], scope: Mapping[str, Any]) -> str | None:
    client = scope.get("client")
    return network.client_address(
        client[0] if client else None,
        headers.get("x-forwarded-for", ""),
        trusted_proxies=settings.TRUSTED_PROXIES,
    )
