"""Addresses below /api/v1/."""

from django.urls import path

from messaging import api, api_copies, api_hours, api_later

urlpatterns = [
    path("conversations/", api.Conversations.as_view(), name="api_conversations"),
    path("conversations/<uuid:conversation_id>/", api.Conversation.as_view(), name="api_conversation"),
    path(
        "conversations/<uuid:conversation_id>/read/",
        api.ConversationRead.as_view(),
        name="api_conversation_read",
    ),
    path(
        "conversations/<uuid:conversation_id>/messages/",
        api.ConversationMessages.as_view(),
        name="api_conversation_messages",
    ),
    path(
        "conversations/<uuid:conversation_id>/copies/",
        api_copies.ConversationCopies.as_view(),
        name="api_conversation_copies",
    ),
    path(
        "conversations/<uuid:conversation_id>/copies/<uuid:copy_id>/file/",
        api_copies.ConversationCopyFile.as_view(),
        name="api_conversation_copy_file",
    ),
    path("attachments/<uuid:attachment_id>/", api.Attachment.as_view(), name="api_attachment"),
    path(
        "practices/<uuid:practice_id>/message-hours/",
        api_hours.PracticeHours.as_view(),
        name="api_practice_hours",
    ),
    path(
        "conversations/<uuid:conversation_id>/scheduled-messages/",
        api_later.ConversationScheduled.as_view(),
        name="api_conversation_scheduled",
    ),
    path("scheduled-messages/<uuid:scheduled_id>/", api_later.Scheduled.as_view(), name="api_scheduled"),
    path(
        "scheduled-messages/<uuid:scheduled_id>/send/",
        api_later.ScheduledSend.as_view(),
        name="api_scheduled_send",
    ),
    path("me/away/", api_hours.Away.as_view(), name="api_away"),
    path("messages/<uuid:message_id>/", api.Message.as_view(), name="api_message"),
    path(
        "messages/<uuid:message_id>/reactions/", api.MessageReactions.as_view(), name="api_message_reactions"
    ),
    path("messages/<uuid:message_id>/history/", api.MessageHistory.as_view(), name="api_message_history"),
    path("messages/<uuid:message_id>/reveal/", api.MessageReveal.as_view(), name="api_message_reveal"),
]
