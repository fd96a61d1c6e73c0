"""What each test of scheduling has: nothing held, and vendors and calendars that answer over HTTP."""

from uuid import uuid4

import pytest

from bloom.kernel.sandbox import serving
from scheduling import holds
from scheduling.integrations import calls
from scheduling.integrations.outside.fake import CalendarsFake
from scheduling.tests.vendors import meet_served, zoom_served


@pytest.fixture(autouse=True)
def own_holds(monkeypatch):
    """Nothing is held when a test begins, and tests beside it neither hold nor forget anything here."""
    monkeypatch.setattr(holds, "_PREFIX", f"bloom:hold:{uuid4().hex}")


@pytest.fixture
def zoom(settings, monkeypatch):
    """Zoom, which is asked again without a long pause."""
    monkeypatch.setattr(calls, "PAUSE_SECONDS", 0.01)
    with zoom_served(settings) as served:
        yield served


@pytest.fixture
def meet(settings, monkeypatch):
    """Google Meet, likewise."""
    monkeypatch.setattr(calls, "PAUSE_SECONDS", 0.01)
    with meet_served(settings) as served:
        yield served


@pytest.fixture
def calendars():
    """A server of calendars; what it holds, a test puts there."""
    made = CalendarsFake()
    with serving(made):
        yield made
