from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    name = "observability"
    label = "observability"

    def ready(self) -> None:
        from bloom.kernel import registry
        from observability import models, services

        registry.refusals.set(services.refusal_received)
        registry.seal.register(models.EVENT_SOURCE.name, models.EVENT_SOURCE, order=10)
