"""What the forms share."""

from typing import Any

from django import forms


class Plain:
    """allauth's form without the placeholders that repeat the labels, and without its words of help."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""
