"""The tables of scheduling, by noun."""

from scheduling.models.appointments import Appointment, Claim
from scheduling.models.calendars import BusyTime, Calendar, DateException, Service, WeeklyBlock
from scheduling.models.feeds import CalendarFeed
from scheduling.models.meetings import (
    Meeting,
    MeetingCredential,
    MeetingEvent,
    MeetingTurn,
    WebhookDelivery,
)
from scheduling.models.outside import OutsideCalendar
from scheduling.models.reminders import Reminder, ReminderChoice
from scheduling.models.rooms import Arrival, RoomEvent, TelehealthConsent
from scheduling.models.series import Series
from scheduling.models.waitlist import WaitlistEntry, WaitlistOffer

__all__ = [
    "Appointment",
    "Arrival",
    "BusyTime",
    "Calendar",
    "CalendarFeed",
    "Claim",
    "DateException",
    "Meeting",
    "MeetingCredential",
    "MeetingEvent",
    "MeetingTurn",
    "OutsideCalendar",
    "Reminder",
    "ReminderChoice",
    "RoomEvent",
    "Series",
    "Service",
    "TelehealthConsent",
    "WaitlistEntry",
    "WaitlistOffer",
    "WebhookDelivery",
    "WeeklyBlock",
]
