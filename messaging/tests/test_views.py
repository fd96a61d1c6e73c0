"""The messages page as it is without a script: what it shows to whom, and that nothing typed is lost."""

import re
import uuid
from base64 import b64decode
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import services as accounts_services
from accounts.tests import factories as people
from messaging import history_seed, selectors, services
from messaging.models import Message
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, BLURRED, HARMLESS, Event
from messaging.tests.pages import articles, page, post_message, signed_in

pytestmark = pytest.mark.django_db

# Session, person, roles, practice, the list with its names, the conversation, its messages, alerts, unread.
THREAD_QUERIES = 22


def test_the_list_shows_each_conversation_and_how_much_is_unread():
    talk = factories.talk(people.patient(name="Ines Rivera"))
    factories.send(talk.as_patient, talk.id, "Good morning.")
    html = signed_in(talk.therapist).get(reverse("messages")).content.decode()
    assert "Ines Rivera" in html
    assert "Good morning." in html
    assert re.search(r'data-variant="count" ?>1<span class="sr-only"> unread', html)
    assert f'href="/messages/{talk.id}/"' in html


def test_the_list_alone_is_what_the_script_asks_for():
    talk = factories.talk()
    html = signed_in(talk.patient).get(reverse("conversation_rows"), {"open": talk.id}).content.decode()
    assert "<html" not in html
    assert 'aria-current="page"' in html


def test_a_page_brings_the_key_of_its_person_and_of_nobody_else():
    talk = factories.talk()

    def key(user: Any, address: str) -> str:
        return re.findall(r'data-seal="([^"]*)"', signed_in(user).get(address).content.decode())[0]

    thread = reverse("conversation", args=[talk.id])
    mine, theirs = key(talk.patient, thread), key(talk.therapist, thread)
    assert len(b64decode(mine)) == 32
    assert key(talk.patient, reverse("messages")) == mine
    assert theirs != mine


def test_an_empty_page_says_what_will_be_there():
    for user in (people.patient(), people.therapist()):
        assert "No conversations yet" in signed_in(user).get(reverse("messages")).content.decode()


def test_who_has_no_part_in_care_has_no_messages_page():
    for user in (people.support(), people.admin()):
        assert signed_in(user).get(reverse("messages")).status_code == 403


def test_each_message_stands_under_its_day_with_its_own_side():
    talk = factories.talk(people.patient(name="Ines Rivera"))
    factories.send(talk.as_patient, talk.id, "First")
    factories.send(talk.as_therapist, talk.id, "Second")
    html = page(signed_in(talk.patient), talk.id)
    first, second = articles(html)
    assert "data-own" in first
    assert "First" in first
    assert "data-own" not in second.split(">", 1)[0]
    assert html.count('<h2 class="day"') == 1


def test_what_somebody_wrote_is_text_and_never_markup():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, "<img src=x onerror=alert(1)> {{ 7|add:7 }}")
    html = page(signed_in(talk.therapist), talk.id)
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt; {{ 7|add:7 }}" in html


def test_a_hidden_message_is_not_on_the_page_until_it_is_chosen():
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, BLURRED)
    client = signed_in(talk.therapist)
    html = page(client, talk.id)
    assert BLURRED not in html
    assert "This message is hidden" in articles(html)[0]
    assert "Insults or bullying" in articles(html)[0]
    response = client.post(reverse("message_reveal", args=[message.id]))
    assert response["Location"] == f"/messages/{talk.id}/#message-1"
    assert BLURRED in page(client, talk.id)
    assert "You chose to read this" in articles(page(client, talk.id))[0]


def test_the_way_back_from_a_reveal_is_where_one_was():
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, BLURRED)
    response = signed_in(talk.therapist).post(reverse("message_reveal", args=[message.id]), {"before": "7"})
    assert response["Location"] == f"/messages/{talk.id}/?before=7#message-1"


def test_sending_twice_is_one_message():
    talk = factories.talk()
    client, client_id = signed_in(talk.patient), uuid.uuid4()
    for _ in range(2):
        response = post_message(client, talk.id, HARMLESS, client_id)
        assert response.status_code == 302
        assert response["Location"] == f"/messages/{talk.id}/?newest=1#message-1"
    assert factories.message_rows(talk.id)[-1].seq == 1


def test_what_is_blocked_is_given_back_with_the_reason():
    talk = factories.talk()
    response = post_message(signed_in(talk.patient), talk.id, BLOCKED)
    html = response.content.decode()
    assert response.status_code == 422
    assert BLOCKED in html[html.index("<textarea") :]
    assert html[: html.index('<template id="message-own">')].count("Nobody else has seen it") == 1
    assert "A card number, a social security number or a password" in html
    assert not Message.objects.unscoped(reason="test").exists()


@pytest.mark.parametrize(("body", "words"), [("  ", "Write something first."), ("a" * 4001, "longer than")])
def test_what_cannot_be_sent_is_given_back(body, words):
    talk = factories.talk()
    response = post_message(signed_in(talk.patient), talk.id, body)
    assert response.status_code == 400
    assert words in response.content.decode()
    assert f">{body}</textarea>" in response.content.decode()


def test_a_form_that_was_tampered_with_is_refused():
    talk = factories.talk()
    assert post_message(signed_in(talk.patient), talk.id, HARMLESS, "not-an-id").status_code == 400
    client = signed_in(talk.patient)
    assert client.post(reverse("conversation_read", args=[talk.id]), {"seq": "-1"}).status_code == 400
    assert client.post(reverse("conversation_start"), {"person": "x"}).status_code == 400


def test_the_past_is_a_page_back():
    talk = factories.talk()
    for number in range(55):
        factories.send(talk.as_patient, talk.id, f"Line {number}")
    client = signed_in(talk.patient)
    newest = page(client, talk.id)
    assert len(articles(newest)) == 50
    assert "?before=6" in newest
    past = page(client, talk.id, "?before=6")
    assert len(articles(past)) == 5
    assert "The beginning of your conversation" in past
    assert "Newest messages" in past
    assert client.get(reverse("conversation", args=[talk.id]) + "?before=x").status_code == 400


def test_a_day_leads_to_its_first_message():
    talk = factories.talk()
    factories.User.objects.filter(pk=talk.patient.pk).update(time_zone="America/Chicago")
    history_seed.history_fill(talk.id, 400, at=AT)
    client = signed_in(talk.patient)
    address = reverse("conversation", args=[talk.id])
    day = (AT - timedelta(days=3)).date()
    found = client.get(address, {"on": day.isoformat()})
    assert found.status_code == 302
    seq = int(found["Location"].rpartition("#message-")[2])
    begins = datetime.combine(day, time.min, tzinfo=ZoneInfo("America/Chicago"))
    moments = {row.seq: row.sent_at for row in factories.message_rows(talk.id)}
    assert moments[seq] >= begins > moments[seq - 1]
    assert f'id="message-{seq}"' in page(client, talk.id, "?" + found["Location"].partition("?")[2])
    assert client.get(address, {"on": "1999-01-01"})["Location"].endswith("#message-1")
    assert client.get(address, {"on": "2999-01-01"})["Location"] == f"{address}?newest=1"
    for wrong in ("", "yesterday", "0001-01-01x", "2026-02-30"):
        assert client.get(address, {"on": wrong}).status_code == 400
    assert client.get(address, {"on": "0001-01-01"}).status_code in {302, 400}


def test_a_day_in_somebody_elses_conversation_is_not_there():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    answer = signed_in(people.therapist()).get(reverse("conversation", args=[talk.id]), {"on": "2026-01-01"})
    assert answer.status_code == 404


def test_a_page_opens_where_reading_stopped_and_leads_to_the_newest():
    talk = factories.talk()
    for number in range(55):
        factories.send(talk.as_patient, talk.id, f"Line {number}")
    client = signed_in(talk.therapist)
    html = page(client, talk.id)
    assert html.index("data-unread-mark") < html.index("Line 0<")
    assert "Line 54<" not in html[html.index("data-items") :]
    assert "?newest=1" in html
    assert "Line 54<" in page(client, talk.id, "?newest=1")


def test_somebody_elses_conversation_is_not_there_and_the_attempt_is_on_record():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    strange = signed_in(people.therapist())
    for name in ("conversation", "conversation_alerts"):
        response = strange.get(reverse(name, args=[talk.id]))
        assert response.status_code == 404
        assert HARMLESS not in response.content.decode()
    assert post_message(strange, talk.id, HARMLESS).status_code == 404
    assert strange.post(reverse("conversation_read", args=[talk.id]), {"seq": 1}).status_code == 404
    refused = Event.objects.unscoped(reason="test").filter(name="observability.access.refused")
    assert refused.count() >= 3
    assert len(factories.message_rows(talk.id)) == 1


def test_an_ended_conversation_can_be_read_and_not_added_to():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "finished", at=AT)
    factories.follow(talk)
    client = signed_in(talk.patient)
    html = page(client, talk.id)
    assert "This conversation has ended" in html
    assert "data-composer" not in html
    # It ended while they wrote: nothing is added, and their words are not lost.
    refused = post_message(client, talk.id, "All that I wrote.")
    assert (refused.status_code, len(factories.message_rows(talk.id))) == (403, 1)
    assert "All that I wrote.</textarea>" in refused.content.decode()


def test_reading_is_noted_without_a_script():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    client = signed_in(talk.therapist)
    assert "Mark as read" in page(client, talk.id)
    assert client.post(reverse("conversation_read", args=[talk.id]), {"seq": 1}).status_code == 302
    assert selectors.unread_total(people.actor(talk.therapist)) == 0


def test_without_a_script_one_marks_as_read_what_stands_on_the_page():
    talk = factories.talk()
    for number in range(55):
        factories.send(talk.as_patient, talk.id, f"Line {number}")
    client, address = signed_in(talk.therapist), reverse("conversation", args=[talk.id])
    marks = re.compile(r'name="seq" value="(\d+)"')
    (shown,) = marks.findall(page(client, talk.id))
    assert f'id="message-{shown}"' in articles(page(client, talk.id))[-1]
    # The end of it is no place to mark what stands above: it leads there.
    newest = page(client, talk.id, "?newest=1")
    assert not marks.findall(newest)
    assert re.search(rf'<noscript><p[^>]*>\s*<a[^>]*href="{address}"', newest)
    client.post(reverse("conversation_read", args=[talk.id]), {"seq": shown})
    assert selectors.unread_total(people.actor(talk.therapist)) == 55 - int(shown)
    assert marks.findall(page(client, talk.id)) == ["55"]


def test_what_one_sends_without_a_script_is_on_the_page_one_comes_to():
    talk = factories.talk()
    for number in range(55):
        factories.send(talk.as_patient, talk.id, f"Line {number}")
    client = signed_in(talk.therapist)
    leads = post_message(client, talk.id, "I am here.")["Location"]
    assert leads.endswith("#message-56")
    assert "I am here." in articles(client.get(leads).content.decode())[-1]


def test_a_conversation_begins_where_there_is_care():
    patient, therapist = people.patient(), people.therapist()
    people.assignment(patient, therapist)
    client = signed_in(therapist)
    response = client.post(reverse("conversation_start"), {"person": patient.id})
    opened = services.conversation_open(people.actor(patient), therapist.id, at=AT).conversation
    assert response["Location"] == f"/messages/{opened.id}/"
    assert client.post(reverse("conversation_start"), {"person": uuid.uuid4()}).status_code == 404


def test_a_page_costs_as_many_queries_for_fifty_messages_as_for_one():
    talk = factories.talk()
    client = signed_in(talk.therapist)
    counts = []
    for number in (1, 49):
        for _ in range(number):
            factories.send(talk.as_patient, talk.id)
        page(client, talk.id)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, talk.id)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= THREAD_QUERIES


def test_nobody_is_asked_to_sign_in_first(client):
    for name, args in (("messages", []), ("conversation", [uuid.uuid4()])):
        response = client.get(reverse(name, args=args))
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))
