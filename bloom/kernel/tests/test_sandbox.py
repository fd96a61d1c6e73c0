import http.client
import json
import threading
import time
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from bloom.kernel import registry, sandbox
from bloom.kernel.sandbox import Answer, Ask, Fake, json_answer, serving


class Echo(Fake):
    name = "echo"

    def answer(self, ask: Ask) -> Answer:
        if ask.path == "/wait":
            self.waiting.wait(5)
        strange = self.fault_take("strange", path=ask.path)
        return json_answer(
            {"path": ask.path, "query": dict(ask.query), "form": ask.form, "fault": strange}, 201
        )

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Event()


@pytest.fixture
def echo():
    fake = Echo()
    with serving(fake):
        yield fake


def ask(fake, path, *, method="GET", body=None, timeout=5):
    url = urlsplit(fake.url)
    connection = http.client.HTTPConnection(url.netloc, timeout=timeout)
    try:
        connection.request(method, url.path + path, body=body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_fake_is_asked_below_its_name(echo):
    status, body = ask(echo, "/a/b?c=d", method="POST", body="e=f")
    assert status == 201
    assert json.loads(body) == {"path": "/a/b", "query": {"c": "d"}, "form": {"e": "f"}, "fault": None}


def test_the_root_says_whom_it_plays_and_a_stranger_is_unknown(echo):
    root = urlsplit(echo.url).netloc
    for path, status in (("/", 200), ("/stranger/x", 404)):
        connection = http.client.HTTPConnection(root, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())) == (status, {"fakes": ["echo"]})
        connection.close()


def test_faults_come_when_wished_and_as_often_as_wished(echo):
    echo.fault_set("error", path="/token", times=2)
    assert ask(echo, "/other")[0] == 201
    assert [ask(echo, "/token")[0] for _ in range(3)] == [500, 500, 201]
    echo.fault_set("down")
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(echo, "/x")
    echo.fault_set("garbage")
    with pytest.raises(ValueError):
        json.loads(ask(echo, "/x")[1])
    echo.fault_set("slow", seconds=0.3)
    begun = time.monotonic()
    assert ask(echo, "/x")[0] == 201
    assert time.monotonic() - begun >= 0.3


def test_faults_are_wished_over_http_too(echo):
    wish = json.dumps({"kind": "strange", "path": "/x"})
    assert ask(echo, "/_faults", method="POST", body=wish) == (204, b"")
    assert json.loads(ask(echo, "/x")[1])["fault"] == "strange"
    assert json.loads(ask(echo, "/x")[1])["fault"] is None
    ask(echo, "/_faults", method="POST", body=wish)
    assert ask(echo, "/_faults", method="DELETE")[0] == 204
    assert json.loads(ask(echo, "/x")[1])["fault"] is None
    assert ask(echo, "/_faults", method="POST", body="kind=error")[0] == 400


def test_a_body_has_an_end(echo):
    url = urlsplit(echo.url)
    connection = http.client.HTTPConnection(url.netloc, timeout=5)
    connection.putrequest("POST", "/echo/x")
    connection.putheader("Content-Length", str(sandbox.LARGEST_BODY + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_so_many_at_once_and_no_more(echo, monkeypatch):
    monkeypatch.setattr(sandbox, "PATIENCE", 0.1)
    threads = [threading.Thread(target=ask, args=(echo, "/wait")) for _ in range(sandbox.CONNECTIONS)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(echo, "/x")
    echo.waiting.set()
    for thread in threads:
        thread.join()
    assert ask(echo, "/x")[0] == 201


@override_settings(BLOOM_ENV="production")
def test_production_has_no_fakes():
    with pytest.raises(CommandError, match="production"):
        call_command("sandbox")


def test_the_command_serves_what_apps_have_registered(monkeypatch, capsys):
    point = registry.Point("sandbox")
    point.register("echo", Echo)
    monkeypatch.setattr(registry, "sandbox", point)
    monkeypatch.setattr(sandbox.Server, "serve_forever", lambda self: self.server_close())
    call_command("sandbox", "--port", "0")
    assert "echo at http://127.0.0.1:" in capsys.readouterr().out
