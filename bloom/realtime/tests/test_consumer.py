"""What one socket takes of what others tell it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.types import Authority
from bloom.kernel.actor import Actor, Via
from bloom.realtime.consumer import SocketConsumer
from bloom.realtime.types import Push

HERE, ELSEWHERE = uuid4(), uuid4()


class Outbox:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def put_if_room(self, text: str) -> None:
        self.texts.append(text)


def socket(*, practice_id: UUID | None, by_token: bool) -> Any:
    made: Any = SocketConsumer()
    made._outbox = Outbox()
    made.user_id = uuid4()
    made.authority = Authority(
        user_id=made.user_id, roles=frozenset(), practice_id=practice_id, scopes=None,
        session_id=None if by_token else "s", token_id=uuid4() if by_token else None,
    )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("practice_id", "by_token", "of", "taken"),
    [
        (HERE, True, HERE, True),
        (HERE, True, ELSEWHERE, False),
        (HERE, True, None, False),
        (None, True, ELSEWHERE, True),
        (HERE, False, HERE, True),
        (HERE, False, ELSEWHERE, False),
        (HERE, False, None, True),
        # A patient's session acts for no practice.
        (None, False, ELSEWHERE, True),
    ],
)
def test_a_socket_hears_of_its_practice_alone(
    practice_id: UUID | None, by_token: bool, of: UUID | None, taken: bool
) -> None:
    here = socket(practice_id=practice_id, by_token=by_token)
    here.push(Push((here.authority.user_id,), "{}", None, of))
    assert here._outbox.texts == (["{}"] if taken else [])


@pytest.mark.parametrize("by_token", [True, False])
def test_a_patient_s_session_hears_of_theirs_in_any_practice_and_a_token_does_not(by_token: bool) -> None:
    here = socket(practice_id=HERE, by_token=by_token)
    here.push(Push((here.user_id,), "{}", None, ELSEWHERE, (uuid4(), here.user_id)))
    assert here._outbox.texts == ([] if by_token else ["{}"])


@pytest.mark.parametrize(
    ("scopes", "taken"),
    [
        (None, True),
        ({"conversations:read"}, False),
        ({"scheduling:read"}, True),
        ({"scheduling:write"}, True),
    ],
)
def test_a_token_hears_of_what_its_scopes_cover(scopes: set[str] | None, taken: bool) -> None:
    here = socket(practice_id=None, by_token=True)
    here._actor = Actor(
        user_id=here.user_id, via=Via.API, scopes=None if scopes is None else frozenset(scopes)
    )
    here.push(Push((here.user_id,), "{}", None, ELSEWHERE, (), "scheduling:read"))
    assert here._outbox.texts == (["{}"] if taken else [])
