from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "bloom.pages"
    label = "pages"

    def ready(self) -> None:
        from bloom.kernel import registry
        from bloom.pages import cards
        from bloom.settings import checks

        checks.start_check()
        registry.card.register("people", cards.people, order=30)
