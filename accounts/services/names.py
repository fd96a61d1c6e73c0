"""What can be a name."""

from django.utils.translation import gettext as _

from accounts import rules
from accounts.types import (
    NAME_LENGTH,
)
from bloom.kernel.errors import Invalid


def name_check(name: str) -> None:
    """Raise Invalid, with the reason in words, for what cannot be the name of a person or a practice."""
    words = {
        "blank": _("Please tell us your name."),
        "long": _("Please use at most %(count)s characters.") % {"count": NAME_LENGTH},
        "characters": _("Please use letters, spaces and ordinary signs only."),
    }
    problem = rules.name_problem(name)
    if problem:
        raise Invalid(errors={"name": [words[problem]]})
