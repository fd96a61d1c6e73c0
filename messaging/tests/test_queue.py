"""The moderation queue: what staff see, and what their decisions do."""

import html
import uuid

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from accounts.tests import factories as people
from bloom.kernel import clock, vault
from bloom.kernel.errors import NotFound
from messaging import audit, selectors, services
from messaging.errors import CannotLift, CaseDecided, MessageBlocked
from messaging.models import CaseNote, ModerationCase, QueueItem
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, BLURRED, CRISIS, Event

pytestmark = pytest.mark.django_db

QUEUE = "/admin/messaging/queueitem/"


@pytest.fixture
def talk():
    return factories.talk(people.patient(name="Mira Quist"), people.therapist())


@pytest.fixture
def staff():
    return people.support(name="Sol Reyes")


def hidden(talk, body=BLURRED):
    """A message that waits in the queue, and its row of the record."""
    message = factories.send(talk.as_patient, talk.id, body)
    return message, factories.audit_rows(talk.id)[-1]


def cases():
    return list(ModerationCase.objects.unscoped(reason="test"))


def test_staff_see_who_and_why_and_never_what(talk, staff):
    hidden(talk)
    with pytest.raises(MessageBlocked):
        factories.send(talk.as_patient, talk.id, BLOCKED)
    factories.send(talk.as_patient, talk.id, "Fine, thank you.")
    page = people.browser(staff).get(QUEUE).content.decode()
    assert page.count("Mira Quist") == 2
    for word in ("blur", "block", "Insults or bullying", "A card number"):
        assert word in page
    assert "bitch" not in page
    assert "4111" not in page


def test_lifting_shows_the_message_to_everybody_and_is_on_record(talk, staff):
    message, row = hidden(talk)
    actor = people.actor(staff)
    services.case_take(actor, row.id, at=AT)
    services.case_decide(actor, row.id, lift=True, at=AT)
    shown = selectors.message_get(talk.as_therapist, message.id)
    assert (shown.body, shown.blurred, shown.outcome, shown.change) == (BLURRED, False, "allow", 2)
    (case,) = cases()
    assert (case.state, case.assigned_to_id, case.decided_by_id) == ("lifted", staff.id, staff.id)
    names = set(Event.objects.unscoped(reason="test").values_list("name", flat=True))
    assert {
        "messaging.moderation_case.taken",
        "messaging.moderation_case.closed",
        "messaging.message.moderated",
    } <= names
    last = factories.audit_rows(talk.id)[-1]
    assert (last.action, last.source, last.actor_user_id) == ("moderated", "person", staff.id)
    assert list(audit.messages_witness()) == []


def test_the_queue_has_an_index_of_its_own(staff):
    """However long the record: what is counted and listed is read from the few rows that may wait."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's planner is asked")
    actor = people.actor(staff)
    counted = QueueItem.objects.visible_to(actor).filter(recorded_at__gte=AT)
    listed = QueueItem.objects.visible_to(actor).order_by("recorded_at", "id")
    with connection.cursor() as cursor:
        # An empty table is read faster without any index.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    for rows in (counted.order_by().values("outcome").annotate(count=Count("id")), listed):
        assert "messaging_audit_queue" in rows.explain()


def test_what_stands_changes_nothing_and_leaves_the_queue(talk, staff):
    message, row = hidden(talk)
    services.case_decide(people.actor(staff), row.id, lift=False, at=AT)
    assert selectors.message_get(talk.as_therapist, message.id).blurred
    client = people.browser(staff)
    assert "Mira Quist" not in client.get(f"{QUEUE}?state=open").content.decode()
    assert "Mira Quist" in client.get(f"{QUEUE}?state=decided").content.decode()
    assert selectors.queue_counts(people.actor(staff), at=clock.now()) == {}


def test_a_decision_is_made_once(talk, staff):
    _message, row = hidden(talk)
    services.case_decide(people.actor(staff), row.id, lift=False, at=AT)
    for again in (
        lambda: services.case_decide(people.actor(people.admin()), row.id, lift=True, at=AT),
        lambda: services.case_take(people.actor(staff), row.id, at=AT),
    ):
        with pytest.raises(CaseDecided):
            again()


def test_a_crisis_is_never_lifted(talk, staff):
    message, row = hidden(talk, CRISIS)
    with pytest.raises(CannotLift):
        services.case_decide(people.actor(staff), row.id, lift=True, at=AT)
    assert selectors.message_get(talk.as_therapist, message.id).outcome == "crisis"
    assert cases() == []


def test_what_was_never_sent_or_has_another_verdict_cannot_be_lifted(talk, staff):
    with pytest.raises(MessageBlocked):
        factories.send(talk.as_patient, talk.id, BLOCKED)
    blocked = factories.audit_rows(talk.id)[-1]
    message, row = hidden(talk)
    services.message_edit(talk.as_patient, message.id, "You stupid, stupid bitch.", at=AT)
    for each in (blocked, row):
        with pytest.raises(CannotLift):
            services.case_decide(people.actor(staff), each.id, lift=True, at=AT)


@pytest.mark.parametrize("role", ["patient", "therapist"])
def test_nobody_else_decides_not_even_about_their_own(talk, role):
    _message, row = hidden(talk)
    actor = talk.as_patient if role == "patient" else talk.as_therapist
    with pytest.raises(NotFound):
        services.case_decide(actor, row.id, lift=True, at=AT)
    with pytest.raises(NotFound):
        services.case_take(actor, row.id, at=AT)
    assert cases() == []


@pytest.mark.parametrize(
    ("action", "state"), [("case_take", "taken"), ("case_uphold", "upheld"), ("case_lift", "lifted")]
)
def test_the_admin_s_actions_do_it_and_say_so(talk, staff, action, state):
    _message, row = hidden(talk)
    client = people.browser(staff)
    page = client.post(QUEUE, {"action": action, "_selected_action": [str(row.id)]}, follow=True)
    assert "Done: 1" in page.content.decode()
    (case,) = cases()
    assert case.state == state
    assert "Sol Reyes" in page.content.decode()


def test_what_is_refused_is_said(talk, staff):
    _message, row = hidden(talk, CRISIS)
    page = people.browser(staff).post(
        QUEUE, {"action": "case_lift", "_selected_action": [str(row.id)]}, follow=True
    )
    assert "cannot be lifted" in page.content.decode()


def test_the_first_page_of_staff_counts_what_waits(talk, staff):
    hidden(talk)
    hidden(talk, CRISIS)
    page = people.browser(staff).get("/dashboard/").content.decode()
    assert "Messages that may mean danger" in page
    assert "Hidden messages" in page
    assert selectors.queue_counts(people.actor(staff), at=clock.now()) == {"blur": 1, "crisis": 1}
    assert "Hidden messages" not in people.browser(talk.patient).get("/dashboard/").content.decode()


def page_of(row):
    return f"{QUEUE}{row.id}/change/"


def said(response):
    return html.unescape(response.content.decode())


def test_a_colleague_is_given_a_verdict_to_look_at(talk, staff):
    _message, row = hidden(talk)
    colleague = people.admin(name="Ada Okoye")
    client = people.browser(staff)
    page = client.post(page_of(row), {"case": "assign", "person": str(colleague.id)}, follow=True)
    assert "Ada Okoye looks at it." in said(page)
    (case,) = cases()
    assert (case.state, case.assigned_to_id) == ("taken", colleague.id)
    assigned = Event.objects.unscoped(reason="test").get(name="messaging.moderation_case.assigned")
    assert assigned.data["assigned_to_id"] == str(colleague.id)


@pytest.mark.parametrize("who", ["patient", "therapist", "nobody", "words"])
def test_a_verdict_is_given_to_staff_alone(talk, staff, who):
    _message, row = hidden(talk)
    person = {
        "patient": talk.patient.id,
        "therapist": talk.therapist.id,
        "nobody": uuid.uuid4(),
        "words": "x",
    }
    page = people.browser(staff).post(page_of(row), {"case": "assign", "person": str(person[who])})
    assert "Please choose somebody of the staff." in said(page)
    assert cases() == []


def test_notes_are_for_the_staff_sealed_and_on_record(talk, staff):
    _message, row = hidden(talk)
    client = people.browser(staff)
    page = client.post(page_of(row), {"case": "note", "body": "Asked <b>Ana</b> to call."}, follow=True)
    assert "Asked <b>Ana</b> to call." in said(page)
    assert b"<b>Ana</b>" not in page.content
    assert "Sol Reyes" in said(page)
    (note,) = CaseNote.objects.unscoped(reason="test")
    assert b"Ana" not in bytes(note.body)
    (event,) = Event.objects.unscoped(reason="test").filter(name="messaging.moderation_case.noted")
    assert event.data == {"audit_id": str(row.id)}
    # A note may follow a decision.
    services.case_decide(people.actor(staff), row.id, lift=False, at=AT)
    client.post(page_of(row), {"case": "note", "body": "She did."})
    view = selectors.case_get(people.actor(staff), row.id)
    assert [each.body for each in view.notes] == ["Asked <b>Ana</b> to call.", "She did."]


def test_notes_go_with_the_key_of_the_patient(talk, staff):
    _message, row = hidden(talk)
    services.case_note(people.actor(staff), row.id, "Asked Ana to call.", at=AT)
    vault.key_destroy(people.SYSTEM, talk.patient.id, at=AT)
    vault.cache_clear()
    page = people.browser(staff).get(page_of(row))
    assert "This note can no longer be read." in said(page)


def test_what_is_refused_of_a_note_loses_nothing(talk, staff):
    _message, row = hidden(talk)
    client = people.browser(staff)
    long = "Look at this. " * 400
    page = client.post(page_of(row), {"case": "note", "body": long})
    assert "This is longer than 4000 characters." in said(page)
    assert long in said(page)
    assert "Write something first." in said(client.post(page_of(row), {"case": "note", "body": "  "}))
    assert not CaseNote.objects.unscoped(reason="test").exists()


@pytest.mark.parametrize(
    ("act", "state", "words"),
    [
        ("take", "taken", "Sol Reyes looks at it."),
        ("uphold", "upheld", "It stands: Sol Reyes"),
        ("lift", "lifted", "Lifted: Sol Reyes"),
    ],
)
def test_the_page_of_a_verdict_decides_it(talk, staff, act, state, words):
    _message, row = hidden(talk)
    page = people.browser(staff).post(page_of(row), {"case": act}, follow=True)
    assert words in " ".join(said(page).split())
    (case,) = cases()
    assert case.state == state


def test_a_verdict_that_somebody_decided_meanwhile_says_so(talk, staff):
    _message, row = hidden(talk)
    services.case_decide(people.actor(staff), row.id, lift=False, at=AT)
    page = people.browser(staff).post(page_of(row), {"case": "lift"})
    assert "Somebody has decided about this already." in said(page)
    assert [case.state for case in cases()] == ["upheld"]


@pytest.mark.parametrize("role", ["patient", "therapist"])
def test_nobody_else_notes_assigns_or_reads(talk, staff, role):
    _message, row = hidden(talk)
    services.case_note(people.actor(staff), row.id, "Asked Ana to call.", at=AT)
    actor = talk.as_patient if role == "patient" else talk.as_therapist
    for refused in (
        lambda: selectors.case_get(actor, row.id),
        lambda: services.case_note(actor, row.id, "Mine.", at=AT),
        lambda: services.case_assign(actor, row.id, staff.id, at=AT),
    ):
        with pytest.raises(NotFound):
            refused()


def test_the_page_of_a_verdict_costs_the_same_with_fifty_notes(talk, staff):
    _message, row = hidden(talk)
    actor = people.actor(staff)
    services.case_note(actor, row.id, "One.", at=AT)
    selectors.case_get(actor, row.id)
    with CaptureQueriesContext(connection) as few:
        selectors.case_get(actor, row.id)
    for number in range(49):
        services.case_note(actor, row.id, f"Note {number}.", at=AT)
    with CaptureQueriesContext(connection) as many:
        assert len(selectors.case_get(actor, row.id).notes) == 50
    assert len(many) == len(few)
