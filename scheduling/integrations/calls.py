"""How a vendor of meetings is asked: small JSON answers, no redirect, one deadline for all tries together.

What changes nothing by being done twice (`safe`) is asked again after a pause when no answer comes. Anything
else only where the vendor says that it has done nothing (429), or where no connection came about.
"""

import email.utils
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bloom.kernel import clock, db
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.types import Fault

DEADLINE: Final = 10.0
TRIES: Final = 3
PAUSE_SECONDS = 0.3
LARGEST_ANSWER: Final = 1024 * 1024
# A vendor that asks for more rest than a day has it for a day.
LONGEST_REST: Final = 86_400.0
_REFUSED: Final = {
    HTTPStatus.BAD_REQUEST: Fault.INVALID,
    HTTPStatus.UNAUTHORIZED: Fault.KEYS,
    HTTPStatus.FORBIDDEN: Fault.FORBIDDEN,
    HTTPStatus.NOT_FOUND: Fault.MISSING,
    HTTPStatus.GONE: Fault.MISSING,
    HTTPStatus.CONFLICT: Fault.INVALID,
    HTTPStatus.UNPROCESSABLE_ENTITY: Fault.INVALID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. `form` goes as a form, `data` as JSON."""

    method: str
    url: str
    safe: bool
    headers: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    data: Any = None
    form: Mapping[str, str] | None = None
    basic: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer with any status below 500 but 429, and its JSON; None where it has no body."""

    status: int
    data: Any

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def object(self) -> dict[str, Any]:
        """The answer as an object. Raises VendorUnavailable for another."""
        if not isinstance(self.data, dict):
            raise VendorUnavailable(Fault.GARBLED)
        return self.data


def deadline() -> float:
    """Until when a call that begins now may go on."""
    return time.monotonic() + DEADLINE


def ask(question: Question, *, until: float) -> Reply:
    """The answer. Raises VendorUnavailable when there is none by `until`."""
    db.network_check("a vendor of meetings")
    for number in range(1, TRIES + 1):
        try:
            return _once(question, until)
        except _NotDone as fault:
            error, again = fault.error, True
        except VendorUnavailable as fault:
            error, again = fault, question.safe
        # Up to half as long again, so that those who were refused together do not come back together.
        pause = PAUSE_SECONDS * 2 ** (number - 1) * (1 + random.random() / 2)  # noqa: S311 - jitter
        pause = max(pause, error.retry_after or 0)
        if not again or number == TRIES or time.monotonic() + pause >= until:
            raise error
        time.sleep(pause)
    raise AssertionError("the last try answers or raises")


def refusal(reply: Reply) -> VendorRejected | VendorUnavailable:
    """What an answer that is not good means."""
    fault = _REFUSED.get(HTTPStatus(reply.status)) if reply.status in set(HTTPStatus) else None
    return VendorRejected(fault) if fault else VendorUnavailable(Fault.FAILED)


def token_read(reply: Reply) -> tuple[str, float]:
    """An access token and for how many seconds it holds. Raises VendorUnavailable."""
    data = reply.object
    seconds = data.get("expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1_000_000:
        raise VendorUnavailable(Fault.GARBLED)
    return text_of(data.get("access_token"), 8000), float(seconds)


def text_of(raw: Any, most: int = 500) -> str:
    """A text of the vendor's, whether it came as text or as a whole number. Raises VendorUnavailable."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise VendorUnavailable(Fault.GARBLED)
    text = str(raw)
    if not text or len(text) > most or not text.isprintable():
        raise VendorUnavailable(Fault.GARBLED)
    return text


def address_of(raw: Any) -> str:
    """An address that a person may be sent to. Raises VendorUnavailable."""
    text = text_of(raw, 2000)
    # http only leads to the fakes: production refuses to start with those (bloom.settings.checks).
    if not text.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise VendorUnavailable(Fault.GARBLED)
    return text


def objects_of(raw: Any) -> list[dict[str, Any]]:
    """A list of objects, which may be left out. Raises VendorUnavailable for anything else."""
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
        raise VendorUnavailable(Fault.GARBLED)
    return raw


def pages(
    read: Callable[[Mapping[str, str]], dict[str, Any]],
    name: str,
    *,
    following: str,
    parameter: str,
    longest: int,
    most: int,
) -> Iterator[dict[str, Any]]:
    """The objects under `name` of one page after the other: `read` asks for a page, an answer names the next
    one as `following`, of at most `longest` characters, and the question for it as `parameter`. Raises
    VendorUnavailable beyond `most` pages.
    """
    more: dict[str, str] = {}
    for _page in range(most):
        data = read(more)
        yield from objects_of(data.get(name))
        next_page = data.get(following) or ""
        if not next_page:
            return
        more = {parameter: text_of(next_page, longest)}
    raise VendorUnavailable(Fault.GARBLED)


def moment_of(raw: Any) -> datetime:
    """A moment in UTC. Raises VendorUnavailable."""
    try:
        found = datetime.fromisoformat(text_of(raw))
    except ValueError:
        raise VendorUnavailable(Fault.GARBLED) from None
    if found.tzinfo is None:
        raise VendorUnavailable(Fault.GARBLED)
    return found.astimezone(UTC)


class _NotDone(Exception):
    """Certainly nothing was done, so that even what must not happen twice may be asked again."""

    def __init__(self, error: VendorUnavailable) -> None:
        super().__init__(error.fault.value)
        self.error = error


def _once(question: Question, until: float) -> Reply:
    body = b""
    left = until - time.monotonic()
    if left <= 0:
        raise VendorUnavailable(Fault.LATE)
    try:
        with requests.request(
            question.method,
            question.url,
            headers=dict(question.headers or {}),
            params=dict(question.query or {}),
            json=question.data,
            data=question.form,
            auth=question.basic,
            timeout=left,
            allow_redirects=False,
            stream=True,
        ) as answer:
            for part in answer.iter_content(16_384):
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise VendorUnavailable(Fault.GARBLED)
                if time.monotonic() > until:
                    raise VendorUnavailable(Fault.LATE)
            status, headers = answer.status_code, dict(answer.headers.lower_items())
    except requests.Timeout:
        raise VendorUnavailable(Fault.LATE) from None
    except requests.ConnectionError as error:
        unreachable = VendorUnavailable(Fault.UNREACHABLE)
        if _is_unconnected(error):
            raise _NotDone(unreachable) from None
        raise unreachable from None
    except requests.RequestException:
        raise VendorUnavailable(Fault.UNREACHABLE) from None
    return _reply(status, body, headers)


def _is_unconnected(error: requests.ConnectionError) -> bool:
    """Whether no connection came about at all, as urllib3 says it."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _reply(status: int, body: bytes, headers: Mapping[str, str]) -> Reply:
    rest = retry_after(headers.get("retry-after", ""), clock.now())
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise _NotDone(VendorUnavailable(Fault.BUSY, retry_after=rest))
    if status >= 500:
        raise VendorUnavailable(Fault.FAILED, retry_after=rest)
    if not body.strip():
        return Reply(status=status, data=None)
    try:
        return Reply(status=status, data=json.loads(body))
    except (ValueError, RecursionError):
        raise VendorUnavailable(Fault.GARBLED) from None


def retry_after(raw: str, at: datetime) -> float | None:
    """Seconds of rest: a number or a date as RFC 9110 has it, or an ISO date, as Zoom writes it."""
    text = raw.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_REST)
    for read in (email.utils.parsedate_to_datetime, datetime.fromisoformat):
        try:
            when = read(text)
        except (ValueError, TypeError):
            continue
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return min(max((when - at).total_seconds(), 0.0), LONGEST_REST)
    return None
