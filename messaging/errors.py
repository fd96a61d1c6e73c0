"""What can go wrong in a conversation."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Blocked, NotAllowed


class ConversationReadOnly(NotAllowed):
    """The conversation stays readable, but nothing can be added to it."""

    detail = _("This conversation has ended. You can still read it.")


class MessageBlocked(Blocked):
    """The text was refused before anyone else saw it. `categories` says why."""

    code = "message_blocked"
    detail = _("This message was not sent. Nobody else has seen it, and you can change it.")

    def __init__(self, *, categories: Sequence[str]) -> None:
        super().__init__(categories=list(categories))


class NoSharedCare(NotAllowed):
    """A conversation hangs on an assignment, and there is none between these two people."""

    detail = _("You can write to each other once the practice has brought you together.")
