"""What may be kept where no words of anybody's belong: events and notices. Pure."""

import re
from datetime import datetime
from enum import Enum
from uuid import UUID


def plain_value(value: object, code: re.Pattern[str]) -> object:
    """An id, a number, a moment, or a text that is a whole `code`, as JSON holds it. Raises ValueError for
    anything else: it could be a person's words.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return plain_value(value.value, code)
    if isinstance(value, str) and code.fullmatch(value):
        return value
    raise ValueError("no plain value")
