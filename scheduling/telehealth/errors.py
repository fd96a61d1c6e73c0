"""What can go wrong with video."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from bloom.kernel import clock
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


class RoomClosed(Conflict):
    """The room of this appointment is not open now. `opens_at` and `closes_at` say when it is, where it
    will be or was; neither is there for an appointment that does not take place, or not by video.
    """

    code = "room_closed"
    detail = _("The room of this appointment is not open.")

    def __init__(self, detail: Any = None, *, opens_at: Any = None, closes_at: Any = None) -> None:
        moments = {"opens_at": opens_at, "closes_at": closes_at}
        super().__init__(detail, **{name: clock.to_wire(each) for name, each in moments.items() if each})


class ConsentNeeded(Conflict):
    """The patient has not agreed to sessions by video."""

    code = "consent_needed"
    detail = _("Please agree to sessions by video first, on the page of this appointment.")


class ArrivalNeeded(Conflict):
    """The patient has not said where they are for this session."""

    code = "arrival_needed"
    detail = _("Please say first where you are, and whom we may call, on the page of this appointment.")


class NotInRoom(Conflict):
    """What can only be done from within the room, with both there where it needs both."""

    code = "not_in_room"
    detail = _("You are not in this room now, or the other person is not.")


class RoomUnavailable(Unavailable):
    """Who is in which room is not known at the moment."""

    code = "room_unavailable"
    detail = _("The video room could not be reached. Please try again in a moment.")
