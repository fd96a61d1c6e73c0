"""Reminders: once each, of what is so, and what people answer by their link."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from bloom.kernel.events import RecordedEvent
from bloom.kernel.fees import LateFeeUnseen
from observability import services as record
from scheduling import errors, handlers_waiting, selectors, services
from scheduling.models import Appointment, Reminder
from scheduling.rules import reminders as rules
from scheduling.services import reminders as reminders_service
from scheduling.tests import factories
from scheduling.types import LEADS, AppointmentState

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def desk():
    return factories.desk(time_zone="UTC")


def soon(days=3):
    return (clock.now() + days * DAY).replace(hour=15, minute=0, second=0, microsecond=0)


def agreed(desk, starts_at=None, **facts):
    row = factories.appointment(desk, starts_at or soon(), **facts)
    services.reminders_follow(people.SYSTEM, row.id, at=clock.now())
    return row


def run(at):
    return services.reminders_run(people.SYSTEM, at=at)


def waiting(row):
    rows = Reminder.objects.unscoped(reason="test").filter(appointment_id=row.id, due_at__isnull=False)
    return sorted(rows.values_list("lead_minutes", flat=True))


def mails(outbox):
    people.letters_send(clock.now() + 30 * DAY)
    return [each for each in outbox if "reminder" in each.subject]


def link(mail):
    return re.search(r"https?://[^/]+(/reminders/\S+)", mail.body).group(1)


def reminded(desk, outbox, **facts):
    row = agreed(desk, **facts)
    run(row.starts_at - 24 * HOUR)
    return row, link(mails(outbox)[-1])


def test_a_day_and_two_hours_before_once_each_whatever_restarts(desk, mailoutbox):
    row = agreed(desk)
    assert waiting(row) == [120, 1440]
    assert run(row.starts_at - 24 * HOUR - MINUTE) == 0
    assert run(row.starts_at - 24 * HOUR) == 1
    assert run(row.starts_at - 24 * HOUR + MINUTE) == 0
    # What happens again, as events do, makes none again.
    services.reminders_follow(people.SYSTEM, row.id, at=row.starts_at - 25 * HOUR)
    assert run(row.starts_at - 24 * HOUR + MINUTE) == 0
    assert run(row.starts_at - 2 * HOUR) == 1
    assert len(mails(mailoutbox)) == 2


def test_a_mail_says_when_in_its_readers_zone_and_nothing_else(desk, mailoutbox):
    desk.patient.time_zone = "Asia/Tokyo"
    desk.patient.save()
    row, address = reminded(desk, mailoutbox)
    mail = mails(mailoutbox)[-1]
    assert "Asia/Tokyo" in mail.body
    assert f"{row.starts_at + 9 * HOUR:%-I:%M}" in mail.body
    for word in (desk.therapist.name, desk.service.name, str(row.id)):
        assert word not in mail.subject + mail.body
    page = Client().get(address).content.decode()
    assert "Asia/Tokyo" in page
    assert desk.therapist.name not in page
    assert desk.service.name not in page


def test_what_moved_is_reminded_of_anew_and_what_was_called_off_is_not(desk):
    row = agreed(desk)
    run(row.starts_at - 24 * HOUR)
    at = clock.now()
    services.appointment_move(desk.as_therapist, row.id, starts_at=row.starts_at + DAY, at=at)
    record.outbox_drain(people.SYSTEM, at=at)
    assert waiting(row) == [120, 1440]
    assert run(row.starts_at) == 1
    services.appointment_cancel(desk.as_therapist, row.id, at=at)
    record.outbox_drain(people.SYSTEM, at=at)
    assert waiting(row) == []
    assert run(row.starts_at + 23 * HOUR) == 0


def test_a_cancellation_that_nobody_has_heard_of_yet_is_not_reminded_of(desk):
    row = agreed(desk)
    services.appointment_cancel(desk.as_therapist, row.id, at=clock.now())
    assert run(row.starts_at - 24 * HOUR) == 0
    assert waiting(row) == [120]


def test_after_an_outage_somebody_is_reminded_once_and_not_too_late(desk):
    row = agreed(desk)
    assert run(row.starts_at - HOUR) == 1
    sent = Reminder.objects.unscoped(reason="test").get(sent_at__isnull=False)
    assert sent.lead_minutes == 120
    other = agreed(desk, soon(5))
    assert run(other.starts_at - 10 * MINUTE) == 0


def test_where_another_run_has_sent_the_nearer_one_the_farther_stays(desk):
    row = agreed(desk)
    at = row.starts_at - 2 * HOUR
    nearer = Reminder.objects.unscoped(reason="test").filter(appointment_id=row.id, lead_minutes=120)
    nearer.update(due_at=None, sent_at=at)
    assert run(at) == 0


def test_one_that_fails_keeps_no_other_from_going_and_goes_later(desk, monkeypatch):
    bad, good = agreed(desk), agreed(desk, soon() + HOUR)
    real = reminders_service._tell

    def failing(actor, reminder, row, *, at):
        if row.id == bad.id:
            raise OSError("the disk is gone")
        real(actor, reminder, row, at=at)

    monkeypatch.setattr(reminders_service, "_tell", failing)
    at = good.starts_at - 24 * HOUR
    assert run(at) == 1
    monkeypatch.undo()
    assert run(at) == 0
    assert run(at + 5 * MINUTE) == 1


def test_people_choose_when(desk):
    row = agreed(desk)
    services.reminders_choose(desk.as_patient, [30, 7 * 24 * 60], at=clock.now())
    # A week before has passed.
    assert waiting(row) == [30]
    services.reminders_choose(desk.as_patient, [], at=clock.now())
    assert waiting(row) == []
    assert selectors.reminder_leads(desk.as_patient) == ()
    with pytest.raises(Invalid):
        services.reminders_choose(desk.as_patient, [7], at=clock.now())
    with pytest.raises(NotAllowed):
        services.reminders_choose(desk.as_therapist, [30], at=clock.now())


def test_a_reminder_that_is_due_outlives_what_happens_before_it_goes(desk):
    row = agreed(desk)
    late = row.starts_at - 24 * HOUR + MINUTE
    services.reminders_choose(desk.as_patient, [60, 1440], at=late)
    assert waiting(row) == [60, 1440]
    services.reminders_follow(people.SYSTEM, row.id, at=late)
    assert run(late) == 1


def test_who_hears_late_of_a_booking_still_notes_what_was_due_since(desk):
    """Whether it is too late decides whoever sends it."""
    row = factories.appointment(desk, soon())
    booked = row.starts_at - 25 * HOUR
    recorded = RecordedEvent(
        id=uuid4(), name="scheduling.appointment.booked", object_kind="scheduling.appointment",
        object_id=row.id, practice_id=row.practice_id, subject_id=row.patient_id, actor_user_id=None,
        via="web", session_id="", data={"sequence": row.sequence}, at=booked,
    )  # fmt: skip
    handlers_waiting.appointment_changed_reminders_follow(people.SYSTEM, recorded)
    assert waiting(row) == [120, 1440]
    # Of a change before the last one it is the last that counts.
    moved = row.starts_at - 12 * HOUR
    Reminder.objects.unscoped(reason="test").all().delete()
    Appointment.objects.unscoped(reason="test").filter(pk=row.id).update(
        sequence=row.sequence + 1, changed_at=moved
    )
    handlers_waiting.appointment_changed_reminders_follow(people.SYSTEM, recorded)
    assert waiting(row) == [120]


def test_what_nobody_noted_is_caught_up_with(desk):
    """Booked before there were reminders, or its event was lost."""
    row, far = factories.appointment(desk, soon()), factories.appointment(desk, soon(30))
    asked = factories.appointment(desk, soon(4), state=AppointmentState.REQUESTED.value)
    unwilling = people.patient()
    services.reminders_choose(people.actor(unwilling), [], at=clock.now())
    never = factories.appointment(desk, soon(5), patient=unwilling)

    def catch_up():
        return services.reminders_catch_up(people.SYSTEM, at=clock.now())

    assert catch_up() == 1
    assert waiting(row) == [120, 1440]
    assert waiting(far) == waiting(asked) == waiting(never) == []
    assert catch_up() == 0
    # What has been sent is not noted again.
    run(row.starts_at - HOUR)
    assert catch_up() == 0


def test_leads_are_kept_whole():
    assert rules.leads_unpack(rules.leads_pack(LEADS)) == LEADS
    assert rules.leads_unpack(0) == ()


def test_a_request_is_reminded_of_once_it_is_confirmed(desk):
    row = agreed(desk, state=AppointmentState.REQUESTED.value)
    assert waiting(row) == []
    services.appointment_confirm(desk.as_therapist, row.id, at=clock.now())
    record.outbox_drain(people.SYSTEM, at=clock.now())
    assert waiting(row) == [120, 1440]


# What the link does -----------------------------------------------------------------------------------------


def test_who_looks_changes_nothing_and_who_presses_confirms(desk, mailoutbox):
    row, address = reminded(desk, mailoutbox)
    browser = Client()
    for _ in range(3):
        assert browser.get(address).status_code == browser.head(address).status_code == 200
    assert now(row).attending_at is None
    assert "you will be there" in browser.post(address, {"answer": "confirm"}).content.decode()
    browser.post(address, {"answer": "confirm"})
    assert now(row).attending_at is not None
    assert now(row).sequence == row.sequence
    assert len(people.recorded("scheduling.appointment.attending")) == 1
    page = people.browser(desk.therapist).get(f"/appointments/{row.id}/").content.decode()
    assert "Will be there" in page
    services.appointment_move(desk.as_therapist, row.id, starts_at=row.starts_at + DAY, at=clock.now())
    assert now(row).attending_at is None


def now(row):
    return Appointment.objects.unscoped(reason="test").get(pk=row.id)


def test_who_cannot_come_cancels_by_the_link(desk, mailoutbox):
    row, address = reminded(desk, mailoutbox)
    page = Client().post(address, {"answer": "cancel", "sure": "yes"}).content.decode()
    assert "It is cancelled" in page
    assert now(row).state == AppointmentState.CANCELLED
    assert now(row).cancelled_by_id == desk.patient.id
    # Replayed, it does nothing.
    again = Client().post(address, {"answer": "cancel", "sure": "yes"})
    assert again.status_code == 409
    assert Client().post(address, {"answer": "confirm"}).status_code == 409
    assert now(row).attending_at is None


def test_to_cancel_takes_a_second_step_that_says_what_it_costs(desk, mailoutbox):
    row, address = reminded(desk, mailoutbox)
    browser = Client()
    first = browser.get(address).content.decode()
    assert "?answer=cancel" in first
    assert 'value="cancel"' not in first
    # Whatever follows links, or presses what stands on the first page, cancels nothing.
    for second in (browser.get(f"{address}?answer=cancel"), browser.post(address, {"answer": "cancel"})):
        assert second.status_code == 200
        assert "To cancel it now costs nothing." in second.content.decode()
    assert browser.get(f"{address}?answer=confirm").status_code == 200
    assert (now(row).state, now(row).attending_at) == (AppointmentState.CONFIRMED, None)
    assert people.recorded("scheduling.reminder.answered") == []
    assert "It is cancelled" in browser.post(address, {"answer": "cancel", "sure": "yes"}).content.decode()


def test_what_cancelling_costs_is_shown_before(desk, mailoutbox):
    row = agreed(desk, late_fee_minor=7_500)
    Appointment.objects.unscoped(reason="test").filter(pk=row.id).update(free_cancel_until=clock.now() - HOUR)
    run(row.starts_at - 24 * HOUR)
    address = link(mails(mailoutbox)[-1])
    refused = Client().post(address, {"answer": "cancel", "sure": "yes"})
    assert refused.status_code == 409
    assert now(row).state == AppointmentState.CONFIRMED
    reminder = Reminder.objects.unscoped(reason="test").get(sent_at__isnull=False)
    with pytest.raises(LateFeeUnseen):
        services.reminder_cancel(people.SYSTEM, reminder.id, at=clock.now())
    assert "Cancel, and owe $75" in refused.content.decode()
    Client().post(address, {"answer": "cancel", "fees_seen": "7500 USD", "sure": "yes"})
    assert now(row).state == AppointmentState.LATE_CANCELLED
    assert now(row).owes_late_fee


def test_the_link_of_a_time_that_moved_answers_nothing(desk, mailoutbox):
    row, address = reminded(desk, mailoutbox)
    services.appointment_move(desk.as_therapist, row.id, starts_at=row.starts_at + DAY, at=clock.now())
    assert "This link is over" in Client().get(address).content.decode()
    assert Client().post(address, {"answer": "cancel", "sure": "yes"}).status_code == 409
    assert now(row).state == AppointmentState.CONFIRMED


def test_a_link_is_for_its_own_appointment_alone(desk, mailoutbox):
    _row, address = reminded(desk, mailoutbox)
    other = agreed(desk, soon(6))
    reminder = Reminder.objects.unscoped(reason="test").filter(appointment=other).first()
    name, mark = address.removeprefix("/reminders/").strip("/").split(":")
    for token in (f"{reminder.id.hex}:{mark}", f"{other.id.hex}:{mark}", name, f"{name}:", f"{name}:{mark}x"):
        for browser in (Client(), people.browser(desk.patient)):
            assert browser.get(f"/reminders/{token}/").status_code == 404
            assert (
                browser.post(f"/reminders/{token}/", {"answer": "cancel", "sure": "yes"}).status_code == 404
            )
    assert now(other).state == AppointmentState.CONFIRMED


def test_a_link_of_another_kind_and_one_that_was_not_sent_open_nothing(desk):
    row = agreed(desk)
    from django.core import signing

    reminder = Reminder.objects.unscoped(reason="test").filter(appointment=row).first()
    forged = signing.Signer(salt="accounts.stop.reminders").sign(reminder.id.hex)
    with pytest.raises(NotFound):
        selectors.reminder_read(forged)
    with pytest.raises(errors.ReminderOver):
        services.reminder_confirm(people.SYSTEM, reminder.id, at=clock.now())


def test_an_unknown_answer_does_nothing(desk, mailoutbox):
    row, address = reminded(desk, mailoutbox)
    assert Client().post(address, {"answer": "delete"}).status_code == 200
    assert now(row).state == AppointmentState.CONFIRMED


def test_the_settings_page(desk):
    browser = people.browser(desk.patient)
    page = browser.get("/settings/reminders/").content.decode()
    assert "2 hours before" in page
    assert browser.post("/settings/reminders/", {"leads": ["60", "x"]}).status_code == 400
    browser.post("/settings/reminders/", {"leads": ["60"]}, follow=True)
    assert selectors.reminder_leads(desk.as_patient) == (60,)


def test_by_rest(desk):
    browser = people.browser(desk.patient)
    assert browser.get("/api/v1/me/reminders/").json() == {"leads": [120, 1440]}

    def put(leads):
        body = {"leads": leads}
        return browser.put("/api/v1/me/reminders/", body, content_type="application/json")

    assert put([60, 30]).json() == {"leads": [30, 60]}
    row = agreed(desk)
    assert waiting(row) == [30, 60]
    assert put([]).json() == {"leads": []}
    assert waiting(row) == []
    for wrong in ([45], [10**9], ["soon"], "60", [60] * 50):
        assert put(wrong).status_code == 400
    assert browser.get("/api/v1/me/reminders/").json() == {"leads": []}
    assert people.browser(desk.therapist).get("/api/v1/me/reminders/").status_code == 403


def test_who_turned_these_mails_off_gets_none(desk, mailoutbox):
    accounts_services.notices_choose(desk.as_patient, {("reminders", "email"): False}, at=clock.now())
    row = agreed(desk)
    run(row.starts_at - 24 * HOUR)
    assert mails(mailoutbox) == []
