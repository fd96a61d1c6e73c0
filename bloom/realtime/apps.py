"""The socket's room."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "bloom.realtime"
    label = "realtime"

    def ready(self) -> None:
        from bloom.kernel import registry
        from bloom.realtime import (
            frames,  # noqa: F401 - registers the socket's own frames
            handlers,
            presence_watch,  # noqa: F401 - every hub keeps it
        )

        for event in handlers.CREDENTIAL_EVENTS:
            registry.subscribe(event, f"realtime.recheck.{event}", handlers.credential_ended)
        registry.subscribe(handlers.NOTICE_MADE, "realtime.notice", handlers.notice_made)
