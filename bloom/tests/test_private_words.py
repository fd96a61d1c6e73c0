"""Words go in through every door, and come out in no log, no event, no key and value of Redis, and no table
but those that are for them.
"""

import json
import logging
import uuid

import pytest
import redis
from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings as django_settings
from django.core import mail
from django.db import DatabaseError, connection, connections
from django.test import Client

from accounts import api, selectors
from accounts.tests import factories as people
from bloom.kernel import clock, registry
from bloom.tests.permissions.world import everything
from messaging.tests import factories
from messaging.tests.factories import BLOCKED, BLURRED, CRISIS
from messaging.tests.sockets import sockets
from observability import services as observability_services
from observability import tasks
from observability.testing import captured_logs

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "zyxmark"
NAME = f"Ada {MARK.title()}"
EMAIL = f"{MARK}@example.org"
PASSWORD = f"{MARK} quiet river"
# The tables that are for names and addresses. Passwords, messages and reasons stand nowhere in plain words.
FOR_NAMES = {"accounts_user", "account_emailaddress", "accounts_practice"}


@pytest.fixture(autouse=True)
def unlimited(settings):
    settings.RATE_FACTOR = 1000
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture(autouse=True)
def no_connection_outlives_the_test():
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def talk(transactional_db):
    patient, therapist = people.patient(name=NAME, email=EMAIL), people.therapist()
    return factories.talk(patient, therapist)


def browser(user) -> Client:
    client = Client(raise_request_exception=False)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(user)
    return client


def post_json(client, path, **data):
    return client.post(path, data, content_type="application/json")


# Where nothing may be found ---------------------------------------------------------------------------------


def assert_kept(written) -> None:
    """`written` is what was logged, and something was."""
    lines = written.getvalue()
    assert lines.count("\n") > 0
    assert MARK not in lines.lower()
    assert tables_with(MARK) <= FOR_NAMES
    server = redis.Redis.from_url(django_settings.REDIS_URL)
    for key in server.scan_iter():
        assert MARK.encode() not in key.lower()
        assert MARK.encode() not in (server.dump(key) or b"").lower()


def tables_with(word: str) -> set[str]:
    """The tables with this word in a row, also in binary columns, which PostgreSQL shows in hex."""
    found = set()
    with connection.cursor() as cursor:
        for name in everything():
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {name} t WHERE t::text ILIKE ANY (%s))",
                [[f"%{spelled}%" for spelled in (word, word.encode().hex(), word.title().encode().hex())]],
            )
            if cursor.fetchone()[0]:
                found.add(name)
        for name in ("observability_event", "accounts_apitoken"):
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name} t WHERE t::text ILIKE %s)", [f"%{word}%"])
            assert not cursor.fetchone()[0], name
    return found


def test_the_search_finds_what_is_there(talk):
    assert "accounts_user" in tables_with(MARK)
    with captured_logs() as written:
        logging.getLogger("bloom").warning("Task %s failed", "plain")
    assert "Task %s failed" in written.getvalue()


# The doors --------------------------------------------------------------------------------------------------


def test_signing_up_in_and_back_in(transactional_db):
    with captured_logs() as written:
        client = Client()
        form = {"role": "therapist", "name": NAME, "email": EMAIL}
        form |= {"password1": PASSWORD, "password2": PASSWORD}
        assert client.post("/accounts/signup/", form).status_code == 302
        assert client.post("/accounts/confirm-email/", {"code": MARK}).status_code == 200
        Client().post("/accounts/signup/", form)
        for password in (PASSWORD, f"{MARK} wrong"):
            Client().post("/accounts/login/", {"login": EMAIL, "password": password})
        Client().post("/accounts/login/", {"login": f"nobody-{EMAIL}", "password": PASSWORD})
        Client().post("/accounts/password/reset/", {"email": EMAIL})
        Client().get(f"/accounts/password/reset/key/1-{MARK}/")
        Client().get("/accounts/login/", {"next": f"/{MARK}/"})
    assert any(EMAIL in message.to for message in mail.outbox)
    assert_kept(written)


@pytest.mark.parametrize(
    "text", ["I slept well", BLURRED, BLOCKED, CRISIS], ids=["allow", "blur", "block", "crisis"]
)
def test_pages(talk, text):
    patient, therapist = browser(talk.patient), browser(talk.therapist)
    words = f"{text} {MARK}"
    with captured_logs() as written:
        sent = {"client_id": uuid.uuid4(), "body": words}
        assert patient.post(f"/messages/{talk.id}/send/", sent).status_code in {302, 422}
        for row in factories.message_rows(talk.id):
            therapist.post(f"/messages/reveal/{row.id}/")
        for client in (patient, therapist):
            page = client.get(f"/messages/{talk.id}/")
            assert page.status_code == 200
        client.get("/patients/", {"cursor": MARK})
        client.get("/dashboard/", headers={"User-Agent": MARK, "Referer": f"http://testserver/{MARK}"})
        client.get(f"/{MARK}/")
        client.post("/messages/start/", {"person": MARK})
    # What a browser calls itself is kept beside what was done with it, and is no one's words.
    assert_kept(written)


def test_rest(talk):
    patient, admin = browser(talk.patient), browser(people.admin())
    with captured_logs() as written:
        post_json(
            patient, f"/api/v1/conversations/{talk.id}/messages/", client_id=str(uuid.uuid4()), body=MARK
        )
        messages = f"/api/v1/conversations/{talk.id}/messages/"
        assert post_json(patient, messages, client_id=str(uuid.uuid4()), body=MARK).status_code == 201
        assert post_json(patient, messages, client_id=MARK, body=MARK).status_code == 400
        assert patient.post(messages, f'{{"{MARK}', content_type="application/json").status_code == 400
        patient.patch("/api/v1/me/", {"name": f"{NAME} again"}, content_type="application/json")
        patient.patch("/api/v1/me/", {"time_zone": MARK}, content_type="application/json")
        patient.get("/api/v1/people/", {"name": MARK, "role": MARK})
        Client().get("/api/v1/me/", headers={"Authorization": f"Bearer blm_{MARK}_{MARK}"})
        post_json(
            admin,
            "/api/v1/assignments/",
            patient=str(talk.patient.pk),
            therapist=str(people.therapist().pk),
            reason=MARK,
        )
        post_json(admin, f"/api/v1/assignments/{talk.assignment_id}/end/", reason=MARK)
        kept = {"Idempotency-Key": MARK}
        other = str(people.therapist().pk)
        for _ in range(2):
            admin.post(
                "/api/v1/assignments/",
                {"patient": str(talk.patient.pk), "therapist": other, "reason": MARK},
                content_type="application/json",
                headers=kept,
            )
    assert_kept(written)


async def test_the_socket(talk):
    with captured_logs() as written:
        async with sockets(talk.patient, talk.therapist) as (patient, therapist):
            for text in (MARK, f"{BLURRED} {MARK}", f"{BLOCKED} {MARK}", f"{CRISIS} {MARK}"):
                await patient.ask("message:send", conversation=talk.id, client_id=uuid.uuid4(), body=text)
            await patient.ask("message:send", conversation=MARK, client_id=MARK, body=MARK)
            await patient.ask(MARK, **{MARK: MARK})
            await patient.write(json.dumps({"type": "ping", "ref": MARK}) + MARK)
            received = await therapist.silence()
            assert MARK in json.dumps(received)
    await sync_to_async(assert_kept)(written)


def test_the_admin(talk):
    client = browser(people.admin())
    factories.send(talk.as_patient, talk.id, f"{BLURRED} {MARK}")
    with captured_logs() as written:
        for model in ("accounts/user", "accounts/practice", "messaging/messageaudit", "observability/event"):
            assert client.get(f"/admin/{model}/", {"q": MARK}).status_code == 200
        assert MARK in client.get("/admin/accounts/user/").content.decode().lower()
        client.get(f"/admin/accounts/user/{talk.patient.pk}/change/")
        client.post(f"/admin/accounts/user/{talk.patient.pk}/change/", {"name": MARK})
        deed = f"/admin/accounts/user/deed/?deed=grant_support&person={talk.patient.pk}"
        client.post(deed, {"sure": MARK})
        client.get(f"/admin/{MARK}/")
    assert_kept(written)


def test_a_job(talk, monkeypatch):
    """A subscriber that fails with a person's words in its hands."""

    def fails(actor, event):
        raise ValueError(f"{MARK} {event.id}")

    monkeypatch.setitem(registry._subscriptions, "accounts.profile.changed", {"tests.fails": fails})
    with captured_logs() as written:
        browser(talk.patient).patch("/api/v1/me/", {"name": f"{NAME} Again"}, content_type="application/json")
        tasks.outbox_sweep.apply()
        observability_services.seal_run(people.SYSTEM, at=clock.now(), everything=True)
    assert "ValueError" in written.getvalue()
    assert_kept(written)


@pytest.mark.parametrize("fault", ["program", "database"])
@pytest.mark.parametrize("door", ["page", "rest", "socket"])
async def test_what_breaks(talk, monkeypatch, door, fault):
    """A fault in the middle of Bloom whose message and frames hold words."""

    def breaks(*args, **kwargs):
        words = f"{MARK} {EMAIL}"
        if fault == "program":
            raise RuntimeError(words)
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [words])

    def ask():
        client = browser(talk.therapist)
        return client.get("/patients/" if door == "page" else "/api/v1/assignments/", {"q": MARK})

    monkeypatch.setattr(selectors, "assignment_list", breaks)
    monkeypatch.setattr(api.selectors, "assignment_list", breaks)
    monkeypatch.setattr("messaging.services.conversation_read", breaks)
    with captured_logs() as written:
        if door == "socket":
            async with sockets(talk.patient) as (patient,):
                answer = await patient.ask("receipt:read", conversation=talk.id, seq=1)
            shown = json.dumps(answer)
            assert answer["error"]["code"] == "unavailable"
        else:
            answer = await sync_to_async(ask)()
            shown = answer.content.decode()
            assert answer.status_code == 500
    assert MARK not in shown.lower()
    kind = RuntimeError if fault == "program" else DatabaseError
    assert kind.__name__ in written.getvalue() or "22P02" in written.getvalue()
    await sync_to_async(assert_kept)(written)
