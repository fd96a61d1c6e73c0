"""Attacks on moderation: to get around it, to switch it off for others, to read what it reads."""

import logging
import sys
import threading
import uuid
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.views.debug import ExceptionReporter, get_default_exception_reporter_filter

from accounts.tests import factories as people
from bloom.kernel import sandbox
from bloom.settings.environment import ENVIRONMENT
from messaging import judging, selectors, services
from messaging.errors import MessageBlocked
from messaging.integrations.openai import http
from messaging.integrations.openai.fake import OpenAiFake
from messaging.models import Recheck
from messaging.moderation.breaker import Breaker, BreakerState
from messaging.tests import factories
from messaging.tests.conftest import KEY, PATIENCE
from messaging.tests.factories import AT, BLOCKED, Event
from observability.testing import captured_logs

pytestmark = pytest.mark.django_db(transaction=True)
MARK = "zyxmark"


@pytest.fixture
def talk(transactional_db):
    return factories.talk(people.patient(name=f"Ada {MARK.title()}"), people.therapist())


# Around it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "You are w\u200bor\u200bth\u2060less",
        "You are w\u043erthl\u0435ss",
        "".join(chr(ord(char) + 0xFEE0) if char != " " else char for char in "You are worthless"),
        "You are wo\u0301rthless",
    ],
    ids=["zero-width", "homoglyph", "full-width", "accent"],
)
def test_a_text_in_disguise_reaches_the_live_service_as_people_read_it(talk, openai, text):
    """ASVS 5.0 V1.1.1: input is brought into one form before it is judged, once."""
    openai.teach("you are worthless", harassment=0.95)
    assert factories.send(talk.as_patient, talk.id, text).outcome == "blur"


def test_a_name_inside_a_threat_does_not_hide_the_threat(talk, openai):
    """ASVS 5.0 V2.2.1: what is taken out of a text for privacy takes nothing of its meaning."""
    openai.teach("i will find you [name]", {"harassment/threatening": 0.95})
    assert factories.send(talk.as_patient, talk.id, f"I will find you {MARK}").outcome == "crisis"


def test_a_repeat_under_a_failing_vendor_does_not_get_past_the_first_verdict(talk, openai):
    """ASVS 5.0 V2.3.2: the floor stands whatever the vendor does; what is blocked by rule stays blocked."""
    openai.fault_set("down", path="/moderations", times=5)
    client_id = uuid.uuid4()
    for _ in range(2):
        with pytest.raises(MessageBlocked):
            factories.send(talk.as_patient, talk.id, BLOCKED, client_id=client_id)
    assert factories.message_rows(talk.id) == []


# Switching it off for others --------------------------------------------------------------------------------


def test_texts_that_the_vendor_rejects_do_not_open_the_breaker(talk, openai):
    """ASVS 5.0 V2.4.1: one person's odd texts do not switch the live service off for everybody."""
    openai.fault_set("rejected", path="/moderations", times=20)
    for _ in range(20):
        factories.send(talk.as_patient, talk.id)
    assert judging.breaker.state is BreakerState.CLOSED
    other = factories.talk()
    openai.teach("worthless", harassment=0.95)
    assert factories.send(other.as_patient, other.id, "worthless").outcome == "blur"


def test_what_slips_through_an_open_breaker_is_taken_back(talk, openai):
    """ASVS 5.0 V2.3.3: provoking the outage buys minutes, and a row remembers each message."""
    openai.teach("worthless", {"hate/threatening": 0.99})
    openai.fault_set("error", path="/moderations", times=5)
    for _ in range(5):
        factories.send(talk.as_patient, talk.id)
    assert judging.breaker.state is BreakerState.OPEN
    sent = factories.send(talk.as_patient, talk.id, "worthless")
    assert sent.outcome == "allow"
    judging.breaker.succeeded()
    services.messages_remoderate(people.SYSTEM, at=AT + timedelta(hours=1))
    assert selectors.message_get(talk.as_therapist, sent.id).body is None
    assert not Recheck.objects.unscoped(reason="test").exists()


def test_many_at_once_hold_no_more_than_so_many_questions(talk, openai, monkeypatch):
    """ASVS 5.0 V15.2.2: a slow vendor and a flood together do not pile up without bound."""
    line = http._line()
    monkeypatch.setattr(line, "_seats", threading.BoundedSemaphore(1))
    with openai.held():
        first = http.OpenAi().ask("one", deadline=PATIENCE)
        second = http.OpenAi().ask("two", deadline=PATIENCE)
        assert second.done()
        assert second.exception().reason == "full"
    assert first.result(PATIENCE)


def test_our_own_flood_does_not_shut_the_service_out(talk, openai, monkeypatch):
    """ASVS 5.0 V2.4.1: who sends very much at once switches the live service off for nobody."""
    monkeypatch.setattr(http._line(), "_seats", threading.Semaphore(0))
    for _ in range(20):
        factories.send(talk.as_patient, talk.id)
    assert openai.asked == []
    assert factories.audit_rows(talk.id)[-1].source == "fallback"
    assert judging.breaker.state is BreakerState.CLOSED


def test_a_full_queue_does_not_close_an_open_breaker_either(openai, monkeypatch):
    """ASVS 5.0 V2.4.1: a question that was never asked says nothing of the vendor, good or bad."""
    monkeypatch.setattr(judging, "breaker", Breaker(failures=1, pause=0.0))
    judging.breaker.failed(0)
    monkeypatch.setattr(http._line(), "_seats", threading.Semaphore(0))
    with pytest.raises(judging.LiveUnavailable):
        judging._ask(judging.Context(True, ()), "hello", PATIENCE)
    assert judging.breaker.state is BreakerState.TRYING


def test_somebody_else_s_practice_cannot_be_switched_off(talk):
    """ASVS 5.0 V8.2.2: the choice is the practice's own, and an attempt is on record."""
    browser = Client()
    browser.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(people.therapist())
    answer = browser.post(f"/practices/{talk.practice_id}/moderation/", {"live": "no"})
    assert answer.status_code == 404
    assert not Event.objects.unscoped(reason="test").filter(name="messaging.moderation.switched").exists()


# Through the vendor's answer --------------------------------------------------------------------------------


class Liar(OpenAiFake):
    """A vendor that was taken over."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def _moderation(self, text):
        return {"id": text, "model": text, "results": [self.result(super()._moderation(text)["results"][0])]}


@pytest.mark.parametrize(
    "result",
    [
        lambda r: {**r, "category_scores": dict.fromkeys(r["category_scores"], -1)},
        lambda r: {**r, "category_scores": dict.fromkeys(r["category_scores"], 2)},
        lambda r: {**r, "category_scores": dict.fromkeys(r["category_scores"], True)},
        lambda r: {**r, "category_scores": dict.fromkeys(r["category_scores"], "0.1")},
        lambda r: {**r, "category_scores": dict.fromkeys(r["category_scores"], float("nan"))},
        lambda r: {**r, "category_scores": []},
        lambda r: {"flagged": False},
        lambda r: None,
    ],
    ids=["below", "above", "bool", "text", "nan", "list", "bare", "null"],
)
def test_an_answer_that_makes_no_sense_is_a_failure_and_never_a_yes(talk, openai, settings, result):
    """ASVS 5.0 V2.2.1: what comes from another service is checked as input from anybody."""
    liar = Liar(result)
    with sandbox.serving(liar):
        settings.VENDOR_URLS = {**settings.VENDOR_URLS, "openai": f"{liar.url}/v1"}
        factories.send(talk.as_patient, talk.id)
    assert factories.audit_rows(talk.id)[-1].source == "fallback"


def test_words_in_an_answer_reach_no_row_and_no_page(talk, openai, settings):
    """ASVS 5.0 V1.3.1: categories of the vendor's own making are dropped, not stored or shown."""

    def more(result):
        result["category_scores"]["<script>alert(1)</script>"] = 1.0
        result["categories"]["<script>alert(1)</script>"] = True
        result["category_scores"]["harassment"] = 0.9
        return result

    liar = Liar(more)
    with sandbox.serving(liar):
        settings.VENDOR_URLS = {**settings.VENDOR_URLS, "openai": f"{liar.url}/v1"}
        sent = factories.send(talk.as_patient, talk.id)
    assert sent.categories == ("harassment",)
    assert factories.audit_rows(talk.id)[-1].rules == ["openai:harassment"]


def test_a_redirect_does_not_take_the_text_elsewhere(talk, openai):
    """ASVS 5.0 V12.3.1: text and key go to the address that the operator named and to no other."""
    openai.fault_set("redirect", path="/moderations")
    factories.send(talk.as_patient, talk.id, "not for elsewhere")
    assert openai.asked == ["not for elsewhere"]
    assert factories.audit_rows(talk.id)[-1].source == "fallback"


# What it reads ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["none", "down", "error", "rejected", "refused_key", "missing", "garbage"])
def test_no_text_key_or_name_is_logged_however_it_ends(talk, openai, fault):
    """ASVS 5.0 V16.2.5: logs hold no message, credential or name, at the most talkative level too."""
    if fault != "none":
        openai.fault_set(fault, path="/moderations")
    loggers = [logging.getLogger(name) for name in ("openai", "httpx2", "httpcore2", "messaging")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        with captured_logs() as written:
            factories.send(talk.as_patient, talk.id, f"{MARK} and pineapple for me")
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
    lines = written.getvalue().lower()
    assert "pineapple" not in lines
    assert MARK not in lines
    assert KEY not in lines


def test_ids_and_names_are_in_no_question(talk, openai):
    """ASVS 5.0 V14.2.3: what goes to another party holds nothing that says whose it is."""
    factories.send(talk.as_patient, talk.id, f"I am {MARK}, account 123456789, {MARK}@example.org")
    told = " ".join([*openai.asked, *(str(dict(headers)) for headers in openai.headers)]).lower()
    for secret in (MARK, "123456789", str(talk.patient.id), str(talk.id), str(talk.practice_id)):
        assert secret not in told


def test_the_key_stands_on_no_page_of_an_error(settings):
    """ASVS 5.0 V16.5.1: neither the debug page nor the environment's own words show a secret."""
    settings.OPENAI_API_KEY = KEY
    try:
        raise RuntimeError("boom")
    except RuntimeError:
        page = ExceptionReporter(None, *sys.exc_info()).get_traceback_html()
    assert KEY not in page
    assert KEY not in str(get_default_exception_reporter_filter().get_safe_settings())
    assert "openai_api_key" not in repr(ENVIRONMENT)
    assert str(ENVIRONMENT.secret_key) not in repr(ENVIRONMENT)


def test_a_refusal_of_the_key_tells_nobody_the_key(talk, openai):
    """ASVS 5.0 V13.3.1: the vendor's own message repeats the key, and goes no further than the client."""
    openai.fault_set("refused_key", path="/moderations", times=2)
    with pytest.raises(judging.LiveUnavailable) as refused:
        judging._ask(judging.Context(True, ()), "hello", 5)
    assert KEY not in repr(refused.value) + repr(refused.value.__context__)
