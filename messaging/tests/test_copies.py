"""Copies of a conversation: for its members, of what each of them sees, as PDF and JSON."""

import io
import json
import uuid
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core import mail
from django.core.files.storage import default_storage
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts import services as accounts_services
from accounts.errors import ExportUnderWay
from accounts.tests import factories as people
from bloom.kernel import clock, vault
from bloom.kernel.errors import FreshFactorNeeded, Invalid, NotFound
from messaging import selectors, services
from messaging.copies import TOPIC, letters, pdf
from messaging.tests import factories
from messaging.tests.factories import AT, BLURRED, HARMLESS
from messaging.types import MessageView, PersonName

pytestmark = pytest.mark.django_db
Event = factories.Event
DataExport = apps.get_model("accounts", "DataExport")
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    kept = settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": kept}


def asked(actor, talk, form="json"):
    return accounts_services.copy_ask(actor, "conversation", talk.id, form, at=clock.now())


def made(actor, talk, form="json") -> bytes:
    export = asked(actor, talk, form)
    accounts_services.exports_run(people.SYSTEM, at=clock.now())
    return b"".join(accounts_services.export_fetch(actor, export.id, at=clock.now()))


def written(form: str, actor, talk) -> bytes:
    out = io.BytesIO()
    TOPIC.formats[form].write(out, actor, talk.id, name="Maya Torres", zone=UTC_ZONE, at=AT)
    return out.getvalue()


def text_of(raw: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(raw)).pages)


def browser(user) -> Client:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(user)
    return client


# What is in it ----------------------------------------------------------------------------------------------


@pytest.fixture
def talk():
    """One shown, one hidden from the patient, one deleted, one edited, one with a file."""
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, "I slept well <b>at last</b>.")
    factories.send(talk.as_therapist, talk.id, BLURRED)
    gone = factories.send(talk.as_patient, talk.id, "zyxgone")
    services.message_delete(talk.as_patient, gone.id, at=AT)
    changed = factories.send(talk.as_patient, talk.id, "zyxbefore")
    services.message_edit(talk.as_patient, changed.id, "After.", at=AT)
    plan = factories.upload(talk.as_therapist, name="plan.txt")
    factories.send(talk.as_therapist, talk.id, "A plan.", attachments=[plan])
    return talk


def test_as_json_it_is_what_its_reader_sees(talk):
    read = json.loads(written("json", talk.as_patient, talk))
    assert read["title"] == f"Conversation with {talk.therapist.name}"
    assert [(each["seq"], each["state"], each["text"], each["by_you"]) for each in read["messages"]] == [
        (1, "shown", "I slept well <b>at last</b>.", True),
        (2, "hidden", None, False),
        (3, "deleted", None, True),
        (4, "shown", "After.", True),
        (5, "shown", "A plan.", False),
    ]
    assert read["messages"][4]["files"] == ["plan.txt"]
    assert read["messages"][3]["edited_at"]
    # Who wrote it sees it, and who has chosen to.
    assert json.loads(written("json", talk.as_therapist, talk))["messages"][1]["text"] == BLURRED
    hidden = selectors.message_list(talk.as_patient, talk.id).items[1]
    services.message_reveal(talk.as_patient, hidden.id, at=AT)
    assert json.loads(written("json", talk.as_patient, talk))["messages"][1]["text"] == BLURRED


def test_as_pdf_it_is_the_same_with_a_title_and_a_language(talk):
    raw = written("pdf", talk.as_patient, talk)
    text = text_of(raw)
    for words in ("I slept well <b>at last</b>.", "After.", "Attached: plan.txt", "This message is hidden",
                  "This message was deleted.", "Page 1"):  # fmt: skip
        assert words in text
    for words in (BLURRED, "zyxgone", "zyxbefore"):
        assert words not in text
        assert words.encode() not in written("json", talk.as_patient, talk)
    reader = PdfReader(io.BytesIO(raw))
    assert reader.metadata is not None
    assert reader.metadata.title == f"Conversation with {talk.therapist.name}"
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_an_empty_conversation_has_a_copy_too():
    talk = factories.talk()
    assert json.loads(written("json", talk.as_patient, talk))["messages"] == []
    assert "No messages yet." in text_of(written("pdf", talk.as_patient, talk))


# Any signs -------------------------------------------------------------------------------------------------


def message(body: str, *, name: str = "Maya", seq: int = 1) -> MessageView:
    return MessageView(
        id=uuid.uuid4(),
        conversation_id=uuid.uuid4(),
        seq=seq,
        change=seq,
        client_id=uuid.uuid4(),
        sender=PersonName(id=uuid.uuid4(), name=name),
        body=body,
        blurred=False,
        outcome="allow",
        categories=(),
        sent_at=AT,
    )


def drawn(*messages: MessageView, title: str = "Conversation") -> bytes:
    out = io.BytesIO()
    pdf.write(out, iter(messages), title=title, name="Maya", zone=UTC_ZONE, at=AT)
    return out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 123",
        "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac, \u0440\u0443\u0441\u0441\u043a\u0438\u0439",
        "\u4e2d\u6587",
        "\U0001f469\u200d\U0001f467 \U0001f331 \U0001f44d\U0001f3fd",
        "a\tb\x07c\u200b",
        "x" * 4000,
        "\n\n\n",
    ],
)
def test_names_and_words_of_any_script_make_a_pdf(text):
    raw = drawn(message(text, name=text[:80]), title=f"Conversation with {text[:80]}")
    assert PdfReader(io.BytesIO(raw)).pages


@given(st.text(max_size=300))
def test_no_text_stops_it(text):
    assert drawn(message(text, name=text[:40]), title=text[:40]).startswith(b"%PDF")


def test_what_the_font_lacks_is_replaced_and_said():
    text = text_of(drawn(message("Look: \N{SEEDLING}\ufe0f 中")))
    assert "[seedling]" in text
    assert letters.MISSING in text
    assert "Signs that this font lacks" in text
    assert "Signs that this font lacks" not in text_of(drawn(message("Plain, and naïve.")))


def test_lines_from_right_to_left_are_turned_and_stand_right():
    ((line, at_right),) = letters.lines_of("\u05e9\u05dc\u05d5\u05dd 12", 1000, len)
    assert (line, at_right) == ("12 \u05dd\u05d5\u05dc\u05e9", True)
    ((line, at_right),) = letters.lines_of("I said \u05e9\u05dc\u05d5\u05dd to her", 1000, len)
    assert (line, at_right) == ("I said \u05dd\u05d5\u05dc\u05e9 to her", False)


@given(st.text(alphabet="ab \n", max_size=200), st.integers(1, 20))
def test_lines_lose_nothing_and_fit(text, width):
    lines = [line for line, _right in letters.lines_of(text, width, len)]
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")


def test_five_thousand_messages_are_drawn_one_by_one_and_pages_kept_packed():
    def many() -> Iterator[MessageView]:
        for number in range(5000):
            yield message(f"Message {number}. " + "A line of ordinary words. " * 6, seq=number)

    out = io.BytesIO()
    pdf.write(out, many(), title="Conversation", name="Maya", zone=UTC_ZONE, at=AT)
    assert len(PdfReader(out).pages) > 200
    assert len(out.getvalue()) < 2 * 1024 * 1024


# From the wish to the end of the link -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["pdf", "json"])
def test_it_is_made_sealed_told_and_fetched_on_record(form):
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, "zyxmark")
    raw = made(talk.as_patient, talk, form)
    assert b"zyxmark" in raw if form == "json" else "zyxmark" in text_of(raw)
    (row,) = DataExport.objects.unscoped(reason="test")
    with default_storage.open(row.file, "rb") as kept:
        assert b"zyxmark" not in kept.read()
    names = Event.objects.unscoped(reason="test").filter(object_id=row.id).order_by("recorded_at")
    assert [each.name.rpartition(".")[2] for each in names] == ["asked", "made", "fetched"]
    assert [each.data.get("about_id") for each in names] == [str(talk.id), None, str(talk.id)]
    notices = apps.get_model("accounts", "Notice").objects.unscoped(reason="test").filter(code="copy_ready")
    assert [each.user_id for each in notices] == [talk.patient.id]
    people.letters_send(at=clock.now())
    letter = next(each for each in mail.outbox if "copy" in each.subject)
    assert talk.therapist.name not in letter.subject + letter.body
    with pytest.raises(NotFound):
        later = clock.now() + django_settings.EXPORT_LASTS
        accounts_services.export_fetch(talk.as_patient, row.id, at=later)


@pytest.mark.django_db(transaction=True)
def test_a_therapists_copy_is_on_the_record_of_the_patient_and_the_practice():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    made(talk.as_therapist, talk)
    (row,) = DataExport.objects.unscoped(reason="test")
    events = Event.objects.unscoped(reason="test").filter(object_id=row.id).order_by("recorded_at")
    assert [(each.subject_id, each.practice_id) for each in events] == [
        (talk.patient.id, talk.practice_id)
    ] * 3
    assert [each.actor_user_id for each in events] == [talk.therapist.id, None, talk.therapist.id]
    _sent, copied = factories.audit_rows(talk.id)
    assert (copied.action, copied.actor_user_id, copied.subject_id, copied.practice_id) == (
        "copied", talk.therapist.id, talk.patient.id, talk.practice_id
    )  # fmt: skip
    accounts_services.exports_run(people.SYSTEM, at=clock.now() + django_settings.EXPORT_LASTS)
    gone = Event.objects.unscoped(reason="test").get(object_id=row.id, name="accounts.export.gone")
    assert (gone.subject_id, gone.practice_id) == (talk.patient.id, talk.practice_id)


@pytest.mark.django_db(transaction=True)
def test_with_the_patients_key_destroyed_no_copy_opens():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    export = asked(talk.as_therapist, talk)
    accounts_services.exports_run(people.SYSTEM, at=clock.now())
    vault.key_destroy(people.SYSTEM, talk.patient.id, at=clock.now())
    with pytest.raises(NotFound):
        accounts_services.export_fetch(talk.as_therapist, export.id, at=clock.now())


def test_only_members_ask_and_only_for_what_there_is():
    talk, other = factories.talk(), factories.talk()
    for actor in (other.as_patient, other.as_therapist, people.actor(people.admin())):
        with pytest.raises(NotFound):
            asked(actor, talk)
    with pytest.raises(NotFound):
        accounts_services.copy_ask(talk.as_patient, "chart", talk.id, "pdf", at=AT)
    with pytest.raises(Invalid):
        asked(talk.as_patient, talk, "docx")
    asked(talk.as_patient, talk)
    with pytest.raises(ExportUnderWay):
        asked(talk.as_patient, talk)
    # A copy of one's own data is another matter.
    accounts_services.export_ask(talk.as_patient, at=clock.now())


def test_a_therapist_shows_a_fresh_factor_first():
    talk = factories.talk()
    people.app(talk.therapist)
    with pytest.raises(FreshFactorNeeded):
        asked(talk.as_therapist, talk)


@pytest.mark.django_db(transaction=True)
def test_acting_for_another_practice_one_fetches_it_no_more():
    talk = factories.talk()
    export = asked(talk.as_therapist, talk)
    accounts_services.exports_run(people.SYSTEM, at=clock.now())
    elsewhere = people.practice(talk.therapist)
    with pytest.raises(NotFound):
        accounts_services.export_fetch(talk.as_therapist.acting_for(elsewhere), export.id, at=clock.now())
    for actor in (talk.as_patient, people.actor(people.admin())):
        with pytest.raises(NotFound):
            accounts_services.export_fetch(actor, export.id, at=clock.now())


@pytest.mark.django_db(transaction=True)
def test_the_page_leads_through_it():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, HARMLESS)
    client, path = Client(), f"/copies/conversation/{talk.id}/"
    client.post("/accounts/login/", {"login": talk.patient.email, "password": people.PASSWORD})
    assert path in client.get(f"/messages/{talk.id}/").content.decode()
    assert client.post(path, {"format": "docx"}, follow=True).status_code == 200
    assert "being made" in client.post(path, {"format": "json"}, follow=True).content.decode()
    accounts_services.exports_run(people.SYSTEM, at=clock.now())
    page = client.get(path).content.decode()
    link = page.partition('href="/settings/data/')[2].partition('"')[0]
    answer = client.get(f"/settings/data/{link}")
    assert answer.headers["Content-Type"] == "application/json"
    name = f"bloom-conversation-{clock.now():%Y-%m-%d}.json"
    assert f'filename="{name}"' in answer.headers["Content-Disposition"]
    assert json.loads(b"".join(answer.streaming_content))["messages"][0]["text"] == HARMLESS
    assert browser(talk.therapist).get(f"/settings/data/{link}").status_code == 404
    assert client.get(f"/copies/conversation/{uuid.uuid4()}/").status_code == 404
    assert client.get(f"/copies/chart/{talk.id}/").status_code == 404
    # It is not the copy of one's own data.
    assert link not in client.get("/settings/data/").content.decode()


def test_who_was_signed_in_long_ago_shows_first_that_it_is_they():
    talk = factories.talk()
    answer = browser(talk.patient).get(f"/copies/conversation/{talk.id}/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/again/")
