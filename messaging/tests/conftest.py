"""The live moderation service, as a fake over real HTTP."""

import pytest

from bloom.kernel import sandbox
from messaging import judging
from messaging.integrations.openai.fake import OpenAiFake
from messaging.moderation.breaker import Breaker

KEY = "sk-test-never-to-be-seen"


@pytest.fixture
def openai(settings, monkeypatch):
    """It is asked, answers that nothing is wrong, and can be taught and made to fail."""
    fake = OpenAiFake()
    with sandbox.serving(fake):
        settings.VENDOR_URLS = {**settings.VENDOR_URLS, "openai": f"{fake.url}/v1"}
        settings.OPENAI_API_KEY = KEY
        # The first question of a process loads the library.
        settings.MODERATION_DEADLINE_SECONDS = 10.0
        monkeypatch.setattr(judging, "breaker", Breaker())
        judging.context_forget()
        yield fake
        judging.context_forget()
