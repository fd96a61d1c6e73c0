"""When a therapist works, and what they offer."""

from enum import StrEnum

QUANTUM_MINUTES = 5
DAY_MINUTES = 24 * 60
SERVICE_NAME_LENGTH = 80
# Longer than any session, and what bounds how far back a look at the calendar must reach.
DURATION_MOST = 8 * 60
BUFFER_MOST = 4 * 60
HORIZON_DAYS_MOST = 366
# So far ahead a therapist books and moves at most, whom no horizon binds.
AHEAD_DAYS_MOST = 731
NOTICE_MINUTES_MOST = 60 * DAY_MINUTES


class Mode(StrEnum):
    """How two people meet."""

    TELEHEALTH = "telehealth"
    IN_PERSON = "in_person"


class Modes(StrEnum):
    """Which ways of meeting a stretch of hours, or a service, is for."""

    TELEHEALTH = "telehealth"
    IN_PERSON = "in_person"
    BOTH = "both"


class WhoMayBook(StrEnum):
    """Who may book a service: everybody who finds its therapist, only who is not in their care yet, or only
    who is.
    """

    ANYBODY = "anybody"
    NEW = "new"
    EXISTING = "existing"


class ExceptionKind(StrEnum):
    """What a day apart changes: hours that fall away, or hours beside the week's."""

    OFF = "off"
    EXTRA = "extra"


# How long a time is kept for somebody who chooses it, and how many of them at once.
HOLD_SECONDS = 600
HOLDS_MOST = 3
BLOCKS_MOST = 70
EXCEPTIONS_MOST = 200
SERVICES_MOST = 40
REASON_LENGTH = 1000
NOTE_LENGTH = 4000
# How far a look at open times reaches in one request.
RANGE_DAYS_MOST = 62
