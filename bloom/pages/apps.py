from types import ModuleType

from django.apps import AppConfig
from django.forms import Field
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "bloom.pages"
    label = "pages"

    def __init__(self, app_name: str, app_module: ModuleType) -> None:
        super().__init__(app_name, app_module)
        # For all fields that say nothing of their own; a field takes its words when its form is first read,
        # which is before any app is ready.
        Field.default_error_messages["required"] = _("Please fill this in.")

    def ready(self) -> None:
        from bloom.kernel import registry
        from bloom.pages import cards
        from bloom.settings import checks

        checks.start_check()
        registry.card.register("people", cards.people, order=30)
