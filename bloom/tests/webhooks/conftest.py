from collections.abc import Iterator

import pytest

from bloom.kernel import sandbox
from bloom.tests.webhooks.factories import Receiver


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_PRIVATE = True
    fake = Receiver()
    with sandbox.serving(fake):
        yield fake
