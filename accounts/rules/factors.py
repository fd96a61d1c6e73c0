"""Codes, and who owes a second factor."""

import base64
import hmac
import unicodedata
from collections.abc import Collection, Iterable, Mapping

from accounts.types import CodeVerdict, FactorPolicy

TOTP_STEP_SECONDS = 30
# A code of the step before or after is taken; one of up to five minutes away tells that a clock is wrong.
TOTP_STEPS_TAKEN = 1
TOTP_STEPS_KNOWN = 10
# Without letters and digits that look like others.
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 10


def factor_policy(policies: Mapping[str, str], roles: Iterable[str]) -> FactorPolicy:
    """What a person with these roles owes: the strictest of their roles decides; without any, it is free."""
    order = list(FactorPolicy)
    owed = [FactorPolicy(policies.get(role, FactorPolicy.OPTIONAL)) for role in roles]
    return max(owed, key=order.index, default=FactorPolicy.OPTIONAL)


def totp_code(secret: str, step: int) -> str:
    """The six digits of one half minute (RFC 6238, SHA-1); `secret` is base32."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06}"


def totp_judge(
    secret: str, code: str, now: int, last_step: int, burnt: Collection[int]
) -> tuple[CodeVerdict, int]:
    """What `code` is at `now` (seconds since 1970), and of which step: RIGHT once, then USED.

    No step up to `last_step` is taken again, and none that is `burnt`.
    """
    here = now // TOTP_STEP_SECONDS
    typed = code_normal(code)
    found = CodeVerdict.WRONG, here
    # From the farthest to the nearest, all of them: the nearest wins, and the time taken tells nothing.
    for away in sorted(range(-TOTP_STEPS_KNOWN, TOTP_STEPS_KNOWN + 1), key=abs, reverse=True):
        step = here + away
        if hmac.compare_digest(totp_code(secret, step).encode(), typed.encode()):
            if step <= last_step or step in burnt:
                found = CodeVerdict.USED, step
            else:
                found = (CodeVerdict.RIGHT if abs(away) <= TOTP_STEPS_TAKEN else CodeVerdict.CLOCK), step
    return found


def code_normal(typed: str) -> str:
    """A code as we compare it: without the blanks and dashes in which people read it, digits as 0 to 9."""
    plain = unicodedata.normalize("NFKC", typed).lower()
    return "".join(
        str(unicodedata.decimal(letter, letter))
        for letter in plain
        if not (letter.isspace() or letter in "-–_.")
    )


def recovery_code_show(code: str) -> str:
    """A recovery code as people read it."""
    return f"{code[:5]}-{code[5:]}"
