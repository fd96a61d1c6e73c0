from uuid import uuid4

import pytest

from scheduling import holds


@pytest.fixture(autouse=True)
def own_holds(monkeypatch):
    """Nothing is held when a test begins, and tests beside it neither hold nor forget anything here."""
    monkeypatch.setattr(holds, "_PREFIX", f"bloom:hold:{uuid4().hex}")
