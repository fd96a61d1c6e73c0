"""Vendors that are not there: HTTP servers on loopback that speak a vendor's wire format, faults included.

`manage.py sandbox` serves those that apps have registered (`registry.sandbox`) for `bin/run`; a test serves
the same ones with `serving(...)`. Bloom's client is the one that ships; only the address differs.

    class NppesFake(Fake):
        name = "nppes"

        def answer(self, ask: Ask) -> Answer:
            return json_answer({"result_count": 0, "results": []})

Each fake lives below `/<name>/`. `POST /<name>/_faults` with `{"kind": "slow", "path": "/token", "times": 1}`
makes the next request fail: "down" (no answer), "slow" (late), "error" (500), "garbage" (200 and noise), or
what the fake itself knows. `DELETE /<name>/_faults` ends it.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LARGEST_BODY = 1024 * 1024
CONNECTIONS = 32
PATIENCE = 10.0
# Longer than any client of ours waits.
SLOW_SECONDS = 8.0
CONTROL = "/_faults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What arrived. `path` is without the fake's own name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def form(self) -> dict[str, str]:
        """The body, as a form."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))

    @property
    def data(self) -> Any:
        """The body, as JSON; None for what is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back."""

    status: int = 200
    type: str = "application/json"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(data: Any, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(data).encode())


def html_answer(text: str, status: int = 200) -> Answer:
    return Answer(status=status, type="text/html; charset=utf-8", body=text.encode())


def redirect(to: str) -> Answer:
    return Answer(status=HTTPStatus.FOUND, type="text/plain", headers={"Location": to})


@dataclass(slots=True)
class _Fault:
    kind: str
    path: str
    times: int
    seconds: float


class Fake:
    """One vendor. Subclasses set `name` and say what they `answer`; several threads ask at once."""

    name = ""

    def __init__(self) -> None:
        # Where it is served, without a slash at its end.
        self.url = ""
        self.lock = threading.Lock()
        self._faults: list[_Fault] = []

    def answer(self, ask: Ask) -> Answer:
        raise NotImplementedError

    def fault_set(self, kind: str, *, path: str = "", times: int = 1, seconds: float = SLOW_SECONDS) -> None:
        """Make the next `times` requests whose path ends with `path` fail in this way."""
        with self.lock:
            self._faults.append(_Fault(kind, path, times, seconds))
            del self._faults[:-CONNECTIONS]

    def faults_clear(self) -> None:
        with self.lock:
            self._faults.clear()

    def fault_take(self, *kinds: str, path: str = "") -> str | None:
        """The kind of the first fault of these that waits for such a request, counted down; None without."""
        found = self._fault_take(kinds, path)
        return found.kind if found else None

    def _fault_take(self, kinds: tuple[str, ...], path: str) -> _Fault | None:
        with self.lock:
            for fault in self._faults:
                if fault.kind in kinds and path.endswith(fault.path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def respond(self, ask: Ask) -> Answer | None:
        """Answer a request, or fail as was wished; None for no answer at all."""
        if ask.path == CONTROL:
            return self._control(ask)
        fault = self._fault_take(("down", "slow", "error", "garbage"), ask.path)
        if fault is None:
            return self.answer(ask)
        if fault.kind == "down":
            return None
        if fault.kind == "slow":
            time.sleep(fault.seconds)
            return self.answer(ask)
        if fault.kind == "error":
            return json_answer({"error": "server_error"}, 500)
        return Answer(body=b"\x00<!doctype garbage {")

    def _control(self, ask: Ask) -> Answer:
        if ask.method == "DELETE":
            self.faults_clear()
            return Answer(status=HTTPStatus.NO_CONTENT)
        wish = ask.data
        # JSON, so that no page of another site can send it from somebody's browser.
        if ask.method != "POST" or not isinstance(wish, dict) or not isinstance(wish.get("kind"), str):
            return json_answer({"error": "POST {kind, path, times, seconds} as JSON, or DELETE"}, 400)
        self.fault_set(
            wish["kind"],
            path=str(wish.get("path", "")),
            times=int(wish.get("times", 1)),
            seconds=float(wish.get("seconds", SLOW_SECONDS)),
        )
        return Answer(status=HTTPStatus.NO_CONTENT)


class Server(ThreadingHTTPServer):
    """Fakes at one port of loopback; so many requests at once, and no more."""

    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(self, fakes: Mapping[str, Fake], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.fakes = dict(fakes)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._seats = threading.BoundedSemaphore(CONNECTIONS)
        for name, fake in self.fakes.items():
            fake.url = f"{self.url}/{name}"

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._seats.acquire(timeout=PATIENCE):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._seats.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nobody's fault."""


@contextmanager
def serving(*fakes: Fake) -> Iterator[str]:
    """Serve fakes until the block ends; yields the base address."""
    server = Server({fake.name: fake for fake in fakes})
    # A short look at the clock, so that a test does not wait half a second for the end.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = PATIENCE
    server_version = "BloomSandbox"
    sys_version = ""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self._send(json_answer({"error": "too_large"}, 413))
            return
        parts = urlsplit(self.path)
        name, _slash, rest = parts.path.lstrip("/").partition("/")
        fake = self.server.fakes.get(name)
        if fake is None:
            self._send(json_answer({"fakes": sorted(self.server.fakes)}, 200 if not name else 404))
            return
        answer = fake.respond(
            Ask(
                method=self.command,
                path=f"/{rest}",
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers=dict(self.headers.items()),
                body=self.rfile.read(int(length)),
            )
        )
        if answer is not None:
            self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class names them

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.body or answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", answer.type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses hold codes."""
