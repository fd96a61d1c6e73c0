"""Where a page of a list ended."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from accounts import rules
from bloom.kernel import errors


def cursor_parts(cursor: str, *kinds: Callable[[str], Any]) -> list[Any]:
    """The parts of a cursor, each read as its kind. Raises Invalid for what we did not write."""
    parts = rules.cursor_read(cursor, len(kinds))
    try:
        return [kind(part) for kind, part in zip(kinds, parts or (), strict=True)]
    except ValueError:
        raise errors.Invalid(errors={"cursor": [_("This is not where a page of this list ended.")]}) from None
