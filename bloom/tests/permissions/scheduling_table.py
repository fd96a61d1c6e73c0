"""The permission table's part on hours and appointments."""

from dataclasses import asdict

from bloom.kernel import clock
from bloom.tests.permissions.rows import route
from scheduling.telehealth.types_rooms import CONSENT_VERSION
from scheduling.tests import video

# fmt: off
#                                                      anon pat  oth  ther oth  supp adm
SCHEDULING = [
    route("GET",  "calendar/",                         "in  200= 200= 200= 200= 200= 200="),
    # Of one's own; who sees a colleague's, scheduling/tests has.
    route("GET",  "calendar/book/",                    "in  403 403 200= 302= 403 403"),
    route("POST", "calendar/book/",                    "in  403 403 302 302= 403 403", body=lambda ids: ids["booking_for"]),
    route("GET",  "book/",                             "in  200= 200= 200= 200= 200= 200="),
    route("POST", "book/",                             "in  302 302 302 302 302 302", body=lambda ids: {"specialty": "grief"}),
    # Who finds this therapist, sees the page; nobody else learns that there is one.
    route("GET",  "book/<uuid:person_id>/",            "in  200= 404! 200= 404! 200= 200=", object="person_id"),
    route("POST", "book/<uuid:person_id>/hold/",       "in  302= 404! 403 403 403 403", object="service_id", path="book/<uuid:person_id>/hold/",
          body=lambda ids: {"service": str(ids["service_id"]), "starts_at": clock.to_wire(ids["free_at"])}),
    # What is held no more is so for everybody (scheduling/tests has what others hold).
    route("GET",  "holds/<uuid:hold_id>/",             "in  409= 409= 409= 409= 409= 409="),
    route("POST", "holds/<uuid:hold_id>/",             "in  409= 409= 409= 409= 409= 409="),
    route("POST", "holds/<uuid:hold_id>/release/",     "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "appointments/",                     "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "appointments/<uuid:appointment_id>/", "in  200= 404! 200= 404! 404! 404!", object="appointment_id"),
    route("GET",  "appointments/<uuid:appointment_id>/cancel/", "in  200= 404! 200= 404! 404! 404!", object="appointment_id"),
    route("POST", "appointments/<uuid:appointment_id>/cancel/", "in  302 404! 302 404! 404! 404!", object="appointment_id"),
    route("GET",  "appointments/<uuid:appointment_id>/move/", "in  200= 404! 200= 404! 404! 404!", object="appointment_id"),
    route("POST", "appointments/<uuid:appointment_id>/move/", "in  302 404! 302 404! 404! 404!", object="appointment_id",
          body=lambda ids: {"starts_at": clock.to_wire(ids["free_at"]), "agreed": "yes"}),
    route("GET",  "appointments/<uuid:appointment_id>/repeat/", "in  403! 404! 200= 404! 404! 404!", object="appointment_id"),
    route("POST", "appointments/<uuid:appointment_id>/repeat/", "in  403! 404! 302 404! 404! 404!", object="appointment_id",
          body=lambda ids: {"every": "weekly:1", "ends": "count", "count": "2"}),
    # It does not repeat (scheduling/tests/test_series_moving.py has one that does).
    route("GET",  "appointments/<uuid:appointment_id>/series/move/", "in  403! 404! 404 404! 404! 404!", object="appointment_id"),
    route("POST", "appointments/<uuid:appointment_id>/series/move/", "in  403! 404! 404 404! 404! 404!", object="appointment_id"),
    route("GET",  "appointments/<uuid:appointment_id>/series/end/", "in  404 404! 404 404! 404! 404!", object="appointment_id"),
    route("POST", "appointments/<uuid:appointment_id>/series/end/", "in  404 404! 404 404! 404! 404!", object="appointment_id"),
    # It is confirmed, and has not begun.
    route("POST", "appointments/<uuid:appointment_id>/confirm/", "in  409= 404! 409= 404! 404! 404!", object="appointment_id"),
    route("GET",  "appointments/<uuid:appointment_id>/decline/", "in  409= 404! 409= 404! 404! 404!", object="appointment_id"),
    route("POST", "appointments/<uuid:appointment_id>/decline/", "in  409= 404! 409= 404! 404! 404!", object="appointment_id"),
    route("POST", "appointments/<uuid:appointment_id>/complete/", "in  409= 404! 409= 404! 404! 404!", object="appointment_id"),
    route("GET",  "appointments/<uuid:appointment_id>/no-show/", "in  409= 404! 409= 404! 404! 404!", object="appointment_id"),
    route("POST", "appointments/<uuid:appointment_id>/no-show/", "in  409= 404! 409= 404! 404! 404!", object="appointment_id"),
    # Whoever has the address reads it; a wrong one is nothing (scheduling/tests/attacks has the guesses).
    route("GET",  "calendar/feed/<str:secret>.ics",    "404 404 404 404 404 404 404", path="calendar/feed/forged.ics"),
    route("GET",  "settings/calendar/",                "in  200= 200= 200= 200= 200= 200="),
    route("POST", "settings/calendar/feed/",           "in  302 302 302 302 302 302", fresh=True),
    route("POST", "settings/calendar/feed/end/",       "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "schedule/waitlist/",                "in  403 403 200= 200= 403 403"),
    # Links that Bloom did not write (scheduling/tests has those that it did).
    route("GET",  "reminders/<str:token>/",            "404 404 404 404 404 404 404", path="reminders/forged/"),
    route("POST", "reminders/<str:token>/",            "404 404 404 404 404 404 404", path="reminders/forged/", body=lambda ids: {"answer": "cancel"}),
    route("GET",  "settings/reminders/",               "in  200= 200= 403 403 403 403"),
    route("POST", "settings/reminders/",               "in  302 302 403 403 403 403", body=lambda ids: {"leads": ["60"]}),
    route("GET",  "waitlist/",                         "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "waitlist/join/",                    "in  200= 200= 403 403 403 403"),
    route("POST", "waitlist/join/",                    "in  302 302 403 403 403 403", body=lambda ids: {"parts": "0-morning", "language": "es"}),
    route("POST", "waitlist/<uuid:entry_id>/leave/",   "in  302 404! 403! 404! 404! 404!", object="entry_id"),
    route("POST", "waitlist/<uuid:entry_id>/resume/",  "in  302= 404! 403! 404! 404! 404!", object="entry_id"),
    route("GET",  "waitlist/offers/<uuid:offer_id>/",  "in  200= 404! 403! 404! 404! 404!", object="offer_id"),
    route("POST", "waitlist/offers/<uuid:offer_id>/",  "in  302 404! 403! 404! 404! 404!", object="offer_id", body=lambda ids: {"terms": ids["offer_terms"]}),
    route("POST", "waitlist/offers/<uuid:offer_id>/decline/", "in  302 404! 403! 404! 404! 404!", object="offer_id"),
    route("GET",  "appointments/<uuid:appointment_id>/join/", "in  302= 404! 302= 404! 404! 404!", object="appointment_id"),
    route("GET",  "appointments/<uuid:appointment_id>/room/", "in  200= 404! 200 404! 404! 404!", object="room_id", path="appointments/<uuid:room_id>/room/"),
    route("POST", "appointments/<uuid:appointment_id>/room/consent/", "in  302 404! 403! 404! 404! 404!", object="room_id", path="appointments/<uuid:room_id>/room/consent/",
          body=lambda ids: {"version": CONSENT_VERSION, "agreed": "on"}),
    route("GET",  "appointments/<uuid:appointment_id>/room/arrival/", "in  200= 404! 302= 404! 404! 404!", object="room_id", path="appointments/<uuid:room_id>/room/arrival/"),
    route("POST", "appointments/<uuid:appointment_id>/room/arrival/", "in  302 404! 403! 404! 404! 404!", object="room_id", path="appointments/<uuid:room_id>/room/arrival/",
          body=lambda ids: asdict(video.ARRIVAL)),
    # Their therapist opens it, on record; the patient reads what they said on their own page.
    route("GET",  "appointments/<uuid:appointment_id>/room/where/", "in  403! 404! 200 404! 404! 404!", object="room_id", path="appointments/<uuid:room_id>/room/where/"),
    route("GET",  "settings/video/",                   "in  200= 200= 200= 200= 200= 200="),
    route("POST", "settings/video/<uuid:consent_id>/withdraw/", "in  302 404! 404! 404! 404! 404!", object="consent_id"),
    route("POST", "settings/calendar/outside/",        "in  403 403 302 302 403 403", body=lambda ids: {"name": "Mine", "url": "https://example.org/mine.ics"}),
    route("POST", "settings/calendar/outside/file/",   "in  403 403 200= 200= 403 403"),
    # Nobody has added one (scheduling/tests has what others have).
    route("POST", "settings/calendar/outside/<uuid:calendar_id>/again/", "in  404 404 404 404 404 404", path="settings/calendar/outside/00000000-0000-0000-0000-000000000007/again/"),
    route("POST", "settings/calendar/outside/<uuid:calendar_id>/remove/", "in  404 404 404 404 404 404", path="settings/calendar/outside/00000000-0000-0000-0000-000000000007/remove/"),
    route("GET",  "schedule/",                         "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "schedule/availability/",            "in  403 403 200= 200= 403 403"),
    route("POST", "schedule/availability/",            "in  403 403 302 409= 403 403", body=lambda ids: ids["week"]),
    route("POST", "schedule/days/add/",                "in  403 403 302 200= 403 403",
          body=lambda ids: {"kind": "off", "starts_on": f"{ids['free_at']:%Y-%m-%d}"}),
    route("POST", "schedule/days/<uuid:exception_id>/remove/", "in  404! 404! 302 404! 404! 404!", object="exception_id"),
    route("GET",  "schedule/services/",                "in  403 403 200= 200= 403 403"),
    route("GET",  "schedule/services/new/",            "in  403 403 200= 200= 403 403"),
    route("POST", "schedule/services/new/",            "in  403 403 302 409= 403 403", body=lambda ids: ids["service"]),
    route("GET",  "schedule/services/<uuid:service_id>/", "in  403! 404! 200= 404! 404! 404!", object="service_id"),
    route("POST", "schedule/services/<uuid:service_id>/", "in  403! 404! 302 404! 404! 404!", object="service_id", body=lambda ids: ids["service"]),
    route("POST", "schedule/services/<uuid:service_id>/retire/", "in  403! 404! 302 404! 404! 404!", object="service_id"),
]
# fmt: on
