"""Every test here runs against real tables; those that commit are undone by a flush."""

import pytest

from bloom.kernel.testing import fresh_vault, network_guard, retry_once
from messaging import names, rooms
from observability.testing import flush_lifts_append_only

__all__ = ["flush_lifts_append_only", "fresh_vault", "network_guard", "retry_once"]


@pytest.fixture(autouse=True)
def fresh_memory():
    """What the process remembers of rooms and names is gone with the rows that a test made."""
    rooms._rooms.clear()
    names._names.clear()
