"""What is written to the log, and above all what is not."""

import asyncio
import json
import logging
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from celery import Celery
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Conflict
from observability import jobs, logs, redaction
from observability.testing import captured_logs

CANARY = "-".join(("canary", "9f2c"))  # so that no literal of this file holds it

log = logs.get_logger(__name__)


class Slip(Exception):
    """An error whose text holds somebody's words."""


def lines(written: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def one_line(written: Any) -> dict[str, Any]:
    (line,) = lines(written)
    return line


def test_ids_numbers_and_codes_are_kept() -> None:
    event_id = uuid.uuid4()
    with captured_logs() as written:
        log.info("lamp.lit", event_id=event_id, count=3, code="slot_taken", state="pending", duration_ms=1.5)
    line = one_line(written)
    assert (line["event"], line["level"], line["logger"]) == ("lamp.lit", "info", __name__)
    assert (line["event_id"], line["count"], line["code"], line["duration_ms"]) == (
        str(event_id),
        3,
        "slot_taken",
        1.5,
    )


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_nothing_else_is(log_format: str) -> None:
    words = f"lamp lit by {CANARY}"
    with captured_logs(log_format) as written:
        log.warning(
            "lamp.lit", body=CANARY, name=CANARY, email=f"{CANARY}@example.org", note={"text": CANARY}
        )
        log.warning(
            "lamp.lit", code=f"I feel {CANARY}", user_id=CANARY, count=CANARY, route=f"/x?q= {CANARY}!"
        )
        log.warning(words)
        log.warning(CANARY)
        logging.getLogger("somewhere").warning("hello %s", CANARY)
        logging.getLogger("somewhere").warning(words)
        logging.getLogger("somewhere").warning("hello", extra={"email": CANARY})
        logging.getLogger("uvicorn.error").error("failed %s", CANARY)
        logging.getLogger("celery").error("task %s", CANARY, stack_info=True)
        logging.getLogger("django.request").error("oops %s", CANARY, extra={"request": CANARY})
        logging.getLogger("allauth").info("sign-in of %s", CANARY)
        logging.getLogger("py.warnings").warning("%s", CANARY)
        structlog_bound(CANARY)
    assert len(written.getvalue().splitlines()) >= 13
    assert CANARY not in written.getvalue()
    assert "canary" not in written.getvalue()


def structlog_bound(words: str) -> None:
    with logs.bound(user_id=words, body=words):
        log.error("lamp.out")


def test_a_literal_of_the_source_is_kept_and_its_values_are_not() -> None:
    with captured_logs() as written:
        logging.getLogger("somewhere").warning("The lamp of %s is out", CANARY)
    assert one_line(written)["event"] == "The lamp of %s is out"


def raise_slip() -> None:
    try:
        raise KeyError(f"key {CANARY}")
    except KeyError as error:
        raise Slip(f"slip {CANARY}") from error


def test_an_exception_shows_its_types_and_frames_and_no_words() -> None:
    with captured_logs() as written:
        try:
            raise_slip()
        except Slip:
            log.exception("lamp.broken")
            logging.getLogger("somewhere").exception("broken")
    assert CANARY not in written.getvalue()
    for line in lines(written):
        slip, key = line["exception"]
        assert slip["type"].endswith("test_logs.Slip")
        assert slip["frames"][-1].endswith("raise_slip")
        assert key["type"] == "builtins.KeyError"


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_an_exception_is_written_whatever_the_format(
    log_format: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with captured_logs(log_format) as written:
        try:
            raise Slip(CANARY)
        except Slip:
            log.exception("lamp.broke")
    assert "Slip" in written.getvalue()
    assert CANARY not in written.getvalue() + capfd.readouterr().err


def test_codes_and_program_errors_say_what_they_are() -> None:
    told = redaction.exception_kept(Conflict(f"about {CANARY}"))
    assert told[0]["code"] == "conflict"
    assert CANARY not in str(told)
    told = redaction.exception_kept(ModuleNotFoundError("No module named 'lamp'"))
    assert told[0]["message"] == "No module named 'lamp'"


def test_the_database_says_its_state_and_not_the_row(db: None) -> None:
    from django.db import DatabaseError, connection, transaction

    with captured_logs() as written:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT %s::int", [CANARY])
        except DatabaseError:
            log.exception("lamp.broken")
    assert CANARY not in written.getvalue()
    assert any("22P02" in str(link.get("sqlstate")) for link in lines(written)[-1]["exception"])


# The doors


def page(request: HttpRequest, name: str) -> HttpResponse:
    request.actor = Actor(user_id=uuid.UUID(int=7), via=Via.WEB)  # type: ignore[attr-defined]
    log.info("lamp.seen")
    if "fail" in request.GET:
        raise Slip(f"slip {CANARY} {request.body!r}")
    return HttpResponse("ok")


async def async_page(request: HttpRequest) -> HttpResponse:
    await sync_to_async(log.info)("lamp.seen")
    return HttpResponse("ok")


urlpatterns = [path("lamps/<str:name>/", page), path("async-lamps/", async_page)]


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(status=404)


def handler500(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=500)


doors = override_settings(
    ROOT_URLCONF=__name__, MIDDLEWARE=["observability.middleware.RequestIdMiddleware"], DEBUG=False
)


@doors
@pytest.mark.parametrize("query", ["", "&fail=1"])
def test_a_request_leaves_no_words(query: str) -> None:
    request_id = uuid.uuid4()
    client = Client(raise_request_exception=False)
    with captured_logs() as written:
        answer = client.post(
            f"/lamps/{CANARY}/?q={CANARY}{query}",
            {"body": CANARY, "name": CANARY, "email": f"{CANARY}@example.org"},
            headers={"X-Canary": CANARY, "User-Agent": CANARY, "X-Request-Id": str(request_id)},
        )
    assert answer.headers["X-Request-Id"] == str(request_id)
    assert "canary" not in written.getvalue()
    finished = lines(written)[-1]
    assert finished["event"] == "request.finished"
    assert (finished["method"], finished["route"], finished["user_id"]) == (
        "POST",
        "lamps/<str:name>/",
        str(uuid.UUID(int=7)),
    )
    assert finished["status"] == (500 if query else 200)
    assert {line["request_id"] for line in lines(written)} == {str(request_id)}
    if query:
        assert any("Slip" in str(line.get("exception")) for line in lines(written))


@doors
def test_a_trace_is_kept_or_begun_and_ends_with_its_request() -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with captured_logs() as written:
        Client().get("/lamps/a/", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        Client().get("/lamps/a/", headers={"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"})
        Client().get("/lamps/a/", headers={"traceparent": CANARY})
        log.info("lamp.out")
    traces = [line.get("trace_id") for line in lines(written) if line["event"] != "request.finished"]
    assert traces[0] == trace
    assert len({trace, *traces[1:3]}) == 3
    assert traces[3] is None


@doors
@pytest.mark.parametrize("given", ["not a uuid", "", "4bf92f3577b34da6a3ce929d0e0e4736"])
def test_a_request_id_that_is_no_uuid_is_replaced(given: str) -> None:
    answer = Client().get("/lamps/a/", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] != given
    assert uuid.UUID(answer.headers["X-Request-Id"])


@doors
async def test_an_async_page_is_named_too() -> None:
    with captured_logs() as written:
        answer = await AsyncClient().get("/async-lamps/")
    seen = [line for line in lines(written) if line["event"] in {"lamp.seen", "[redacted]"}]
    assert {line["request_id"] for line in seen} == {answer.headers["X-Request-Id"]}


@doors
def test_an_address_that_leads_nowhere_is_not_repeated() -> None:
    with captured_logs() as written:
        assert Client().get(f"/{CANARY}/").status_code == 404
    assert CANARY not in written.getvalue()
    assert [line["route"] for line in lines(written) if line["event"] == "request.finished"] == ["unmatched"]


async def test_a_sockets_ids_are_in_each_of_its_lines_and_in_no_other() -> None:
    socket_id, user_id = uuid.uuid4(), uuid.uuid4()

    async def socket() -> None:
        logs.bind_socket(socket_id=socket_id, user_id=user_id)
        await asyncio.sleep(0)
        log.info("socket.opened")

    with captured_logs() as written:
        await asyncio.create_task(socket())
        log.info("lamp.lit")
    inside, outside = lines(written)[-2:]
    assert (inside["socket_id"], inside["user_id"]) == (str(socket_id), str(user_id))
    assert len(inside["trace_id"]) == 32
    assert "socket_id" not in outside


def test_a_task_leaves_no_words_and_carries_the_callers_ids() -> None:
    app = Celery("lamps", broker="memory://", set_as_current=False)
    app.conf.task_store_eager_result = False

    @app.task(name="lamps.light")
    def light(words: str, *, name: str) -> None:
        log.info("lamp.lit")
        raise Slip(words + name)

    request_id = uuid.uuid4()
    with captured_logs() as written, logs.bound(request_id=request_id, trace_id="a" * 32):
        light.apply_async(args=[CANARY], kwargs={"name": CANARY})
        light.apply(args=[CANARY], kwargs={"name": CANARY})
    assert "canary" not in written.getvalue()
    assert "Slip" in written.getvalue()
    assert [line["task"] for line in lines(written) if line["event"] == "lamp.lit"] == ["lamps.light"]


def test_only_ids_travel_with_a_task() -> None:
    context: dict[str, Any] = {
        "request_id": uuid.UUID(int=1),
        "user_id": None,
        "body": CANARY,
        "trace_id": "a" * 32,
    }
    jobs._carry_ids(context)
    assert context == {"request_id": str(uuid.UUID(int=1)), "trace_id": "a" * 32}


def test_library_loggers_write_through_our_pipeline() -> None:
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "django", "allauth"):
        logger = logging.getLogger(name)
        assert not logger.propagate
        ours = [handler for handler in logger.handlers if not type(handler).__module__.startswith("_pytest")]
        assert [type(handler.formatter).__name__ for handler in ours] == ["ProcessorFormatter"]
