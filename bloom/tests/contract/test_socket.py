"""The socket does what `docs/asyncapi.yaml` says: two people send frames made from its schemas, whole and
broken, and every answer and push is held against it.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from websockets.exceptions import ConnectionClosed

import bloom.asgi  # noqa: F401 - loads every app's frames
from bloom.realtime.tests import board
from bloom.realtime.tests.conftest import Client, Server, open_by_token, servers
from bloom.realtime.types import Close
from bloom.tests.contract.described import FORMATS
from bloom.tests.permissions.world import World, world_make

HERE = Path(__file__).parent
ASYNCAPI: Any = yaml.safe_load((HERE.parents[2] / "docs/asyncapi.yaml").read_text())
CHANNEL: Any = ASYNCAPI["channels"]["socket"]
WALKS, STEPS = 10, 28
_FILE = "urn:bloom:asyncapi"
# Stands in a generated frame for what is really there: a walk makes its ids first when it is under way.
REAL = UUID(int=1)
SECONDS = 20


def reached(reference: Any) -> Any:
    """What a reference leads to, through others."""
    while isinstance(reference, dict) and set(reference) == {"$ref"}:
        here = ASYNCAPI
        for part in reference["$ref"].removeprefix("#/").split("/"):
            here = here[part]
        reference = here
    return reference


def messages(operation: str) -> list[Any]:
    return [reached(each) for each in ASYNCAPI["operations"][operation]["messages"]]


ASKED = {message["name"]: message for message in messages("ask")}
TOLD = {message["name"]: message for message in messages("tell")}
ACK, REFUSAL = (reached(each) for each in ASYNCAPI["operations"]["ask"]["reply"]["messages"])


def whole(schema: Any) -> Any:
    """The schema with nothing left to look up."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return {
                **whole(reached({"$ref": schema["$ref"]})),
                **{k: v for k, v in schema.items() if k != "$ref"},
            }
        return {key: whole(each) for key, each in schema.items()}
    return [whole(each) for each in schema] if isinstance(schema, list) else schema


def strict(schema: Any) -> Any:
    """The same, and nothing that it does not name: what is sent and not described is found out."""
    if isinstance(schema, dict):
        closed = {key: strict(each) for key, each in schema.items()}
        if schema.get("type") == "object" and "properties" in schema:
            closed.setdefault("additionalProperties", False)
        return closed
    return [strict(each) for each in schema] if isinstance(schema, list) else schema


def check(schema: Any, value: Any) -> None:
    Draft202012Validator(strict(whole(schema)), format_checker=FORMATS).validate(value)


# Making frames ----------------------------------------------------------------------------------------------

IDS = st.one_of(st.just(str(REAL)), st.just(str(REAL)), st.uuids(version=4).map(str))
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.just([]), st.just({}), st.just(str(REAL))
)
GARBAGE = st.sampled_from(
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"ping"',
        '{"type": 7}',
        '{"type": "no:such"}',
        "[" * 40,
        '{"type":"ping","ref":7}',
    ]
)


def made(schema: Any) -> st.SearchStrategy[Any]:
    """Values that the schema allows, as far as the file's schemas go."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "string":
            is_id = schema.get("format") == "uuid"
            return IDS if is_id else st.text(max_size=min(schema.get("maxLength", 40), 40))
        case "integer":
            return st.integers(schema.get("minimum", -9), schema.get("maximum", 9))
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(made(schema["items"]), max_size=2)
        case "object" if "properties" in schema:
            fields = {name: made(each) for name, each in schema["properties"].items()}
            needed = {name: fields.pop(name) for name in (*schema.get("required", ()), "type")}
            return st.fixed_dictionaries(needed, optional=fields)
        case "object":
            return st.dictionaries(IDS, made(schema["additionalProperties"]), max_size=3)
    raise NotImplementedError(schema)


def asked(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return made(whole(ASKED[name]["payload"]["allOf"][1]))


@st.composite
def broken(draw: Any, name: str) -> dict[str, Any]:
    """A frame of which one field is gone, or is something else."""
    frame = dict(draw(asked(name)))
    field = draw(st.sampled_from(sorted(frame)))
    if draw(st.booleans()):
        del frame[field]
    else:
        frame[field] = draw(ODD)
    return frame


FRAMES = st.sampled_from(sorted(ASKED)).flatmap(
    lambda name: st.one_of(asked(name), asked(name), asked(name), broken(name))
)
STEP = st.tuples(
    st.sampled_from(["patient", "therapist"]), st.one_of(FRAMES, FRAMES, FRAMES, FRAMES, GARBAGE)
)
WALK = st.lists(STEP, min_size=STEPS, max_size=STEPS)


# Walking ----------------------------------------------------------------------------------------------------


class Walker:
    """Somebody's socket, and all that came through it held against the file."""

    def __init__(self, server: Server, token: str) -> None:
        self.server, self.token = server, token
        self.seen: set[str] = set()
        self.closed: list[int] = []
        self._count = 0

    async def open(self) -> None:
        self.client: Client = await open_by_token(self.server, self.token)

    async def step(self, frame: dict[str, Any] | str) -> dict[str, Any] | None:
        """Send it and read everything up to the answer to a ping behind it; the answer to the frame."""
        self._count += 1
        if isinstance(frame, dict):
            frame = {**frame, "ref": f"r{self._count}"}
        try:
            await self.client.connection.send(frame if isinstance(frame, str) else json.dumps(frame))
            await self.client.connection.send(json.dumps({"type": "ping", "ref": f"p{self._count}"}))
            return await self._read(frame)
        except ConnectionClosed:
            code = self.client.connection.close_code
            assert code is not None
            self.closed.append(code)
            await self.open()
            return None

    async def _read(self, frame: dict[str, Any] | str) -> dict[str, Any] | None:
        answer = None
        async with asyncio.timeout(SECONDS):
            while True:
                came = json.loads(await self.client.connection.recv())
                if came["type"] != "ack":
                    self.seen.add(came["type"])
                    check(TOLD[came["type"]]["payload"], came)
                elif came["ref"] == f"p{self._count}":
                    check(ACK["payload"], came)
                    check(ASKED["ping"]["x-answer"], came["data"])
                    return answer
                else:
                    assert answer is None, "two answers to one frame"
                    answer = came
                    self._answer(frame, came)

    def _answer(self, frame: dict[str, Any] | str, came: dict[str, Any]) -> None:
        check((ACK if came["ok"] else REFUSAL)["payload"], {**came, "data": {}} if came["ok"] else came)
        if isinstance(frame, str):
            assert not came["ok"]
            assert came["ref"] is None
        elif came["ok"]:
            self.seen.add(f"ack of {frame['type']}")
            check(ASKED[frame["type"]]["x-answer"], came["data"])
        else:
            self.seen.add(came["error"]["code"])


def real(value: Any, ids: dict[str, str], field: str = "") -> Any:
    """The frame with what is really there in place of REAL, by the field that it stands in."""
    if isinstance(value, dict):
        return {
            (ids["conversation"] if key == str(REAL) else key): real(each, ids, key)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [real(each, ids, field) for each in value]
    if value == str(REAL):
        return str(uuid4()) if field == "client_id" else ids.get(field, ids["conversation"])
    return value


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock():
        # The server that these tests share with others has a table of theirs.
        board.schema_create()
        with servers(1, BLOOM_RATE_FACTOR="1000") as [one]:
            yield one


@pytest.fixture
def world(transactional_db: None) -> World:
    return world_make()


def test_a_walk_of_two_people_is_answered_as_described(server: Server, world: World) -> None:
    walkers = {
        role: Walker(server, world.token(role, "conversations:write", "files:write", "scheduling:write"))
        for role in ("patient", "therapist")
    }
    ids = {"conversation": str(world.ids["conversation_id"]), "message": str(world.ids["message_id"])}
    ids["appointment"] = str(world.ids["room_id"])

    async def walk(steps: list[Any]) -> None:
        for walker in walkers.values():
            await walker.open()
        for role, frame in steps:
            answer = await walkers[role].step(frame if isinstance(frame, str) else real(frame, ids))
            if answer and answer["ok"] and "client_id" in answer["data"]:
                ids["message"] = answer["data"]["id"]
        for walker in walkers.values():
            await walker.step({"type": "ping"})
            await walker.client.close()

    @hypothesis_settings(
        max_examples=WALKS,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=WALK)
    def drive(steps: list[Any]) -> None:
        asyncio.run(walk(steps))

    drive()
    seen = set().union(*(walker.seen for walker in walkers.values()))
    # A walk that met nothing shows nothing.
    assert {"invalid", "not_found", "message:receive", "message:update", "ack of message:send"} <= seen, seen
    # Whoever sends that many bad frames within a minute is told so, and may come again.
    assert {code for walker in walkers.values() for code in walker.closed} <= {Close.BAD_FRAMES}


# The file itself --------------------------------------------------------------------------------------------


def test_the_file_is_asyncapi() -> None:
    """By the schema that the AsyncAPI Initiative publishes."""
    Draft7Validator(json.loads((HERE / "asyncapi-3.0.0.json").read_text())).validate(ASYNCAPI)


def test_every_schema_in_it_is_one() -> None:
    registry: Any = Registry().with_resource(_FILE, DRAFT202012.create_resource(ASYNCAPI))
    for message in (*ASKED.values(), *TOLD.values(), ACK, REFUSAL):
        Draft202012Validator(message["payload"], registry=registry).check_schema(whole(message["payload"]))


def test_it_names_every_close_code() -> None:
    assert set(CHANNEL["x-close-codes"]) == {int(code) for code in Close}


def test_every_frame_says_what_its_answer_holds() -> None:
    silent = {name for name, message in ASKED.items() if "There is no answer" in message["summary"]}
    assert {name for name, message in ASKED.items() if "x-answer" not in message} == silent
