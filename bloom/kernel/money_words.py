"""Amounts as people write them."""

from typing import Final

from django.utils.formats import number_format

from bloom.kernel.money import Money

_SIGNS: Final = {"USD": "$"}


def money_words(amount: Money) -> str:
    """$150, $92.50, CHF 120, in the language of now."""
    places = 2 if amount.amount % 100 else 0
    number = number_format(amount.amount / 100, decimal_pos=places, use_l10n=True, force_grouping=True)
    sign = _SIGNS.get(amount.currency)
    return f"{sign}{number}" if sign else f"{amount.currency} {number}"
