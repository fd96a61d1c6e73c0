"""Two people in a room, each with a browser, camera and microphone of their own (chromium's fakes)."""

import time
from typing import Any

from playwright.sync_api import Page, expect

FAKES = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
]
# What a frame looks like, in a few numbers; a picture that stands still gives the same twice.
GLANCE = """(selector) => {
  const video = document.querySelector(selector);
  if (!video || video.videoWidth < 16) return null;
  const canvas = document.createElement("canvas");
  canvas.width = 64; canvas.height = 36;
  const brush = canvas.getContext("2d");
  brush.drawImage(video, 0, 0, 64, 36);
  return Array.from(brush.getImageData(0, 0, 64, 36).data).join(",");
}"""


def moves(page: Page, selector: str) -> bool:
    """Whether a picture is there, and another one a moment later."""
    end = time.monotonic() + 20
    first: Any = None
    while time.monotonic() < end:
        seen = page.evaluate(GLANCE, selector)
        if seen is not None and first is not None and seen != first:
            return True
        first = first if first is not None else seen
        page.wait_for_timeout(250)
    return False


def come_in(page: Page, appointment: str) -> None:
    """The patient's way from their appointment to the try of their devices."""
    page.goto(f"/appointments/{appointment}/")
    page.get_by_role("link", name="Join the video session").click()
    agree(page)


def agree(page: Page) -> None:
    """What is asked of a patient before they try their devices: consent, where they are, whom to call."""
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Agree and go on").click()
    page.get_by_label("Where are you right now?").fill("120 Elm Street, Chicago")
    page.get_by_label("State").select_option("Illinois")
    page.get_by_label("Whom may we call").fill("Ada Torres")
    page.get_by_label("Their phone number").fill("(312) 555-0142")
    page.get_by_role("button", name="Yes, this is right").click()
    expect(page.get_by_role("heading", name="Ready?")).to_be_visible()


def start(page: Page, appointment: str) -> None:
    page.goto(f"/appointments/{appointment}/room/")
    page.get_by_role("button", name="Start the session").click()
    expect(page.locator("[data-room]")).to_have_attribute("data-view", "call")


def meet(patient: Page, therapist: Page, appointment: str) -> None:
    """Both in the room, each seeing the other move."""
    come_in(patient, appointment)
    patient.get_by_role("button", name="Join", exact=True).click()
    start(therapist, appointment)
    therapist.get_by_role("button", name="Let them in").click()
    for page in (patient, therapist):
        expect(page.locator("[data-absent]")).to_be_hidden(timeout=30_000)
        assert moves(page, "[data-remote]")
