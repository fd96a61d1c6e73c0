"""Bloom's ASGI application with the board plugged in: what the test servers run."""

from bloom.asgi import application
from bloom.realtime.tests import board

board.register()

__all__ = ["application"]
