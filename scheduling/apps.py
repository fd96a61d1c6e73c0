from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"
    label = "scheduling"

    def ready(self) -> None:
        from bloom.kernel import registry
        from scheduling import cards, seed, selectors
        from scheduling.telehealth import wiring

        wiring.register()
        registry.seed.register("scheduling", seed.calendars, order=20)
        registry.export.register("scheduling", selectors.export_parts, order=40)
        registry.card.register("appointments_alarmed", cards.alarmed, order=4)
        registry.card.register("calendar", cards.calendar, order=25)
