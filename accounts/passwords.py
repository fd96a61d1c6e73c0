"""How good a new password has to be (settings.AUTH_PASSWORD_VALIDATORS)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

# What is read of a password to judge it: a longer one is not worse.
_READ = 72
_LENGTH_MAX = 256
# Of 0 to 4: more than 10^8 guesses (zxcvbn's "safely unguessable" and better).
_SCORE = 3
_HERE = ("bloom", "therapy", "therapist", "patient")


class StrengthValidator:
    """Refuses what a program guesses soon: words, names, dates, patterns, and the passwords of known leaks,
    by lists that come with zxcvbn; nobody outside is asked. NIST SP 800-63B, section 5.1.1.2.
    """

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > _LENGTH_MAX:
            raise ValidationError(
                _("Please use at most %(count)s characters.") % {"count": _LENGTH_MAX},
                code="password_too_long",
            )
        own = [part for part in _own_words(user) if len(part) > 2]
        judged = zxcvbn(password[:_READ], user_inputs=[*_HERE, *own])
        if judged["score"] < _SCORE:
            raise ValidationError(_words(judged["sequence"]), code="password_too_weak")

    def get_help_text(self) -> str:
        return _("A few words that do not belong together are easy to remember and hard to guess.")


def _own_words(user: Any) -> list[str]:
    name, email = getattr(user, "name", ""), getattr(user, "email", "")
    return [*name.split(), email, *email.replace("@", ".").split(".")]


def _words(parts: list[dict[str, Any]]) -> str:
    """Why, and what would do better."""
    lists = {part.get("dictionary_name") for part in parts}
    if "user_inputs" in lists:
        why = _("This is easy to guess for somebody who knows you.")
    elif "passwords" in lists:
        why = _("This is among the passwords that are tried first.")
    else:
        why = _("This is easy to guess.")
    better = _("Try a few words that do not belong together, or let your password manager make one.")
    return f"{why} {better}"
