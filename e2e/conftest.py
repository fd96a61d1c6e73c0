"""One chromium for all tests, a fresh context for each person, a stack that somebody else has started.

bin/test e2e starts both and says where they are: BLOOM_E2E_URL, BLOOM_CHROMIUM.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from e2e import cast, people
from e2e.cast import Cast
from e2e.chromium import ARGUMENTS
from e2e.people import KEPT, Person
from e2e.rooms import FAKES
from e2e.talks import Talk, open_talk
from e2e.watch import Watch, screenshots

DESKTOP, PHONE = 1440, 360
_HEIGHTS = {DESKTOP: 900, PHONE: 740}
_failed = pytest.StashKey[bool]()

expect.set_options(timeout=10_000)


class Visit(Protocol):
    """Open a browser of one's own, signed in as `person` if there is one."""

    def __call__(
        self, person: Person | None = None, *, width: int = DESKTOP, dark: bool = False, script: bool = True
    ) -> Page: ...


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.fixture(scope="session")
def site() -> str:
    """Where Bloom runs."""
    address = os.environ.get("BLOOM_E2E_URL")
    if not address:
        pytest.exit("The browser tests need a Bloom that runs: bin/test e2e starts one.", returncode=4)
    return address.rstrip("/")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(
        executable_path=os.environ.get("BLOOM_CHROMIUM") or None, args=[*ARGUMENTS]
    )
    yield launched
    launched.close()


@pytest.fixture
def watch(site: str) -> Iterator[Watch]:
    """What the pages of this test said behind its back; checked when the test is over."""
    watching = Watch(urlsplit(site).netloc)
    yield watching
    watching.check()


@pytest.fixture
def visit(site: str, browser: Browser, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Browsers of people who know nothing of each other."""
    with _visits(site, browser, watch, request) as opener:
        yield opener


@pytest.fixture(scope="session")
def studio(playwright: Playwright) -> Iterator[Browser]:
    """A chromium with a camera, a microphone and a screen, which it plays itself."""
    launched = playwright.chromium.launch(
        executable_path=os.environ.get("BLOOM_CHROMIUM") or None, args=[*ARGUMENTS, *FAKES]
    )
    yield launched
    launched.close()


@pytest.fixture
def seated(site: str, studio: Browser, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The same, in front of a camera, which may be used."""
    with _visits(
        site, studio, watch, request, timeout=45_000, permissions=["camera", "microphone"]
    ) as opener:
        yield opener


@contextmanager
def _visits(
    site: str,
    browser: Browser,
    watch: Watch,
    request: pytest.FixtureRequest,
    *,
    timeout: int = 15_000,
    permissions: list[str] | None = None,
) -> Iterator[Visit]:
    contexts: list[BrowserContext] = []

    def open_browser(
        person: Person | None = None, *, width: int = DESKTOP, dark: bool = False, script: bool = True
    ) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": _HEIGHTS.get(width, 800)},
            has_touch=width < 700,
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            reduced_motion="reduce",
            locale="en-US",
            timezone_id="UTC",
            permissions=permissions,
        )
        contexts.append(context)
        context.set_default_timeout(timeout)
        watch.over(context)
        if person is not None:
            context.add_cookies(person.cookies())  # type: ignore[arg-type]
        return context.new_page()

    yield open_browser
    if request.node.stash.get(_failed, False) or watch.faults:
        keep(request.node.nodeid, contexts, watch)
    for context in contexts:
        context.close()


def keep(test: str, contexts: list[BrowserContext], watch: Watch) -> None:
    """Leave pictures of what the failed test saw in var/test/e2e."""
    KEPT.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", test.removesuffix("]")).strip("-")
    for word, page in screenshots(contexts):
        page.screenshot(path=KEPT / f"{name}-{word}.png", full_page=True)
        (KEPT / f"{name}-{word}.html").write_text(page.content())
    if watch.faults:
        (KEPT / f"{name}.txt").write_text("\n".join(watch.faults) + "\n")


# People -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def admin(site: str) -> Person:
    """The demo's administrator, who brings people together."""
    return people.sign_in(site, "admin@bloom.demo")


@pytest.fixture
def patient(site: str) -> Person:
    """A new patient, in nobody's care yet."""
    return people.sign_up(site, "patient", "Maya Torres")


@pytest.fixture
def therapist(site: str) -> Person:
    """A new therapist without patients."""
    return people.sign_up(site, "therapist", "Anna Lindqvist")


@pytest.fixture
def conversation(admin: Person, patient: Person, therapist: Person) -> str:
    """The two are together now; the id of their conversation."""
    people.assign(admin, patient, therapist)
    return people.conversation(patient, therapist)


@pytest.fixture(scope="session")
def company(site: str, admin: Person) -> Cast:
    """People for pages that are only looked at."""
    return cast.gather(site, admin)


@pytest.fixture
def both(visit: Visit, patient: Person, therapist: Person, conversation: str) -> tuple[Talk, Talk]:
    """The patient's browser and the therapist's, the same conversation open in each."""
    return open_talk(visit(patient), conversation), open_talk(visit(therapist), conversation)
