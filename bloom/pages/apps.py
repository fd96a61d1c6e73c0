from types import ModuleType

from django.apps import AppConfig
from django.forms import ChoiceField, Field
from django.utils.translation import gettext_lazy as _

# In place of Django's "Ensure that this value …", by the code of what was refused.
WORDS = {
    "required": _("Please fill this in."),
    "min_value": _("Please give %(limit_value)s or more."),
    "max_value": _("Please give %(limit_value)s or less."),
    "min_length": _("Please give at least %(limit_value)d characters; this has %(show_value)d."),
    "max_length": _("Please give at most %(limit_value)d characters; this has %(show_value)d."),
    "max_digits": _("Please give a number of at most %(max)s digits."),
    "max_decimal_places": _("Please give at most %(max)s digits after the point."),
    "max_whole_digits": _("Please give at most %(max)s digits before the point."),
}


class PagesConfig(AppConfig):
    name = "bloom.pages"
    label = "pages"

    def __init__(self, app_name: str, app_module: ModuleType) -> None:
        super().__init__(app_name, app_module)
        # For all fields that say nothing of their own; a field takes its words when its form is first read,
        # which is before any app is ready.
        Field.default_error_messages.update(WORDS)
        ChoiceField.default_error_messages["invalid_choice"] = _("Please choose from the list.")

    def ready(self) -> None:
        from bloom.kernel import registry
        from bloom.pages import cards
        from bloom.settings import checks

        checks.start_check()
        registry.card.register("people", cards.people, order=30)
