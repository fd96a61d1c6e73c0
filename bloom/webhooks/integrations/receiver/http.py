"""A POST to an address that a stranger has named.

The name is resolved once, every address that it has must be one of the internet at large, and the
connection goes to that very address: a name that answers otherwise a moment later gains nothing. No redirect
is followed, no proxy of the environment is asked, nothing is kept of the answer but its status, for which at
most 64 KiB are read; and all of it together takes ten seconds at most, once its name is being looked up.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from functools import partial
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from bloom.kernel import addresses, db
from bloom.webhooks.integrations.receiver.port import NotReceived
from bloom.webhooks.integrations.receiver.resolver import Resolver
from bloom.webhooks.types import Fault, Reply

DEADLINE = 10.0
LARGEST_ANSWER: Final = 64 * 1024
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r)")
_END: Final = b"\r\n\r\n"
_resolver = Resolver(together=32, each=2, patience=2.0)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(each[4][0]) for each in found]


def post(url: str, body: bytes, headers: Mapping[str, str], *, practice_id: UUID) -> Reply:
    """See port.Post."""
    db.network_check("a webhook")
    if addresses.url_fault(url, private=settings.WEBHOOKS_PRIVATE):
        raise NotReceived(Fault.ADDRESS)
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    host = str(parts.hostname)
    port = parts.port or (443 if is_tls else 80)
    answer = _resolver.begin(practice_id, partial(resolve, host, port))
    # Not before: the wait for a free look-up is not the receiver's.
    started = time.monotonic()
    until = started + DEADLINE
    address = _address(answer, until)
    try:
        with socket.create_connection((address, port), timeout=_left(until)) as plain:
            if not is_tls:
                return _exchange(plain, url, body, headers, started, until)
            plain.settimeout(_left(until))
            with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as line:
                return _exchange(line, url, body, headers, started, until)
    except TimeoutError:
        raise NotReceived(Fault.LATE) from None
    except ssl.SSLError:
        raise NotReceived(Fault.TLS) from None
    except OSError:
        raise NotReceived(Fault.UNREACHABLE) from None


def _address(answer: Future[list[str]], until: float) -> str:
    """The one address to connect to. Raises NotReceived when any that the name has is not allowed."""
    try:
        known = [ipaddress.ip_address(each.partition("%")[0]) for each in answer.result(timeout=_left(until))]
    except Late:
        raise NotReceived(Fault.LATE) from None
    except (OSError, ValueError):
        raise NotReceived(Fault.NAME) from None
    if not known:
        raise NotReceived(Fault.NAME)
    if not settings.WEBHOOKS_PRIVATE and not all(map(addresses.address_is_public, known)):
        raise NotReceived(Fault.ADDRESS)
    return str(known[0])


def _exchange(
    line: socket.socket, url: str, body: bytes, headers: Mapping[str, str], started: float, until: float
) -> Reply:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {"Host": parts.netloc, **headers, "Content-Length": str(len(body)), "Connection": "close"}
    head = f"POST {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    line.settimeout(_left(until))
    line.sendall(head.encode("ascii") + b"\r\n" + body)
    status = _status(line, until)
    return Reply(status=status, took_ms=int((time.monotonic() - started) * 1000))


def _status(line: socket.socket, until: float) -> int:
    """The status of the answer, past whatever a server says in between (1xx)."""
    read = 0
    came = b""
    while True:
        while _END not in came:
            line.settimeout(_left(until))
            part = line.recv(min(8192, LARGEST_ANSWER - read))
            read += len(part)
            came += part
            if not part or read >= LARGEST_ANSWER:
                raise NotReceived(Fault.GARBLED)
        found = _STATUS.match(came)
        if found is None:
            raise NotReceived(Fault.GARBLED)
        if (status := int(found[1])) >= 200:
            return status
        came = came.partition(_END)[2]


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
