"""Redis for an event loop's hot paths: what is asked in one moment leaves in one piece.

    wait = await redis_line.get().ask(b"EVAL", script, b"1", key)

One connection a loop, for commands that answer with a number, such as EVAL, DEL and PUBLISH. A question costs
some ten microseconds; through the client's pipeline it is ten times as much, and a send asks three times. For
everything else there is the client.
"""

import asyncio
import contextvars
import time
import weakref
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from redis.asyncio.connection import ConnectionPool, parse_url
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, InvalidResponse, RedisError, ResponseError, TimeoutError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

TIMEOUT_SECONDS: Final = 0.5

_Answer = asyncio.Future[int]


class _Question(NamedTuple):
    asked_at: float
    command: bytes
    answer: _Answer


class RedisLine:
    """One connection at a time: it is opened by the first question, and by the first after it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        # Where there are any, they are about to be sent, or the connection is being opened for them.
        self._unsent: list[_Question] = []
        self._watch: asyncio.TimerHandle | None = None

    async def ask(self, *command: bytes) -> int:
        """The number that Redis answers. Raises RedisError: within half a second, when it is away."""
        if not self._unsent:
            self._loop.call_soon(self._send, context=contextvars.Context())
        if self._watch is None:
            self._watch_for(TIMEOUT_SECONDS)
        answer: _Answer = self._loop.create_future()
        self._unsent.append(_Question(time.monotonic(), _packed(command), answer))
        return await answer

    def _send(self) -> None:
        if self._connection is None or self._connection.is_closing:
            if self._connecting is None or self._connecting.done():
                self._connecting = self._loop.create_task(self._connect())
            return
        unsent, self._unsent = self._unsent, []
        self._connection.send(unsent)

    async def _connect(self) -> None:
        try:
            self._connection = await _opened(self._url)
            if self._connection.is_closing:
                raise ConnectionError("the connection ended as it began")
        except Exception as error:
            # Whatever it is: who waits for the connection has to hear that there is none.
            self._fail_unsent(error if isinstance(error, RedisError) else ConnectionError(str(error)))
        else:
            self._send()

    def _watch_for(self, seconds: float) -> None:
        self._watch = self._loop.call_later(seconds, self._look, context=contextvars.Context())

    def _look(self) -> None:
        """Nobody waits for longer than they were promised; answers come in order, so the line is dead."""
        self._watch = None
        waiting = self._connection.waiting if self._connection is not None else ()
        oldest = [questions[0].asked_at for questions in (waiting, self._unsent) if questions]
        if not oldest:
            return
        left = min(oldest) + TIMEOUT_SECONDS - time.monotonic()
        if left > 0:
            self._watch_for(left)
            return
        late = TimeoutError("no answer in time")
        if self._connection is not None:
            self._connection.end(late)
        if self._connecting is not None:
            self._connecting.cancel()
        self._connection = self._connecting = None
        self._fail_unsent(late)

    def _fail_unsent(self, error: RedisError) -> None:
        unsent, self._unsent = self._unsent, []
        _fail(unsent, error)


class _Connection(asyncio.Protocol):
    """What was asked over one connection, and its answers, which come in the same order."""

    def __init__(self, client: Any) -> None:
        # The client's own end would close the connection when it is collected.
        self._client = client
        self._transport: asyncio.Transport = client._writer.transport
        self._read = b""
        self.waiting: deque[_Question] = deque()
        # What the server said before the transport was ours, nobody tells us.
        self._ended = client._reader.at_eof()
        self._transport.set_protocol(self)

    @property
    def is_closing(self) -> bool:
        return self._ended or self._transport.is_closing()

    def send(self, questions: Sequence[_Question]) -> None:
        self.waiting.extend(questions)
        self._transport.write(b"".join([each.command for each in questions]))

    def end(self, error: RedisError) -> None:
        """Nothing more comes from here."""
        self._ended = True
        self._transport.abort()
        waiting, self.waiting = self.waiting, deque()
        _fail(waiting, error)

    def data_received(self, data: bytes) -> None:
        *lines, self._read = (self._read + data).split(b"\r\n")
        for line in lines:
            if self._ended:
                return
            answered = _answered(line)
            if answered is None or not self.waiting:
                # Whose answer the next one would be, nobody could say.
                self.end(InvalidResponse("neither a number nor an error"))
                return
            answer = self.waiting.popleft().answer
            if answer.done():
                continue  # whoever asked went away
            if isinstance(answered, int):
                answer.set_result(answered)
            else:
                answer.set_exception(answered)

    def connection_lost(self, error: Exception | None) -> None:
        self.end(ConnectionError("the connection was lost"))


async def _opened(url: str) -> _Connection:
    """The client opens the connection (it knows about passwords and TLS); from then on it is ours.

    It speaks the older protocol, in which a server says nothing unasked.
    """
    options: dict[str, Any] = {
        **parse_url(url),
        "protocol": 2,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    pool: Any = ConnectionPool(**options)
    client = pool.make_connection()
    try:
        await client.connect()
    except BaseException:
        await client.disconnect(nowait=True)
        raise
    return _Connection(client)


def _answered(line: bytes) -> int | ResponseError | None:
    kind, rest = line[:1], line[1:]
    if kind == b":" and rest.lstrip(b"-").isdigit():
        return int(rest)
    # What is said of a thing that was done, such as OK, is no number.
    return ResponseError(rest.decode(errors="replace")) if kind in {b"-", b"+"} else None


def _fail(questions: Iterable[_Question], error: RedisError) -> None:
    for question in questions:
        if not question.answer.done():
            question.answer.set_exception(error)


def _packed(command: tuple[bytes, ...]) -> bytes:
    return b"*%d\r\n" % len(command) + b"".join([b"$%d\r\n%b\r\n" % (len(each), each) for each in command])


_lines: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, RedisLine]" = weakref.WeakKeyDictionary()


def get() -> RedisLine:
    """The running loop's line."""
    loop = asyncio.get_running_loop()
    line = _lines.get(loop)
    if line is None or line._url != settings.REDIS_URL:
        line = _lines[loop] = RedisLine(settings.REDIS_URL)
    return line
