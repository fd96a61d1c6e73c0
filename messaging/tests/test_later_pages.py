"""When messages go that go later, and their pages and wire."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from messaging import selectors
from messaging.models import ScheduledMessage
from messaging.rules import later as rules
from messaging.rules import moments
from messaging.rules.later import Morning
from messaging.tests import factories
from messaging.tests.factories import AT, HARMLESS
from messaging.tests.plans import bodies, browser, plan

pytestmark = pytest.mark.django_db


# When it goes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "which", "due"),
    [
        # A Thursday evening in Chicago is Friday in UTC: tomorrow is Friday all the same.
        (datetime(2026, 12, 4, 2, tzinfo=UTC), Morning.TOMORROW, datetime(2026, 12, 4, 15, tzinfo=UTC)),
        (datetime(2026, 12, 4, 2, tzinfo=UTC), Morning.MONDAY, datetime(2026, 12, 7, 15, tzinfo=UTC)),
        # On a Monday it is the next one, and on a Sunday tomorrow.
        (datetime(2026, 12, 7, 12, tzinfo=UTC), Morning.MONDAY, datetime(2026, 12, 14, 15, tzinfo=UTC)),
        (datetime(2026, 12, 6, 18, tzinfo=UTC), Morning.MONDAY, datetime(2026, 12, 7, 15, tzinfo=UTC)),
        # The clock is set forward and back in between.
        (datetime(2026, 3, 7, 18, tzinfo=UTC), Morning.TOMORROW, datetime(2026, 3, 8, 14, tzinfo=UTC)),
        (datetime(2026, 10, 31, 18, tzinfo=UTC), Morning.TOMORROW, datetime(2026, 11, 1, 15, tzinfo=UTC)),
    ],
)
def test_mornings_by_the_writers_clock(at, which, due):
    assert rules.morning(which, "America/Chicago", at=at) == due


def post(client, talk, **more):
    sent = {"client_id": uuid.uuid4(), "body": HARMLESS, "when": "then", **more}
    return client.post(f"/messages/{talk.id}/plan/", sent, headers={"X-Bloom-Part": "later"})


def night_of(is_forward):
    """The day within a year on which Chicago's clock is set forward, or back, at two in the morning."""
    days = (clock.now().date() + timedelta(days=number) for number in range(2, 364))
    zone = ZoneInfo("America/Chicago")
    length = {False: timedelta(hours=25), True: timedelta(hours=23)}[is_forward]
    begins = moments.day_begins
    return next(day for day in days if begins(zone, day + timedelta(days=1)) - begins(zone, day) == length)


def test_a_time_that_does_not_exist_is_refused_and_of_one_that_comes_twice_the_first_is_taken():
    talk = factories.talk()
    accounts_services.profile_change(people.actor(talk.patient), time_zone="America/Chicago", at=clock.now())
    client = browser(talk.patient)
    gap = post(client, talk, day=night_of(True), time="02:30")
    assert (gap.status_code, "does not exist" in gap.content.decode()) == (400, True)
    night = night_of(False)
    twice = post(client, talk, day=night, time="01:30")
    assert twice.status_code == 200
    (planned,) = selectors.scheduled_list(talk.as_patient, talk.id)
    assert planned.due_at == datetime(night.year, night.month, night.day, 6, 30, tzinfo=UTC)
    # Its page shows that time, and saving it untouched does not move it.
    path = f"/messages/later/{planned.id}/"
    assert 'value="01:30"' in client.get(path).content.decode()
    assert client.post(path, {"body": "x", "day": night, "time": "01:30"}).status_code == 302
    assert selectors.scheduled_get(talk.as_patient, planned.id).due_at == planned.due_at


# The pages and the wire -------------------------------------------------------------------------------------


def test_without_a_script_one_plans_changes_and_cancels():
    talk = factories.talk()
    client = browser(talk.patient)
    sent = {"client_id": uuid.uuid4(), "body": "<script>later</script>", "when": "tomorrow"}
    assert client.post(f"/messages/{talk.id}/plan/", sent).status_code == 302
    assert client.post(f"/messages/{talk.id}/plan/", sent).status_code == 302
    (planned,) = selectors.scheduled_list(talk.as_patient, talk.id)
    page = client.get(f"/messages/{talk.id}/").content.decode()
    assert "&lt;script&gt;later&lt;/script&gt;" in page
    assert "<script>later" not in page
    refused = client.post(f"/messages/{talk.id}/plan/", {**sent, "client_id": uuid.uuid4(), "when": "then"})
    assert refused.status_code == 400
    assert "Choose a day and a time." in refused.content.decode()
    assert "&lt;script&gt;later&lt;/script&gt;</textarea>" in refused.content.decode()
    path = f"/messages/later/{planned.id}/"
    wrong = client.post(path, {"body": " ", "day": "2027-01-04", "time": "12:00"})
    assert "Write something first." in wrong.content.decode()
    assert client.post(f"{path}cancel/").status_code == 302
    assert client.get(path).status_code == 404


def test_the_script_gets_the_part_or_plain_words():
    talk = factories.talk()
    client = browser(talk.patient)
    assert "later-item" in post(client, talk, when="monday").content.decode()
    said = post(client, talk, when="monday", body="  ")
    assert (said.status_code, said.content.decode()) == (400, "Write something first.")
    assert said.headers["Content-Type"].startswith("text/plain")
    assert "later-item" in client.get(f"/messages/{talk.id}/later/").content.decode()


def part_of(client, planned, deed):
    return client.post(f"/messages/later/{planned.id}/{deed}/", headers={"X-Bloom-Part": "later"})


def test_the_script_sends_and_cancels_one_in_place():
    talk = factories.talk()
    client = browser(talk.patient)
    first, second = plan_now(talk), plan_now(talk)
    gone = part_of(client, first, "send")
    assert (gone.status_code, str(first.id) in gone.content.decode()) == (200, False)
    assert str(second.id) in gone.content.decode()
    assert "<main" not in gone.content.decode()
    again = part_of(client, first, "cancel")
    assert (again.status_code, str(second.id) in again.content.decode()) == (409, True)
    assert part_of(client, second, "cancel").content.decode().strip() == ""
    assert bodies(talk) == [HARMLESS]


@pytest.mark.parametrize("headers", [{}, {"X-Bloom-Part": "later"}], ids=["no script", "script"])
def test_what_cannot_go_now_says_so_once_where_it_stands(headers):
    talk = factories.talk()
    client = browser(talk.patient)
    blocked = plan_now(talk, factories.BLOCKED)
    refused = client.post(f"/messages/later/{blocked.id}/send/", headers=headers)
    assert refused.status_code == 422
    shown = refused.content.decode()
    assert shown.count("Not sent: held back by the rules for messages.") == 1
    assert "data-toast>" not in shown
    # Somebody else sends it in this moment.
    under_way = plan_now(talk)
    rows = ScheduledMessage.objects.unscoped(reason="test").filter(id=under_way.id)
    rows.update(is_sending=True, next_at=clock.now() + timedelta(minutes=1))
    for deed in ("send", "cancel"):
        refused = client.post(f"/messages/later/{under_way.id}/{deed}/", headers=headers)
        assert refused.status_code == 409
        assert refused.content.decode().count("This message is being sent now.") == 1


def test_what_was_planned_for_a_conversation_that_has_ended_meanwhile_is_not_lost():
    talk = factories.talk()
    client = browser(talk.patient)
    accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "moved", at=AT)
    factories.follow(talk)
    sent = {"client_id": uuid.uuid4(), "body": "All that I wrote.", "when": "tomorrow"}
    refused = client.post(f"/messages/{talk.id}/plan/", sent)
    assert refused.status_code == 403
    assert "All that I wrote.</textarea>" in refused.content.decode()
    said = post(client, talk, when="tomorrow")
    assert (said.status_code, "has ended" in said.content.decode()) == (403, True)


def plan_now(talk, body=HARMLESS):
    later = clock.now() + timedelta(days=1)
    return plan(talk.as_patient, talk, body, due_at=later, at=clock.now())


def test_over_rest():
    talk = factories.talk()
    client = browser(talk.patient)
    path = f"/api/v1/conversations/{talk.id}/scheduled-messages/"
    send_at = clock.to_wire(clock.now() + timedelta(days=1))
    sent = {"client_id": str(uuid.uuid4()), "body": HARMLESS, "send_at": send_at}

    def ask(method, where, body=None):
        more = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(client, method)(where, **more)

    made = ask("post", path, sent)
    assert (made.status_code, made.json() | {"id": ""}) == (
        201,
        {
            "id": "", "conversation": str(talk.id), "client_id": sent["client_id"], "body": HARMLESS,
            "attachments": [], "send_at": send_at, "state": "waiting", "reason": None, "categories": [],
            "message": None, "alarms": False,
        },
    )  # fmt: skip
    assert ask("post", path, sent).status_code == 200
    assert [each["id"] for each in ask("get", path).json()["results"]] == [made.json()["id"]]
    one = f"/api/v1/scheduled-messages/{made.json()['id']}/"
    assert ask("patch", one, {"body": "Another."}).json()["body"] == "Another."
    for odd in ("2027-01-01T09:00:00", "tomorrow", 5, None, "2020-01-01T09:00:00Z"):
        assert ask("patch", one, {"send_at": odd}).status_code == 400, odd
    message = ask("post", f"{one}send/").json()
    assert message["body"] == "Another."
    assert ask("post", f"{one}send/").json() == message
    gone = ask("delete", one)
    assert (gone.status_code, gone.json()["code"], gone.json()["message"]) == (
        409, "scheduled_sent", message["id"],
    )  # fmt: skip
    assert ask("get", one).json()["message"] == message["id"]
