"""The moderation queue: what staff see, and what their decisions do."""

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotFound
from messaging import audit, selectors, services
from messaging.errors import CannotLift, CaseDecided, MessageBlocked
from messaging.models import ModerationCase
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
