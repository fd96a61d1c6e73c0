"""Fixtures for every suite: `pytest_plugins = ["bloom.kernel.testing"]` in the root conftest."""

import socket
import threading
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

import pytest

from bloom.kernel import db


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, on a connection of its own, all at the same moment; what each gave or
    raised.
    """
    from django.db import connections  # a plugin is imported before Django is set up

    ready = threading.Barrier(len(works))
    answers: list[Any] = [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            ready.wait(10)
            answers[place] = work()
        except Exception as error:
            answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


_INTERNET = {socket.AF_INET, socket.AF_INET6}


@pytest.fixture(autouse=True)
def fresh_vault() -> Iterator[None]:
    """Keys that a test made are gone with its rows; no later test may find them in memory."""
    from bloom.kernel import vault  # a plugin is imported before Django is set up, and this has tables

    vault.cache_clear()
    yield
    vault.cache_clear()


@pytest.fixture(autouse=True)
def own_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests asked for counts against nobody here, though all of them come from one address."""
    from bloom.kernel import limits  # it reads the settings, and a plugin is imported before they are set up

    monkeypatch.setattr(limits, "_PREFIX", f"bloom:limit:{uuid4().hex}:")


@pytest.fixture(autouse=True)
def network_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside a transaction nothing speaks to the network, not even to Redis; outside, only to loopback.

    PostgreSQL's driver opens its connections below Python and passes unseen.
    """
    for method in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, method, _guarded(method, address_at=-1))
    for method in ("send", "sendall"):
        monkeypatch.setattr(socket.socket, method, _guarded(method, address_at=None))


@pytest.fixture
def retry_once() -> Iterator[None]:
    """Every service in this test runs twice: its first try fails with 40001 after its body."""
    with db.failing_once():
        yield


def _guarded(method: str, *, address_at: int | None) -> Callable[..., Any]:
    original = getattr(socket.socket, method)

    def guarded(self: socket.socket, *args: Any) -> Any:
        if self.family in _INTERNET:
            db.network_check(f"socket.{method}")
            if address_at is not None and not _is_loopback(args[address_at][0]):
                raise AssertionError(f"a test speaks to {args[address_at][0]}")
        return original(self, *args)

    return guarded


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
