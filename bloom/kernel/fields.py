"""What JSON sends, taken for what it is: Django REST framework's own fields would also take a number for a
text, a text for a number, and "yes" for true, which the description of the API does not promise.
"""

import re
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
# What the databases' integer columns hold.
_MOST: Final = 2**31 - 1


class Id(serializers.UUIDField):
    """A UUID, as text of 36 characters."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not _UUID.fullmatch(data):
            self.fail("invalid", value=data)
        value: UUID = super().to_internal_value(data)
        return value


class YesNo(serializers.BooleanField):
    """true or false, and nothing that could be taken for one."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Text(serializers.CharField):
    """A string, and nothing that could be made one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        return text


class Whole(serializers.IntegerField):
    """A whole number that a column can hold; 3.0 is one, "3" is not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": -_MOST, "max_value": _MOST, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data % 1 != 0:
            self.fail("invalid")
        number: int = super().to_internal_value(int(data))
        return number


class PriceSerializer(serializers.Serializer[Any]):
    """Money, as REST takes and shows it."""

    amount = Whole(min_value=0, help_text="In minor units: 15000 is 150 dollars.")
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", help_text="ISO 4217.")


class FeesSeenSerializer(serializers.Serializer[Any]):
    """What its person was shown that it costs now; nothing where it costs nothing."""

    # Of many, it bounds how many.
    fees_seen = PriceSerializer(many=True, default=list, max_length=20)  # type: ignore[call-arg]


class Choice(serializers.ChoiceField):
    """One of some words, and nothing that reads like one."""

    # Without what was sent, which may hold half of a character, and that no answer can hold.
    default_error_messages = {"invalid_choice": _("This is none of the choices.")}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice")
        word: str = super().to_internal_value(data)
        return word
