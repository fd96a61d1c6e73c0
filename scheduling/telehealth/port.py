"""A vendor of meetings, in our words."""

from datetime import datetime
from typing import Protocol

from scheduling.telehealth.types import Attendance, Fault, MeetingWish, VendorMeeting


class VendorUnavailable(Exception):
    """No answer, or none that makes sense: later it may be another. The thing may have been done all the
    same. `retry_after`: the vendor asks for so many seconds of rest.
    """

    def __init__(self, fault: Fault, *, retry_after: float | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.retry_after = retry_after


class VendorRejected(Exception):
    """The vendor has understood, and will not: asking again as before is for nothing."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class MeetingProvider(Protocol):
    """Each call ends by its deadline, or by the one that all calls of this provider were given together, and
    raises VendorUnavailable or VendorRejected.
    """

    @property
    def is_watched(self) -> bool:
        """Whether the vendor has to be asked, shortly before, to tell of what happens in a meeting."""
        ...

    def check(self) -> None:
        """Ask for something that changes nothing, so that keys that do not work are seen at once."""
        ...

    def meeting_create(self, wish: MeetingWish, *, again: bool) -> VendorMeeting:
        """The meeting of this wish. `again`: an earlier call may have made it, and its answer was lost."""
        ...

    def meeting_change(self, vendor_id: str, wish: MeetingWish) -> None:
        """Let it be at the wish's time from now on. Raises VendorRejected(MISSING) where it is gone."""
        ...

    def meeting_cancel(self, vendor_id: str) -> None:
        """There is none any more, and nobody stays in it. One that is gone already is no fault."""
        ...

    def meeting_get(self, vendor_id: str) -> VendorMeeting:
        """It, as it is there, with an address for its host made anew: that one is good for some hours."""
        ...

    def meeting_find(self, wish: MeetingWish) -> str | None:
        """The meeting that an earlier call may have made of this wish, where the vendor can tell."""
        ...

    def watch(self, vendor_id: str, *, until: datetime) -> None:
        """Have the vendor tell of what happens in it until then. For who `is_watched` alone."""
        ...

    def participants(self, vendor_id: str) -> tuple[Attendance, ...]:
        """Who was there, and when, in order of coming; as far as the vendor knows it yet."""
        ...
