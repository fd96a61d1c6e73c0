"""What it costs to end something in the moment in which it ends: nobody owes what they were not shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Conflict
from bloom.kernel.money import Money

# A form that names more was not written by a page of ours.
_LENGTH_MOST = 200


class LateFeeUnseen(Conflict):
    """It costs something by now, or more, which was not shown to who did it; `fees` are what it costs, as
    REST shows money, one a currency.
    """

    code = "late_fee_unseen"
    detail = _("To cancel costs something by now. Please look at it again.")

    def __init__(self, *, fees: Sequence[Money]) -> None:
        super().__init__(fees=[each.to_wire() for each in fees])


def seen_check(owed: Iterable[Money], seen: Iterable[Money]) -> None:
    """Raise LateFeeUnseen where more is owed than was shown."""
    due = together(owed)
    shown = {each.currency: each.amount for each in together(seen)}
    if any(each.amount > shown.get(each.currency, 0) for each in due):
        raise LateFeeUnseen(fees=due)


def together(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Their sums, one a currency that has any, in the order of their names."""
    sums: dict[str, Money] = {}
    for each in amounts:
        sums[each.currency] = sums[each.currency] + each if each.currency in sums else each
    return tuple(sums[currency] for currency in sorted(sums) if sums[currency].amount)


def write(owed: Iterable[Money]) -> str:
    """What a page shows, as its form sends it back: `5000 USD`."""
    return ",".join(f"{each.amount} {each.currency}" for each in together(owed))


def read(text: str) -> tuple[Money, ...]:
    """What a form says was shown. What makes no sense was not."""
    found = []
    for each in text.split(",") if len(text) <= _LENGTH_MOST else ():
        amount, _space, currency = each.partition(" ")
        try:
            found.append(Money(int(amount) if amount.isascii() and amount.isdigit() else -1, currency))
        except ValueError:
            continue
    return tuple(each for each in found if each.amount > 0)


def of_wire(given: Iterable[Mapping[str, Any]]) -> tuple[Money, ...]:
    """What a client says was shown, of `fields.FeesSeenSerializer`."""
    return tuple(Money(each["amount"], each["currency"]) for each in given)
