"""OpenAI's moderation endpoint, through its own library.

One event loop in a thread of its own asks for the whole process, so that a slow vendor holds neither the
socket's loop nor a pool of threads, and connections are kept. Nothing of it exists, and the library is not
even loaded, before the first question.

The answer is taken apart here: exactly one result, with a number from 0 to 1 for each category. A category
that is missing is a failure. What an answer says beside that is dropped, and no text, answer or message of an
error leaves this file: only the codes of LiveUnavailable do.
"""

import asyncio
import logging
import math
import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Final

from django.conf import settings

from bloom.kernel import db
from messaging.integrations.openai.port import LiveUnavailable, Scores
from messaging.moderation.categories import LIVE_CATEGORIES

logger = logging.getLogger(__name__)

MODEL: Final = "omni-moderation-latest"
LONGEST_RETRY_AFTER: Final = 300.0
# So many questions at once; who comes then is answered by the rules.
QUESTIONS: Final = 64


class OpenAi:
    """The `LiveModerator` at settings.VENDOR_URLS["openai"], with the key of settings.OPENAI_API_KEY."""

    def ask(self, text: str, *, deadline: float) -> "Future[Scores]":
        db.network_check("the live moderation service")
        return _line().submit(text, deadline)


class _Line:
    """The thread, its loop, and the client that lives there."""

    def __init__(self, address: str, key: str) -> None:
        self.known_by = (os.getpid(), address, key)
        self._address, self._key = address, key
        self._client: Any = None  # the library is loaded in the thread
        self._seats = threading.BoundedSemaphore(QUESTIONS)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="moderation", daemon=True).start()

    def submit(self, text: str, deadline: float) -> "Future[Scores]":
        if not self._seats.acquire(blocking=False):
            full: Future[Scores] = Future()
            full.set_exception(LiveUnavailable(LiveUnavailable.FULL))
            return full
        return asyncio.run_coroutine_threadsafe(self._answer(text, deadline), self._loop)

    async def _answer(self, text: str, deadline: float) -> Scores:
        # Raised outside, so that it does not carry an error along that may repeat text or key.
        try:
            async with asyncio.timeout(deadline):
                return await _ask(self._opened(), text, deadline)
        except LiveUnavailable as error:
            fault = error
        except TimeoutError:
            fault = LiveUnavailable(LiveUnavailable.TIMEOUT)
        except Exception:
            # A message must not fail because of the library or its answer, whatever is wrong with them.
            logger.exception("moderation.client_broken")
            fault = LiveUnavailable(LiveUnavailable.FAILED)
        finally:
            self._seats.release()
        raise fault

    def close(self) -> None:
        """End the thread once what is under way has ended."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)

    async def _end(self) -> None:
        if self._client is not None:
            await self._client.close()
        self._loop.stop()

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def _opened(self) -> Any:
        if self._client is None:
            import openai

            # No redirect is followed: the text goes to the address that the operator named, or nowhere.
            self._client = openai.AsyncOpenAI(
                api_key=self._key,
                base_url=self._address,
                max_retries=0,
                http_client=openai.DefaultAsyncHttpx2Client(follow_redirects=False),
            )
        return self._client


_lock = threading.Lock()
_here: _Line | None = None


def _line() -> _Line:
    """The process's own: a child that was forked gets another, and so does a changed address or key."""
    global _here
    wanted = (os.getpid(), settings.VENDOR_URLS["openai"], settings.OPENAI_API_KEY)
    line = _here
    if line is None or line.known_by != wanted:
        with _lock:
            if _here is None or _here.known_by != wanted:
                if _here is not None and _here.known_by[0] == wanted[0]:
                    _here.close()
                _here = _Line(wanted[1], wanted[2])
            line = _here
    return line


async def _ask(client: Any, text: str, deadline: float) -> Scores:
    import openai

    # Raised outside, so that it does not carry the library's own error along, which may repeat text or key.
    try:
        answer = await client.moderations.with_raw_response.create(model=MODEL, input=text, timeout=deadline)
        data, fault = answer.http_response.json(), None
    except openai.APITimeoutError:
        fault = LiveUnavailable(LiveUnavailable.TIMEOUT)
    except openai.APIStatusError as error:
        fault = _refused(error.status_code, error.response.headers)
    except openai.APIConnectionError:
        fault = LiveUnavailable(LiveUnavailable.UNREACHABLE)
    except (openai.OpenAIError, ValueError):
        fault = LiveUnavailable(LiveUnavailable.MALFORMED)
    if fault is not None:
        raise fault
    return _scores(data)


def _refused(status: int, headers: Mapping[str, str]) -> LiveUnavailable:
    if status == 429:
        return LiveUnavailable(LiveUnavailable.BUSY, retry_after=_retry_after(headers))
    if status in {401, 403}:
        return LiveUnavailable(LiveUnavailable.REFUSED_KEY)
    if status in {400, 413, 422}:
        return LiveUnavailable(LiveUnavailable.REJECTED)
    return LiveUnavailable(LiveUnavailable.FAILED, retry_after=_retry_after(headers))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(seconds, LONGEST_RETRY_AFTER) if math.isfinite(seconds) and seconds > 0 else None


def _scores(data: Any) -> Scores:
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        raise LiveUnavailable(LiveUnavailable.MALFORMED)
    given = results[0].get("category_scores")
    if not isinstance(given, dict):
        raise LiveUnavailable(LiveUnavailable.MALFORMED)
    scores: dict[str, float] = {}
    for category in LIVE_CATEGORIES:
        score = given.get(category)
        if score is None:
            raise LiveUnavailable(LiveUnavailable.INCOMPLETE)
        # NaN is no number from 0 to 1 either.
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise LiveUnavailable(LiveUnavailable.MALFORMED)
        scores[category] = float(score)
    return scores
