"""What can be a name, and what an address."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts import rules
from accounts.types import NAME_LENGTH, PRONOUNS_LENGTH
from bloom.kernel.errors import Invalid


def name_check(name: str) -> None:
    """Raise Invalid, with the reason in words, for what cannot be the name of a person or a practice."""
    _check("name", name, NAME_LENGTH)


def preferred_name_check(name: str) -> None:
    """Raise Invalid for what cannot be a preferred name; "" is none."""
    if name:
        _check("preferred_name", name, NAME_LENGTH)


def pronouns_check(pronouns: str) -> None:
    """Raise Invalid for what cannot be pronouns; "" is none."""
    if pronouns:
        _check("pronouns", pronouns, PRONOUNS_LENGTH)


def email_check(email: str) -> str:
    """The address that was typed, in the one spelling under which it is stored. Raises Invalid, with the
    reason in words, for what nobody can have as theirs.
    """
    words = {
        "lookalike": _(
            "Part of this address is written in letters that look like others. Please type it again."
        ),
        "long": _("This is longer than an address can be."),
        "unreachable": _("Bloom cannot write to this address. Please look once more, or use another one."),
    }
    address = rules.email_normal(email)
    problem = rules.email_problem(address)
    if problem:
        raise Invalid(errors={"email": [words[problem]]})
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid(errors={"email": [_("This is no complete address. Please look once more.")]}) from error
    return address


def _check(field: str, text: str, most: int) -> None:
    unreadable = _("Please use letters, spaces and ordinary signs only.")
    words = {
        "blank": _("Please tell us your name.") if field == "name" else unreadable,
        "long": _("Please use at most %(count)s characters.") % {"count": most},
        "characters": unreadable,
        "mixed": _("One word of this mixes letters of several alphabets. Please write it in one of them."),
    }
    problem = rules.name_problem(text, most)
    if problem:
        raise Invalid(errors={field: [words[problem]]})
    if rules.holds_web_address(text):
        # Bloom's mail carries names to strangers, and would carry the link in its own name.
        raise Invalid(errors={field: [_("A web address cannot be part of a name.")]})
