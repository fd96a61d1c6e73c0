"""A webhook whose address wants more than to be told: to reach into this machine's network, to hold a worker,
to fill its memory, or to be believed.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock, db, sandbox
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid
from bloom.webhooks import services
from bloom.webhooks.integrations.receiver import http
from bloom.webhooks.integrations.receiver.fake import ReceiverFake
from bloom.webhooks.integrations.receiver.port import NotReceived, NotTried
from bloom.webhooks.integrations.receiver.resolver import Resolver
from bloom.webhooks.models import Endpoint
from bloom.webhooks.types import EndpointView, Fault, Reply

SOMEBODY = uuid4()


@pytest.fixture(autouse=True)
def only_the_internet(settings) -> None:
    """As in production; the tests' own settings let the sandbox be reached."""
    settings.WEBHOOKS_PRIVATE = False


@pytest.fixture
def receiver() -> Iterator[ReceiverFake]:
    fake = ReceiverFake()
    with sandbox.serving(fake):
        yield fake


@contextmanager
def saying(*parts: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that says this to whoever connects, whatever they ask; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def serve() -> None:
            try:
                line, _peer = listening.accept()
                with line:
                    line.recv(65536)
                    for part in parts:
                        line.sendall(part)
                        if over.wait(pause):
                            return
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        over.set()
    thread.join(5)


def added(url: str) -> tuple[Actor, EndpointView]:
    """An owner with this endpoint."""
    therapist = people.therapist()
    practice_id = people.practice_of(therapist)
    owner = people.actor(therapist, practice_id=practice_id, factor_at=clock.now())
    made = services.endpoint_add(owner, practice_id, url, ["message.sent"], at=clock.now())
    return owner, made.endpoint


def post(url: str, practice_id: UUID = SOMEBODY) -> Reply:
    return http.post(url, b"{}", {}, practice_id=practice_id)


def fault_of(url: str) -> Fault | None:
    try:
        post(url)
    except NotReceived as refused:
        return refused.fault
    return None


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.0.0.8"],
        ["169.254.169.254"],
        ["::1"],
        ["fd00:ec2::254"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["8.8.8.8", "127.0.0.1"],
        ["2606:4700::1111", "fe80::1%eth0"],
    ],
    ids="+".join,
)
def test_a_name_that_leads_inside_is_not_followed(monkeypatch, receiver, answers) -> None:
    """Also where only one of its addresses does: which one would be asked is chance."""
    monkeypatch.setattr(http, "resolve", lambda host, port: answers)
    assert fault_of("https://hooks.example.org/") is Fault.ADDRESS
    assert receiver.asked == []


def test_a_name_that_answers_otherwise_a_moment_later_gains_nothing(monkeypatch, settings, receiver) -> None:
    """It is asked once, and the connection goes to what it said then."""
    settings.WEBHOOKS_PRIVATE = True
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.7"]

    monkeypatch.setattr(http, "resolve", resolve)
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    post(f"http://hooks.example.org:{port}/receiver")
    assert asked == ["hooks.example.org"]
    assert receiver.asked[0].headers["Host"] == f"hooks.example.org:{port}"


def test_an_address_that_was_good_when_it_was_told_is_asked_again_at_each_call(monkeypatch) -> None:
    """Nothing is believed because it was checked before."""
    monkeypatch.setattr(http, "resolve", lambda host, port: ["10.0.0.1"])
    assert fault_of("https://once.example.org/") is Fault.ADDRESS


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "file:///etc/passwd"]
)
def test_an_address_that_slipped_past_the_form_is_refused_by_the_sender(url) -> None:
    assert fault_of(url) is Fault.ADDRESS


def test_no_redirect_leads_inside(settings, receiver) -> None:
    settings.WEBHOOKS_PRIVATE = True
    receiver.status, receiver.headers = 307, {"Location": f"{receiver.url}/inside"}
    assert post(receiver.url).status == 307
    assert len(receiver.asked) == 1


def test_no_proxy_of_the_environment_is_asked(settings, monkeypatch, receiver) -> None:
    settings.WEBHOOKS_PRIVATE = True
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert post(receiver.url).status == 204


def test_an_answer_without_end_is_left(settings) -> None:
    settings.WEBHOOKS_PRIVATE = True
    with saying(b"HTTP/1.1 200 OK\r\n", *[b"X-Filler: " + b"a" * 8000 + b"\r\n"] * 40) as url:
        assert fault_of(url) is Fault.GARBLED


def test_the_body_of_an_answer_is_not_read(settings) -> None:
    settings.WEBHOOKS_PRIVATE = True
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"a" * 100) as url:
        assert post(url).status == 200


@pytest.mark.parametrize(
    "answer", [b"", b"\r\n\r\n", b"SSH-2.0-OpenSSH_9\r\n\r\n", b"+OK\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n"]
)
def test_what_is_no_http_is_no_success(settings, answer) -> None:
    settings.WEBHOOKS_PRIVATE = True
    with saying(answer) as url:
        assert fault_of(url) is Fault.GARBLED


def test_who_drips_does_not_hold_a_worker(settings, monkeypatch) -> None:
    """Each byte comes in time; all of them would not."""
    settings.WEBHOOKS_PRIVATE = True
    monkeypatch.setattr(http, "DEADLINE", 0.5)
    with saying(*[b"H"] * 100, pause=0.1) as url:
        assert fault_of(url) is Fault.LATE


def test_a_hundred_answers_in_between_are_no_way_around_the_bound(settings) -> None:
    settings.WEBHOOKS_PRIVATE = True
    filler = b"HTTP/1.1 102 Processing\r\nX: " + b"a" * 4000 + b"\r\n\r\n"
    with saying(*[filler] * 40) as url:
        assert fault_of(url) is Fault.GARBLED


@pytest.fixture
def hanging(monkeypatch, settings) -> Iterator[list[str]]:
    """Names in example.net are never answered; yields those that were asked for."""
    settings.WEBHOOKS_PRIVATE = True
    over, asked = threading.Event(), []

    def resolve(host: str, port: int) -> list[str]:
        if host.endswith(".example.net"):
            asked.append(host)
            over.wait(20)
        return ["127.0.0.1"]

    monkeypatch.setattr(http, "resolve", resolve)
    monkeypatch.setattr(http, "DEADLINE", 0.2)
    monkeypatch.setattr(http, "_resolver", Resolver(together=4, each=2, patience=0.2))
    yield asked
    over.set()


def of(receiver: ReceiverFake, name: str) -> str:
    """The receiver by a name of this domain."""
    return receiver.url.replace("127.0.0.1", name)


class TestNamesThatAreNeverAnswered:
    def test_a_practice_waits_for_its_own_alone(self, hanging, receiver) -> None:
        ill, well = uuid4(), uuid4()
        for number in range(2):
            with pytest.raises(NotReceived, match="late"):
                post(f"https://{number}.example.net/", ill)
        # They go on, unheard; one more of the same practice does not begin.
        with pytest.raises(NotTried):
            post("https://2.example.net/", ill)
        assert hanging == ["0.example.net", "1.example.net"]
        assert post(of(receiver, "hooks.example.org"), well).status == 204

    def test_many_practices_hold_a_bounded_number_of_threads(self, hanging, receiver) -> None:
        for number in range(4):
            with pytest.raises(NotReceived, match="late"):
                post(f"https://{number}.example.net/", uuid4())
        with pytest.raises(NotTried):
            post(of(receiver, "hooks.example.org"), uuid4())
        assert len(hanging) == 4

    def test_what_ends_or_fails_makes_room(self, hanging, receiver, monkeypatch) -> None:
        def resolve(host: str, port: int) -> list[str]:
            raise OSError

        for _each in range(5):
            assert post(of(receiver, "hooks.example.org")).status == 204
        monkeypatch.setattr(http, "resolve", resolve)
        for _each in range(5):
            assert fault_of("https://no.example.org/") is Fault.NAME
        assert not http._resolver._running


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_inside_a_transaction(settings, receiver) -> None:
    settings.WEBHOOKS_PRIVATE = True
    with pytest.raises(db.NetworkInTransaction):
        db.transactional(lambda: post(receiver.url))()


@pytest.mark.django_db
class TestWhatAnOwnerTypes:
    @pytest.mark.parametrize(
        "url",
        [
            "http://example.org/",
            "https://127.0.0.1/",
            "https://[::ffff:169.254.169.254]/",
            "https://2130706433/",
            "https://redis:6379/",
            "https://example.org/\r\nX-Injected: 1",
            "https://user:pw@example.org/",
        ],
    )
    def test_an_address_that_leads_inside_is_refused(self, url) -> None:
        with pytest.raises(Invalid) as refused:
            added(url)
        assert list(refused.value.errors) == ["url"]
        assert not Endpoint.objects.unscoped(reason="test").exists()

    def test_and_as_a_change(self) -> None:
        owner, endpoint = added("https://example.org/")
        with pytest.raises(Invalid):
            services.endpoint_change(
                owner,
                endpoint.practice_id,
                endpoint.id,
                url="https://10.0.0.1/",
                names=["message.sent"],
                is_on=True,
                at=clock.now(),
            )
        assert Endpoint.objects.unscoped(reason="test").get().url == "https://example.org/"
