"""Money: a whole number of minor units, and the currency that says what those are."""

from dataclasses import dataclass
from typing import Self


class CurrencyMismatch(ValueError):
    """Two amounts in different currencies have no sum and no order."""


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` in minor units (cents for USD) of `currency` (ISO 4217, three capitals)."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise TypeError("an amount is a whole number of minor units")
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isalpha()):
            raise ValueError("a currency has three letters")
        if not self.currency.isupper():
            raise ValueError("a currency is written in capitals")

    def __add__(self, other: Self) -> Self:
        return self._of(self.amount + self._amount(other))

    def __sub__(self, other: Self) -> Self:
        return self._of(self.amount - self._amount(other))

    def __mul__(self, count: int) -> Self:
        return self._of(self.amount * count)

    def __neg__(self) -> Self:
        return self._of(-self.amount)

    def __lt__(self, other: Self) -> bool:
        return self.amount < self._amount(other)

    def __le__(self, other: Self) -> bool:
        return self.amount <= self._amount(other)

    def to_wire(self) -> dict[str, int | str]:
        """As REST shows it: {"amount": 15000, "currency": "USD"}."""
        return {"amount": self.amount, "currency": self.currency}

    def _of(self, amount: int) -> Self:
        return type(self)(amount, self.currency)

    def _amount(self, other: Self) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount
