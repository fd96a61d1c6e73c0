"""What may be asked about times and appointments. One function per question."""

from scheduling.selectors.appointments import (
    appointment_get,
    appointment_list,
    appointment_of_hold,
    appointment_own,
    appointment_views,
    appointments_alarmed,
    appointments_ending,
    hold_get,
    hold_terms,
)
from scheduling.selectors.calendars import (
    availability_get,
    availability_view,
    may_book,
    practice_here,
    service_get,
    service_list,
    service_own,
    therapists_own,
)
from scheduling.selectors.exports import export_parts
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
    "export_parts",
    "hold_get",
    "hold_terms",
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
]
