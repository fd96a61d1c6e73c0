"""What people are told, and what they want to be told of."""

from dataclasses import dataclass

from accounts.events.people import USER
from bloom.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeChosen(Event):
    """`kind` by `channel` is wanted from now on, or is not."""

    name = "accounts.notice.chosen"
    object_kind = USER
    kind: str
    channel: str
    is_wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMade(Event):
    """Somebody, `subject_id`, is told something in the app."""

    name = "accounts.notice.made"
    object_kind = "accounts.notice"
    kind: str
    code: str
