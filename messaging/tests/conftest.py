"""The live moderation service, as a fake over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bloom.kernel import sandbox
from bloom.kernel.sandbox import Answer, Ask
from messaging import judging
from messaging.integrations.openai.fake import OpenAiFake
from messaging.moderation.breaker import Breaker

KEY = "sk-test-never-to-be-seen"
PATIENCE = 30


class HeldFake(OpenAiFake):
    """It can keep its answers to itself, so that a test says when it is slow and when it is not."""

    def __init__(self) -> None:
        super().__init__()
        self._arrived, self._may_answer = threading.Event(), threading.Event()
        self._may_answer.set()

    @contextmanager
    def held(self) -> Iterator[threading.Event]:
        """No answer before the block ends. The event says that a question has arrived."""
        self._arrived.clear()
        self._may_answer.clear()
        try:
            yield self._arrived
        finally:
            self._may_answer.set()

    def answer(self, ask: Ask) -> Answer:
        self._arrived.set()
        self._may_answer.wait(PATIENCE)
        return super().answer(ask)


@pytest.fixture
def openai(settings, monkeypatch):
    """It is asked, answers that nothing is wrong, and can be taught and made to fail."""
    fake = HeldFake()
    with sandbox.serving(fake):
        settings.VENDOR_URLS = {**settings.VENDOR_URLS, "openai": f"{fake.url}/v1"}
        settings.OPENAI_API_KEY = KEY
        # The first question of a process loads the library.
        settings.MODERATION_DEADLINE_SECONDS = 10.0
        monkeypatch.setattr(judging, "breaker", Breaker())
        judging.context_forget()
        yield fake
        judging.context_forget()
