"""What can go wrong with video."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from scheduling.telehealth.types import Fault

FAULT_WORDS: dict[Fault, Any] = {
    Fault.KEYS: _("The service does not know these keys. Check that each of them is copied whole."),
    Fault.FORBIDDEN: _(
        "The service knows these keys, and does not let them make meetings. Check what the app may do."
    ),
    Fault.HOST: _("The account has no person with this address, in whose name meetings are made."),
    Fault.INVALID: _("The service did not take what was asked."),
    Fault.MISSING: _("The service does not know this account."),
}


class CredentialRefused(Invalid):
    """The vendor does not take the keys; `fault` says why, as scheduling.telehealth.types.Fault does."""

    code = "video_keys_refused"
    detail = _("These keys do not work.")

    def __init__(self, fault: Fault) -> None:
        super().__init__(FAULT_WORDS[fault], fault=fault.value)


class VideoUnavailable(Unavailable):
    """The vendor does not answer."""

    code = "video_unavailable"
    detail = _("We could not reach the video service. Nothing was changed; please try again in a moment.")


class CredentialNotFound(NotFound):
    """No such account, or not this person's to see."""


class MeetingNotThere(Conflict):
    """The appointment has no meeting that could be joined now."""

    code = "meeting_not_there"
    detail = _("The video link is not there yet. Your appointment stands; the link will appear here.")


class HookRefused(NotAllowed):
    """A webhook that is not believed. Why, is on record and told to nobody."""

    code = "hook_refused"
    detail = _("This call is not signed as it should be.")


class HookUnreadable(Invalid):
    """A webhook that is signed as it should be, and makes no sense."""

    code = "hook_unreadable"
    detail = _("This call could not be understood.")
