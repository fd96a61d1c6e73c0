"""OpenAI's client against its fake, over real HTTP, faults included."""

import json
import socket
import subprocess
import sys
import threading

import pytest

from messaging.integrations.openai import http
from messaging.integrations.openai.http import OpenAi
from messaging.integrations.openai.port import LiveUnavailable
from messaging.moderation.categories import LIVE_CATEGORIES
from messaging.tests.conftest import KEY
from observability.testing import captured_logs


def ask(text="hello", deadline=10.0):
    return OpenAi().ask(text, deadline=deadline).result(deadline + 5)


def test_every_category_has_a_score(openai):
    openai.teach("i hate", harassment=0.93)
    scores = ask("I hate you")
    assert tuple(scores) == LIVE_CATEGORIES
    assert scores["harassment"] == 0.93
    assert openai.asked == ["I hate you"]


def test_the_question_is_the_vendor_s_and_holds_nothing_else(openai):
    ask("hello")
    (headers,) = openai.headers
    given = {name.lower(): value for name, value in headers.items()}
    assert given["authorization"] == f"Bearer {KEY}"
    assert not {name for name in given if name in {"cookie", "x-request-id", "referer"}}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("down", LiveUnavailable.UNREACHABLE),
        ("error", LiveUnavailable.FAILED),
        ("garbage", LiveUnavailable.MALFORMED),
        ("rate_limited", LiveUnavailable.BUSY),
        ("rejected", LiveUnavailable.REJECTED),
        ("refused_key", LiveUnavailable.REFUSED_KEY),
        ("malformed", LiveUnavailable.MALFORMED),
        ("missing", LiveUnavailable.INCOMPLETE),
        ("no_number", LiveUnavailable.INCOMPLETE),
        ("many", LiveUnavailable.MALFORMED),
        ("deep", LiveUnavailable.FAILED),
        ("redirect", LiveUnavailable.FAILED),
    ],
)
def test_each_fault_is_one_reason_and_is_asked_once(openai, fault, reason):
    openai.fault_set(fault, path="/moderations", times=3)
    with pytest.raises(LiveUnavailable) as refused:
        ask("hello")
    assert refused.value.reason == reason
    assert refused.value.__cause__ is None
    assert len(openai.asked) <= 1
    assert refused.value.is_about_text == (fault == "rejected")


def test_an_error_that_nobody_foresaw_is_a_failure_and_known_by_its_type_alone(openai, monkeypatch):
    class Surprise(Exception):
        pass

    def broken(self):
        raise Surprise(f"Asked {KEY} about hello")

    monkeypatch.setattr(http._Line, "_opened", broken)
    with captured_logs() as written, pytest.raises(LiveUnavailable) as refused:
        ask("hello")
    assert refused.value.reason == LiveUnavailable.FAILED
    assert refused.value.__context__ is None
    assert "Surprise" in written.getvalue()
    assert KEY not in written.getvalue()
    assert "hello" not in written.getvalue()


def test_who_says_when_to_come_back_is_heard_up_to_a_bound(openai):
    for said, heard in (("7", 7.0), ("99999", 300.0), ("soon", None), ("-3", None), ("nan", None)):
        openai.retry_after = said
        openai.fault_set("rate_limited", path="/moderations")
        with pytest.raises(LiveUnavailable) as refused:
            ask()
        assert refused.value.retry_after == heard


def test_the_deadline_is_for_everything_together(openai):
    ask("load the library")
    with openai.held(), pytest.raises(LiveUnavailable) as refused:
        ask(deadline=0.3)
    assert refused.value.reason == LiveUnavailable.TIMEOUT


def test_an_answer_that_drips_does_not_stretch_the_deadline(openai, settings):
    ask("load the library")
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.VENDOR_URLS = {
            **settings.VENDOR_URLS,
            "openai": f"http://127.0.0.1:{server.getsockname()[1]}/v1",
        }

        def drip():
            line, _address = server.accept()
            with line:
                line.recv(65536)
                line.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
                )
                while not over.wait(0.05):
                    try:
                        line.sendall(b" ")
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        try:
            with pytest.raises(LiveUnavailable) as refused:
                ask(deadline=0.4)
        finally:
            over.set()
        assert refused.value.reason == LiveUnavailable.TIMEOUT


def test_without_a_question_the_library_is_not_even_loaded():
    code = (
        "import sys, threading; import messaging.integrations.openai.http; import json;"
        "print(json.dumps(['openai' in sys.modules, [t.name for t in threading.enumerate()]]))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == [False, ["MainThread"]]
