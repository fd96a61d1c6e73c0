"""Pure decisions about scopes, names, addresses, tokens and cursors."""

import base64
import binascii
import hmac
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID
from zoneinfo import available_timezones

from accounts.types import NAME_LENGTH, CodeVerdict, FactorPolicy
from bloom.kernel.text import is_blank

SCOPE_AREAS = (
    "profile",
    "people",
    "assignments",
    "conversations",
    "scheduling",
    "files",
    "billing",
    "records",
    "credentialing",
    "support",
)
SCOPES = frozenset(f"{area}:{verb}" for area in SCOPE_AREAS for verb in ("read", "write"))

TOKEN_DAYS_MAX = 366

TOTP_STEP_SECONDS = 30
# A code of the step before or after is taken; one of up to five minutes away tells that a clock is wrong.
TOTP_STEPS_TAKEN = 1
TOTP_STEPS_KNOWN = 10
# Without letters and digits that look like others.
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 10

_TOKEN = re.compile(r"blm_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_ZONES = frozenset(available_timezones())


def email_normal(email: str) -> str:
    """The one spelling under which an address is stored and looked up."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def name_problem(name: str) -> str | None:
    """Why `name` cannot be a person's name ("blank", "long", "characters"), or None when it can."""
    if is_blank(name):
        return "blank"
    if len(name) > NAME_LENGTH:
        return "long"
    # Direction overrides and control characters would let one name pass for another's.
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in name):
        return "characters"
    if any(character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for character in name):
        return "characters"
    return None


def time_zone_is_known(name: str) -> bool:
    return name in _ZONES


def time_zone_or_utc(name: str) -> str:
    """`name` when it is a time zone, else "UTC": what a browser claims is only a hint."""
    return name if time_zone_is_known(name) else "UTC"


def scopes_unknown(scopes: Iterable[str]) -> list[str]:
    """Those of `scopes` that do not exist, sorted."""
    return sorted(set(scopes) - SCOPES)


def token_write(prefix: str, secret: str) -> str:
    """The token as its bearer sends it."""
    return f"blm_{prefix}_{secret}"


def token_prefix(raw: str) -> str | None:
    """The findable part of a token, or None when `raw` cannot be one."""
    match = _TOKEN.fullmatch(raw)
    return match[1] if match else None


def factor_policy(policies: Mapping[str, str], roles: Iterable[str]) -> FactorPolicy:
    """What a person with these roles owes: the strictest of their roles decides; without any, it is free."""
    order = list(FactorPolicy)
    owed = [FactorPolicy(policies.get(role, FactorPolicy.OPTIONAL)) for role in roles]
    return max(owed, key=order.index, default=FactorPolicy.OPTIONAL)


def person_is_seeded(person_id: UUID) -> bool:
    """Was this person made by seed_demo? Those have derived ids (version 5), and all others random ones."""
    return person_id.version == 5


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


def cursor_write(*parts: str) -> str:
    """Where a page of a list ended, as one opaque word."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def cursor_read(cursor: str, length: int) -> tuple[str, ...] | None:
    """The parts of a cursor, or None when it is not one of `length` parts that we wrote."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if (
        not isinstance(parts, list)
        or len(parts) != length
        or not all(isinstance(part, str) and _can_be_stored(part) for part in parts)
    ):
        return None
    return tuple(parts)


def _can_be_stored(text: str) -> bool:
    """No NUL and no lone surrogates, which JSON can write and no column holds."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
