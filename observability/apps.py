from django.apps import AppConfig
from django.core.checks import Tags, register


class ObservabilityConfig(AppConfig):
    name = "observability"
    label = "observability"

    def ready(self) -> None:
        from bloom.kernel import registry
        from observability import checks, jobs, metrics, models, services

        registry.refusals.set(services.refusal_received)
        registry.seal.register(models.EVENT_SOURCE.name, models.EVENT_SOURCE, order=10)
        register(checks.database_role_owns_no_table, Tags.security, deploy=True)
        metrics.register()
        jobs.connect()
