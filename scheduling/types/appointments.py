"""Two people meet at a time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bloom.kernel.money import Money


class AppointmentState(StrEnum):
    """Where an appointment stands; what may follow what, says scheduling.rules.states."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    IN_SESSION = "in_session"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"
    NO_SHOW = "no_show"


# Those that take their time in the calendar. A no-show took place in it, without the patient.
OCCUPYING = frozenset(
    {
        AppointmentState.REQUESTED,
        AppointmentState.CONFIRMED,
        AppointmentState.IN_SESSION,
        AppointmentState.COMPLETED,
        AppointmentState.NO_SHOW,
    }
)
# Those that are still to be held.
OPEN = frozenset({AppointmentState.REQUESTED, AppointmentState.CONFIRMED, AppointmentState.IN_SESSION})
# So many a patient books ahead, with one therapist and in all.
AHEAD_WITH_ONE_MOST = 8
AHEAD_MOST = 20
CALLED_OFF = frozenset({AppointmentState.CANCELLED, AppointmentState.LATE_CANCELLED})


class Deed(StrEnum):
    """What can be done with an appointment."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    CANCEL = "cancel"
    MOVE = "move"
    BEGIN = "begin"
    COMPLETE = "complete"
    NO_SHOW = "no_show"
    LAPSE = "lapse"
    END = "end"


class Shelf(StrEnum):
    """Which of one's own appointments: those to come; those that would come, had they not been called off; or
    those before now.
    """

    COMING = "coming"
    OFF = "off"
    BEFORE = "before"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentsEnding:
    """What would be called off by an ending: how many, when the first begins, and for how many the reader
    would owe which fees, since it is too late for them to be free.
    """

    count: int
    first: datetime | None
    late: int
    fees: tuple[Money, ...]


class CancelCause(StrEnum):
    """Why something was called off, where nobody just cancelled it: its therapist said no to a request, or it
    was neither of the two.
    """

    DECLINED = "declined"
    UNANSWERED = "unanswered"
    CARE_ENDED = "care_ended"
    THERAPIST_GONE = "therapist_gone"
    NOT_VERIFIED = "not_verified"
    ACCOUNT_CLOSED = "account_closed"


class FreeCause(StrEnum):
    """Why a patient calls a time off for nothing until it begins: another chose it, it was confirmed only
    when that would have cost something, or they never said yes to what it costs.
    """

    NOT_CHOSEN = "not_chosen"
    ANSWERED_LATE = "answered_late"
    NOT_AGREED = "not_agreed"


class Party(StrEnum):
    """Who does something with an appointment. The desk is who books for colleagues at its practice."""

    PATIENT = "patient"
    THERAPIST = "therapist"
    DESK = "desk"
    SYSTEM = "system"
