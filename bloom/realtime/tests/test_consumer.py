"""What one socket takes of what others tell it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.types import Authority
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
    made.authority = Authority(
        user_id=uuid4(), roles=frozenset(), practice_id=practice_id, scopes=None,
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
        (HERE, False, ELSEWHERE, True),
    ],
)
def test_a_token_s_socket_hears_of_its_practice_alone(
    practice_id: UUID | None, by_token: bool, of: UUID | None, taken: bool
) -> None:
    here = socket(practice_id=practice_id, by_token=by_token)
    here.push(Push((here.authority.user_id,), "{}", None, of))
    assert here._outbox.texts == (["{}"] if taken else [])
