"""Somebody is reminded of what they agreed to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bloom.kernel.money import Money

# How long before the beginning, in minutes; those that somebody gets who has chosen none.
LEADS = (30, 60, 120, 24 * 60, 48 * 60, 7 * 24 * 60)
LEADS_DEFAULT = (120, 24 * 60)


class ReminderAnswer(StrEnum):
    """What can be said by the link of a reminder."""

    CONFIRM = "confirm"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderView:
    """What the link of a reminder shows to whoever has the mail: when, in the zone of its person, and nothing
    else of the appointment. `is_open`: it can still be answered. `fee` is owed for calling it off now.
    """

    starts_at: datetime
    ends_at: datetime
    time_zone: str
    is_open: bool
    is_called_off: bool
    attending_at: datetime | None
    fee: Money | None
