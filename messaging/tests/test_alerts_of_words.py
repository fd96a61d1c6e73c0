"""A patient's words for an appointment may mean danger: who is alerted, and that nothing takes it away."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail

from accounts import letters
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotFound
from messaging import selectors, services
from messaging.errors import AlertRaisedAgain
from messaging.types import AlertKind
from observability import services as record
from scheduling import services as scheduling_services
from scheduling.tests import factories
from scheduling.tests.factories import START
from scheduling.tests.steps import book
from scheduling.tests.test_danger import ALARMED, CRISIS

pytestmark = pytest.mark.django_db

Notice = apps.get_model("accounts", "Notice")


@pytest.fixture
def desk():
    return factories.desk()


def alerts(desk):
    record.outbox_drain(people.SYSTEM, at=clock.now())
    return selectors.crisis_alert_list(desk.as_therapist)


@pytest.mark.parametrize("deed", ["cancel", "decline", "erase", "nothing"])
def test_the_therapist_is_alerted_until_they_have_seen_it_whatever_becomes_of_it(desk, deed):
    """The one who says so and takes it back at once is not safer for it."""
    view = book(desk, reason=CRISIS)
    if deed == "cancel":
        scheduling_services.appointment_cancel(desk.as_patient, view.id, at=factories.AT)
    elif deed == "decline":
        scheduling_services.appointment_cancel(desk.as_therapist, view.id, at=factories.AT)
    elif deed == "erase":
        scheduling_services.appointment_change(desk.as_patient, view.id, reason="", at=factories.AT)
    (alert,) = alerts(desk)
    assert (alert.about, alert.about_id, alert.patient.id) == (
        AlertKind.APPOINTMENT,
        view.id,
        desk.patient.id,
    )
    client = people.browser(desk.therapist)
    shown = client.get("/dashboard/").content.decode()
    assert shown.index('data-card="crisis_alerts"') == shown.index("data-card=")
    assert f"/messages/alerts/{alert.id}/" in shown
    assert "kill myself" not in shown
    words = client.get(f"/messages/alerts/{alert.id}/").content.decode()
    assert "I want to kill myself tonight." in words
    # Looking is not yet an answer.
    assert len(alerts(desk)) == 1
    seen = client.post(
        f"/messages/alerts/{alert.id}/seen/", {"raised_at": alert.raised_at.isoformat()}, follow=True
    )
    assert "You have seen this" in seen.content.decode()
    assert alerts(desk) == []
    assert 'data-card="crisis_alerts"' not in client.get("/dashboard/").content.decode()
    (event,) = people.recorded("messaging.crisis_alert.acknowledged")
    assert (event.data["about_id"], event.subject_id) == (str(view.id), desk.patient.id)


def test_nobody_but_its_therapist_sees_the_alert(desk):
    view = book(desk, reason=CRISIS)
    (alert,) = alerts(desk)
    elsewhere = people.therapist()
    people.practice(desk.therapist)
    for actor in (
        desk.as_patient,
        people.actor(elsewhere),
        people.actor(desk.therapist, practice_id=people.practice_of(elsewhere)),
    ):
        with pytest.raises(NotFound):
            selectors.crisis_alert_words(actor, alert.id, at=factories.AT)
        with pytest.raises(NotFound):
            services.crisis_alert_acknowledge(actor, alert.id, at=factories.AT)
    for user in (desk.patient, elsewhere):
        assert people.browser(user).get(f"/messages/alerts/{alert.id}/").status_code == 404
    assert "kill" not in str(people.recorded(ALARMED)[0].data)
    assert view.alarms


def test_it_is_told_in_the_app_and_by_a_mail_that_says_nothing(desk):
    book(desk, reason=CRISIS)
    alerts(desk)
    (notice,) = Notice.objects.unscoped(reason="test").filter(kind="alerts")
    assert (notice.user_id, notice.code) == (desk.therapist.id, "danger")
    assert notice.mail_due_at is not None
    mail.outbox.clear()
    letters.letters_send(ids=[notice.id], at=clock.now())
    (letter,) = mail.outbox
    assert letter.to == [desk.therapist.email]
    for word in ("kill", desk.patient.name):
        assert word not in letter.subject + letter.body
    # Delivered again, it is told once.
    record.outbox_drain(people.SYSTEM, at=clock.now())
    assert Notice.objects.unscoped(reason="test").filter(kind="alerts").count() == 1


def test_new_words_of_danger_raise_it_again_and_a_second_delivery_does_not(desk):
    view = book(desk, reason=CRISIS)
    (alert,) = alerts(desk)
    raised = {
        "patient_id": desk.patient.id,
        "therapist_id": desk.therapist.id,
        "practice_id": desk.practice_id,
    }
    services.crisis_alert_acknowledge(desk.as_therapist, alert.id, at=clock.now())
    services.crisis_alert_raise(people.SYSTEM, AlertKind.APPOINTMENT, view.id, at=alert.raised_at, **raised)
    assert alerts(desk) == []
    scheduling_services.appointment_change(
        desk.as_patient, view.id, reason=CRISIS + " Now.", at=alert.raised_at + timedelta(minutes=1)
    )
    (again,) = alerts(desk)
    assert again.id == alert.id
    with pytest.raises(AlertRaisedAgain):
        services.crisis_alert_acknowledge(
            desk.as_therapist, alert.id, raised_at=alert.raised_at, at=clock.now()
        )


def test_what_the_therapist_does_not_answer_goes_to_others(desk):
    staff = people.actor(people.support())
    book(desk, reason=CRISIS)
    book(desk, START + timedelta(hours=1), reason=CRISIS)
    waiting = alerts(desk)
    assert len(waiting) == 2
    late = max(each.raised_at for each in waiting) + 2 * settings.CRISIS_WIDENS_AFTER
    assert selectors.alerts_beyond_list(staff) == []
    services.crisis_alerts_widen(people.SYSTEM, at=late)
    services.crisis_alerts_widen(people.SYSTEM, at=late + settings.CRISIS_WIDENS_AFTER)
    (told,) = selectors.alerts_beyond_list(staff)
    assert (told.patient.id, told.therapist.id) == (desk.patient.id, desk.therapist.id)
    services.crisis_alert_take(staff, told.id, at=late + settings.CRISIS_WIDENS_AFTER)
    assert selectors.alerts_beyond_list(staff)[0].is_own
    assert all(each.taken_by.id == staff.user_id for each in alerts(desk))
