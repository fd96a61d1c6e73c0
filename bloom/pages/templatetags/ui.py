"""What Bloom's components need beyond Django's own filters."""

from uuid import UUID

from django import template

from bloom.files import selectors as files_selectors
from bloom.kernel import clock

register = template.Library()

TONES = 5


@register.filter
def untitled(name: str) -> str:
    """A name as one says it to a person: "Anna Lindqvist, PsyD" without what follows the comma."""
    return str(name).partition(",")[0].strip()


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and the last word of a name, in capitals."""
    words = [word for word in untitled(name).replace(".", " ").split() if word[0].isalnum()]
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper() or "?"


@register.filter
def file_link(file_id: UUID | str) -> str:
    """Where the browser fetches a file whose id the page was given, because its reader may see it."""
    return files_selectors.file_link(UUID(str(file_id)), at=clock.now())


@register.filter
def tone(name: str) -> int:
    """One of five tones for a name, the same on every page and in every process."""
    return sum(map(ord, str(name))) % TONES
