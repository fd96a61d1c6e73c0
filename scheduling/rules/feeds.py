"""When a calendar feed ends with the way in of whoever may have made it. Pure."""

from typing import Final

from bloom.kernel.events import RecordedEvent

# The account was, or may have been, in other hands; or it is given up.
ENDS_ALWAYS: Final = (
    "accounts.password.reset",
    "accounts.email.changed",
    "accounts.email.restored",
    "accounts.factor.reset",
    "accounts.account.closing",
)
PASSWORD: Final = "accounts.password.changed"  # noqa: S105 - the name of an event
SESSION: Final = "accounts.session.ended"


def is_thrown_out(made_in: str, recorded: RecordedEvent) -> bool:
    """Does a feed that was made in this session end with what happened: with the session where somebody ended
    it from another one, and with a password that another one changed? Whoever signs out, or whose session
    runs out, keeps it.
    """
    by_itself = made_in != "" and recorded.session_id == made_in
    if recorded.name == SESSION:
        is_its_own = made_in != "" and recorded.object_id.hex == made_in
        return is_its_own and not by_itself and recorded.data.get("over") is None
    if recorded.name == PASSWORD:
        return not by_itself
    return recorded.name in ENDS_ALWAYS
