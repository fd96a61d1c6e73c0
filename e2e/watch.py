"""What a page says behind its visitor's back: any of it fails the test, unless the test expects it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

# Chromium says so besides the answer itself, which is watched.
_SAID_TWICE = "Failed to load resource: the server responded"


@dataclass
class Watch:
    """Everything that went wrong on the pages of one test."""

    host: str
    faults: list[str] = field(default_factory=list)
    # A page whose session is over asks whether its person still is signed in.
    expected: list[str] = field(default_factory=lambda: ["401 /api/v1/me/"])

    def expect(self, pattern: str) -> None:
        """Let pass what matches this regular expression: `404 /messages/`, say."""
        self.expected.append(pattern)

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"exception {error.error}"))
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    def check(self) -> None:
        assert not self.faults, "\n".join(["The browser noted:", *self.faults])

    def _note(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in self.expected):
            self.faults.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        # A violation of the Content-Security-Policy is an error here, too.
        if message.type in {"error", "warning"} and _SAID_TWICE not in message.text:
            self._note(f"console {message.type}: {message.text}")

    def _response(self, response: Response) -> None:
        address = urlsplit(response.url)
        if address.netloc != self.host:
            self._note(f"another host: {response.url}")
        elif response.status >= 400:
            self._note(f"{response.status} {address.path}")

    def _failed(self, request: Request) -> None:
        # What a page no longer wants once it is left says ERR_ABORTED.
        if request.failure and "ERR_ABORTED" not in request.failure:
            self._note(f"failed {request.url}: {request.failure}")


def screenshots(contexts: list[BrowserContext]) -> list[tuple[str, Page]]:
    """Every page that is still open, with a word that tells them apart."""
    return [
        (f"{number}-{urlsplit(page.url).path.strip('/').replace('/', '-') or 'start'}", page)
        for number, context in enumerate(contexts, start=1)
        for page in context.pages
        if not page.is_closed()
    ]
