"""What may be said in a log line. Everything else is left out: an allow-list, because a list of secrets ends
one field too early.

A line keeps: its text, when that is a literal in the source file that logged it; the fields in `FIELDS`,
when their values have the right shape; of an exception its types, codes and frames, never its message.
"""

import ast
import functools
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any, Final
from uuid import UUID

from bloom.kernel.errors import DomainError

REDACTED: Final = "[redacted]"
_CODE: Final = re.compile(r"[a-z][a-z0-9_.:-]{0,79}")
_ROUTE: Final = re.compile(r"[A-Za-z0-9_./:<>^$?()\[\]\\+*|-]{0,200}")
_HEX: Final = re.compile(r"[0-9a-f]{8,64}")
_VERB: Final = re.compile(r"[A-Z]{3,10}")
_TASK_ID: Final = re.compile(r"[0-9a-f-]{36}")
_SQLSTATE: Final = re.compile(r"[0-9A-Z]{5}")
_FRAMES: Final = 12
_CAUSES: Final = 5

# Program text by their nature: what is missing at start-up, not what somebody wrote.
_PROGRAM_ERRORS: Final = {"ImportError", "ModuleNotFoundError", "ImproperlyConfigured", "NameError"}


def _shape(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _number(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def _moment(value: Any) -> bool:
    return isinstance(value, datetime) or (isinstance(value, str) and _is_moment(value))


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _id(value: Any) -> bool:
    if isinstance(value, UUID):
        return True
    try:
        UUID(value)
    except (ValueError, TypeError, AttributeError):
        return False
    return True


_IDS: Final = (
    "conversation_id",
    "delivery_id",
    "event_id",
    "message_id",
    "object_id",
    "practice_id",
    "request_id",
    "row_id",
    "socket_id",
    "token_id",
    "user_id",
)
_NUMBERS: Final = (
    "attempts",
    "bytes",
    "change",
    "count",
    "duration_ms",
    "failed",
    "late",
    "number",
    "pending",
    "pid",
    "port",
    "queue_size",
    "refused",
    "retry_after",
    "sealed",
    "seq",
    "sockets",
    "status",
)
# Fields that only Bloom writes, and only with words of its own source. Libraries fill `error`, `reason` and
# `result` with whatever they are given: those stay out.
_CODES: Final = (
    "code",
    "event_name",
    "frame",
    "kind",
    "object_kind",
    "outcome",
    "source",
    "state",
    "subscriber",
    "task",
    "via",
)
FIELDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(_IDS, _id),
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_CODES, _shape(_CODE)),
    **dict.fromkeys(("head", "trace_id", "span_id"), _shape(_HEX)),
    "method": _shape(_VERB),
    "route": _shape(_ROUTE),
    "task_id": _shape(_TASK_ID),
    "child_task_id": _shape(_TASK_ID),
    "parent_task_id": _shape(_TASK_ID),
    "sqlstate": _shape(_SQLSTATE),
    "at": _moment,
    "timestamp": _moment,
}


def fields_kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that may be shown. A known field whose value has another shape says so; unknown ones go."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        fits = FIELDS.get(name)
        if fits is None or value is None:
            continue
        plain = value.value if isinstance(value, Enum) else value
        kept[name] = (plain if _number(plain) else str(plain)) if fits(plain) else REDACTED
    return kept


def text_kept(text: Any, record: logging.LogRecord) -> str:
    """The line's text when the program's source says it word for word; else that there was one."""
    if isinstance(text, str) and text in _literals(record.pathname):
        return text
    return REDACTED


@functools.lru_cache(maxsize=512)
def _literals(path: str) -> frozenset[str]:
    """Every string literal of a source file (not the pieces of f-strings); nothing when it can't be read."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    pieces = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    return frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces
    )


def exception_kept(error: BaseException) -> list[dict[str, Any]]:
    """An exception and what caused it: type, stable code or SQLSTATE, and the innermost frames."""
    return [_one(link) for link in _chain(error)]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < _CAUSES:
        yield error
        seen += 1
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    told: dict[str, Any] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "frames": _frames(error.__traceback__),
    }
    if isinstance(error, DomainError):
        told["code"] = error.code
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str) and _SQLSTATE.fullmatch(state):
        told["sqlstate"] = state
    if kind.__name__ in _PROGRAM_ERRORS:
        told["message"] = str(error)[:300]
    return told


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = [
        f"{_module(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(traceback)
    ]
    return frames[-_FRAMES:]


def _module(path: str) -> str:
    """The last parts of a file's path: enough to find it, nothing about the machine."""
    parts = Path(path).parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    return "/".join(parts[-3:])
