"""Addresses below /api/v1/."""

from django.urls import path

from messaging import api

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
    path("messages/<uuid:message_id>/", api.Message.as_view(), name="api_message"),
    path(
        "messages/<uuid:message_id>/reactions/", api.MessageReactions.as_view(), name="api_message_reactions"
    ),
    path("messages/<uuid:message_id>/history/", api.MessageHistory.as_view(), name="api_message_history"),
    path("messages/<uuid:message_id>/reveal/", api.MessageReveal.as_view(), name="api_message_reveal"),
]
