"""How Django's form fields are written into a page (settings.FORM_RENDERER)."""

from typing import Any

from django.forms import BoundField
from django.forms.renderers import DjangoTemplates

# Codes and numbers, of which nobody pastes more than there are.
_SHORT = 40


class UncutField(BoundField):
    """A field that takes more text than may be kept: a browser would cut what is pasted without a word, and
    what says too much is told so and stays as it was typed.
    """

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        most = (widget or self.field.widget).attrs.get("maxlength")
        if most is not None and int(most) > _SHORT:
            # Left out of the page.
            found["maxlength"] = False
        return found


class FormRenderer(DjangoTemplates):
    bound_field_class = UncutField
