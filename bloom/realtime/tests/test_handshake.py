"""Who may open a socket, asked of a real server."""

import asyncio
import time
from typing import Any
from uuid import UUID

import httpx
import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from accounts import services as accounts_services
from accounts.sessions import PRACTICE_KEY, SessionStore
from accounts.tests import factories
from bloom.kernel import clock, errors
from bloom.kernel.actor import Actor, Via
from bloom.realtime import authority, tickets
from bloom.realtime.consumer import SocketConsumer
from bloom.realtime.handshake import handshake_read
from bloom.realtime.tests.conftest import (
    Client,
    Person,
    Server,
    open_by_token,
    open_offering,
    ticket_buy,
    token_issue,
)

pytestmark = pytest.mark.django_db(transaction=True)


def cookie(key: str) -> dict[str, str]:
    return {"Cookie": f"a=b; {settings.SESSION_COOKIE_NAME}={key}"}


@pytest.fixture
def ann_key(ann: Person) -> str:
    return factories.session_key(ann.user)


async def test_a_browser_comes_in_by_its_session(server: Server, ann_key: str) -> None:
    client = await open_offering(server, "bloom.v1", origin=server.http, **cookie(ann_key))
    assert client.connection.subprotocol == "bloom.v1"
    assert await client.ask("ping") == {"type": "ack", "ref": "r1", "ok": True, "data": {}}
    await client.close()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1.evil.example",
    ],
)
async def test_a_foreign_page_is_refused_at_the_handshake(server: Server, ann_key: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await open_offering(server, "bloom.v1", origin=origin.format(port=server.port), **cookie(ann_key))
    assert refused.value.response.status_code == 403


async def test_another_address_is_no_socket(server: Server, ann: Person) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.ws.replace("v1", "v2"))
    assert refused.value.response.status_code == 403


async def test_a_foreign_page_is_refused_even_with_a_ticket(server: Server, ann: Person) -> None:
    ticket = await ticket_buy(server, ann.token)
    with pytest.raises(InvalidStatus):
        await open_offering(server, "bloom.v1", f"ticket.{ticket}", origin="https://evil.example")


async def test_a_rebound_host_name_is_not_ours(server: Server, ann_key: str) -> None:
    host = f"evil.example:{server.port}"
    scope: dict[str, Any] = {
        "scheme": "ws",
        "headers": [(b"host", host.encode()), (b"origin", f"http://{host}".encode())],
    }
    assert handshake_read(scope).origin_is_ours is False


@pytest.mark.parametrize("key", ["", "wrong", "x" * 5000])
async def test_a_cookie_that_opens_nothing_is_4401(server: Server, ann: Person, key: str) -> None:
    client = await open_offering(server, "bloom.v1", origin=server.http, **cookie(key))
    assert await client.closed() == 4401


async def test_a_session_without_an_origin_is_4401(server: Server, ann_key: str) -> None:
    client = await open_offering(server, "bloom.v1", **cookie(ann_key))
    assert await client.closed() == 4401


async def test_nobody_is_4401(server: Server, ann: Person) -> None:
    assert await (await open_offering(server, "bloom.v1")).closed() == 4401
    assert await (await open_offering(server)).closed() == 4401


async def test_a_ticket_opens_once_and_is_never_echoed(server: Server, ann: Person) -> None:
    ticket = await ticket_buy(server, ann.token)
    client = await open_offering(server, "bloom.v1", f"ticket.{ticket}")
    assert client.connection.subprotocol == "bloom.v1"
    assert ticket not in str(client.connection.response)
    assert (await client.ask("ping"))["ok"]
    again = await open_offering(server, "bloom.v1", f"ticket.{ticket}")
    assert await again.closed() == 4401
    await client.close()


async def test_the_order_of_the_offered_subprotocols_does_not_matter(server: Server, ann: Person) -> None:
    client = await open_offering(server, f"ticket.{await ticket_buy(server, ann.token)}", "bloom.v1")
    assert client.connection.subprotocol == "bloom.v1"
    assert (await client.ask("ping"))["ok"]
    await client.close()


async def test_a_ticket_bought_in_one_process_opens_in_another(pair: list[Server], ann: Person) -> None:
    client = await open_offering(pair[1], "bloom.v1", f"ticket.{await ticket_buy(pair[0], ann.token)}")
    assert (await client.ask("ping"))["ok"]
    await client.close()


async def test_of_two_at_once_one_gets_in(pair: list[Server], ann: Person) -> None:
    ticket = await ticket_buy(pair[0], ann.token)
    clients = await asyncio.gather(
        *(open_offering(each, "bloom.v1", f"ticket.{ticket}") for each in pair * 3)
    )
    answers = await asyncio.gather(*(client.ask("ping") for client in clients), return_exceptions=True)
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    for client in clients:
        await client.close()


@pytest.mark.parametrize("ticket", ["", "x", "x" * 43, "y" * 4000])
async def test_a_made_up_ticket_is_4401(server: Server, ann: Person, ticket: str) -> None:
    assert await (await open_offering(server, "bloom.v1", f"ticket.{ticket}")).closed() == 4401


async def test_only_another_protocol_is_4400(server: Server, ann: Person) -> None:
    client = await open_offering(server, "bloom.v2", f"ticket.{await ticket_buy(server, ann.token)}")
    assert await client.closed() == 4400


async def test_a_ticket_of_a_revoked_token_opens_nothing(server: Server, ann: Person) -> None:
    ticket = await ticket_buy(server, ann.token)
    await revoke_token(ann)
    assert await (await open_offering(server, "bloom.v1", f"ticket.{ticket}")).closed() == 4401


async def test_a_ticket_is_good_for_its_time_only(ann: Person) -> None:
    at = clock.now()
    ticket = await asyncio.to_thread(tickets.ticket_issue, Actor(user_id=ann.id, via=Via.API), at=at)
    assert (ticket.expires_at - at).total_seconds() == 30
    assert await tickets.ticket_redeem(ticket.value, at=ticket.expires_at) is None


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        (None, 401, "unauthenticated"),
        ("blm_x_y", 401, "unauthenticated"),
        ("profile", 403, "insufficient_scope"),
    ],
)
def test_who_may_not_buy_a_ticket(
    server: Server, ann: Person, token: str | None, status: int, code: str
) -> None:
    raw = token_issue(ann.id, "profile:write").raw if token == "profile" else token
    headers = {"Authorization": f"Bearer {raw}"} if raw else {}
    answer = httpx.post(f"{server.http}/api/v1/realtime/tickets/", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_session_buys_a_ticket_only_with_the_csrf_token(server: Server, ann: Person, ann_key: str) -> None:
    url = f"{server.http}/api/v1/realtime/tickets/"
    assert httpx.post(url, headers=cookie(ann_key)).status_code == 403
    token = "x" * 32
    headers = {
        "Cookie": f"{cookie(ann_key)['Cookie']}; {settings.CSRF_COOKIE_NAME}={token}",
        "X-CSRFToken": token,
    }
    answer = httpx.post(url, headers=headers)
    assert answer.status_code == 201
    assert set(answer.json()) == {"ticket", "expires_at"}
    assert answer.json()["expires_at"].endswith("Z")


async def test_more_sockets_than_a_person_may_have_are_4429(
    pair: list[Server], ann: Person, bob: Person
) -> None:
    allowed = settings.SOCKETS_PER_PERSON
    clients = [await open_by_token(pair[number % 2], ann.token) for number in range(allowed)]
    one_more = await open_by_token(pair[0], ann.token)
    assert await one_more.closed() == 4429
    others = await open_by_token(pair[0], bob.token)
    assert (await others.ask("ping"))["ok"]
    await clients[1].close()
    await asyncio.sleep(0.2)
    instead = await open_by_token(pair[0], ann.token)
    assert (await instead.ask("ping"))["ok"]
    for client in [*clients, instead, others]:
        await client.close()


# Credentials that end while the socket is open -----------------------------------------------------------


@database_sync_to_async
def revoke_token(person: Person) -> None:
    accounts_services.token_revoke(factories.actor(person.user), person.token_id, at=clock.now())


async def test_a_revoked_token_closes_its_sockets_within_seconds(
    server: Server, ann: Person, bob: Person
) -> None:
    client, other = await open_by_token(server, ann.token), await open_by_token(server, bob.token)
    await revoke_token(ann)
    assert await client.closed(seconds=5) == 4401
    assert (await other.ask("ping"))["ok"]
    await other.close()


async def test_an_ended_session_closes_its_sockets_within_seconds(
    server: Server, ann: Person, ann_key: str
) -> None:
    client = await open_offering(server, "bloom.v1", origin=server.http, **cookie(ann_key))
    assert (await client.ask("ping"))["ok"]
    session_id: str = (await database_sync_to_async(factories.sessions_of)(ann.user))[0]
    end = database_sync_to_async(accounts_services.session_end)
    await end(Actor(user_id=ann.id, via=Via.WEB), UUID(session_id), at=clock.now())
    assert await client.closed(seconds=5) == 4401


async def test_a_person_who_is_locked_out_loses_the_socket(server: Server, ann: Person) -> None:
    client = await open_by_token(server, ann.token)

    @database_sync_to_async
    def lock_out() -> None:
        ann.user.is_active = False
        ann.user.save(update_fields=["is_active"])

    await lock_out()
    assert await client.closed(seconds=5) == 4401


async def test_another_practice_means_another_socket(server: Server, ann: Person) -> None:
    @database_sync_to_async
    def sign_in() -> tuple[str, UUID]:
        therapist = factories.therapist()
        return factories.session_key(therapist), factories.practice(factories.therapist(), therapist)

    @database_sync_to_async
    def change(key: str, practice_id: UUID) -> None:
        session = SessionStore(key)
        session[PRACTICE_KEY] = str(practice_id)
        session.save()

    key, other_practice_id = await sign_in()
    client = await open_offering(server, "bloom.v1", origin=server.http, **cookie(key))
    assert (await client.ask("ping"))["ok"]
    await change(key, other_practice_id)
    assert await client.closed(seconds=5) == 4409


def test_a_credential_that_was_long_not_confirmed_opens_nothing() -> None:
    """The check of credentials fails closed: without the database for 20 s, frames are refused."""
    consumer = SocketConsumer()
    consumer._confirmed_at = time.monotonic() - authority.STALE_SECONDS - 1
    with pytest.raises(errors.Unavailable):
        consumer.actor(clock.now())


async def test_a_token_that_may_only_read_cannot_write(
    server: Server, ann: Person, shared_board: UUID
) -> None:
    reader = await database_sync_to_async(token_issue)(ann.id, "conversations:read")
    client: Client = await open_by_token(server, reader.raw)
    answer = await client.ask("board:post", board=shared_board, text="no")
    assert answer["error"]["code"] == "insufficient_scope"
    await client.close()
