"""A small feed for tests: boards that people post to, in tables that all test servers share."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from channels.db import database_sync_to_async
from django.db import connection, transaction

from bloom.kernel import errors
from bloom.kernel.actor import Actor
from bloom.realtime import registry, services
from bloom.realtime.types import Delivery

FEED = "board"
SCHEMA = """
    create table if not exists test_board (id uuid primary key, last_change integer not null);
    create table if not exists test_board_member (board_id uuid, user_id uuid);
    create table if not exists test_board_change (
        board_id uuid, change integer, author_id uuid, text text, primary key (board_id, change)
    );
    truncate test_board, test_board_member, test_board_change;
"""


def schema_create() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)


def board_create(board_id: UUID, *members: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into test_board values (%s, 0)", [board_id])
        for user_id in members:
            cursor.execute("insert into test_board_member values (%s, %s)", [board_id, user_id])


def member_remove(board_id: UUID, user_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from test_board_member where board_id = %s and user_id = %s", [board_id, user_id]
        )


def change_store(board_id: UUID, author_id: UUID, text: str) -> tuple[int, list[UUID]]:
    """Store without telling anybody. The board's row is the lock, so changes become visible in order."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "update test_board set last_change = last_change + 1 where id = %s and exists (select 1 from"
            " test_board_member where board_id = id and user_id = %s) returning last_change",
            [board_id, author_id],
        )
        row = cursor.fetchone()
        if row is None:
            raise errors.NotFound(object_kind="test.board", object_id=board_id, exists=True)
        cursor.execute(
            "insert into test_board_change values (%s, %s, %s, %s)", [board_id, row[0], author_id, text]
        )
        cursor.execute("select user_id from test_board_member where board_id = %s", [board_id])
        return row[0], [member for (member,) in cursor.fetchall()]


def frame_of(board_id: UUID, change: int, text: str) -> dict[str, Any]:
    return {"type": "board:receive", "board": board_id, "change": change, "text": text}


class BoardFeed:
    """The feed as an app would write it."""

    @database_sync_to_async
    def heads(self, actor: Actor) -> dict[UUID, int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "select id, last_change from test_board join test_board_member on board_id = id"
                " where user_id = %s",
                [actor.require_user()],
            )
            return dict(cursor.fetchall())

    async def read_only(self, actor: Actor, channel_ids: Collection[UUID]) -> Collection[UUID]:
        return ()

    @database_sync_to_async
    def pull(self, actor: Actor, channel_id: UUID, after_change: int, limit: int) -> list[Delivery]:
        with connection.cursor() as cursor:
            cursor.execute(
                "select 1 from test_board_member where board_id = %s and user_id = %s",
                [channel_id, actor.require_user()],
            )
            if cursor.fetchone() is None:
                raise errors.NotFound
            cursor.execute(
                "select change, author_id, text from test_board_change"
                " where board_id = %s and change > %s order by change limit %s",
                [channel_id, after_change, limit],
            )
            return [
                Delivery(change, frame_of(channel_id, change, text), author=author)
                for change, author, text in cursor.fetchall()
            ]

    async def item(self, actor: Actor, channel_id: UUID, item_id: UUID) -> Mapping[str, Any] | None:
        return {"type": "board:item", "board": channel_id, "item": item_id, "person": actor.user_id}


class Post(msgspec.Struct):
    """`ready` gives what is pushed along with the hint; `lost` tells nobody; `slow` acks late."""

    board: UUID
    text: str
    ready: bool = False
    lost: bool = False
    slow: bool = False


class Show(msgspec.Struct):
    board: UUID
    item: UUID


class Fail(msgspec.Struct):
    how: str


@database_sync_to_async
def circles(people: Sequence[UUID]) -> dict[UUID, list[registry.Circle]]:
    """With whom each of these shares a board."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select own.user_id, other.user_id from test_board_member own"
            " join test_board_member other using (board_id)"
            " where own.user_id = any(%s) and own.user_id <> other.user_id",
            [list(people)],
        )
        found: dict[UUID, set[UUID]] = {}
        for own, other in cursor.fetchall():
            found.setdefault(own, set()).add(other)
    return {person: [registry.Circle(None, tuple(others))] for person, others in found.items()}


def register() -> None:
    """Plug the board in, as an app's `ready()` and `frames.py` do."""
    registry.feed_register(FEED, BoardFeed(), scope="conversations:read")
    registry.circles_register(circles)

    @registry.frame("board:post", Post, scope="conversations:write")
    async def post(socket: registry.Socket, data: Post) -> dict[str, Any]:
        store = database_sync_to_async(change_store)
        change, members = await store(data.board, socket.user_id, data.text)
        if data.slow:
            await asyncio.sleep(0.5)
        socket.delivered(FEED, data.board, change)
        if not data.lost:
            pushed = Delivery(change, frame_of(data.board, change, data.text), author=socket.user_id)
            ready = dict.fromkeys(members, pushed) if data.ready else None
            await services.ahint(members, FEED, data.board, change, socket.id, ready=ready)
        return {"change": change}

    @registry.frame("board:show", Show, scope="conversations:write")
    async def show(socket: registry.Socket, data: Show) -> dict[str, Any]:
        services.show([socket.user_id], FEED, data.board, data.item, socket.id)
        return {}

    @registry.frame("board:nudge", Show, scope="conversations:write")
    async def nudge(socket: registry.Socket, data: Show) -> None:
        frame = {"type": "board:nudge", "person": socket.user_id}
        services.publish([socket.user_id], frame, practice_id=None, origin_socket=socket.id)

    @registry.frame("board:fail", Fail, scope=None)
    async def fail(socket: registry.Socket, data: Fail) -> dict[str, Any]:
        if data.how == "bug":
            raise RuntimeError("a word that nobody may read")
        if data.how == "big":
            for _ in range(50):
                socket.send({"type": "board:big", "text": "x" * 60_000})
            return {}
        raise errors.NotFound(object_kind="test.board", object_id=UUID(int=1), exists=True)
