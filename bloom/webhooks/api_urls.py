"""Addresses below /api/v1/."""

from django.urls import path

from bloom.webhooks import api

_ALL = "practices/<uuid:practice_id>/webhooks/"
_ONE = f"{_ALL}<uuid:endpoint_id>/"

urlpatterns = [
    path(_ALL, api.Webhooks.as_view(), name="api_webhooks"),
    path(_ONE, api.Webhook.as_view(), name="api_webhook"),
    path(f"{_ONE}secret/", api.WebhookSecret.as_view(), name="api_webhook_secret"),
    path(f"{_ONE}test/", api.WebhookTest.as_view(), name="api_webhook_test"),
    path(f"{_ONE}deliveries/", api.WebhookDeliveries.as_view(), name="api_webhook_deliveries"),
    path(f"{_ONE}deliveries/<uuid:told_id>/again/", api.WebhookAgain.as_view(), name="api_webhook_again"),
]
