"""Bloom's ASGI application with the board plugged in: what the test servers run."""

from bloom.asgi import application
from bloom.realtime import presence, presence_watch
from bloom.realtime.tests import board

board.register()
# Nobody wants to wait a minute for a process that died.
presence.LASTS_SECONDS, presence.GRACE_SECONDS = 8.0, 3.0
presence.AGAIN_SECONDS = presence.RENEW_SECONDS = 0.2
presence_watch.GATHER_SECONDS, presence_watch.SWEEP_SECONDS = 0.05, 0.3

__all__ = ["application"]
