"""A conversation without a connection, over reloads and sign-outs: nothing is lost, nothing comes twice."""

import re

from playwright.sync_api import expect

from e2e import people
from e2e.conftest import Visit
from e2e.people import Person
from e2e.talks import Talk, conversation_over, open_talk
from e2e.watch import Watch

LOST_CONNECTION = "ERR_INTERNET_DISCONNECTED"


def test_nothing_is_lost_or_doubled_without_a_connection(
    both: tuple[Talk, Talk], watch: Watch, patient: Person, therapist: Person, conversation: str
) -> None:
    watch.expect(LOST_CONNECTION)
    here, there = both
    here.write("Before the tunnel.")
    there.has("Before the tunnel.")
    banner = here.page.get_by_role("status").filter(has_text=re.compile("offline|Reconnecting"))
    expect(banner).to_have_count(0)

    here.page.context.set_offline(True)
    expect(banner).to_be_visible()
    here.write("In the tunnel, one.")
    here.write("In the tunnel, two.")
    expect(here.page.get_by_text("Sending").filter(visible=True)).to_have_count(2)
    expect(here.box).to_have_value("")
    there.write("Meanwhile, above.")
    people.send(therapist, conversation, "Still there?")
    expect(there.messages).to_have_count(3)

    here.page.context.set_offline(False)
    expect(banner).to_have_count(0, timeout=15_000)
    said = ["Before", "Meanwhile, above.", "Still there?", "In the tunnel, one.", "In the tunnel, two."]
    for talk in (here, there):
        talk.has(*said)
    for talk in (here, there):
        talk.page.reload()
        talk.has(*said)
    assert len(patient.get(f"/conversations/{conversation}/messages/")["results"]) == len(said)


def test_what_waits_survives_a_reload(both: tuple[Talk, Talk], watch: Watch) -> None:
    watch.expect(LOST_CONNECTION)
    here, there = both
    here.page.context.set_offline(True)
    here.write("Written without a connection.")
    expect(here.page.get_by_text("Sending").filter(visible=True)).to_have_count(1)
    # Leaving the page before the connection is back, as a phone does with a page it has no room for.
    here.page.goto("about:blank")
    here.page.context.set_offline(False)
    here.page.go_back()
    there.has("Written without a connection.")
    here.has("Written without a connection.")
    expect(here.page.get_by_text("Sending").filter(visible=True)).to_have_count(0)


def test_what_was_written_offline_goes_out_once_when_the_page_is_opened_again(
    both: tuple[Talk, Talk], watch: Watch, patient: Person, conversation: str
) -> None:
    """The page is closed while it waits; then it is opened twice, and both find it in their outbox."""
    watch.expect(LOST_CONNECTION)
    here, there = both
    context = here.page.context
    context.set_offline(True)
    here.write("Written on the train.")
    expect(here.page.get_by_text("Sending").filter(visible=True)).to_have_count(1)
    here.page.close()
    again, beside = context.new_page(), context.new_page()
    context.set_offline(False)
    for page in (again, beside):
        page.goto(f"/messages/{conversation}/", wait_until="commit")
    there.has("Written on the train.")
    for page in (again, beside):
        expect(page.get_by_text("Written on the train.").filter(visible=True).first).to_be_visible()
        expect(page.get_by_text("Sending").filter(visible=True)).to_have_count(0)
    sent = patient.get(f"/conversations/{conversation}/messages/")["results"]
    assert [each["body"] for each in sent] == ["Written on the train."]


def test_what_is_refused_for_good_stays_with_its_words_until_it_is_discarded(
    both: tuple[Talk, Talk], watch: Watch, admin: Person, patient: Person, therapist: Person
) -> None:
    watch.expect(LOST_CONNECTION)
    # Until the socket stands again, the outbox sends by REST.
    watch.expect("403 /api/v1/conversations/")
    here, _ = both
    here.page.context.set_offline(True)
    here.write("I did not know that this was over.")
    expect(here.page.get_by_text("Sending").filter(visible=True)).to_have_count(1)
    care = next(each for each in patient.get("/assignments/")["results"] if each["ended_at"] is None)
    admin.post(f"/assignments/{care['id']}/end/", reason="Moved away")
    conversation_over(patient, here.page.url)
    here.page.context.set_offline(False)
    discard = here.page.get_by_role("button", name="Discard")
    expect(discard).to_be_visible(timeout=20_000)
    expect(here.page.get_by_text("I did not know that this was over.").filter(visible=True)).to_be_visible()
    discard.click()
    expect(discard).to_have_count(0)
    here.page.reload()
    expect(here.page.get_by_text("I did not know that this was over.")).to_have_count(0)


def test_an_end_that_came_before_the_page_could_hear_of_it_is_learnt_with_its_first_connection(
    visit: Visit, watch: Watch, admin: Person, patient: Person, therapist: Person
) -> None:
    watch.expect("WebSocket")
    care = people.assign(admin, patient, therapist)
    conversation = people.conversation(patient, therapist)
    people.send(therapist, conversation, "It was good to work with you.")
    page = visit(patient)
    is_closed, loads = [True], []
    page.route_web_socket(
        "**/ws/v1/", lambda socket: socket.close() if is_closed[0] else socket.connect_to_server()
    )
    # No socket stands yet that could be waited for.
    page.goto(f"/messages/{conversation}/")
    here = Talk(page)
    page.on("load", lambda _: loads.append(1))
    expect(here.box).to_be_visible()
    admin.post(f"/assignments/{care}/end/", reason="Moved away")
    conversation_over(patient, page.url)
    expect(here.box).to_be_visible()
    is_closed[0] = False
    expect(page.get_by_text("This conversation has ended. You can still read it.")).to_be_visible(
        timeout=30_000
    )
    expect(here.box).to_have_count(0)
    here.has("It was good to work with you.")
    page.wait_for_timeout(3_000)
    assert len(loads) == 1


def test_a_draft_is_kept(both: tuple[Talk, Talk], watch: Watch, conversation: str) -> None:
    # Signing out throws away what the page had begun to load.
    watch.expect("ERR_FAILED")
    patient, _ = both
    patient.box.fill("I have been meaning to say")
    patient.page.goto("/dashboard/")
    patient.page.goto(f"/messages/{conversation}/")
    expect(patient.box).to_have_value("I have been meaning to say")
    patient.page.reload()
    expect(patient.box).to_have_value("I have been meaning to say")
    # Whoever signs out leaves nothing behind.
    patient.page.get_by_role("complementary", name="Sidebar").locator("summary").click()
    patient.page.get_by_role("button", name="Sign out").click()
    expect(patient.page.get_by_role("heading", level=1)).to_contain_text("A quiet place")
    assert patient.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('bloom.'))") == []
    assert patient.page.evaluate("indexedDB.databases()") == []


# All that this browser keeps for the site, as text.
_KEPT = """
async () => {
  const rows = [];
  const answered = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  for (const { name, version } of await indexedDB.databases()) {
    const database = await answered(indexedDB.open(name, version));
    for (const table of database.objectStoreNames) {
      rows.push(...(await answered(database.transaction(table).objectStore(table).getAll())));
    }
    database.close();
  }
  return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, rows]);
}
"""


def test_what_a_device_keeps_cannot_be_read_there(
    both: tuple[Talk, Talk], watch: Watch, patient: Person, conversation: str
) -> None:
    """A session that ends without a sign-out leaves drafts and unsent words, and nobody to read them."""
    watch.expect(LOST_CONNECTION)
    here, there = both
    page = here.page
    page.context.set_offline(True)
    here.write("Written in the tunnel.")
    expect(page.get_by_text("Sending").filter(visible=True)).to_have_count(1)
    here.box.fill("I have been meaning to say")
    page.wait_for_function("() => Object.keys(localStorage).some((key) => key.endsWith('.draft'))")
    kept = page.evaluate(_KEPT)
    assert conversation in kept
    assert "tunnel" not in kept
    assert "meaning" not in kept

    page.goto("about:blank")
    page.context.clear_cookies()
    page.context.set_offline(False)
    page.goto("/accounts/login/")
    left = page.evaluate(_KEPT)
    assert conversation in left
    assert "tunnel" not in left
    assert "meaning" not in left
    assert "data-seal" not in page.content()

    # The same person comes back, and has their words.
    page.context.add_cookies(patient.cookies())  # type: ignore[arg-type]
    page.goto(f"/messages/{conversation}/")
    expect(here.box).to_have_value("I have been meaning to say")
    there.has("Written in the tunnel.")


# Spoil the words of all that waits in this browser; how many that were.
_SPOIL = """
async () => {
  const answered = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await answered(indexedDB.open("bloom.messages"));
  const table = () => database.transaction("pending", "readwrite").objectStore("pending");
  const rows = await answered(table().getAll());
  for (const row of rows) await answered(table().put({ ...row, sealed: row.sealed.toLowerCase() }));
  database.close();
  return rows.length;
}
"""


def test_what_a_device_can_no_longer_read_is_said_until_it_is_discarded(
    both: tuple[Talk, Talk], watch: Watch, conversation: str
) -> None:
    watch.expect(LOST_CONNECTION)
    here, there = both
    page = here.page
    page.context.set_offline(True)
    here.write("Written in the tunnel.")
    expect(page.get_by_text("Sending").filter(visible=True)).to_have_count(1)
    assert page.evaluate(_SPOIL) == 1
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(f"/messages/{conversation}/")
    lost = page.locator("article[data-waiting]")
    expect(lost).to_contain_text("was kept on this device, and can no longer be read")
    expect(lost).to_contain_text("Not sent. Please write it again.")
    expect(lost.get_by_role("button")).to_have_text(["Discard"])
    # It holds up nothing.
    here.write("Written after the tunnel.")
    there.has("Written after the tunnel.")
    page.reload()
    lost.get_by_role("button", name="Discard").click()
    expect(lost).to_have_count(0)
    page.reload()
    expect(here.box).to_be_visible()
    expect(lost).to_have_count(0)
    expect(there.page.get_by_text("in the tunnel")).to_have_count(0)


def test_the_end_of_a_session_is_told(
    visit: Visit, watch: Watch, site: str, patient: Person, therapist: Person, conversation: str
) -> None:
    """Signed out elsewhere while a page is open: it says so, and keeps what was being written."""
    watch.expect("401|WebSocket|4401")
    here = open_talk(visit(patient), conversation)
    here.box.fill("I was about to say")
    elsewhere = visit(patient)
    elsewhere.goto("/dashboard/")
    elsewhere.get_by_role("complementary", name="Sidebar").locator("summary").click()
    elsewhere.get_by_role("button", name="Sign out").click()
    expect(here.page.get_by_text("You have been signed out.")).to_be_visible(timeout=15_000)
    expect(here.box).to_have_value("I was about to say")
    expect(here.page.get_by_role("link", name="Sign in again")).to_be_visible()
