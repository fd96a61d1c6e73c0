"""Addresses below /api/v1/."""

from django.urls import path

from scheduling import api, api_availability, api_reminders, api_series, api_waitlist

_APPOINTMENT = "appointments/<uuid:appointment_id>/"

urlpatterns = [
    path("slots/", api.FirstSlots.as_view(), name="api_slots_first"),
    path("therapists/<uuid:therapist_id>/slots/", api.Slots.as_view(), name="api_slots"),
    path("holds/", api.Holds.as_view(), name="api_holds"),
    path("holds/<uuid:hold_id>/", api.Hold.as_view(), name="api_hold"),
    path("appointments/", api.Appointments.as_view(), name="api_appointments"),
    path(_APPOINTMENT, api.Appointment.as_view(), name="api_appointment"),
    path(f"{_APPOINTMENT}cancel/", api.AppointmentCancel.as_view(), name="api_appointment_cancel"),
    path(
        f"{_APPOINTMENT}reschedule/", api.AppointmentReschedule.as_view(), name="api_appointment_reschedule"
    ),
    path(f"{_APPOINTMENT}confirm/", api.AppointmentConfirm.as_view(), name="api_appointment_confirm"),
    path(f"{_APPOINTMENT}decline/", api.AppointmentDecline.as_view(), name="api_appointment_decline"),
    path(f"{_APPOINTMENT}complete/", api.AppointmentComplete.as_view(), name="api_appointment_complete"),
    path(f"{_APPOINTMENT}no-show/", api.AppointmentNoShow.as_view(), name="api_appointment_no_show"),
    path("me/reminders/", api_reminders.Reminders.as_view(), name="api_reminders"),
    path("waitlist/", api_waitlist.Waitlist.as_view(), name="api_waitlist"),
    path("waitlist/<uuid:entry_id>/", api_waitlist.WaitlistEntry.as_view(), name="api_waitlist_entry"),
    path(
        "waitlist/<uuid:entry_id>/resume/", api_waitlist.WaitlistResume.as_view(), name="api_waitlist_resume"
    ),
    path(
        "waitlist/offers/<uuid:offer_id>/accept/",
        api_waitlist.OfferAccept.as_view(),
        name="api_offer_accept",
    ),
    path(
        "waitlist/offers/<uuid:offer_id>/decline/",
        api_waitlist.OfferDecline.as_view(),
        name="api_offer_decline",
    ),
    path(f"{_APPOINTMENT}repeat/", api_series.AppointmentRepeat.as_view(), name="api_appointment_repeat"),
    path(f"{_APPOINTMENT}series/", api_series.AppointmentSeries.as_view(), name="api_appointment_series"),
    path(f"{_APPOINTMENT}series/move/", api_series.SeriesMove.as_view(), name="api_series_move"),
    path(f"{_APPOINTMENT}series/end/", api_series.SeriesEnd.as_view(), name="api_series_end"),
    path("availability/", api_availability.Availability.as_view(), name="api_availability"),
    path(
        "availability/exceptions/", api_availability.Exceptions.as_view(), name="api_availability_exceptions"
    ),
    path(
        "availability/exceptions/<uuid:exception_id>/",
        api_availability.DayApart.as_view(),
        name="api_availability_exception",
    ),
    path("services/", api_availability.Services.as_view(), name="api_services"),
    path("services/<uuid:service_id>/", api_availability.Service.as_view(), name="api_service"),
]
