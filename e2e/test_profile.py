"""Telling who one is, choosing what Bloom writes about, and being seen so by others."""

import base64
import io
import re
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from e2e.conftest import Visit
from e2e.people import Person
from e2e.watch import Watch


def _photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "seagreen").save(out, "JPEG")
    return out.getvalue()


def test_a_name_of_ones_own_is_what_others_read(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    page = visit(patient)
    page.goto("/settings/profile/")
    page.get_by_label("Preferred name").fill("Robin")
    page.get_by_label("Pronouns").fill("they/them")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Others see you as")
    expect(page.locator("main")).to_contain_text("they/them")
    seen = visit(therapist)
    # Names in conversations are remembered for some seconds.
    end = time.monotonic() + 40
    while True:
        seen.goto(f"/messages/{conversation}/")
        if seen.get_by_role("heading", level=1).inner_text() == "Robin":
            break
        assert time.monotonic() < end, "The name stayed the old one."
        time.sleep(1)
    expect(seen.locator(".thread-top")).to_contain_text("they/them")


def test_a_mistake_is_said_at_the_field_and_nothing_typed_is_lost(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    page.goto("/settings/profile/")
    page.get_by_label("Legal name").fill("")
    page.get_by_label("Preferred name").fill("Robin")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Legal name")).to_have_accessible_description(
        re.compile("Please tell us your name.")
    )
    expect(page.get_by_label("Preferred name")).to_have_value("Robin")


def test_a_photo_comes_and_goes(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    page.goto("/settings/profile/")
    page.get_by_label("Choose a photo").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    )
    chosen = base64.b64encode(_photo()).decode()
    # The preview, before anything is sent.
    expect(page.locator("#photo-now img")).to_have_attribute("src", f"data:image/jpeg;base64,{chosen}")
    page.get_by_role("button", name="Show this photo").click()
    shown = page.locator("#photo-now img")
    expect(shown).to_be_visible()
    assert shown.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 384
    # What is no picture leaves the photo that counts, and is refused in words.
    page.get_by_label("Choose a photo").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    page.wait_for_timeout(300)
    assert shown.evaluate("picture => picture.naturalWidth") == 384
    page.get_by_role("button", name="Show this photo").click()
    expect(page.get_by_text("Please choose a picture").last).to_be_visible()
    page.get_by_role("button", name="Remove the photo").click()
    expect(page.locator("#photo-now img")).to_have_count(0)


def test_a_photo_of_a_phone_is_taken_and_one_without_end_is_refused_before_it_is_sent(
    visit: Visit, patient: Person
) -> None:
    page = visit(patient)
    page.goto("/settings/profile/")
    page.get_by_label("Pronouns").fill("xe/xem")
    photo = page.get_by_label("Choose a photo")
    photo.set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": _photo() + bytes(16 << 20)})
    too_large = re.compile("This picture is larger than 15 MB. Please choose a smaller one.")
    expect(photo).to_have_accessible_description(too_large)
    for button in ("Show this photo", "Save"):
        page.locator("main").get_by_role("button", name=button, exact=True).last.click()
        expect(photo).to_be_focused()
        expect(page.get_by_label("Pronouns")).to_have_value("xe/xem")
    photo.set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": _photo() + bytes(7 << 20)})
    expect(photo).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Show this photo").click()
    expect(page.locator("#photo-now img")).to_be_visible()
    expect(page.get_by_label("Pronouns")).to_have_value("xe/xem")


def test_what_is_too_large_for_a_page_is_said_in_words_with_a_way_back(
    visit: Visit, patient: Person, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("413 /settings/profile/")
    endless = tmp_path / "me.jpg"
    endless.write_bytes(bytes(30 << 20))
    page = visit(patient, script=False)
    page.goto("/settings/profile/")
    page.get_by_label("Choose a photo").set_input_files(endless)
    page.get_by_role("button", name="Show this photo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Too large")
    expect(page.locator("main")).to_contain_text("larger than 25 MB")
    expect(page.locator("main")).to_contain_text("Nothing of it was saved")
    page.get_by_role("link", name="Back to where you were").click()
    expect(page.get_by_label("Choose a photo")).to_be_visible()


def test_a_switch_is_kept_at_once(visit: Visit, therapist: Person) -> None:
    page = visit(therapist)
    page.goto("/settings/notifications/")
    expect(page.locator("main")).to_contain_text("Always on")
    switch = page.get_by_role("switch", name="Your directory entry: Email")
    switch.uncheck()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("switch", name="Your directory entry: Email")).not_to_be_checked()


def test_without_a_script_there_is_a_button(visit: Visit, therapist: Person) -> None:
    page = visit(therapist, script=False)
    page.goto("/settings/notifications/")
    page.get_by_role("switch", name="Your directory entry: Email").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("switch", name="Your directory entry: Email")).not_to_be_checked()
