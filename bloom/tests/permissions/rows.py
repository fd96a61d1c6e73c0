"""What a row of the permission table says, and how one is written down. The table is `table.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ANONYMOUS = "anonymous"
ROLES = (ANONYMOUS, "patient", "other patient", "therapist", "other therapist", "support", "admin")
REFUSALS = frozenset({"in", "401", "403", "404"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One route and method. `scope` is what a token needs for it, and `token_of` the person whose token with
    that scope gets the same answer as their session; `object` names the id of `world.py` whose refusal goes
    on record, and which is the address's `object_id`. `fresh`: the person has just shown that it is they,
    which no token does. A word may have a mark: "=" changes nothing, "!" changes nothing and is on record
    with the object, "@" the same with the administration as a whole.
    """

    method: str
    route: str
    expect: Mapping[str, str]
    scope: str | None = None
    token_of: str = "patient"
    object: str | None = None
    path: str | None = None
    body: Callable[[Any], Any] = field(default=lambda ids: None)
    ip: str | None = None
    fresh: bool = False

    def __str__(self) -> str:
        return f"{self.method} /{self.route}{f' from {self.ip}' if self.ip else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRow:
    """One frame. `expect` holds "ok", an error's code, or the code with which the socket closes; `token_of`
    is the person whose token with `scope` gets the same answer.
    """

    name: str
    expect: Mapping[str, str]
    scope: str | None
    token_of: str = "patient"
    # Nothing comes back when it was done.
    is_silent: bool = False
    object: str | None = None
    data: Callable[[Any], dict[str, Any]] = field(default=lambda ids: {})


def by_role(expect: str) -> dict[str, str]:
    """The words of one row, such as 401 200 404, by role."""
    words = expect.split()
    assert len(words) == len(ROLES), expect
    return dict(zip(ROLES, words, strict=True))


def route(method: str, address: str, expect: str, **more: Any) -> Row:
    return Row(method=method, route=address, expect=by_role(expect), **more)


def frame(name: str, expect: str, **more: Any) -> FrameRow:
    return FrameRow(name=name, expect=by_role(expect), **more)
