"""Addresses of telehealth."""

from django.urls import path

from scheduling.telehealth import views, views_room

_VIDEO = "practices/<uuid:practice_id>/video/"
_OF_APPOINTMENT = "appointments/<uuid:appointment_id>/video/"
_ROOM = "appointments/<uuid:appointment_id>/room/"

urlpatterns = [
    path(_VIDEO, views.practice_video, name="practice_video"),
    path(
        f"{_VIDEO}connect/<str:whose>/<str:vendor>/",
        views.practice_video_connect,
        name="practice_video_connect",
    ),
    path(f"{_VIDEO}where/", views.practice_video_where, name="practice_video_where"),
    path(f"{_VIDEO}<uuid:credential_id>/test/", views.practice_video_test, name="practice_video_test"),
    path(f"{_VIDEO}<uuid:credential_id>/remove/", views.practice_video_remove, name="practice_video_remove"),
    path(_OF_APPOINTMENT, views.appointment_video, name="appointment_video"),
    path(f"{_OF_APPOINTMENT}state/", views.appointment_video_state, name="appointment_video_state"),
    path("appointments/<uuid:appointment_id>/join/", views_room.appointment_join, name="appointment_join"),
    path(_ROOM, views_room.appointment_room, name="appointment_room"),
    path(f"{_ROOM}consent/", views_room.room_consent, name="room_consent"),
    path(f"{_ROOM}arrival/", views_room.room_arrival, name="room_arrival"),
    path(f"{_ROOM}where/", views_room.room_where, name="room_where"),
    path("settings/video/", views_room.video_consents, name="video_consents"),
    path(
        "settings/video/<uuid:consent_id>/withdraw/",
        views_room.video_consent_withdraw,
        name="video_consent_withdraw",
    ),
    path("hooks/zoom/<uuid:credential_id>/", views.hook_zoom, name="hook_zoom"),
    path("hooks/meet/<uuid:credential_id>/", views.hook_meet, name="hook_meet"),
]
