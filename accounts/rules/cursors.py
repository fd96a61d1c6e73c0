"""Where a page of a list ended."""

import base64
import binascii
import json


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
