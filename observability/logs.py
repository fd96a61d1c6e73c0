"""Structured logs: one line per thing that happened, as JSON, or in colour on a terminal.

    log = logs.get_logger(__name__)
    log.info("outbox.delivered", subscriber=subscriber, attempts=attempts)

Every logger of the process (Django's, uvicorn's, Celery's, allauth's) goes through the same pipeline, whose
last step keeps only what `observability.redaction` allows. Ids of request, trace, person and task are bound
at the door and carried along by contextvars.
"""

import logging
import logging.config
import re
import secrets
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog

from observability import redaction

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

# Loggers that libraries configure for themselves: ours take their place.
_LIBRARY_LOGGERS = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "celery",
    "celery.task",
    "django",
    "allauth",
)
# Clients of vendors tell of whole requests when they are asked for much.
_TELLTALE_LOGGERS = ("openai", "httpx2", "httpcore2")
_CHATTY_LOGGERS = ("celery.worker.strategy", "celery.app.trace", "celery.beat")

Line = MutableMapping[str, Any]


def get_logger(name: str) -> Any:
    """A structured logger: `log.info("area.fact", field=value)`."""
    return structlog.get_logger(name)


def configure(*, log_format: str, level: str) -> None:
    """Send every log line of this process to stderr, in `log_format` ("json" or "pretty")."""
    logging.captureWarnings(True)
    # Where a line can't be written, the library would print it as it came, values and all.
    logging.raiseExceptions = False
    logging.config.dictConfig(_configuration(log_format, level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def formatter(log_format: str) -> logging.Formatter:
    """The formatter that every handler uses."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if log_format == "pretty"
        else structlog.processors.JSONRenderer()
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name],
        processors=[_keep, *([_exception_as_text] if log_format == "pretty" else []), renderer],
        # The text of a foreign line stays apart from its values, which are not ours to show.
        use_get_message=False,
    )


def _configuration(log_format: str, level: str) -> dict[str, Any]:
    here = {"handlers": ["stderr"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"bloom": {"()": formatter, "log_format": log_format}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "bloom"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **dict.fromkeys(_LIBRARY_LOGGERS, here),
            # Our own line per request says the route instead of the path.
            "uvicorn.access": {**here, "level": "CRITICAL"},
            "django.server": {**here, "level": "CRITICAL"},
            # A line for each task, several times a second: a task speaks when it fails.
            **{name: {**here, "level": "WARNING"} for name in (*_CHATTY_LOGGERS, *_TELLTALE_LOGGERS)},
            # A 4xx is in that line, too; what failed comes with its exception.
            "django.request": {**here, "level": "ERROR"},
        },
    }


def _keep(logger: Any, method: str, line: Line) -> Line:
    """The last step before a line is written: build it anew from what may be said."""
    record: logging.LogRecord = line["_record"]
    kept: dict[str, Any] = {
        "timestamp": structlog.processors.TimeStamper(fmt="iso", utc=True)(logger, method, {})["timestamp"],
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": redaction.text_kept(line.get("event"), record),
        **redaction.fields_kept(structlog.contextvars.get_contextvars()),
        **redaction.fields_kept(line),
    }
    error = _exception(line.get("exc_info"), record)
    if error is not None:
        kept["exception"] = redaction.exception_kept(error)
    return kept


def _exception_as_text(logger: Any, method: str, line: Line) -> Line:
    """What is kept of an exception, as lines for a person; the console's renderer takes nothing else."""
    if "exception" in line:
        line["exception"] = "\n".join(str(part) for part in line["exception"])
    return line


def _exception(given: Any, record: logging.LogRecord) -> BaseException | None:
    """The exception of a line, from structlog's `exc_info` or the standard library's."""
    current = sys.exc_info() if given is True else given
    for info in (current, record.exc_info):
        if isinstance(info, BaseException):
            return info
        if isinstance(info, tuple) and isinstance(info[1], BaseException):
            return info[1]
    return None


def trace_id_from(traceparent: str | None) -> str:
    """The trace of an incoming W3C `traceparent`, or a new one."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    if match and match[1] != "0" * 32:
        return match[1]
    return secrets.token_hex(16)


def trace_id_current() -> str:
    """The trace that this code runs in, or an empty string."""
    return str(structlog.contextvars.get_contextvars().get("trace_id", ""))


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Add `fields` to every line written inside the block, in threads and tasks started from it, too."""
    # Not its bound_contextvars, which reads all that is bound to know what to put back: each frame pays.
    before = structlog.contextvars.bind_contextvars(**fields)
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**before)


def bind_socket(
    *, socket_id: UUID, user_id: UUID | None, request_id: UUID | None = None, traceparent: str | None = None
) -> None:
    """Bind a socket's ids for the rest of its task. Called once, when the socket is accepted."""
    structlog.contextvars.bind_contextvars(
        socket_id=socket_id,
        user_id=user_id,
        request_id=request_id,
        trace_id=trace_id_from(traceparent),
    )
