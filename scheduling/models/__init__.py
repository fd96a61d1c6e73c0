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

__all__ = [
    "Appointment",
    "BusyTime",
    "Calendar",
    "CalendarFeed",
    "Claim",
    "DateException",
    "Meeting",
    "MeetingCredential",
    "MeetingEvent",
    "MeetingTurn",
    "Service",
    "WebhookDelivery",
    "WeeklyBlock",
]
