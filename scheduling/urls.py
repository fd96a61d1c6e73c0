"""Addresses of scheduling."""

from django.urls import include, path

from scheduling import (
    views,
    views_appointments,
    views_calendar,
    views_calendar_book,
    views_feed,
    views_first,
    views_outside,
    views_reminders,
    views_schedule,
    views_series,
    views_waitlist,
)

urlpatterns = [
    path("", include("scheduling.telehealth.urls")),
    path("calendar/", views_calendar.calendar, name="calendar"),
    path("calendar/book/", views_calendar_book.calendar_book, name="calendar_book"),
    path("calendar/feed/<str:secret>.ics", views_feed.feed, name="calendar_feed"),
    path("settings/calendar/", views_feed.calendar_settings, name="calendar_settings"),
    path("settings/calendar/feed/", views_feed.feed_make, name="feed_make"),
    path("settings/calendar/feed/end/", views_feed.feed_end, name="feed_end"),
    path("settings/calendar/outside/", views_outside.outside_add, name="outside_add"),
    path("settings/calendar/outside/file/", views_outside.outside_send, name="outside_send"),
    path(
        "settings/calendar/outside/<uuid:calendar_id>/again/",
        views_outside.outside_again,
        name="outside_again",
    ),
    path(
        "settings/calendar/outside/<uuid:calendar_id>/remove/",
        views_outside.outside_remove,
        name="outside_remove",
    ),
    path("schedule/", views_schedule.schedule, name="schedule"),
    path("schedule/availability/", views_schedule.availability, name="availability"),
    path("schedule/days/add/", views_schedule.exception_add, name="exception_add"),
    path(
        "schedule/days/<uuid:exception_id>/remove/", views_schedule.exception_remove, name="exception_remove"
    ),
    path("schedule/services/", views_schedule.service_list, name="service_list"),
    path("schedule/services/new/", views_schedule.service_new, name="service_new"),
    path("schedule/services/<uuid:service_id>/", views_schedule.service, name="service"),
    path("schedule/services/<uuid:service_id>/retire/", views_schedule.service_retire, name="service_retire"),
    path("schedule/waitlist/", views_waitlist.waitlist_line, name="waitlist_line"),
    path("reminders/<str:token>/", views_reminders.reminder, name="reminder"),
    path("settings/reminders/", views_reminders.reminder_settings, name="reminder_settings"),
    path("waitlist/", views_waitlist.waitlist, name="waitlist"),
    path("waitlist/join/", views_waitlist.waitlist_join, name="waitlist_join"),
    path("waitlist/<uuid:entry_id>/leave/", views_waitlist.waitlist_leave, name="waitlist_leave"),
    path("waitlist/<uuid:entry_id>/resume/", views_waitlist.waitlist_resume, name="waitlist_resume"),
    path("waitlist/offers/<uuid:offer_id>/", views_waitlist.waitlist_offer, name="waitlist_offer"),
    path("waitlist/offers/<uuid:offer_id>/decline/", views_waitlist.offer_decline, name="offer_decline"),
    path("book/", views_first.slots_first, name="slots_first"),
    path("book/<uuid:person_id>/", views.book, name="book"),
    path("book/<uuid:person_id>/hold/", views.hold_place, name="hold_place"),
    path("holds/<uuid:hold_id>/", views.hold, name="hold"),
    path("holds/<uuid:hold_id>/release/", views.hold_release, name="hold_release"),
    path("appointments/", views_appointments.appointments, name="appointments"),
    path("appointments/<uuid:appointment_id>/", views_appointments.appointment, name="appointment"),
    path(
        "appointments/<uuid:appointment_id>/cancel/",
        views_appointments.appointment_cancel,
        name="appointment_cancel",
    ),
    path(
        "appointments/<uuid:appointment_id>/move/",
        views_appointments.appointment_move,
        name="appointment_move",
    ),
    path("appointments/<uuid:appointment_id>/repeat/", views_series.repeat, name="series_repeat"),
    path("appointments/<uuid:appointment_id>/series/move/", views_series.series_move, name="series_move"),
    path("appointments/<uuid:appointment_id>/series/end/", views_series.series_end, name="series_end"),
    path(
        "appointments/<uuid:appointment_id>/confirm/",
        views_appointments.appointment_confirm,
        name="appointment_confirm",
    ),
    path(
        "appointments/<uuid:appointment_id>/decline/",
        views_appointments.appointment_decline,
        name="appointment_decline",
    ),
    path(
        "appointments/<uuid:appointment_id>/complete/",
        views_appointments.appointment_complete,
        name="appointment_complete",
    ),
    path(
        "appointments/<uuid:appointment_id>/no-show/",
        views_appointments.appointment_no_show,
        name="appointment_no_show",
    ),
]
