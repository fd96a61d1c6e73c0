"""Vendors' webhooks over HTTP: forged, replayed, reordered, late, and meant for somebody else."""

import json
import time
from datetime import timedelta
from itertools import permutations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests import factories as people
from bloom.kernel import clock, vault
from scheduling.integrations.meet import keys
from scheduling.models import MeetingEvent, WebhookDelivery
from scheduling.telehealth import selectors, services
from scheduling.telehealth.errors import HookUnreadable
from scheduling.telehealth.services import hooks
from scheduling.tests import factories, video
from scheduling.tests.attacks.test_zoom_news import sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


@pytest.fixture
def appointment(zoom, desk):
    video.zoom(desk)
    made = video.booked(desk)
    video.run()
    return made


@pytest.fixture
def space(meet, desk):
    account = video.meet_account(meet, topic="projects/p/topics/t", push_email=meet.pusher)
    held = services.credential_save(video.owner(desk), desk.practice_id, account, is_own=True, at=clock.now())
    meet.audience = hooks.meet_audience(held.id)
    made = video.booked(desk, clock.now().replace(microsecond=0) + timedelta(minutes=30))
    video.run()
    return made


def number(appointment):
    return int(video.meeting(appointment).vendor_id)


def space_id(appointment):
    return video.meeting(appointment).vendor_id.removeprefix("spaces/")


def post(news, *, secret=video.HOOK_SECRET, seconds=0, body=None, credential=None, **headers):
    body = json.dumps(news).encode() if body is None else body
    stamp = str(int(time.time()) + seconds)
    return Client(enforce_csrf_checks=True).post(
        reverse("hook_zoom", args=[credential or video.credential().id]),
        body,
        content_type="application/json",
        headers={
            "x-zm-request-timestamp": stamp,
            "x-zm-signature": sign(body, stamp=stamp, secret=secret),
            **headers,
        },
    )


def push(news, token, *, credential=None):
    return Client(enforce_csrf_checks=True).post(
        reverse("hook_meet", args=[credential or video.credential().id]),
        json.dumps(news),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def deliveries():
    return WebhookDelivery.objects.unscoped(reason="test")


def nothing_happened():
    return not deliveries().exists() and not MeetingEvent.objects.unscoped(reason="test").exists()


# Zoom -------------------------------------------------------------------------------------------------------


def test_what_happens_stands_on_the_appointments_timeline(zoom, desk, appointment):
    for happening in ("started", "joined", "left", "ended"):
        assert post(zoom.news(number(appointment), happening)).status_code == 204
    assert video.told(appointment) == ["ended", "joined", "left", "started"]
    line = selectors.meeting_of(desk.as_therapist, appointment.id).timeline
    assert line.started_at is not None
    assert line.ended_at is not None
    assert len(line.stays) == 1
    assert [each.data["happening"] for each in people.recorded("scheduling.meeting.happened")]


def test_the_same_news_counts_once_however_often_it_comes(zoom, appointment):
    """ASVS 5 V2.3.1."""
    news = zoom.news(number(appointment), "joined")
    assert {post(news).status_code for _ in range(4)} == {204}
    assert video.told(appointment) == ["joined"]
    assert deliveries().count() == 1
    assert len(people.recorded("scheduling.meeting.happened")) == 1


def test_order_does_not_matter(zoom, desk, appointment):
    """ASVS 5 V2.3.1."""
    told = [zoom.news(number(appointment), each) for each in ("started", "joined", "left", "ended")]
    lines = set()
    for order in permutations(told, 4):
        MeetingEvent.objects.unscoped(reason="test").delete()
        deliveries().delete()
        for news in order:
            post(news)
        lines.add(selectors.meeting_of(desk.as_therapist, appointment.id).timeline)
    assert len(lines) == 1


@pytest.mark.parametrize("how", ["secret", "old", "future", "altered", "unsigned"])
def test_what_is_forged_changes_nothing_and_is_on_record(zoom, appointment, how):
    """ASVS 5 V9.1.1."""
    news = zoom.news(number(appointment), "ended")
    answer = {
        "secret": lambda: post(news, secret="guessed"),
        "old": lambda: post(news, seconds=-301),
        "future": lambda: post(news, seconds=330),
        "altered": lambda: post(news, **{"x-zm-signature": sign(b"{}", secret=video.HOOK_SECRET)}),
        "unsigned": lambda: post(news, **{"x-zm-signature": ""}),
    }[how]()
    assert answer.status_code == 403
    assert nothing_happened()
    (refused,) = people.recorded("observability.access.refused")
    assert refused.data["code"] == "hook_refused"


def test_a_signature_in_letters_that_are_not_ascii(zoom, appointment):
    """ASVS 5 V2.2.1."""
    assert post(zoom.news(number(appointment), "ended"), **{"x-zm-signature": "v0=\xe9"}).status_code == 403


def test_news_of_a_meeting_that_is_not_ours_is_not_even_kept(zoom, appointment):
    """ASVS 5 V8.2.2."""
    news = zoom.news(number(appointment), "joined", "Somebody Private")
    news["payload"]["object"]["id"] = "99999999999"
    assert post(news).status_code == 204
    assert nothing_happened()


def test_another_practices_secret_tells_nothing_of_this_one(zoom, desk, appointment):
    """ASVS 5 V8.4.1."""
    other = factories.desk()
    theirs = video.zoom(other, account=type(video.ZOOM)(**{**_fields(video.ZOOM), "hook_secret": "theirs"}))
    news = zoom.news(number(appointment), "joined")
    ours = next(each.id for each in _credentials() if each.practice_id == desk.practice_id)
    assert post(news, secret="theirs", credential=ours).status_code == 403
    assert post(news, secret="theirs", credential=theirs.id).status_code == 204
    assert nothing_happened()


def test_an_account_without_a_secret_believes_nobody(zoom, desk):
    """ASVS 5 V9.1.1."""
    held = video.zoom(desk, account=type(video.ZOOM)(**{**_fields(video.ZOOM), "hook_secret": ""}))
    assert post({"event": "meeting.started"}, secret="", credential=held.id).status_code == 403


def test_zoom_asks_whose_address_this_is(appointment):
    answer = post({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}})
    assert answer.status_code == 200
    assert set(answer.json()) == {"plainToken", "encryptedToken"}
    assert (
        post({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}}, secret="x").status_code
        == 403
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"event":"meeting.started"}', b"\xff\xfe", b"[" * 40_000]
)
def test_what_is_signed_and_makes_no_sense(appointment, body):
    """ASVS 5 V2.2.1."""
    assert post(None, body=body).status_code == 400
    assert nothing_happened()


def test_what_makes_no_sense_is_called_so(appointment):
    """ASVS 5 V2.2.1."""
    with pytest.raises(HookUnreadable):
        stamp = str(int(time.time()))
        services.zoom_hook_take(
            people.actor(people.support()),
            video.credential().id,
            stamp=stamp,
            signature=sign(b"{", stamp=stamp, secret=video.HOOK_SECRET),
            body=b"{",
            at=clock.now(),
        )


def test_a_body_has_an_end(appointment):
    """ASVS 5 V15.2.2."""
    assert post(None, body=b" " * 70_000).status_code == 413


def test_addresses_that_are_not(appointment):
    """ASVS 5 V2.2.1."""
    other = "11111111-1111-4111-8111-111111111111"
    assert post({}, credential=other).status_code == 404
    assert push({}, "x", credential=video.credential().id).status_code == 404
    assert Client().get(reverse("hook_zoom", args=[other])).status_code == 405


def test_the_payload_is_sealed_for_a_while_and_then_gone(zoom, desk, appointment):
    """ASVS 5 V14.2.4."""
    post(zoom.news(number(appointment), "joined", "Jill Chill"))
    row = deliveries().get()
    assert b"Jill" not in bytes(row.payload)
    assert "Jill" in vault.open(row.payload, hooks.payload_place(row.id))
    assert not WebhookDelivery.objects.visible_to(desk.as_therapist).exists()
    assert services.deliveries_forget(video.SYSTEM, at=clock.now() + timedelta(days=29)) == 0
    assert services.deliveries_forget(video.SYSTEM, at=clock.now() + timedelta(days=31)) == 1
    assert video.told(appointment) == ["joined"], "what happened stays"
    # Told once more after that, it still counts once.
    post(zoom.news(number(appointment), "left", "Jill Chill"))
    assert video.told(appointment) == ["joined", "left"]


def test_no_name_of_anybody_is_kept_in_the_open(zoom, appointment):
    """ASVS 5 V14.2.4."""
    post(zoom.news(number(appointment), "joined", "Jill Chill"))
    rows = list(MeetingEvent.objects.unscoped(reason="test").values())
    assert "Jill" not in str(rows)
    assert "Jill" not in str([each.data for each in people.recorded("scheduling.meeting.happened")])


def test_too_many_calls_are_too_many(zoom, appointment, monkeypatch):
    """ASVS 5 V2.4.1."""
    monkeypatch.setattr(hooks, "_TAKEN_PER_MINUTE", 3)
    news = zoom.news(number(appointment), "joined")
    answers = [post(news, secret="guess").status_code for _ in range(5)]
    assert answers == [403, 403, 403, 429, 429]


# Meet -------------------------------------------------------------------------------------------------------


def test_google_tells_of_a_space(meet, desk, space):
    for happening in ("started", "joined", "left", "ended"):
        assert push(meet.news(space_id(space), happening), meet.push_token()).status_code == 204
    assert video.told(space) == ["ended", "joined", "left", "started"]
    assert not selectors.meeting_of(desk.as_patient, space.id).timeline.is_live


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.test/"},
        {"email": "somebody@else.iam.gserviceaccount.com"},
        {"iss": "https://evil.test"},
        {"exp": 1},
        {"email_verified": False},
    ],
)
def test_a_push_that_is_not_for_us_changes_nothing(meet, space, claims):
    """ASVS 5 V9.2.3."""
    assert push(meet.news(space_id(space), "ended"), meet.push_token(**claims)).status_code == 403
    assert nothing_happened()


def test_a_push_without_a_token(meet, space):
    """ASVS 5 V9.1.1."""
    for token in ("", "x.y.z", "a" * 9000):
        assert push(meet.news(space_id(space), "ended"), token).status_code == 403
    assert nothing_happened()


def test_pushes_are_told_again_while_googles_keys_cannot_be_had(meet, space, monkeypatch):
    news, token = meet.news(space_id(space), "started"), meet.push_token()
    meet.fault_set("error", path="/certs", times=99)
    assert push(news, token).status_code == 503
    meet.faults_clear()
    # Within a minute Google is not asked once more.
    assert push(news, token).status_code == 503
    monkeypatch.setattr(keys, "AGAIN_SECONDS", 0.0)
    assert push(news, token).status_code == 204
    assert video.told(space) == ["started"]


def test_news_that_does_not_say_its_space_is_placed_later(meet, space):
    news = meet.news(space_id(space), "started")
    del news["message"]["attributes"]["ce-subject"]
    assert push(news, meet.push_token()).status_code == 204
    assert video.told(space) == []
    assert services.deliveries_place(video.SYSTEM, at=clock.now()) == 1
    assert video.told(space) == ["started"]
    # From then on the conference is known.
    more = meet.news(space_id(space), "joined")
    del more["message"]["attributes"]["ce-subject"]
    push(more, meet.push_token())
    assert video.told(space) == ["joined", "started"]
    assert services.deliveries_place(video.SYSTEM, at=clock.now() + timedelta(hours=1)) == 0


def test_news_of_a_space_that_is_not_ours_is_forgotten(meet, desk, space):
    """ASVS 5 V8.4.1."""
    from scheduling.integrations.meet.http import Meet
    from scheduling.tests.vendors import WISH, meet_keys

    other = Meet(meet_keys(meet)).meeting_create(WISH, again=False).vendor_id.removeprefix("spaces/")
    news = meet.news(other, "started")
    push(news, meet.push_token())
    assert nothing_happened()
    del news["message"]["attributes"]["ce-subject"]
    push(news, meet.push_token())
    assert services.deliveries_place(video.SYSTEM, at=clock.now()) == 0
    assert nothing_happened()


def test_what_google_cannot_place_is_tried_again_and_then_forgotten(meet, space):
    news = meet.news(space_id(space), "started")
    del news["message"]["attributes"]["ce-subject"]
    push(news, meet.push_token())
    meet.fault_set("error", path="", times=99)
    assert services.deliveries_place(video.SYSTEM, at=clock.now()) == 0
    assert deliveries().get().tries == 1
    assert services.deliveries_forget(video.SYSTEM, at=clock.now() + timedelta(hours=7)) == 1


def _fields(account):
    return {name: getattr(account, name) for name in account.__slots__}


def _credentials():
    from scheduling.models import MeetingCredential

    return MeetingCredential.objects.unscoped(reason="test")
