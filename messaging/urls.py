"""Addresses of the messages page. Those that take a POST are its ways without a script."""

from django.urls import path

from messaging import views, views_attachments, views_hours, views_later, views_moderation

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
    path("messages/alerts/<uuid:alert_id>/", views.crisis_alert, name="crisis_alert"),
    path(
        "messages/alerts/<uuid:alert_id>/seen/",
        views.crisis_alert_acknowledge,
        name="crisis_alert_acknowledge",
    ),
    path("messages/attachments/<uuid:attachment_id>/", views_attachments.attachment, name="attachment"),
    path(
        "messages/attachments/<uuid:attachment_id>/thumbnail/",
        views_attachments.attachment_thumbnail,
        name="attachment_thumbnail",
    ),
    path("messages/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("messages/alerts/<uuid:alert_id>/take/", views.crisis_alert_take, name="crisis_alert_take"),
    path("messages/<uuid:conversation_id>/alerts/", views.conversation_alerts, name="conversation_alerts"),
    path("messages/<uuid:conversation_id>/plan/", views_later.conversation_plan, name="conversation_plan"),
    path("messages/<uuid:conversation_id>/later/", views_later.conversation_later, name="conversation_later"),
    path("messages/later/<uuid:scheduled_id>/", views_later.scheduled, name="scheduled"),
    path("messages/later/<uuid:scheduled_id>/send/", views_later.scheduled_send, name="scheduled_send"),
    path("messages/later/<uuid:scheduled_id>/cancel/", views_later.scheduled_cancel, name="scheduled_cancel"),
    path("messages/<uuid:conversation_id>/away/", views_hours.conversation_away, name="conversation_away"),
    path("settings/away/", views_hours.away, name="away"),
    path("settings/away/end/", views_hours.away_end, name="away_end"),
    path("practices/<uuid:practice_id>/hours/", views_hours.practice_hours, name="practice_hours"),
    path("messages/<uuid:conversation_id>/send/", views.conversation_send, name="conversation_send"),
    path("messages/<uuid:conversation_id>/arrange/", views.conversation_arrange, name="conversation_arrange"),
    path("messages/<uuid:conversation_id>/read/", views.conversation_read, name="conversation_read"),
    path(
        "practices/<uuid:practice_id>/moderation/",
        views_moderation.practice_moderation,
        name="practice_moderation",
    ),
]
