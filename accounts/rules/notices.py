"""What a notice may carry: ids and plain values, never what somebody wrote."""

import re
from collections.abc import Mapping

from bloom.kernel.plain import plain_value

_PLAIN = re.compile(r"[A-Za-z0-9 ._:/+-]{0,40}")


class WordsInNotice(TypeError):
    """A parameter of a notice holds something that could be a person's words."""


def notice_params(params: Mapping[str, object]) -> dict[str, object]:
    """The parameters as they are stored. Raises WordsInNotice."""
    return {name: _plain(name, value) for name, value in params.items()}


def plain_or_nothing(text: str) -> str:
    """A word that a program says of itself, where it is a short and ordinary one; else nothing."""
    return text if _PLAIN.fullmatch(text) else ""


def _plain(name: str, value: object) -> object:
    try:
        return plain_value(value, _PLAIN)
    except ValueError:
        raise WordsInNotice(f"{name}: notices carry ids, numbers, moments and codes only") from None
