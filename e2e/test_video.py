"""Two people see each other, each with a browser, camera and microphone of their own (chromium's fakes)."""

import re

import pytest
from playwright.sync_api import FloatRect, expect

from e2e import axe, bookings, people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.rooms import come_in, meet, moves, start
from e2e.watch import Watch


@pytest.fixture
def appointment(admin: Person, patient: Person, therapist: Person) -> str:
    """One by video that begins within minutes."""
    people.assign(admin, patient, therapist)
    return bookings.book_now(patient, therapist, bookings.hours_open_now(therapist))


def test_a_patient_waits_is_let_in_and_both_see_each_other_move(
    seated: Visit, patient: Person, therapist: Person, appointment: str
) -> None:
    own, theirs = seated(patient), seated(therapist)
    come_in(own, appointment)
    expect(own.locator('[data-test="camera"]')).to_have_attribute("data-state", "good")
    expect(own.locator('[data-test="microphone"]')).to_have_attribute("data-state", "good")
    expect(own.locator('[data-test="network"]')).not_to_have_attribute("data-state", "waits")
    expect(own.locator('[data-test="network"]')).not_to_have_attribute("data-state", "bad")
    assert moves(own, '[data-of="check"] [data-self]')
    assert not (found := axe.findings(own)), "\n".join(found)
    own.get_by_role("button", name="Join", exact=True).click()
    expect(own.get_by_role("heading", name="Your therapist will let you in")).to_be_visible()
    assert not (found := axe.findings(own)), "\n".join(found)

    start(theirs, appointment)
    expect(theirs.get_by_text("Maya Torres is in the waiting room.").first).to_be_visible()
    # Nobody sees anybody before.
    assert own.evaluate("document.querySelector('[data-remote]').srcObject") is None
    theirs.get_by_role("button", name="Let them in").click()
    for page in (own, theirs):
        expect(page.locator("[data-absent]")).to_be_hidden(timeout=30_000)
        assert moves(page, "[data-remote]")
        expect(page.get_by_role("timer")).to_have_text(re.compile(r"^0:\d\d$"))
        assert not (found := axe.findings(page)), "\n".join(found)
    # Where the patient is, their therapist sees.
    theirs.get_by_text("Where they are").click()
    expect(theirs.get_by_text("120 Elm Street, Chicago, Illinois")).to_be_visible()
    expect(theirs.get_by_text("(312) 555-0142")).to_be_visible()
    assert not (found := axe.findings(theirs)), "\n".join(found)

    theirs.get_by_role("button", name="End", exact=True).click()
    theirs.get_by_role("button", name="End for both").click()
    for page in (own, theirs):
        expect(page.get_by_role("heading", name="The session has ended")).to_be_visible()
    assert own.evaluate("document.querySelector('[data-remote]').srcObject") is None
    theirs.get_by_role("link", name="To the appointment", exact=True).click()
    expect(theirs.get_by_text(re.compile("^Ended"))).to_be_visible()


def test_where_the_patient_is_stands_in_a_room_that_was_open_before(
    seated: Visit, watch: Watch, patient: Person, therapist: Person, appointment: str
) -> None:
    """A therapist is in the room before their patient says where they are, and stays while that changes."""
    own, theirs = seated(patient), seated(therapist)
    start(theirs, appointment)
    where = theirs.get_by_role("complementary", name="Where they are")
    where.locator("summary").click()
    expect(where.get_by_text("has not said yet where they are.")).to_be_visible()
    come_in(own, appointment)
    # What stands there changes by itself, within seconds, before they join.
    expect(where.get_by_text("120 Elm Street, Chicago, Illinois")).to_be_visible()
    expect(where.get_by_text("(312) 555-0142")).to_be_visible()
    own.get_by_role("link", name="Change it").click()
    own.get_by_label("Where are you right now?").fill("7 Oak Lane, Springfield")
    own.get_by_role("button", name="Yes, this is right").click()
    own.get_by_role("button", name="Join", exact=True).click()
    expect(where.get_by_text("7 Oak Lane, Springfield, Illinois")).to_be_visible()
    expect(theirs.get_by_text("120 Elm Street")).to_have_count(0)
    theirs.get_by_role("button", name="Let them in").click()
    expect(theirs.locator("[data-absent]")).to_be_hidden(timeout=30_000)
    assert not (found := axe.findings(theirs)), "\n".join(found)

    # What cannot be looked up anew is still there, and said to be of then; later it is looked up after all.
    watch.expect("failed |ERR_FAILED|Failed to load resource")
    theirs.route("**/room/where/", lambda route: route.abort())
    for _ in range(2):
        where.locator("summary").click()
    expect(where.get_by_role("alert")).to_contain_text("This could not be looked up anew.")
    expect(where.get_by_text("7 Oak Lane, Springfield, Illinois")).to_be_visible()
    assert not (found := axe.findings(theirs)), "\n".join(found)
    theirs.unroute("**/room/where/")
    expect(where.get_by_role("alert")).to_be_hidden(timeout=15_000)


def test_muting_the_camera_and_messages_by_keyboard(
    seated: Visit, patient: Person, therapist: Person, appointment: str
) -> None:
    own, theirs = seated(patient, width=PHONE), seated(therapist, dark=True)
    meet(own, theirs, appointment)
    theirs.keyboard.press("Alt+KeyM")
    expect(theirs.get_by_role("button", name="Unmute")).to_have_attribute("aria-pressed", "true")
    expect(own.get_by_role("status").filter(has_text="Anna Lindqvist is muted.")).to_be_attached()
    theirs.keyboard.press("Alt+KeyV")
    expect(own.locator("[data-absent-said]")).to_have_text("Anna Lindqvist has their camera off.")
    theirs.keyboard.press("Alt+KeyV")
    expect(own.locator("[data-absent]")).to_be_hidden()
    assert moves(own, "[data-remote]")
    theirs.keyboard.press("Alt+KeyC")
    theirs.get_by_label("Write a message").fill("Can you hear me?")
    theirs.keyboard.press("Enter")
    own.get_by_role("button", name="Messages").click()
    expect(own.get_by_role("list", name="Messages").get_by_text("Can you hear me?")).to_be_visible()
    assert own.evaluate("document.documentElement.scrollWidth") <= PHONE
    for page in (own, theirs):
        assert not (found := axe.findings(page)), "\n".join(found)


@pytest.mark.parametrize("width", [PHONE, 700, 800])
def test_what_is_said_for_a_while_lies_over_nothing_that_one_reads_or_writes(
    seated: Visit, patient: Person, therapist: Person, appointment: str, width: int
) -> None:
    own, theirs = seated(patient, width=width), seated(therapist, width=width)
    come_in(own, appointment)
    own.get_by_role("button", name="Join", exact=True).click()
    expect(own.get_by_role("heading", name="Your therapist will let you in")).to_be_visible(timeout=30_000)
    start(theirs, appointment)
    theirs.get_by_role("button", name="Let them in").click()
    for page in (own, theirs):
        expect(page.locator("[data-absent]")).to_be_hidden(timeout=30_000)
        page.get_by_role("button", name="Messages").click()
        page.get_by_label("Write a message").fill("I hear you well.")
        page.keyboard.press("Alt+KeyM")
        caption = page.locator("[data-status]")
        expect(caption).to_have_attribute("data-shown", "")
        apart = [
            caption,
            page.locator("[data-chat-form]"),
            page.locator("[data-chat] header"),
            page.locator(".room-side-hint"),
            page.locator("[data-bar]"),
        ]
        if page is theirs:
            apart.append(page.locator("[data-where]"))
        shown = [each.bounding_box() for each in apart]
        for number, one in enumerate(shown):
            for other in shown[number + 1 :]:
                assert one
                assert other
                assert not _meet(one, other), (one, other)
        assert not (found := axe.findings(page)), "\n".join(found)


def _meet(one: FloatRect, other: FloatRect) -> bool:
    """Whether any point is in both."""
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


def test_each_shares_their_screen_and_takes_it_back(
    seated: Visit, patient: Person, therapist: Person, appointment: str
) -> None:
    """Chromium's screen looks as its camera does: so the cameras are off, and what moves is the screen."""
    own, theirs = seated(patient), seated(therapist)
    meet(own, theirs, appointment)
    mirror = "[data-self-frame] [data-self]"
    for sharer, watcher in ((theirs, own), (own, theirs)):
        sharer.keyboard.press("Alt+KeyV")
        expect(watcher.locator("[data-absent-said]")).to_contain_text("has their camera off.")
        sharer.keyboard.press("Alt+KeyS")
        expect(sharer.get_by_role("button", name="Stop sharing")).to_have_attribute("aria-pressed", "true")
        expect(sharer.locator('[data-tag="own-sharing"]')).to_be_visible()
        expect(watcher.locator('[data-tag="sharing"]')).to_be_visible()
        expect(watcher.locator("[data-absent]")).to_be_hidden()
        assert moves(sharer, mirror)
        assert moves(watcher, "[data-remote]")
        # It can be read: nothing of it is turned round, as one's own face is.
        expect(sharer.locator(mirror)).not_to_have_attribute("data-mirrored", "")
        for page in (own, theirs):
            assert not (found := axe.findings(page)), "\n".join(found)
        sharer.get_by_role("button", name="Stop sharing").click()
        expect(sharer.get_by_role("button", name="Share screen")).to_have_attribute("aria-pressed", "false")
        expect(sharer.locator('[data-tag="own-sharing"]')).to_be_hidden()
        expect(watcher.locator('[data-tag="sharing"]')).to_be_hidden()
        expect(watcher.locator("[data-absent-said]")).to_contain_text("has their camera off.")
        assert sharer.evaluate("of => document.querySelector(of).srcObject", mirror) is None
        sharer.keyboard.press("Alt+KeyV")
        expect(watcher.locator("[data-absent]")).to_be_hidden()
        assert moves(watcher, "[data-remote]")


def test_a_weak_connection_is_said_where_it_is_and_a_good_one_again(
    seated: Visit, patient: Person, therapist: Person, appointment: str
) -> None:
    """The patient's browser loses two packets of five on their way, of picture and sound too: its own network
    emulation, for connections that begin under it. What the page reads of that is all its own.
    """
    own, theirs = seated(patient), seated(therapist)
    line = own.context.new_cdp_session(own)
    line.send("Network.enable")

    def lose(share: int) -> None:
        bounds = {"offline": False, "latency": 1, "downloadThroughput": -1, "uploadThroughput": -1}
        line.send("Network.emulateNetworkConditions", {**bounds, "packetLoss": share})

    lose(0)
    meet(own, theirs, appointment)
    hint = own.locator("[data-quality]")
    expect(hint).to_have_attribute("data-quality", "good", timeout=30_000)
    expect(hint).to_have_text("Good connection")
    expect(hint).to_be_visible()
    lose(40)
    expect(hint).to_have_attribute("data-quality", "poor", timeout=30_000)
    expect(hint).to_have_text("Weak connection")
    expect(own.get_by_role("status").filter(has_text="The connection is weak.")).to_be_attached()
    assert not (found := axe.findings(own)), "\n".join(found)
    # It is a word and no more: the two still see each other.
    expect(own.locator("[data-absent]")).to_be_hidden()
    lose(0)
    expect(hint).to_have_attribute("data-quality", "good", timeout=30_000)
    assert moves(own, "[data-remote]")


def test_a_second_tab_takes_over_and_a_page_that_was_loaded_anew_comes_back(
    seated: Visit, patient: Person, therapist: Person, appointment: str
) -> None:
    own, theirs = seated(patient), seated(therapist)
    meet(own, theirs, appointment)
    second = own.context.new_page()
    second.goto(f"/appointments/{appointment}/room/")
    second.get_by_role("button", name="Join", exact=True).click()
    expect(own.get_by_role("heading", name="You joined from another place")).to_be_visible()
    for page in (second, theirs):
        expect(page.locator("[data-absent]")).to_be_hidden(timeout=30_000)
        assert moves(page, "[data-remote]")
    # Loaded anew, without a word of leaving.
    second.reload()
    second.get_by_role("button", name="Join", exact=True).click()
    for page in (second, theirs):
        expect(page.locator("[data-absent]")).to_be_hidden(timeout=30_000)
        assert moves(page, "[data-remote]")


def test_a_connection_that_broke_comes_back(
    seated: Visit, watch: Watch, patient: Person, therapist: Person, appointment: str
) -> None:
    watch.expect("WebSocket|ERR_INTERNET_DISCONNECTED|failed ")
    own, theirs = seated(patient), seated(therapist)
    meet(own, theirs, appointment)
    # Its network is gone for longer than a seat lasts.
    own.context.set_offline(True)
    expect(theirs.get_by_text("Maya Torres is not here at the moment.").first).to_be_visible(timeout=45_000)
    own.context.set_offline(False)
    for page in (own, theirs):
        expect(page.locator("[data-absent]")).to_be_hidden(timeout=45_000)
        assert moves(page, "[data-remote]")


def test_without_consent_or_a_place_there_is_no_way_in_and_taking_it_back_closes_it(
    seated: Visit, patient: Person, appointment: str
) -> None:
    page = seated(patient)
    page.goto(f"/appointments/{appointment}/room/")
    page.get_by_role("button", name="Agree and go on").click()
    expect(page.get_by_text("Tick this to go on.").first).to_be_visible()
    assert not (found := axe.findings(page)), "\n".join(found)
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Agree and go on").click()
    page.get_by_label("Where are you right now?").fill("120 Elm Street")
    page.get_by_label("Their phone number").fill("soon")
    page.get_by_role("button", name="Yes, this is right").click()
    # What was typed is still there.
    expect(page.get_by_label("Where are you right now?")).to_have_value("120 Elm Street")
    assert not (found := axe.findings(page)), "\n".join(found)
    page.goto("/settings/video/")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("You took it back on")).to_be_visible()
    page.goto(f"/appointments/{appointment}/room/")
    expect(page.get_by_label("I have read this")).to_be_visible()
