"""A page of a list, as every selector returns one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`items` in order; `next` is an opaque cursor for what follows, or None at the end."""

    items: Sequence[T]
    next: str | None = None
