"""What the forms share."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bloom.files.types import IMAGE_BYTES_MOST, IMAGE_MEGABYTES_MOST

_MOST = {"most": IMAGE_MEGABYTES_MOST}
_KINDS = format_lazy(_("JPEG, PNG or WebP, at most {most} MB."), **_MOST)
_TOO_LARGE = format_lazy(_("This picture is larger than {most} MB. Please choose a smaller one."), **_MOST)


class Plain:
    """allauth's form without the placeholders that repeat the labels, and without its words of help."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""


class PictureField(forms.FileField):
    """A picture: how large it may be stands beside it, and is said before anything is sent (missing.js).
    `shown` is the id of the element where it is shown.
    """

    def __init__(self, *, shown: str, what_is_done: Any, **kwargs: Any) -> None:
        attrs = {
            "accept": "image/jpeg,image/png,image/webp",
            "data-preview": shown,
            "data-bytes-most": IMAGE_BYTES_MOST,
            "data-too-large": _TOO_LARGE,
        }
        hint = format_lazy("{} {}", _KINDS, what_is_done)
        super().__init__(allow_empty_file=True, help_text=hint, widget=forms.FileInput(attrs=attrs), **kwargs)
