from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Tells programs of a practice what happens in it: ids only, signed, tried for days."""

    name = "bloom.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from django.conf import settings

        from bloom.kernel import registry
        from bloom.webhooks import errors, notice_kinds  # noqa: F401 - its codes are known from the start
        from bloom.webhooks.integrations.receiver.fake import ReceiverFake

        registry.notice_kind.register(notice_kinds.WEBHOOKS, notice_kinds.KIND, order=30)
        if settings.DEV_PAGES:
            registry.sandbox.register("receiver", ReceiverFake)
