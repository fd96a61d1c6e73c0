"""What a pattern cannot say: arithmetic on the characters that a rule found."""

from collections.abc import Callable


def card_number_is_valid(text: str) -> bool:
    """Whether the digits in `text` have a payment card's length and pass the Luhn check (ISO/IEC 7812-1)."""
    digits = [int(char) for char in text if char in "0123456789"]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


CHECKS: dict[str, Callable[[str], bool]] = {"card-number": card_number_is_valid}
