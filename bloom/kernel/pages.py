"""A page of a list, as every selector returns one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


def items_all(page_get: "Callable[[str | None], Page[T]]") -> "Iterator[T]":
    """The items of all pages, in order, with one page at a time in memory. `page_get` takes the cursor at
    which a page begins, first None.
    """
    cursor = None
    while True:
        page = page_get(cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`items` in order; `next` is an opaque cursor for what follows, or None at the end."""

    items: Sequence[T]
    next: str | None = None
