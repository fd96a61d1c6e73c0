"""How what is sent is signed, and when it is tried again. Pure.

The signature is that of Standard Webhooks 1.0 (https://www.standardwebhooks.com).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

# After each try that failed: together three days.
_WAITS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 20)))
)
TRIES: Final = len(_WAITS) + 1
# How much of a wait is chance, so that what failed together does not come again together.
_JITTER: Final = 0.2
_PREFIX: Final = "whsec_"


def secret_text(secret: bytes) -> str:
    """The secret as its owner gets it."""
    return _PREFIX + base64.b64encode(secret).decode()


def secret_bytes(text: str) -> bytes:
    """The key in a secret."""
    return base64.b64decode(text.removeprefix(_PREFIX))


def signatures(secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret that holds now."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.new(secret_bytes(each), signed, hashlib.sha256).digest()).decode()
        for each in secrets
    )


def wait_after(attempts: int, chance: float) -> timedelta | None:
    """How long until it is tried again after so many tries, None for never. `chance` is from 0 to 1."""
    if attempts >= TRIES:
        return None
    return _WAITS[attempts - 1] * (1 - _JITTER / 2 + _JITTER * chance)


def is_delivered(status: int) -> bool:
    """Whether this answer means that it has arrived. A redirect does not: it is not followed."""
    return 200 <= status < 300
