"""Addresses of the socket's room, below `/api/v1/`, and the socket itself."""

from typing import Any, cast

from django.urls import path, re_path

from bloom.realtime import api
from bloom.realtime.consumer import SocketConsumer


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """Refuse a socket at any other address (HTTP 403)."""
    await receive()
    await send({"type": "websocket.close"})


urlpatterns = [path("realtime/tickets/", api.TicketsView.as_view(), name="realtime-tickets")]
websocket_urlpatterns: list[Any] = [
    path("ws/v1/", SocketConsumer.as_asgi(), name="socket"),
    re_path("", cast(Any, nowhere)),
]
