"""Addresses in the United States, telephone numbers, and what a practice is known by to payers."""

import re
import unicodedata

from accounts.types import TaxKind

_ZIP = re.compile(r"([0-9]{5})(?:[- ]?([0-9]{4}))?")
_PHONE = re.compile(r"(?:\+?1)?([2-9][0-9]{2}[2-9][0-9]{6})")
_ABROAD = re.compile(r"\+[2-9][0-9]{7,14}")
_POST_BOX = re.compile(
    r"\b(?:p[. ]*o[. ]*|post(?:al)? *office *)(?:box|bx)\b|^\s*(?:box|bx)\s*#?\s*[0-9]", re.I
)
_TAX_LENGTH = 9


def _digits(typed: str, *ignored: str) -> str:
    plain = unicodedata.normalize("NFKC", typed)
    return "".join(each for each in plain if not each.isspace() and each not in ignored)


def postal_code_normal(typed: str) -> str | None:
    """A ZIP code as it is stored, 60601 or 60601-1234; None for what is none."""
    found = _ZIP.fullmatch(unicodedata.normalize("NFKC", typed).strip().replace("\u2013", "-"))
    if found is None or found[1] == "00000":
        return None
    return f"{found[1]}-{found[2]}" if found[2] else found[1]


def phone_normal(typed: str) -> str | None:
    """A telephone number as it is stored, +13125550142; None for what is none. Without a plus it is one of
    the United States.
    """
    plain = _digits(typed, "-", "\u2013", "\u2010", ".", "(", ")", "/")
    found = _PHONE.fullmatch(plain)
    if found:
        return f"+1{found[1]}"
    return plain if _ABROAD.fullmatch(plain) else None


def phone_show(phone: str) -> str:
    """A stored number as people read it."""
    found = _PHONE.fullmatch(phone)
    return f"({found[1][:3]}) {found[1][3:6]}-{found[1][6:]}" if found else phone


def is_post_box(line: str) -> bool:
    """Is this line of an address a post office box, to which a claim cannot point? (X12 837P, loop 2010AA)"""
    return bool(_POST_BOX.search(unicodedata.normalize("NFKC", line)))


def tax_number_normal(typed: str) -> str:
    """A tax number without the blanks and dashes in which people write it."""
    return _digits(typed, "-", "\u2013", "\u2010", ".")


def tax_number_is_valid(kind: TaxKind, number: str) -> bool:
    """Nine digits that the IRS (an EIN) or the SSA (an SSN; 20 CFR 422.103) can have given. Neither number
    has a check digit.
    """
    if not re.fullmatch(rf"[0-9]{{{_TAX_LENGTH}}}", number) or len(set(number)) == 1:
        return False
    if kind is TaxKind.EIN:
        return number[:2] != "00"
    return not (
        number[:3] in {"000", "666"} or number[0] == "9" or number[3:5] == "00" or number[5:] == "0000"
    )


def tax_number_show(kind: TaxKind, number: str) -> str:
    """A whole tax number as people write it."""
    return f"{number[:2]}-{number[2:]}" if kind is TaxKind.EIN else f"{number[:3]}-{number[3:5]}-{number[5:]}"
