"""The virus scanner: asked over TCP in its own protocol, and never overheard."""

import socket
import threading
import time

import pytest

from bloom.files import selectors, services
from bloom.files.integrations.clamd import fake, tcp
from bloom.files.integrations.clamd.port import ScannerUnavailable
from bloom.files.tests.test_uploads import AT, SYSTEM, ask, receive, row, somebody, upload
from bloom.files.types import UploadState
from bloom.kernel import clock
from bloom.kernel.db import NetworkInTransaction, transactional


@pytest.fixture
def clamd(settings):
    with fake.serving() as scanner:
        settings.CLAMD_ADDRESS = scanner.address
        yield scanner


def test_it_sees_every_byte_and_says_what_it_knows(clamd):
    large = bytes(range(256)) * 3_000
    assert tcp.harm_find(large) == ""
    assert clamd.seen == [large]
    assert tcp.harm_find(b"before" + fake.EICAR + b"after") == "Eicar-Test-Signature"


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"stream: OK",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: \0",
        b"OK\0",
        b"\xff\xfe\0",
        b"stream: OK\0" * 2_000,
    ],
)
def test_an_answer_of_another_kind_is_no_answer(clamd, says):
    clamd.says = says
    with pytest.raises(ScannerUnavailable):
        tcp.harm_find(b"hello")


def test_a_scanner_that_is_not_there_is_no_answer(settings):
    for address in ("127.0.0.1:9", "nowhere", "127.0.0.1:x"):
        settings.CLAMD_ADDRESS = address
        with pytest.raises(ScannerUnavailable):
            tcp.harm_find(b"hello")


def test_a_scanner_that_takes_its_time_is_left(settings, monkeypatch):
    """It takes a little before each pause ends, so that no single step ever lasts too long: each is given
    the time that is left for all of them.
    """
    monkeypatch.setattr(tcp, "_SECONDS", 0.4)
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        server.bind(("127.0.0.1", 0))
        server.listen()
        settings.CLAMD_ADDRESS = f"127.0.0.1:{server.getsockname()[1]}"
        threading.Thread(target=_slowly, args=(server,), daemon=True).start()
        with pytest.raises(ScannerUnavailable) as left:
            tcp.harm_find(bytes(30_000_000))
        assert str(left.value) == "TimeoutError"


def _slowly(server):
    way, _ = server.accept()
    with way:
        while way.recv(300_000):
            time.sleep(0.03)


def test_it_is_not_asked_in_a_transaction(clamd, db):
    with pytest.raises(NetworkInTransaction):
        transactional(lambda: tcp.harm_find(b"hello"))()


@pytest.mark.django_db
@pytest.mark.usefixtures("storage")
def test_a_file_that_it_knows_is_refused_and_another_is_kept(clamd):
    actor = somebody()
    refused = upload(actor, fake.EICAR, name="a.txt")
    assert (refused.state, refused.fault) == (UploadState.REFUSED, "malware")
    assert upload(actor).state is UploadState.READY


@pytest.mark.django_db
@pytest.mark.usefixtures("storage")
def test_while_it_is_down_nothing_gets_through(settings):
    settings.CLAMD_ADDRESS = "127.0.0.1:9"
    actor = somebody()
    asked = ask(actor)
    receive(asked)
    services.upload_complete(actor, asked.upload.id, at=AT)
    services.upload_check(SYSTEM, asked.upload.id, at=clock.now())
    assert row(asked.upload.id).state == UploadState.CHECKING
    with fake.serving() as scanner:
        settings.CLAMD_ADDRESS = scanner.address
        services.upload_check(SYSTEM, asked.upload.id, at=clock.now().replace(year=2100))
    assert selectors.upload_get(actor, asked.upload.id).state is UploadState.READY
