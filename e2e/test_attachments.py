"""Files between two people: chosen, checked, sent, seen and fetched."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from bloom.files.tests import documents
from e2e.axe import findings
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.talks import Talk, open_talk
from e2e.watch import Watch

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
# The worker looks at a file in a process of its own.
CHECKED = 60_000


def picture() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "PrivateCameraName"
    Image.new("RGB", (1200, 800), "seagreen").save(out, "JPEG", exif=exif)
    return out.getvalue()


def choose(talk: Talk, name: str, content: bytes, content_type: str) -> Locator:
    """Choose a file; its line above the words."""
    with talk.page.expect_file_chooser() as chooser:
        talk.page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files([FilePayload(name=name, mimeType=content_type, buffer=content)])
    return chips(talk.page).filter(has_text=name)


def chips(page: Page) -> Locator:
    return page.get_by_role("list", name="Files of this message").get_by_role("listitem")


@pytest.fixture
def both(visit: Visit, patient: Person, therapist: Person, conversation: str) -> tuple[Talk, Talk]:
    return open_talk(visit(patient), conversation), open_talk(visit(therapist, width=PHONE), conversation)


def test_a_picture_and_a_document_are_sent_seen_and_fetched(both: tuple[Talk, Talk], tmp_path: Path) -> None:
    patient, therapist = both
    pdf = documents.pdf()
    choose(patient, "garden.jpg", picture(), "image/jpeg")
    choose(patient, "plan.pdf", pdf, "application/pdf")
    # It waits for its files, and then goes by itself.
    patient.write("The garden, and my plan.")
    for talk in both:
        message = talk.message(1)
        expect(message).to_be_visible(timeout=CHECKED)
        seen = message.get_by_role("img", name="garden.jpg")
        expect(seen).to_be_visible()
        assert seen.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    expect(chips(patient.page)).to_have_count(0)
    with therapist.page.expect_download() as fetched:
        therapist.message(1).get_by_role("link", name="Download plan.pdf").click()
    assert fetched.value.suggested_filename == "plan.pdf"
    fetched.value.save_as(tmp_path / "plan.pdf")
    assert (tmp_path / "plan.pdf").read_bytes() == pdf
    with therapist.page.expect_download() as fetched:
        therapist.message(1).get_by_role("link", name="Download garden.jpg").click()
    fetched.value.save_as(tmp_path / "garden.jpg")
    assert b"PrivateCameraName" not in (tmp_path / "garden.jpg").read_bytes()
    for talk in both:
        talk.page.reload()
        expect(talk.message(1).get_by_role("img", name="garden.jpg")).to_be_visible()
        expect(talk.message(1).get_by_role("link", name="Download plan.pdf")).to_be_visible()
        assert findings(talk.page) == []


def test_what_cannot_be_sent_says_why_and_can_be_removed(both: tuple[Talk, Talk], watch: Watch) -> None:
    watch.expect(r"400 /api/v1/uploads/")
    patient, therapist = both
    drawing = choose(patient, "drawing.svg", SVG, "image/svg+xml")
    expect(drawing).to_contain_text("This kind of file cannot be sent.")
    patient.write("Look.")
    expect(patient.refusal).to_contain_text("A file could not be sent.")
    patient.page.get_by_role("button", name="Remove drawing.svg").click()
    expect(patient.box).to_be_focused()
    # By another name it is the same.
    disguised = choose(patient, "drawing.txt", SVG, "text/plain")
    expect(disguised).to_contain_text("This kind of file cannot be sent.", timeout=CHECKED)
    patient.page.get_by_role("button", name="Remove drawing.txt").click()
    patient.write("Look.")
    therapist.has("Look.")


def test_a_file_is_dropped_before_it_is_sent(both: tuple[Talk, Talk]) -> None:
    patient, _therapist = both
    chip = choose(patient, "plan.pdf", documents.pdf(), "application/pdf")
    patient.page.get_by_role("button", name="Remove plan.pdf").click()
    expect(chip).to_have_count(0)
    patient.write("Without it.")
    patient.has("Without it.")
    expect(patient.message(1).get_by_role("link", name="Download plan.pdf")).to_have_count(0)


def test_what_has_arrived_outlives_a_reload_and_words_are_asked_for(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    chip = choose(patient, "plan.pdf", documents.pdf(), "application/pdf")
    expect(chip).to_have_attribute("data-state", "ready", timeout=CHECKED)
    patient.page.reload()
    expect(chips(patient.page)).to_have_attribute("data-state", "ready", timeout=CHECKED)
    patient.page.get_by_role("button", name="Send").click()
    expect(patient.refusal).to_contain_text("Write a few words")
    patient.write("My plan.")
    expect(therapist.message(1).get_by_role("link", name="Download plan.pdf")).to_be_visible()
    patient.page.reload()
    expect(chips(patient.page)).to_have_count(0)


def test_without_a_script_no_file_is_offered(visit: Visit, patient: Person, conversation: str) -> None:
    page = visit(patient, script=False)
    page.goto(f"/messages/{conversation}/")
    expect(page.get_by_role("textbox", name="Write a message")).to_be_visible()
    expect(page.get_by_role("button", name="Attach files")).to_have_count(0)
