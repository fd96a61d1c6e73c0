"""Addresses of the socket's room, below `/api/v1/`, and the socket itself."""

from django.urls import path

from bloom.realtime import api
from bloom.realtime.consumer import SocketConsumer

urlpatterns = [path("realtime/tickets/", api.TicketsView.as_view(), name="realtime-tickets")]
websocket_urlpatterns = [path("ws/v1/", SocketConsumer.as_asgi(), name="socket")]
