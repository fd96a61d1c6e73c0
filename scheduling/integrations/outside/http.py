"""A GET of an address that somebody has named.

As for webhooks: the name is resolved once, every address that it has must be one of the internet at large,
and the connection goes to that very address. A redirect is followed a few times, and looked at as the first
address was. No proxy of the environment is asked, and no cookie or credential is sent. All of it together
takes as long as DEADLINE says, for a watchman closes the line then; and no more is read than may be kept.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from bloom.kernel import addresses, db
from scheduling.integrations.outside.port import NotRead
from scheduling.types.outside import OUTSIDE_BYTES_MOST, OutsideFault

DEADLINE = 15.0
REDIRECTS: Final = 3
_PART: Final = 64 * 1024
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_MISSING: Final = frozenset({401, 403, 404, 410})


def fetch(url: str) -> bytes:
    """What stands at an address. Raises NotRead."""
    db.network_check("a calendar")
    until = time.monotonic() + DEADLINE
    for _turn in range(REDIRECTS + 1):
        found = _ask(url, until)
        if isinstance(found, bytes):
            return found
        url = urljoin(url, found)
    raise NotRead(OutsideFault.REFUSED)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(each[4][0]) for each in found]


def _ask(url: str, until: float) -> bytes | str:
    """What stands there, or where it leads."""
    if addresses.url_fault(url, private=settings.WEBHOOKS_PRIVATE):
        raise NotRead(OutsideFault.ADDRESS)
    parts = urlsplit(url)
    host, is_tls = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    address = _address(host, port, until)
    try:
        with socket.create_connection((address, port), timeout=_left(until)) as plain:
            if not is_tls:
                with _watched(plain, until):
                    return _exchange(plain, url, until)
            # The wrapped line is the one to watch, from its handshake on: wrapping takes the plain one away.
            context = ssl.create_default_context()
            with (
                context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False) as line,
                _watched(line, until),
            ):
                line.settimeout(_left(until))
                line.do_handshake()
                return _exchange(line, url, until)
    except ssl.SSLError:
        raise NotRead(OutsideFault.LATE if _is_over(until) else OutsideFault.TLS) from None
    except http.client.HTTPException:
        raise NotRead(OutsideFault.LATE if _is_over(until) else OutsideFault.GARBLED) from None
    except TimeoutError:
        raise NotRead(OutsideFault.LATE) from None
    except (OSError, ValueError):
        raise NotRead(OutsideFault.LATE if _is_over(until) else OutsideFault.UNREACHABLE) from None


def _address(host: str, port: int, until: float) -> str:
    """The one address to connect to. Raises NotRead when any that the name has is not allowed."""
    found: list[str] = []

    def look_up() -> None:
        try:
            found.extend(resolve(host, port))
        except (OSError, UnicodeError):
            return

    # The system's resolver knows no deadline; one that hangs keeps no process from ending.
    thread = threading.Thread(target=look_up, name="calendar-name", daemon=True)
    thread.start()
    thread.join(timeout=_left(until) / 2)
    if thread.is_alive():
        raise NotRead(OutsideFault.LATE)
    try:
        known = [ipaddress.ip_address(each.partition("%")[0]) for each in found]
    except ValueError:
        raise NotRead(OutsideFault.NAME) from None
    if not known:
        raise NotRead(OutsideFault.NAME)
    if not settings.WEBHOOKS_PRIVATE and not all(map(addresses.address_is_public, known)):
        raise NotRead(OutsideFault.ADDRESS)
    return str(known[0])


@contextmanager
def _watched(line: socket.socket, until: float) -> Iterator[None]:
    """Within the block, the line is closed when its time is over: a server that sends a little at a time does
    not keep it.
    """

    def end() -> None:
        try:
            # Under TLS too it is the line itself that is closed: nothing is said, and nobody is waited for.
            socket.socket.shutdown(line, socket.SHUT_RDWR)
        except OSError:
            return

    watchman = threading.Timer(_left(until), end)
    watchman.daemon = True
    watchman.start()
    try:
        yield
    finally:
        watchman.cancel()


def _exchange(line: socket.socket, url: str, until: float) -> bytes | str:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {
        "Host": parts.netloc,
        "Accept": "text/calendar, */*;q=0.1",
        "Accept-Encoding": "identity",
        "User-Agent": "Bloom",
        "Connection": "close",
    }
    head = f"GET {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    line.settimeout(_left(until))
    line.sendall(head.encode("ascii") + b"\r\n")
    answer = http.client.HTTPResponse(line, method="GET")
    try:
        answer.begin()
        if answer.status in _MOVED and (leads := answer.headers.get("Location")):
            return str(leads)
        if answer.status in _MISSING:
            raise NotRead(OutsideFault.MISSING)
        if answer.status != http.client.OK:
            raise NotRead(OutsideFault.REFUSED)
        return _body(answer, line, until)
    finally:
        answer.close()


def _body(answer: http.client.HTTPResponse, line: socket.socket, until: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(_PART):
        line.settimeout(_left(until))
        size += len(part)
        if size > OUTSIDE_BYTES_MOST:
            raise NotRead(OutsideFault.TOO_LARGE)
        parts.append(part)
    if _is_over(until):
        # The watchman's end looks like the server's.
        raise NotRead(OutsideFault.LATE)
    return b"".join(parts)


def _is_over(until: float) -> bool:
    return time.monotonic() >= until


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise NotRead(OutsideFault.LATE)
    return left
