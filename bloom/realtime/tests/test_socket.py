"""Frames, answers and limits, asked of a real server."""

import asyncio
import json
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from bloom.realtime.tests.conftest import Client, Person, Server, open_by_token, servers

pytestmark = pytest.mark.django_db(transaction=True)


async def answer_to(client: Client, raw: str | bytes) -> dict[str, object]:
    await client.connection.send(raw)
    return await client.until(lambda frame: frame["type"] == "ack")


async def test_an_answer_carries_the_ref_back(server: Server, ann: Person) -> None:
    client = await open_by_token(server, ann.token)
    assert await answer_to(client, '{"type":"ping"}') == {"type": "ack", "ref": None, "ok": True, "data": {}}
    refused = await answer_to(client, '{"type":"no:such","ref":"a"}')
    assert (refused["ref"], refused["ok"], refused["error"]["code"]) == ("a", False, "invalid")  # type: ignore[index]
    await client.close()


@pytest.mark.parametrize("raw", ["{", "[]", b"\x00\x01", "[" * 50_000, '{"type":7,"ref":{}}'])
async def test_a_bad_frame_is_answered_and_the_socket_lives(
    server: Server, ann: Person, raw: str | bytes
) -> None:
    client = await open_by_token(server, ann.token)
    answer = await answer_to(client, raw)
    assert (answer["ref"], answer["ok"], answer["error"]["code"]) == (None, False, "invalid")  # type: ignore[index]
    assert (await client.ask("ping"))["ok"]
    await client.close()


async def test_too_many_bad_frames_are_4400(server: Server, ann: Person) -> None:
    client = await open_by_token(server, ann.token)
    for _ in range(settings.BAD_FRAMES_LIMIT + 1):
        await client.connection.send("{")
    assert await client.closed() == 4400


async def test_a_frame_over_64_kib_is_4413_and_one_of_64_kib_is_not(server: Server, ann: Person) -> None:
    client = await open_by_token(server, ann.token)
    frame = json.dumps({"type": "ping", "ref": "a", "x": ""})
    whole = frame.replace('""', '"' + "é" * ((65_536 - len(frame)) // 2) + '"')
    assert len(whole.encode()) in {65_535, 65_536}
    assert (await answer_to(client, whole))["ok"]
    await client.connection.send(whole.replace("é", "éé", 2))
    assert await client.closed() == 4413


@given(st.binary(max_size=300) | st.text(max_size=300))
@hypothesis_settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_give_an_answer_or_a_close(server: Server, ann: Person, raw: bytes | str) -> None:
    async def ask() -> None:
        client = await open_by_token(server, ann.token)
        for _ in range(settings.BAD_FRAMES_LIMIT):
            assert (await answer_to(client, raw))["ok"] is False
        await client.close()

    asyncio.run(ask())


async def test_a_handler_s_failure_says_nothing_of_it(server: Server, ann: Person) -> None:
    client = await open_by_token(server, ann.token)
    answer = await client.ask("board:fail", how="bug")
    assert answer["error"]["code"] == "unavailable"
    assert "nobody may read" not in json.dumps(answer)
    assert (await client.ask("board:fail", how="refusal"))["error"]["code"] == "not_found"
    assert (await client.ask("ping"))["ok"]
    await client.close()


async def test_frames_of_one_socket_are_handled_in_their_order(
    server: Server, ann: Person, shared_board: UUID
) -> None:
    client = await open_by_token(server, ann.token)
    for number in range(20):
        frame = {
            "type": "board:post",
            "ref": str(number),
            "board": str(shared_board),
            "text": "",
            "slow": number == 0,
        }
        await client.connection.send(json.dumps(frame))
    acks = [await client.until(lambda frame: frame["type"] == "ack") for _ in range(20)]
    assert [(ack["ref"], ack["data"]["change"]) for ack in acks] == [(str(n), n + 1) for n in range(20)]
    await client.close()


async def test_frames_beyond_the_limit_are_answered_then_4429(server: Server, ann: Person) -> None:
    client = await open_by_token(server, ann.token)

    async def hurry() -> None:
        with suppress(ConnectionClosed):
            for number in range(settings.FRAMES_PER_MINUTE + 80):
                await client.connection.send(json.dumps({"type": "ping", "ref": str(number)}))

    codes = await asyncio.gather(client.closed(), hurry())
    assert codes[0] == 4429
    refused = [ack for ack in client.frames if not ack["ok"]]
    assert len([ack for ack in client.frames if ack["ok"]]) >= settings.FRAMES_PER_MINUTE
    assert refused[0]["error"]["code"] == "rate_limited"
    assert refused[0]["error"]["retry_after"] >= 1
    assert refused[0]["ref"] is not None


@pytest.mark.slow
async def test_an_idle_socket_stays_open_and_hears(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    """Longer than redis-py's five seconds, and than two of the hub's own questions to Redis."""
    idle, other = await open_by_token(pair[0], bob.token), await open_by_token(pair[1], ann.token)
    await idle.silence(23)
    await other.ask("board:post", board=shared_board, text="still there?")
    assert await idle.changes(shared_board, 1, seconds=3) == [1]
    for client in (idle, other):
        await client.close()


async def test_a_server_that_stops_says_4503_and_is_gone_soon(
    ann: Person, bob: Person, shared_board: UUID
) -> None:
    with servers(1) as (server,):
        clients = [await open_by_token(server, person.token) for person in (ann, bob)]
        await clients[0].connection.send(
            json.dumps({"type": "board:post", "ref": "a", "board": str(shared_board), "text": "last words"})
        )
        assert (await clients[0].until(lambda frame: frame["type"] == "ack"))["ok"]
        server.process.terminate()
        assert [await client.closed(seconds=5) for client in clients] == [4503, 4503]
        await asyncio.to_thread(server.process.wait, 8)


async def test_an_item_is_shown_to_the_persons_other_sockets_only(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    asking, same, elsewhere = [await open_by_token(each, ann.token) for each in (pair[0], pair[0], pair[1])]
    stranger = await open_by_token(pair[0], bob.token)
    item = uuid4()
    await asking.ask("board:show", board=shared_board, item=item)
    for client in (same, elsewhere):
        shown = await client.until(lambda frame: frame["type"] == "board:item")
        assert (shown["item"], shown["person"]) == (str(item), str(ann.id))
    await asyncio.gather(asking.silence(), stranger.silence())
    assert asking.frames == stranger.frames == []
    for client in (asking, same, elsewhere, stranger):
        await client.close()


async def test_a_momentary_frame_reaches_other_sockets_and_gets_no_answer(
    pair: list[Server], ann: Person, shared_board: UUID
) -> None:
    asking, other = await open_by_token(pair[0], ann.token), await open_by_token(pair[1], ann.token)
    await asking.connection.send(
        json.dumps({"type": "board:nudge", "ref": "a", "board": str(shared_board), "item": str(uuid4())})
    )
    assert await other.until(lambda frame: True) == {"type": "board:nudge", "person": str(ann.id)}
    await asking.silence()
    assert asking.frames == []
    for client in (asking, other):
        await client.close()
