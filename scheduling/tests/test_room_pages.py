"""The room's pages without a script: what comes before it, who gets there, and what is kept of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts import services as accounts
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed, NotFound
from observability.models import Event
from scheduling.models import Arrival, TelehealthConsent
from scheduling.telehealth import selectors, services
from scheduling.telehealth.errors import RoomClosed
from scheduling.telehealth.types_rooms import CONSENT_VERSION
from scheduling.tests import factories, video

pytestmark = pytest.mark.django_db
TOLD = {
    "address": "120 Elm Street, Chicago",
    "region": "Illinois",
    "contact_name": "Ada Torres",
    "contact_phone": "(312) 555-0142",
}


@pytest.fixture
def desk():
    return factories.desk()


@pytest.fixture
def appointment(desk):
    return video.room_of(desk)


@pytest.fixture
def patient(desk):
    return people.browser(desk.patient)


@pytest.fixture
def therapist(desk):
    return people.browser(desk.therapist)


def text(answer) -> str:
    return answer.content.decode()


def happened(name: str) -> list[Event]:
    return list(Event.objects.unscoped(reason="test").filter(name=name))


def desk_clerk(desk):
    """Somebody of the practice's desk."""
    clerk = people.therapist()
    accounts.membership_start(
        people.SYSTEM, desk.practice_id, clerk.id, MembershipRole.FRONT_DESK, at=clock.now()
    )
    return clerk


def page_of(appointment, rest: str = "") -> str:
    return f"/appointments/{appointment.id}/room/{rest}"


def test_the_patient_agrees_says_where_they_are_and_is_in(appointment, patient, desk):
    assert "Before your first session by video" in text(patient.get(page_of(appointment)))
    answer = patient.post(
        page_of(appointment, "consent/"), {"version": CONSENT_VERSION, "agreed": "on"}, follow=True
    )
    assert "Where are you today?" in text(answer)
    answer = patient.post(page_of(appointment, "arrival/"), TOLD, follow=True)
    assert 'data-role="patient"' in text(answer)
    (given,) = happened("scheduling.consent.given")
    assert given.actor_user_id == given.subject_id == desk.patient.id
    assert given.data["version"] == CONSENT_VERSION
    assert len(happened("scheduling.arrival.told")) == 1


def test_a_state_is_one_of_the_list_and_elsewhere_is_a_country_in_words(appointment, patient, desk):
    services.consent_give(desk.as_patient, appointment.id, version=CONSENT_VERSION, at=clock.now())
    address = page_of(appointment, "arrival/")
    assert "<select" in text(patient.get(address))
    assert "Please choose from the list." in text(patient.post(address, {**TOLD, "region": "Narnia"}))
    outside = {**TOLD, "region": "outside", "country": ""}
    assert "Please write the country." in text(patient.post(address, outside))
    assert not happened("scheduling.arrival.told")
    assert patient.post(address, {**outside, "country": "Mexico"}).status_code == 302
    assert services.arrival_open(desk.as_therapist, appointment.id, at=clock.now()).facts.region == "Mexico"
    # What was said is there to be checked the next time, and so is a state.
    page = text(patient.get(address))
    assert 'value="Mexico"' in page
    assert '<option value="outside" selected>' in page
    patient.post(address, {**TOLD, "country": "Mexico"})
    assert services.arrival_open(desk.as_therapist, appointment.id, at=clock.now()).facts.region == "Illinois"
    assert '<option value="Illinois" selected>' in text(patient.get(address))


def test_the_therapist_is_in_at_once_and_sees_where_the_patient_is(appointment, therapist, desk):
    assert "has not said yet where they are." in text(therapist.get(page_of(appointment)))
    video.ready(desk, appointment)
    seen = text(therapist.get(page_of(appointment)))
    assert 'data-role="therapist"' in seen
    assert video.ARRIVAL.address in seen
    assert video.ARRIVAL.contact_phone in seen


def test_that_the_therapist_saw_where_the_patient_is_is_on_record(appointment, therapist, patient, desk):
    video.ready(desk, appointment)
    therapist.get(f"/appointments/{appointment.id}/")
    patient.get(page_of(appointment))
    assert not happened("scheduling.arrival.opened")
    assert video.ARRIVAL.address in text(therapist.get(page_of(appointment)))
    (opened,) = happened("scheduling.arrival.opened")
    assert (opened.actor_user_id, opened.subject_id) == (desk.therapist.id, desk.patient.id)
    closed = appointment.ends_at + timedelta(hours=2)
    with pytest.raises(RoomClosed):
        services.arrival_open(desk.as_therapist, appointment.id, at=closed)


def test_an_open_page_asks_anew_where_the_patient_is_and_that_is_on_record(appointment, therapist, desk):
    part = page_of(appointment, "where/")
    assert "has not said yet where they are." in text(therapist.get(part))
    assert not happened("scheduling.arrival.opened")
    video.ready(desk, appointment)
    assert video.ARRIVAL.address in text(therapist.get(part))
    moved = replace(video.ARRIVAL, address="7 Oak Lane, Springfield")
    services.arrival_tell(desk.as_patient, appointment.id, moved, at=clock.now())
    answer = therapist.get(part)
    assert answer.headers["Cache-Control"].count("no-store")
    assert moved.address in text(answer)
    assert video.ARRIVAL.address not in text(answer)
    assert len(happened("scheduling.arrival.opened")) == 2
    assert "<main" not in text(answer)


def test_where_they_are_is_looked_up_by_their_therapist_alone(appointment, patient, desk):
    video.ready(desk, appointment)
    assert patient.get(page_of(appointment, "where/")).status_code == 403
    for other in (people.patient(), people.therapist(), desk_clerk(desk)):
        browser = people.browser(other, practice_id=desk.practice_id)
        assert browser.get(page_of(appointment, "where/")).status_code == 404
    assert not happened("scheduling.arrival.opened")


def test_where_they_are_is_not_looked_up_once_the_room_is_closed(desk, therapist):
    over = video.room_of(desk, clock.now() - timedelta(hours=3))
    video.ready(desk, over)
    assert therapist.get(page_of(over, "where/")).status_code == 409
    assert not happened("scheduling.arrival.opened")


def test_where_they_were_is_of_the_time_that_it_was_said_for(appointment, patient, desk):
    video.ready(desk, appointment)
    later = appointment.starts_at + timedelta(minutes=5)
    type(appointment).objects.unscoped(reason="test").filter(pk=appointment.pk).update(starts_at=later)
    seen = text(patient.get(page_of(appointment)))
    assert "This is what you said last time." in seen
    assert services.arrival_open(desk.as_therapist, appointment.id, at=clock.now()) is None
    patient.post(page_of(appointment, "arrival/"), TOLD)
    assert services.arrival_open(desk.as_therapist, appointment.id, at=clock.now()) is not None


def test_where_they_will_be_is_not_asked_before_the_room_opens(desk, patient):
    later = video.room_of(desk, clock.now() + timedelta(hours=3))
    answer = patient.post(page_of(later, "arrival/"), TOLD, follow=True)
    assert "The room is not open yet" in text(answer)
    assert not Arrival.objects.unscoped(reason="test").exists()


def test_where_they_were_is_gone_after_thirty_days(appointment, desk):
    video.ready(desk, appointment)
    assert services.arrivals_forget(people.SYSTEM, at=clock.now() + timedelta(days=29)) == 0
    assert services.arrivals_forget(people.SYSTEM, at=clock.now() + timedelta(days=31)) == 1
    assert not Arrival.objects.unscoped(reason="test").exists()
    with pytest.raises(NotAllowed):
        services.arrivals_forget(desk.as_therapist, at=clock.now())


def test_on_the_way_to_a_vendor_s_meeting_the_same_is_said_first(desk, patient, therapist):
    other = video.room_of(desk)
    video.link_there(desk, other)
    link = f"/appointments/{other.id}/video/"
    asked = patient.get(link, follow=True)
    assert "Before your first session by video" in text(asked)
    consent = page_of(other, "consent/?to=meeting")
    assert f'action="{consent}"' in text(asked)
    asked = patient.post(consent, {"version": CONSENT_VERSION, "agreed": "on"}, follow=True)
    told = page_of(other, "arrival/?to=meeting")
    assert f'action="{told}"' in text(asked)
    done = patient.post(told, TOLD, follow=True)
    assert "Thank you. You can join the session now." in text(done)
    assert f'href="{link}"' in text(done)
    assert patient.get(link).headers["location"].startswith("https://zoom.example/")
    assert therapist.get(link).headers["location"].startswith("https://zoom.example/")


def test_consent_needs_the_box_and_today_s_words(appointment, patient):
    answer = patient.post(page_of(appointment, "consent/"), {"version": CONSENT_VERSION})
    assert "Tick this to go on." in text(answer)
    answer = patient.post(page_of(appointment, "consent/"), {"version": "2020-01", "agreed": "on"})
    assert "These words have changed" in text(answer)
    assert f'value="{CONSENT_VERSION}"' in text(answer)
    assert not TelehealthConsent.objects.unscoped(reason="test").exists()


def test_consent_is_asked_once_for_each_practice(appointment, patient, desk):
    video.ready(desk, appointment)
    services.consent_give(desk.as_patient, appointment.id, version=CONSENT_VERSION, at=clock.now())
    assert TelehealthConsent.objects.unscoped(reason="test").count() == 1
    elsewhere = factories.desk(patient=desk.patient)
    assert "Before your first" in text(patient.get(page_of(video.room_of(elsewhere))))


def test_other_words_ask_anew(appointment, patient, desk, monkeypatch):
    video.ready(desk, appointment)
    monkeypatch.setattr("scheduling.telehealth.selectors.rooms.CONSENT_VERSION", "2099-01")
    assert "Before your first" in text(patient.get(page_of(appointment)))


def test_consent_is_taken_back_in_the_settings_by_its_own_patient(appointment, patient, desk):
    video.ready(desk, appointment)
    (given,) = selectors.consent_list(desk.as_patient)
    stranger = people.browser(people.patient())
    assert stranger.post(f"/settings/video/{given.id}/withdraw/").status_code == 404
    assert "You agreed on" in text(patient.get("/settings/video/"))
    answer = patient.post(f"/settings/video/{given.id}/withdraw/", follow=True)
    assert "You took it back on" in text(answer)
    services.consent_withdraw(desk.as_patient, given.id, at=clock.now())
    assert len(happened("scheduling.consent.withdrawn")) == 1
    assert "Before your first" in text(patient.get(page_of(appointment)))


def test_what_was_said_last_time_is_there_to_be_confirmed_and_asked_again(appointment, patient, desk):
    video.ready(desk, appointment)
    again = video.room_of(desk, clock.now() + timedelta(minutes=5))
    seen = text(patient.get(page_of(again)))
    assert "This is what you said last time." in seen
    assert f'value="{video.ARRIVAL.address}"' in seen


def test_a_mistake_loses_nothing_that_was_typed(appointment, patient, desk):
    services.consent_give(desk.as_patient, appointment.id, version=CONSENT_VERSION, at=clock.now())
    answer = patient.post(page_of(appointment, "arrival/"), {**TOLD, "contact_phone": "soon"})
    assert "This does not look like a phone number." in text(answer)
    assert 'value="120 Elm Street, Chicago"' in text(answer)
    answer = patient.post(
        page_of(appointment, "arrival/"), {**TOLD, "region": "outside", "country": "x" * 300}
    )
    assert "at most 200 characters" in text(answer)
    assert not Arrival.objects.unscoped(reason="test").exists()


def test_where_they_are_is_sealed_and_for_the_two_alone(appointment, desk):
    video.ready(desk, appointment)
    row = Arrival.objects.unscoped(reason="test").get()
    assert b"Elm" not in bytes(row.told)
    clerk = desk_clerk(desk)
    as_clerk = people.actor(clerk, practice_id=desk.practice_id)
    view = selectors.room_of(as_clerk, appointment.id, at=clock.now())
    assert (view.party, view.has_arrival, view.is_open) == (None, False, False)
    assert people.browser(clerk, practice_id=desk.practice_id).get(page_of(appointment)).status_code == 404


def test_nobody_says_it_for_the_patient(appointment, desk, therapist):
    posts = {"consent/": {"version": CONSENT_VERSION, "agreed": "on"}, "arrival/": TOLD}
    for rest, data in posts.items():
        assert therapist.post(page_of(appointment, rest), data).status_code == 403
        assert people.browser(people.patient()).post(page_of(appointment, rest), data).status_code == 404
    with pytest.raises(NotAllowed):
        services.arrival_tell(desk.as_therapist, appointment.id, video.ARRIVAL, at=clock.now())
    with pytest.raises(NotFound):
        services.consent_give(
            people.actor(people.therapist()), appointment.id, version=CONSENT_VERSION, at=clock.now()
        )


@pytest.mark.parametrize(
    ("minutes", "said"), [(60, "The room is not open yet"), (-180, "This session is over")]
)
def test_before_and_after_the_page_says_when(desk, patient, therapist, minutes, said):
    other = video.room_of(desk, clock.now() + timedelta(minutes=minutes))
    for browser in (patient, therapist):
        assert said in text(browser.get(page_of(other)))


def test_what_is_in_person_has_no_room(desk, patient):
    other = video.room_of(desk, mode="in_person")
    assert "There is no room for this appointment" in text(patient.get(page_of(other)))
    assert "data-room-of" not in text(patient.get(f"/appointments/{other.id}/"))


def test_the_appointment_leads_into_the_room(appointment, patient, therapist, desk):
    assert "Join the video session" in text(patient.get(f"/appointments/{appointment.id}/"))
    assert "Start the video session" in text(therapist.get(f"/appointments/{appointment.id}/"))
    later = video.room_of(desk, clock.now() + timedelta(hours=3))
    assert "You meet here in Bloom. The room opens on" in text(patient.get(f"/appointments/{later.id}/"))


def test_beside_a_vendor_s_link_the_room_is_what_one_falls_back_on(desk, patient, therapist):
    other = video.room_of(desk)
    video.link_there(desk, other)
    video.ready(desk, other)
    seen = text(patient.get(f"/appointments/{other.id}/"))
    assert "Join here instead" in seen
    assert "It opens Zoom in another tab." in seen
    for browser in (patient, therapist):
        # One button of the card is the way in, whoever looks.
        card = text(browser.get(f"/appointments/{other.id}/")).partition("data-meeting")[2]
        assert card.partition("</section>")[0].count('class="btn') == 1
    assert "Meet at Zoom instead" in text(patient.get(page_of(other)))


def test_one_click_leads_to_the_vendor_s_link_or_else_into_the_room(desk, patient):
    here, there = video.room_of(desk), video.room_of(desk, clock.now() + timedelta(minutes=5))
    video.link_there(desk, there)
    assert patient.get(f"/appointments/{here.id}/join/").headers["location"] == page_of(here)
    assert (
        patient.get(f"/appointments/{there.id}/join/").headers["location"]
        == f"/appointments/{there.id}/video/"
    )
    stranger = people.browser(people.patient())
    assert stranger.get(f"/appointments/{here.id}/join/").status_code == 404


def test_lists_lead_into_what_is_open_now_and_into_nothing_else(desk, patient, therapist):
    here = video.room_of(desk)
    later = video.room_of(desk, clock.now() + timedelta(hours=3))
    elsewhere = video.room_of(desk, clock.now() + timedelta(minutes=5), mode="in_person")
    for browser in (patient, therapist):
        seen = text(browser.get("/appointments/"))
        assert f"/appointments/{here.id}/join/" in seen
        for other in (later, elsewhere):
            assert f"/appointments/{other.id}/" in seen
            assert f"/appointments/{other.id}/join/" not in seen
    assert f"/appointments/{here.id}/join/" in text(patient.get("/dashboard/"))
