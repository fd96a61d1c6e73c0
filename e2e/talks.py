"""A conversation as one of its people sees it in a browser."""

import time
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from e2e import people
from e2e.people import Person

BLURRED = "He wanted me to suck his dick in the car."
BLOCKED = "Selling xans, 5 bucks each, text me."
CRISIS = "I want to kill myself tonight."


@dataclass(frozen=True)
class Talk:
    """One person's sight of the conversation."""

    page: Page

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log", name="Messages")

    @property
    def messages(self) -> Locator:
        return self.log.get_by_role("article")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Write a message")

    @property
    def conversations(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations").get_by_role("link")

    @property
    def refusal(self) -> Locator:
        return self.page.locator("form").get_by_role("alert")

    def message(self, seq: int) -> Locator:
        return self.page.locator(f"article#message-{seq}")

    def write(self, text: str) -> None:
        self.box.fill(text)
        self.page.get_by_role("button", name="Send").click()

    def has(self, *texts: str) -> None:
        """These messages, in this order, each once, and no other."""
        expect(self.messages).to_have_count(len(texts))
        expect(self.messages).to_contain_text(list(texts))


def open_talk(page: Page, conversation: str) -> Talk:
    """Open a conversation and wait until its socket stands; without that a test could be too fast for it."""
    with page.expect_websocket() as socket:
        page.goto(f"/messages/{conversation}/")
    if not socket.value.is_closed():
        socket.value.wait_for_event("framereceived")
    return Talk(page)


def conversation_over(person: Person, address: str) -> None:
    """Wait until the conversation at this address follows the end of its care, which a job tells it."""
    path = f"/conversations/{address.rstrip('/').rpartition('/')[2]}/"
    end = time.monotonic() + people.MAIL_WITHIN
    while not person.get(path)["read_only"]:
        assert time.monotonic() < end, "The conversation goes on."
        time.sleep(0.1)
