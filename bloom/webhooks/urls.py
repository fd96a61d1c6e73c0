"""Addresses of a practice's webhooks."""

from django.urls import path

from bloom.webhooks import views

_ALL = "practices/<uuid:practice_id>/webhooks/"
_ONE = f"{_ALL}<uuid:endpoint_id>/"

urlpatterns = [
    path(_ALL, views.practice_webhooks, name="practice_webhooks"),
    path(f"{_ALL}new/", views.practice_webhook_new, name="practice_webhook_new"),
    path(_ONE, views.practice_webhook, name="practice_webhook"),
    path(f"{_ONE}secret/", views.practice_webhook_secret, name="practice_webhook_secret"),
    path(f"{_ONE}test/", views.practice_webhook_test, name="practice_webhook_test"),
    path(f"{_ONE}remove/", views.practice_webhook_remove, name="practice_webhook_remove"),
    path(
        f"{_ONE}told/<uuid:told_id>/again/",
        views.practice_webhook_again,
        name="practice_webhook_again",
    ),
]
