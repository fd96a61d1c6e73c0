"""Addresses of the messages page. Those that take a POST are its ways without a script."""

from django.urls import path

from messaging import views, views_moderation

urlpatterns = [
    path("messages/", views.messages, name="messages"),
    path("messages/list/", views.conversation_rows, name="conversation_rows"),
    path("messages/start/", views.conversation_start, name="conversation_start"),
    path("messages/reveal/<uuid:message_id>/", views.message_reveal, name="message_reveal"),
    path("messages/message/<uuid:message_id>/", views.message, name="message"),
    path("messages/message/<uuid:message_id>/edit/", views.message_edit, name="message_edit"),
    path("messages/message/<uuid:message_id>/delete/", views.message_delete, name="message_delete"),
    path("messages/message/<uuid:message_id>/react/", views.message_react, name="message_react"),
    path("messages/message/<uuid:message_id>/history/", views.message_history, name="message_history"),
    path(
        "messages/alerts/<uuid:alert_id>/seen/",
        views.crisis_alert_acknowledge,
        name="crisis_alert_acknowledge",
    ),
    path("messages/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("messages/<uuid:conversation_id>/alerts/", views.conversation_alerts, name="conversation_alerts"),
    path("messages/<uuid:conversation_id>/send/", views.conversation_send, name="conversation_send"),
    path("messages/<uuid:conversation_id>/read/", views.conversation_read, name="conversation_read"),
    path(
        "practices/<uuid:practice_id>/moderation/",
        views_moderation.practice_moderation,
        name="practice_moderation",
    ),
]
