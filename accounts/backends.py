"""How an address and a password find their person (settings.AUTHENTICATION_BACKENDS)."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts import rules, selectors


class PasswordBackend(AuthenticationBackend):
    """A sign-up whose address was never confirmed has no way in but its code: here it is answered as a wrong
    password. Otherwise whoever signs up with somebody's address and then signs in would learn whether there
    was an account before.
    """

    def _authenticate_by_email(self, email: str, password: str) -> Any:
        # Asked whatever the password is, so that it takes as long.
        signing_up = selectors.unverified_of(rules.email_normal(email))
        user = super()._authenticate_by_email(email, password)
        return None if user is not None and user.pk == signing_up else user
