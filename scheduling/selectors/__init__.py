"""What may be asked about times and appointments. One function per question."""

from scheduling.selectors.appointments import (
    appointment_get,
    appointment_list,
    appointment_of_hold,
    appointment_own,
    appointment_views,
    appointments_alarmed,
    appointments_ending,
    has_booked,
    hold_get,
    hold_terms,
)
from scheduling.selectors.calendars import (
    availability_get,
    availability_view,
    hours_are_told,
    may_book,
    practice_here,
    service_get,
    service_list,
    service_own,
    therapists_own,
)
from scheduling.selectors.entries import entries_of, invitation_part, uid_of
from scheduling.selectors.exports import export_parts
from scheduling.selectors.feeds import feed_find, feed_get, feed_hash, feed_text
from scheduling.selectors.loading import books_load, taken_load
from scheduling.selectors.slots import (
    slot_first_free,
    slot_firsts,
    slot_list,
    slot_next,
    slot_preview,
    slots_near,
)

__all__ = [
    "appointment_get",
    "appointment_list",
    "appointment_of_hold",
    "appointment_own",
    "appointment_views",
    "appointments_alarmed",
    "appointments_ending",
    "availability_get",
    "availability_view",
    "books_load",
    "entries_of",
    "export_parts",
    "feed_find",
    "feed_get",
    "feed_hash",
    "feed_text",
    "has_booked",
    "hold_get",
    "hold_terms",
    "hours_are_told",
    "invitation_part",
    "may_book",
    "practice_here",
    "service_get",
    "service_list",
    "service_own",
    "slot_first_free",
    "slot_firsts",
    "slot_list",
    "slot_next",
    "slot_preview",
    "slots_near",
    "taken_load",
    "therapists_own",
    "uid_of",
]
