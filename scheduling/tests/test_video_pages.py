"""Video accounts and the meeting of an appointment in a browser, without a script."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from scheduling.models import MeetingCredential
from scheduling.tests import factories, video
from scheduling.tests.vendors import ZOOM_KEYS

pytestmark = pytest.mark.django_db
FORM = {
    "account_id": ZOOM_KEYS.account_id,
    "client_id": ZOOM_KEYS.client_id,
    "client_secret": ZOOM_KEYS.client_secret,
    "hook_secret": "a-hook-secret",
}


@pytest.fixture
def desk():
    return factories.desk()


@pytest.fixture
def client(desk):
    return people.browser(desk.therapist)


def accounts():
    return MeetingCredential.objects.unscoped(reason="test")


def connect(desk, whose="own", vendor="zoom"):
    return reverse("practice_video_connect", args=[desk.practice_id, whose, vendor])


def test_an_account_is_connected_tested_and_removed(zoom, desk, client):
    page = reverse("practice_video", args=[desk.practice_id])
    assert connect(desk) in client.get(page).content.decode()
    answer = client.post(connect(desk), FORM, follow=True)
    assert "Connected." in answer.content.decode()
    held = accounts().get()
    text = client.get(page).content.decode()
    assert f"/hooks/zoom/{held.id}/" in text
    # By whose clock it was tested is said.
    assert re.search(r"Last tested [^<]+ \(UTC\)<", text)
    assert "dbox" in text
    assert FORM["client_secret"] not in text
    assert FORM["hook_secret"] not in text
    tested = client.post(reverse("practice_video_test", args=[desk.practice_id, held.id]), follow=True)
    assert "It works." in tested.content.decode()
    zoom.fault_set("scopes", path="/meetings")
    client.post(reverse("practice_video_test", args=[desk.practice_id, held.id]))
    assert "Does not work" in client.get(page).content.decode()
    # It is asked first, with what it means; the page of all accounts takes nothing away by one press.
    remove = reverse("practice_video_remove", args=[desk.practice_id, held.id])
    text = client.get(page).content.decode()
    assert f'href="{remove}"' in text
    assert f'action="{remove}"' not in text
    asked = client.get(remove).content.decode()
    assert "Remove Zoom?" in asked
    assert "cannot be brought back" in asked
    assert accounts().exists()
    client.post(remove)
    assert not accounts().exists()
    assert client.get(remove).status_code == 404


def test_what_is_wrong_is_said_and_what_was_typed_stays(zoom, desk, client):
    text = client.post(connect(desk), {**FORM, "client_secret": "wrong"}).content.decode()
    assert "does not know these keys" in text
    assert f'value="{FORM["account_id"]}"' in text
    text = client.post(connect(desk), {**FORM, "client_id": ""}).content.decode()
    assert "Please fill this in." in text
    zoom.fault_set("down", times=99)
    text = client.post(connect(desk), FORM).content.decode()
    assert "We could not reach the video service" in text
    assert not accounts().exists()


def test_a_file_that_is_none_is_said_beside_it(desk, client):
    text = client.post(connect(desk, vendor="meet"), {"service_account": "{}"}).content.decode()
    assert "not the key file of a service account" in text


@pytest.mark.parametrize(("whose", "vendor"), [("everybody", "zoom"), ("own", "teams")])
def test_addresses_that_are_not(desk, client, whose, vendor):
    assert client.get(connect(desk, whose, vendor)).status_code == 404


def test_a_colleague_sees_their_own_part_alone(desk):
    from accounts import services as accounts_services

    colleague = people.therapist()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, colleague.id, MembershipRole.CLINICIAN, at=clock.now()
    )
    client = people.browser(colleague, practice_id=desk.practice_id)
    text = client.get(reverse("practice_video", args=[desk.practice_id])).content.decode()
    assert connect(desk, "own") in text
    assert connect(desk, "practice") not in text
    assert client.get(connect(desk, "practice")).status_code == 403


def test_who_keeps_the_books_has_no_part_in_it(desk):
    from accounts import services as accounts_services

    biller = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, biller.id, MembershipRole.BILLER, at=clock.now()
    )
    client = people.browser(biller, practice_id=desk.practice_id)
    assert client.get(reverse("practice_video", args=[desk.practice_id])).status_code == 403


def state(client, appointment):
    return client.get(reverse("appointment_video_state", args=[appointment.id])).content.decode()


def test_the_link_appears_where_it_was_promised(zoom, desk, client):
    video.zoom(desk)
    appointment = video.booked(desk)
    patient = people.browser(desk.patient)
    text = state(patient, appointment)
    assert "The video link is being made" in text
    assert "looks=1" in text
    zoom.fault_set("error", times=99)
    video.run()
    assert "We could not reach the video service. Your appointment stands" in state(patient, appointment)
    zoom.faults_clear()
    video.run(hours=2)
    text = state(patient, appointment)
    assert "You meet in Zoom. The way in opens on" in text
    assert "hx-get" not in text
    # The address itself stands in no page.
    assert zoom.url not in text
    assert "the video session" not in state(client, appointment)
    link = reverse("appointment_video", args=[appointment.id])
    answer = patient.get(link)
    assert answer.headers["Location"] == f"/appointments/{appointment.id}/room/?to=meeting"
    appointment.starts_at = clock.now().replace(microsecond=0)
    appointment.ends_at = appointment.starts_at + timedelta(minutes=50)
    appointment.save()
    assert "Join the video session" in state(patient, appointment)
    assert "Start the video session" in state(client, appointment)
    video.ready(desk, appointment)
    answer = patient.get(link)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{zoom.url}/j/")
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_page_looks_for_the_link_ever_more_rarely_and_then_when_its_person_asks(zoom, desk, client):
    video.zoom(desk)
    appointment = video.booked(desk)
    address = reverse("appointment_video_state", args=[appointment.id])
    patient = people.browser(desk.patient)
    asked, waits = address, []
    while asked:
        text = patient.get(asked).content.decode()
        assert f'hx-get="{address}"' in text  # "Look again", which begins anew
        (wait,) = re.findall(r'hx-trigger="every (\d+)s"', text) or [None]
        waits += [int(wait)] if wait else []
        (asked,) = re.findall(r'hx-get="([^"]+looks=\d+)"', text) or [None]
    assert "This page no longer looks for it by itself." in text
    assert waits == sorted(waits)
    assert timedelta(minutes=4) < timedelta(seconds=sum(waits)) < timedelta(minutes=6)
    # Nor does it for a page that says it has looked for ever.
    assert "every" not in patient.get(f"{address}?looks=999").content.decode()


@pytest.mark.parametrize("looks", ["", "-1", "x", "1e3", "٣x", "9" * 5000])
def test_a_number_of_looks_that_is_none_begins_anew(zoom, desk, client, looks):
    video.zoom(desk)
    address = reverse("appointment_video_state", args=[video.booked(desk).id])
    assert "every 4s" in client.get(address, {"looks": looks}).content.decode()


def test_a_refusal_tells_the_therapist_what_to_do(zoom, desk, client):
    video.zoom(desk)
    appointment = video.booked(desk)
    zoom.fault_set("scopes", path="/meetings")
    video.run()
    assert "does not let them make meetings" in state(client, appointment)
    text = state(people.browser(desk.patient), appointment)
    assert "There is no video link yet. Your appointment stands." in text
    assert "keys" not in text
    answer = people.browser(desk.patient).get(reverse("appointment_video", args=[appointment.id]))
    assert answer.status_code == 409


def test_what_happened_is_told_to_the_therapist_in_more_words_than_to_the_patient(zoom, desk, client):
    from scheduling.tests.attacks.test_hooks import post

    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    number = int(video.meeting(appointment).vendor_id)
    for happening in ("started", "joined"):
        post(zoom.news(number, happening), secret=video.HOOK_SECRET)
    assert "The session is running" in state(client, appointment)
    assert "Somebody has been there since" in state(client, appointment)
    assert "Somebody has been there" not in state(people.browser(desk.patient), appointment)
