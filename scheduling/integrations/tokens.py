"""Access tokens of vendors, kept in this process for as long as they hold and never written anywhere.

Each stands under a hash of the keys that it was made with, so that other keys never meet it. One that ends
within five minutes is fetched anew; one that the vendor refuses is forgotten.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from scheduling.integrations import calls
from scheduling.integrations.calls import Question, Reply

EARLY_SECONDS: Final = 300.0
KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class Token:
    """`value` holds until `ends` of the monotonic clock. It is not shown by repr."""

    value: str
    ends: float

    def __repr__(self) -> str:
        return "Token(...)"


_lock = threading.Lock()
_tokens: "OrderedDict[str, Token]" = OrderedDict()


def key_of(*parts: str) -> str:
    """The name under which a token of these keys stands."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part.encode())
    return digest.hexdigest()


def token_get(key: str, fetch: Callable[[], tuple[str, float]]) -> str:
    """The token of `key`; `fetch` gives a new one and for how many seconds it holds.

    Two threads may fetch at once: vendors keep several tokens alive, and none has to wait for another.
    """
    now = time.monotonic()
    with _lock:
        known = _tokens.get(key)
    if known is not None and now < known.ends - EARLY_SECONDS:
        return known.value
    value, seconds = fetch()
    with _lock:
        _tokens[key] = Token(value, now + seconds)
        _tokens.move_to_end(key)
        while len(_tokens) > KEPT:
            _tokens.popitem(last=False)
    return value


def token_forget(key: str, value: str) -> None:
    """This token is no good any more; a newer one under the same key stays."""
    with _lock:
        known = _tokens.get(key)
        if known is not None and known.value == value:
            del _tokens[key]


def ask_signed(
    question: Question, key: str, fetch: Callable[[], tuple[str, float]], *, until: float
) -> Reply:
    """The answer to the token that is known, or to a new one where that is refused: such a call has done
    nothing, so it is asked once more whatever it is. Raises VendorUnavailable, and what `fetch` raises.
    """
    for is_last in (False, True):
        token = token_get(key, fetch)
        reply = calls.ask(replace(question, headers={"Authorization": f"Bearer {token}"}), until=until)
        if reply.status != HTTPStatus.UNAUTHORIZED or is_last:
            return reply
        token_forget(key, token)
    raise AssertionError("the last answer is given whatever it is")


def clear() -> None:
    """Forget all of them."""
    with _lock:
        _tokens.clear()
