"""Meet's client against its fake, over real HTTP, faults included."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from scheduling.integrations.meet import http, keys
from scheduling.integrations.meet.http import Meet
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.types import Fault
from scheduling.tests.vendors import HOST, LATER, WISH, meet_keys


@pytest.fixture
def client(meet):
    return Meet(meet_keys(meet))


def space_id(made):
    return made.vendor_id.removeprefix("spaces/")


def asked(meet, method, path):
    return [each for each in meet.asked if each == (method, path)]


def test_a_space_where_outsiders_knock(meet, client):
    made = client.meeting_create(WISH, again=False)
    (space,) = meet.spaces.values()
    assert made.vendor_id == f"spaces/{space.id}"
    assert space.config["accessType"] == "RESTRICTED"
    assert made == client.meeting_get(made.vendor_id)
    assert made.join_url == made.host_url
    assert client.meeting_find(WISH) is None
    assert requests.get(made.join_url, timeout=5).status_code == 200


def test_an_appointment_that_moves_keeps_its_space(meet, client):
    made = client.meeting_create(WISH, again=False)
    before = len(meet.asked)
    client.meeting_change(made.vendor_id, LATER)
    assert len(meet.asked) == before


def test_cancelling_ends_what_runs_and_nothing_running_is_no_fault(meet, client):
    made = client.meeting_create(WISH, again=False)
    client.meeting_cancel(made.vendor_id)
    meet.news(space_id(made), "joined", "Sam")
    client.meeting_cancel(made.vendor_id)
    assert all(each.ended_at for each in meet.spaces[space_id(made)].conferences)
    client.meeting_cancel("spaces/gone")


def test_who_was_there_over_pages_and_several_conferences(meet, client):
    made = client.meeting_create(WISH, again=False)
    other = client.meeting_create(WISH, again=False)
    meet.page_most = 1
    for name in ("Ann", "Ben"):
        meet.news(space_id(made), "joined", name)
    meet.news(space_id(made), "left", "Ann")
    meet.news(space_id(made), "joined", "Ann")
    meet.news(space_id(made), "ended")
    meet.news(space_id(made), "joined", "Cleo")
    meet.news(space_id(other), "joined", "Stranger")
    people = client.participants(made.vendor_id)
    assert len(people) == 4
    assert len({each.person for each in people}) == 3
    assert [each.left_at is None for each in people] == [False, False, False, True]
    assert "Ann" not in repr(people)


def test_nobody_was_there(client):
    assert client.participants(client.meeting_create(WISH, again=False).vendor_id) == ()


def test_the_space_of_a_conference(meet, client):
    made = client.meeting_create(WISH, again=False)
    meet.news(space_id(made), "started")
    conference = meet.spaces[space_id(made)].conferences[0].id
    assert client.space_of(f"conferenceRecords/{conference}") == made.vendor_id


def test_google_is_asked_to_tell_where_there_is_a_topic(meet):
    topic = "projects/practice/topics/meet"
    client = Meet(meet_keys(meet, topic=topic))
    made = client.meeting_create(WISH, again=False)
    until = datetime.now(UTC) + timedelta(days=1)
    client.watch(made.vendor_id, until=until)
    # There is one already, which is as wished.
    client.watch(made.vendor_id, until=until)
    (wish,) = meet.subscriptions.values()
    assert wish["targetResource"] == f"//meet.googleapis.com/{made.vendor_id}"
    assert wish["notificationEndpoint"] == {"pubsubTopic": topic}
    assert wish["eventTypes"] == list(http.EVENTS)
    assert wish["payloadOptions"] == {"includeResource": False}
    assert 86_300 < int(wish["ttl"].removesuffix("s")) <= 86_400


def test_a_watch_is_no_longer_than_google_keeps_one(meet):
    client = Meet(meet_keys(meet, topic="projects/p/topics/t"))
    made = client.meeting_create(WISH, again=False)
    client.watch(made.vendor_id, until=datetime.now(UTC) + timedelta(days=90))
    (wish,) = meet.subscriptions.values()
    assert int(wish["ttl"].removesuffix("s")) < 7 * 86_400


def test_without_a_topic_there_is_nowhere_to_tell_it(meet, client):
    assert not client.is_watched
    assert Meet(meet_keys(meet, topic="projects/p/topics/t")).is_watched


def test_one_token_serves_many_calls_and_a_refused_one_is_renewed(meet, client):
    client.check()
    client.check()
    assert len(asked(meet, "POST", "/token")) == 1
    meet.tokens_end()
    client.meeting_create(WISH, again=False)
    assert len(asked(meet, "POST", "/token")) == 2
    assert len(meet.spaces) == 1


def test_keys_that_do_not_hold(meet):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for wrong in (
        stranger.decode(),
        "no key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ):
        with pytest.raises(VendorRejected) as refused:
            Meet(meet_keys(meet, private_key=wrong)).check()
        assert refused.value.fault is Fault.KEYS


def test_an_account_that_may_not_act_for_this_person(meet):
    with pytest.raises(VendorRejected) as refused:
        Meet(meet_keys(meet, host="somebody@elsewhere.test")).check()
    assert refused.value.fault is Fault.FORBIDDEN


@pytest.mark.parametrize(
    ("kind", "error", "fault"),
    [
        ("forbidden", VendorRejected, Fault.FORBIDDEN),
        ("rejected", VendorRejected, Fault.INVALID),
        ("malformed", VendorUnavailable, Fault.GARBLED),
        ("error", VendorUnavailable, Fault.FAILED),
        ("down", VendorUnavailable, Fault.UNREACHABLE),
        ("lost", VendorUnavailable, Fault.UNREACHABLE),
    ],
)
def test_faults_are_told_apart_and_creating_is_asked_once(meet, client, kind, error, fault):
    client.check()
    meet.fault_set(kind, path="/v2/spaces", times=9)
    with pytest.raises(error) as refused:
        client.meeting_create(WISH, again=False)
    assert refused.value.fault is fault
    assert len(asked(meet, "POST", "/v2/spaces")) <= 1


def test_pace_is_kept(meet, client):
    meet.retry_after = "0"
    meet.fault_set("rate_limited", path="/v2/spaces", times=2)
    client.meeting_create(WISH, again=False)
    assert len(meet.spaces) == 1


@pytest.mark.parametrize(
    "name", ["", "spaces/", "spaces/a/b", "spaces/../x", "spaces/a?b", "users/x", "spaces/é"]
)
def test_a_name_leads_nowhere_else(meet, client, name):
    with pytest.raises(VendorUnavailable):
        client.meeting_cancel(name)
    assert meet.asked == []


# Keys of pushes ---------------------------------------------------------------------------------------------


def newest(meet):
    return jwt.get_unverified_header(meet.push_token())["kid"]


def test_keys_are_fetched_once_and_kept(meet):
    first = newest(meet)
    for _ in range(3):
        assert first in keys.keys_get(first)
    assert len(asked(meet, "GET", "/oauth2/v3/certs")) == 1


def test_a_new_key_is_met_after_a_rotation(meet, monkeypatch):
    keys.keys_get(newest(meet))
    meet.keys_rotate()
    # A minute is left between two fetches, so that made-up key ids cost nothing.
    assert newest(meet) not in keys.keys_get(newest(meet))
    monkeypatch.setattr(keys, "AGAIN_SECONDS", 0.0)
    assert newest(meet) in keys.keys_get(newest(meet))


def test_strangers_key_ids_do_not_have_the_set_fetched_each_time(meet):
    keys.keys_get(newest(meet))
    for number in range(20):
        keys.keys_get(f"made-up-{number}")
    assert len(asked(meet, "GET", "/oauth2/v3/certs")) == 1


def test_what_is_known_serves_while_google_does_not(meet, monkeypatch):
    first = newest(meet)
    keys.keys_get(first)
    monkeypatch.setattr(keys, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(keys, "KEPT_SECONDS", 0.0)
    meet.fault_set("error", path="/certs", times=9)
    assert first in keys.keys_get(first)


def test_without_any_key_it_says_so(meet):
    meet.fault_set("garbage", path="/certs", times=9)
    with pytest.raises(VendorUnavailable):
        keys.keys_get("any")


def test_where_none_is_to_be_had_it_is_asked_for_once_a_minute(meet, monkeypatch):
    meet.fault_set("error", path="/certs", times=99)
    for number in range(5):
        with pytest.raises(VendorUnavailable):
            keys.keys_get(f"made-up-{number}")
        if number == 0:
            first = len(asked(meet, "GET", "/oauth2/v3/certs"))
    assert len(asked(meet, "GET", "/oauth2/v3/certs")) == first
    meet.faults_clear()
    monkeypatch.setattr(keys, "AGAIN_SECONDS", 0.0)
    assert newest(meet) in keys.keys_get(newest(meet))


def test_the_page_of_a_space(meet, client):
    made = client.meeting_create(WISH, again=False)
    page = requests.post(made.join_url, data={"do": "joined", "name": "Sam"}, timeout=5)
    assert "<li>Sam</li>" in page.text
    assert requests.get(f"{meet.url}/aaa-bbbb-ccc", timeout=5).status_code == 404


def test_the_fake_hands_out_its_account(meet):
    account = requests.get(f"{meet.url}/_service-account", timeout=5).json()
    Meet(meet_keys(meet, private_key=account["private_key"], host=HOST)).check()
