"""A request is declined after a question, with a word to the patient, who reads by whom."""

import re
from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import Invalid
from scheduling import selectors, services
from scheduling.models import Appointment
from scheduling.tests import factories
from scheduling.tests.test_booking_for import desk_of
from scheduling.tests.test_telling import told

pytestmark = pytest.mark.django_db
WORDS = "I am away that week.\nShall we say Tuesday?"


@pytest.fixture
def desk():
    return factories.desk(needs_approval=True)


@pytest.fixture
def asked(desk):
    return factories.appointment(desk, factories.weekday_ahead(), state="requested")


def text(answer):
    return re.sub(r"[ \t]+", " ", answer.content.decode())


def kept(row):
    return Appointment.objects.unscoped(reason="test").get(pk=row.id)


def test_it_is_asked_first_and_the_patient_reads_who_and_why(desk, asked):
    theirs, browser = people.browser(desk.therapist), people.browser(desk.patient)
    page = text(theirs.get(f"/appointments/{asked.id}/"))
    assert f'action="/appointments/{asked.id}/decline/"' not in page
    question = text(theirs.get(f"/appointments/{asked.id}/decline/"))
    assert "Decline this request?" in question
    assert desk.patient.name in question
    assert kept(asked).state == "requested"
    assert theirs.post(f"/appointments/{asked.id}/decline/", {"words": WORDS}).status_code == 302
    assert "away" not in str(bytes(kept(asked).decline_words))
    seen = text(browser.get(f"/appointments/{asked.id}/"))
    who = re.search(r"([^<>]*) declined this request", seen)[1]
    assert desk.therapist.name in who
    assert WORDS in seen
    assert "Declined" in seen
    assert "Declined" in text(browser.get("/appointments/?off=1"))
    assert "You declined this request" in text(theirs.get(f"/appointments/{asked.id}/"))


def test_the_words_are_for_the_two_alone(desk, asked):
    services.appointment_decline(desk.as_therapist, asked.id, to_patient=WORDS, at=clock.now())
    for actor, seen in ((desk.as_patient, WORDS), (desk.as_therapist, WORDS), (desk_of(desk), None)):
        assert selectors.appointment_get(actor, asked.id, at=clock.now()).decline_words == seen


def test_a_patient_declines_nothing_and_what_stands_is_not_declined(desk, asked):
    assert people.browser(desk.patient).get(f"/appointments/{asked.id}/decline/").status_code == 409
    services.appointment_confirm(desk.as_therapist, asked.id, at=clock.now())
    assert people.browser(desk.therapist).get(f"/appointments/{asked.id}/decline/").status_code == 409


def test_what_cannot_be_kept_stays_in_the_form(desk, asked):
    with pytest.raises(Invalid):
        services.appointment_decline(desk.as_therapist, asked.id, to_patient="x" * 5_001, at=clock.now())
    answer = people.browser(desk.therapist).post(
        f"/appointments/{asked.id}/decline/", {"words": "sorry " * 1_000}
    )
    assert answer.status_code == 400
    assert "sorry sorry" in text(answer)
    assert kept(asked).state == "requested"


def test_what_is_cancelled_otherwise_is_not_declined(desk):
    row = factories.appointment(desk, factories.weekday_ahead())
    services.appointment_cancel(desk.as_therapist, row.id, at=clock.now())
    assert selectors.appointment_get(desk.as_patient, row.id, at=clock.now()).cancel_cause is None


def test_by_rest_with_words_or_with_nothing_at_all(desk, asked):
    later = factories.appointment(desk, asked.starts_at + timedelta(hours=2), state="requested")
    for row, body, words in ((asked, {}, None), (later, {"words": WORDS}, WORDS)):
        answer = people.browser(desk.therapist).post(
            f"/api/v1/appointments/{row.id}/decline/", body, content_type="application/json"
        )
        assert answer.status_code == 200
        said = answer.json()
        assert (said["status"], said["cancel_cause"], said["decline_words"]) == (
            "cancelled",
            "declined",
            words,
        )


def test_both_ways_the_patient_is_told_that_it_was_declined(desk, asked):
    services.appointment_decline(desk.as_therapist, asked.id, to_patient=WORDS, at=clock.now())
    from observability import services as observability

    observability.outbox_drain(people.SYSTEM, at=clock.now())
    assert told(desk.patient) == ["declined"]
