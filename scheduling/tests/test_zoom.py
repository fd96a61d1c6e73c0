"""Zoom's client against its fake, over real HTTP, faults included."""

import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import requests

from bloom.kernel import db
from scheduling.integrations import calls, tokens
from scheduling.integrations.zoom.http import Zoom
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.types import Fault
from scheduling.tests.vendors import HOST, LATER, WISH, ZOOM_KEYS

CREATE = f"/v2/users/{HOST}/meetings"


@pytest.fixture
def client():
    return Zoom(ZOOM_KEYS)


def the_one(zoom):
    (meeting,) = zoom.meetings.values()
    return meeting


def asked(zoom, method, path):
    return [each for each in zoom.asked if each == (method, path)]


# What it does -----------------------------------------------------------------------------------------------


def test_a_meeting_is_made_as_the_appointment_needs_it(zoom, client):
    made = client.meeting_create(WISH, again=False)
    meeting = the_one(zoom)
    assert made.vendor_id == str(meeting.id)
    assert meeting.data == {
        "topic": "Appointment",
        "type": 2,
        "start_time": "2026-12-03T16:00:00Z",
        "duration": 50,
        "timezone": "UTC",
        "agenda": f"Reference {WISH.key}",
        "settings": {
            "waiting_room": True,
            "join_before_host": False,
            "auto_recording": "none",
            "use_pmi": False,
        },
    }
    assert requests.get(made.join_url, timeout=5).status_code == 200
    assert "You are: a guest" in requests.get(made.join_url, timeout=5).text
    assert "You are: the host" in requests.get(made.host_url, timeout=5).text


def test_it_moves(zoom, client):
    made = client.meeting_create(WISH, again=False)
    client.meeting_change(made.vendor_id, LATER)
    assert the_one(zoom).data["start_time"] == "2026-12-04T09:30:00Z"
    assert the_one(zoom).data["duration"] == 30


def test_it_is_cancelled_and_a_second_time_is_no_fault(zoom, client):
    made = client.meeting_create(WISH, again=False)
    client.meeting_cancel(made.vendor_id)
    assert not zoom.meetings
    client.meeting_cancel(made.vendor_id)
    assert requests.get(made.join_url, timeout=5).status_code == 404


def test_one_that_is_running_is_ended_for_all(zoom, client):
    made = client.meeting_create(WISH, again=False)
    zoom.news(int(made.vendor_id), "joined", "Sam")
    client.meeting_cancel(made.vendor_id)
    assert not zoom.meetings


def test_one_that_is_gone_cannot_be_moved(zoom, client):
    with pytest.raises(VendorRejected) as refused:
        client.meeting_change("123", WISH)
    assert refused.value.fault is Fault.MISSING


def test_the_hosts_address_is_another_each_time(zoom, client):
    made = client.meeting_create(WISH, again=False)
    assert client.meeting_get(made.vendor_id).host_url != client.meeting_get(made.vendor_id).host_url


def test_who_was_there_over_several_pages_and_no_name_of_anybody(zoom, client):
    made = client.meeting_create(WISH, again=False)
    zoom.page_most = 2
    for name in ("Ann", "Ben", "Cleo", "Dora", "Emil"):
        zoom.news(int(made.vendor_id), "joined", name)
    zoom.news(int(made.vendor_id), "left", "Ben")
    people = client.participants(made.vendor_id)
    assert len(people) == len({each.person for each in people}) == 5
    assert sum(each.left_at is not None for each in people) == 1
    assert all(each.joined_at <= datetime.now(UTC) for each in people)
    assert "Ann" not in repr(people)


def test_nobody_was_there(zoom, client):
    made = client.meeting_create(WISH, again=False)
    assert client.participants(made.vendor_id) == ()


# Once, whatever happens -------------------------------------------------------------------------------------


def test_a_lost_answer_makes_no_second_meeting(zoom, client):
    zoom.fault_set("lost", path=CREATE)
    with pytest.raises(VendorUnavailable):
        client.meeting_create(WISH, again=False)
    # It was asked for once: who knows whether that was done?
    assert len(asked(zoom, "POST", CREATE)) == 1
    lost = the_one(zoom)
    made = client.meeting_create(WISH, again=True)
    assert made.vendor_id == str(lost.id)
    assert len(zoom.meetings) == 1


def test_it_is_found_behind_many_others_and_brought_to_the_time_of_now(zoom, client):
    zoom.page_most = 3
    for number in range(7):
        client.meeting_create(replace(WISH, key=type(WISH.key)(int=number)), again=False)
    wanted = client.meeting_create(WISH, again=False)
    for number in range(7, 14):
        client.meeting_create(replace(WISH, key=type(WISH.key)(int=number)), again=False)
    found = client.meeting_create(LATER, again=True)
    assert found.vendor_id == wanted.vendor_id
    assert zoom.meetings[int(found.vendor_id)].data["start_time"] == "2026-12-04T09:30:00Z"
    assert len(zoom.meetings) == 15


def test_it_is_found_by_our_key_alone(zoom, client):
    made = client.meeting_create(WISH, again=False)
    assert client.meeting_find(WISH) == made.vendor_id
    assert client.meeting_find(replace(WISH, key=type(WISH.key)(int=7))) is None


def test_where_none_was_made_it_is_made(zoom, client):
    assert client.meeting_create(WISH, again=True).vendor_id == str(the_one(zoom).id)


@pytest.mark.parametrize("kind", ["down", "error", "garbage", "malformed"])
def test_nothing_that_may_have_been_done_is_asked_for_twice(zoom, client, kind):
    zoom.fault_set(kind, path=CREATE, times=9)
    with pytest.raises(VendorUnavailable):
        client.meeting_create(WISH, again=False)
    sent = [each for each in zoom.asked if each == ("POST", CREATE)]
    assert len(sent) <= 1


def test_what_was_refused_for_pace_is_asked_for_again(zoom, client):
    zoom.retry_after = "0"
    zoom.fault_set("rate_limited", path=CREATE, times=2)
    client.meeting_create(WISH, again=False)
    assert len(zoom.meetings) == 1


@pytest.mark.parametrize("kind", ["down", "error", "garbage"])
def test_a_question_is_asked_again(zoom, client, kind):
    made = client.meeting_create(WISH, again=False)
    zoom.fault_set(kind, path=f"/meetings/{made.vendor_id}", times=2)
    assert client.meeting_get(made.vendor_id).vendor_id == made.vendor_id


def test_nobody_there_at_all(settings, monkeypatch):
    monkeypatch.setattr(calls, "PAUSE_SECONDS", 0.01)
    settings.VENDOR_URLS = {**settings.VENDOR_URLS, "zoom_meetings_token": "http://127.0.0.1:9/oauth/token"}
    with pytest.raises(VendorUnavailable) as refused:
        Zoom(ZOOM_KEYS).check()
    assert refused.value.fault is Fault.UNREACHABLE


# How long it waits ------------------------------------------------------------------------------------------


def test_the_rest_that_it_asks_for_is_kept(zoom, client):
    zoom.retry_after = "1"
    zoom.fault_set("rate_limited", path=CREATE)
    began = time.monotonic()
    client.meeting_create(WISH, again=False)
    assert time.monotonic() - began >= 1


def test_a_longer_rest_than_there_is_time_is_told(zoom, client):
    zoom.retry_after = "3600"
    zoom.fault_set("rate_limited", path=CREATE)
    began = time.monotonic()
    with pytest.raises(VendorUnavailable) as refused:
        client.meeting_create(WISH, again=False)
    assert refused.value.fault is Fault.BUSY
    assert refused.value.retry_after == 3600
    assert time.monotonic() - began < 1


def test_the_limit_of_a_day_says_no_time(zoom, client):
    zoom.fault_set("daily", path=CREATE, times=9)
    with pytest.raises(VendorUnavailable) as refused:
        client.meeting_create(WISH, again=False)
    assert (refused.value.fault, refused.value.retry_after) == (Fault.BUSY, None)


def test_it_ends_at_its_deadline(zoom, client, monkeypatch):
    monkeypatch.setattr(calls, "DEADLINE", 0.5)
    client.check()
    zoom.fault_set("slow", path=CREATE, seconds=2)
    began = time.monotonic()
    with pytest.raises(VendorUnavailable) as refused:
        client.check()
    assert refused.value.fault is Fault.LATE
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("120", 120),
        ("Wed, 26 Nov 2026 15:02:00 GMT", 120),
        ("2026-11-26T15:02:00Z", 120),
        ("2026-11-26T14:00:00Z", 0),
        ("99999999999", 86_400),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("Inf", None),
    ],
)
def test_how_a_rest_is_written(raw, seconds):
    assert calls.retry_after(raw, datetime(2026, 11, 26, 15, 0, tzinfo=UTC)) == seconds


# Tokens -----------------------------------------------------------------------------------------------------


def test_one_token_serves_many_calls(zoom, client):
    for _ in range(4):
        client.check()
    assert len(asked(zoom, "POST", "/oauth/token")) == 1


def test_a_token_that_is_refused_is_renewed_once(zoom, client):
    client.check()
    zoom.tokens_end()
    # Even for what must not be done twice: a call with a refused token has done nothing.
    client.meeting_create(WISH, again=False)
    assert len(asked(zoom, "POST", "/oauth/token")) == 2
    assert len(zoom.meetings) == 1
    zoom.fault_set("expired", times=9)
    with pytest.raises(VendorRejected) as refused:
        client.check()
    assert refused.value.fault is Fault.KEYS
    assert len(asked(zoom, "POST", "/oauth/token")) == 3


def test_a_token_is_renewed_before_it_ends(zoom, client, monkeypatch):
    client.check()
    monkeypatch.setattr(tokens, "EARLY_SECONDS", 3601)
    client.check()
    assert len(asked(zoom, "POST", "/oauth/token")) == 2


def test_other_keys_get_no_token_of_these(zoom, client):
    client.check()
    for changed in ({"client_secret": "wrong"}, {"account_id": "another"}, {"client_id": "x"}):
        with pytest.raises(VendorRejected) as refused:
            Zoom(replace(ZOOM_KEYS, **changed)).check()
        assert refused.value.fault is Fault.KEYS


def test_a_token_is_shown_by_nobody():
    assert "secret" not in repr(tokens.Token("secret", 1.0))


# What it refuses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "fault"), [("scopes", Fault.FORBIDDEN), ("rejected", Fault.INVALID)])
def test_a_refusal_says_which(zoom, client, kind, fault):
    zoom.fault_set(kind, path=CREATE)
    with pytest.raises(VendorRejected) as refused:
        client.meeting_create(WISH, again=False)
    assert refused.value.fault is fault


def test_a_host_whom_the_account_does_not_have(zoom):
    with pytest.raises(VendorRejected) as refused:
        Zoom(replace(ZOOM_KEYS, host="stranger@elsewhere.test")).check()
    assert refused.value.fault is Fault.HOST


@pytest.mark.parametrize("host", ["a/../b@example.org", "me/../../oauth", "?x=@example.org", "é@example.org"])
def test_a_host_is_one_part_of_the_path(zoom, host):
    with suppress(VendorRejected):
        Zoom(replace(ZOOM_KEYS, host=host)).check()
    assert zoom.asked == [("POST", "/oauth/token"), ("GET", f"/v2/users/{quote(host, safe='@')}/meetings")]


def test_no_network_in_a_transaction(zoom, client, transactional_db):
    @db.transactional
    def service():
        client.check()

    with pytest.raises(db.NetworkInTransaction):
        service()


# The meeting one can open -----------------------------------------------------------------------------------


def test_the_page_of_a_meeting_lets_one_come_leave_and_end(zoom, client):
    made = client.meeting_create(WISH, again=False)
    for deed, text in (("joined", "<li>Sam</li>"), ("left", "Nobody is here"), ("ended", "Nobody is here")):
        page = requests.post(made.join_url, data={"do": deed, "name": "Sam"}, timeout=5)
        assert text in page.text
    assert (
        requests.post(made.join_url, data={"do": "joined", "name": "<b>x"}, timeout=5).text.count("<b>") == 0
    )


def test_news_goes_to_this_machine_alone(zoom):
    with pytest.raises(ValueError):
        zoom.hook_set("https://example.org/hook", "s")
    answer = requests.post(f"{zoom.url}/_hook", json={"url": "http://10.0.0.1/", "secret": "s"}, timeout=5)
    assert answer.status_code == 400
