"""What all tests of permissions share."""

import pytest

from observability.services import events


@pytest.fixture(autouse=True)
def refusals_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every refusal here goes on record: the tests of one minute are more than one caller's minute allows."""
    monkeypatch.setattr(events, "_refusals", events._PerMinute(events.REFUSALS_PER_MINUTE, 10))
