"""What can be done with times and appointments: one function per thing that can happen."""

from scheduling.services.availability import availability_set, exception_add, exception_remove
from scheduling.services.booking import appointment_book, appointment_book_anew, look_count
from scheduling.services.booking_for import appointment_book_for
from scheduling.services.changing import (
    appointment_begin,
    appointment_cancel,
    appointment_change,
    appointment_complete,
    appointment_confirm,
    appointment_decline,
    appointment_missed,
    appointments_settle,
)
from scheduling.services.endings import (
    account_over,
    care_over,
    practice_over,
    role_over,
    verification_over,
)
from scheduling.services.feeds import feed_end, feed_make, feed_read, feed_throw_out
from scheduling.services.holding import hold_place, hold_release, hold_renew
from scheduling.services.moving import appointment_move
from scheduling.services.offering import service_add, service_change, service_retire
from scheduling.services.openings import openings_tell
from scheduling.services.outside import (
    outside_add,
    outside_again,
    outside_over,
    outside_read,
    outside_remove,
    outside_send,
    outside_sweep,
)
from scheduling.services.reminders import (
    reminder_cancel,
    reminder_confirm,
    reminders_catch_up,
    reminders_choose,
    reminders_follow,
    reminders_run,
)
from scheduling.services.series import series_end, series_extend, series_make, series_move
from scheduling.services.telling import appointment_tell
from scheduling.services.waitlist import (
    waitlist_join,
    waitlist_leave,
    waitlist_nudge,
    waitlist_resume,
)
from scheduling.services.waitlist_endings import offers_recheck, waitlist_leave_all, waitlist_recheck
from scheduling.services.waitlist_offers import offer_accept, offer_decline
from scheduling.services.waitlist_runs import waitlist_run

__all__ = [
    "account_over",
    "appointment_begin",
    "appointment_book",
    "appointment_book_anew",
    "appointment_book_for",
    "appointment_cancel",
    "appointment_change",
    "appointment_complete",
    "appointment_confirm",
    "appointment_decline",
    "appointment_missed",
    "appointment_move",
    "appointment_tell",
    "appointments_settle",
    "availability_set",
    "care_over",
    "exception_add",
    "exception_remove",
    "feed_end",
    "feed_make",
    "feed_read",
    "feed_throw_out",
    "hold_place",
    "hold_release",
    "hold_renew",
    "look_count",
    "offer_accept",
    "offer_decline",
    "offers_recheck",
    "openings_tell",
    "outside_add",
    "outside_again",
    "outside_over",
    "outside_read",
    "outside_remove",
    "outside_send",
    "outside_sweep",
    "practice_over",
    "reminder_cancel",
    "reminder_confirm",
    "reminders_catch_up",
    "reminders_choose",
    "reminders_follow",
    "reminders_run",
    "role_over",
    "series_end",
    "series_extend",
    "series_make",
    "series_move",
    "service_add",
    "service_change",
    "service_retire",
    "verification_over",
    "waitlist_join",
    "waitlist_leave",
    "waitlist_leave_all",
    "waitlist_nudge",
    "waitlist_recheck",
    "waitlist_resume",
    "waitlist_run",
]
