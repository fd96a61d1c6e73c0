"""Where allauth asks Bloom: who a new person is, how often somebody may try, what a mail looks like."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import requests, rules, selectors, services, tries
from accounts.models import User
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.errors import Invalid, RateLimited


class AccountAdapter(DefaultAccountAdapter):
    """settings.ACCOUNT_ADAPTER."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "This address and password do not belong together. Please check both. If you signed up and never "
            "typed the code from the mail, sign up once more."
        ),
        "too_many_login_attempts": _(
            "A few tries too many. Please wait five minutes, use a passkey, or choose a new password."
        ),
        "email_taken": _("Somebody has signed up with this address since. Please sign up once more."),
        "incorrect_code": _("This is not the code from the mail. Please look once more."),
        "enter_current_password": _("This is not your current password."),
    }

    def save_user(self, request: Any, user: User, form: Any, commit: bool = True) -> User:
        """Sign somebody up with what the form holds, and nothing else that was posted."""
        data = form.cleaned_data
        user_id = services.user_sign_up(
            request.actor,
            user_id=user.id,
            email=data["email"],
            name=data["name"],
            password_hash=make_password(data["password1"]),
            role=RoleName(data["role"]) if data["role"] else None,
            invitation=form.invited_by_link,
            time_zone=data["time_zone"],
            locale=requests.locale_now(),
            at=clock.now(),
        )
        return User.objects.get(id=user_id)

    def clean_email(self, email: str) -> str:
        try:
            return services.email_check(email)
        except Invalid as error:
            raise ValidationError(error.errors["email"]) from error

    def get_client_ip(self, request: Any) -> str:
        return requests.ip_of(request) or "unknown"

    def pre_authenticate(self, request: Any, **credentials: Any) -> None:
        """Count it before the password is looked at (accounts.tries)."""
        try:
            tries.sign_in_count(request, rules.email_normal(credentials.get("email") or ""))
        except RateLimited as error:
            raise self.validation_error("too_many_login_attempts") from error
        super().pre_authenticate(request, **credentials)

    def render_mail(self, template_prefix: str, email: Any, context: Any, headers: Any = None) -> Any:
        """The mail from our own templates, in text and in Bloom's look. Whoever it was not finds there where
        to act.
        """
        ours = template_prefix.replace("account/email/", "accounts/mail/")
        ways = {
            "site_url": settings.SITE_URL,
            "password_url": f"{settings.SITE_URL}{reverse('account_reset_password')}",
            "activity_url": f"{settings.SITE_URL}{reverse('activity')}",
        }
        return super().render_mail(ours, email, {**context, **ways}, headers)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: Any = None, email: str | None = None
    ) -> None:
        """What happened to a password; and to tokens, when there are any: that they ended, or were kept."""
        ended = getattr(self.request, "tokens_ended", False)
        said = {
            "keeps_tokens": getattr(self.request, "keeps_tokens", False),
            "has_tokens": ended or selectors.tokens_open(user.pk, at=clock.now()),
            **(context or {}),
        }
        super().send_notification_mail(template_prefix, user, said, email)

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Is it theirs? When its hash was made anew by the way, this session goes on with the new one."""
        before = user.password
        is_theirs: bool = super().reauthenticate(user, password)
        if is_theirs:
            user.refresh_from_db(fields=["password"])
            # Another password that was set in this moment ends the session, as everywhere.
            if user.password != before and check_password(password, user.password):
                context.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return is_theirs

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """How somebody shows that it is still they: by a second factor when they have one, passkey first,
        for a password alone would be the weaker of the two; else by the password; without one, by a
        provider that says when they signed in there, or by a password that they choose by mail.
        """
        if not user.is_authenticated:
            return []
        if not selectors.factor_is_held(user.pk):
            if user.has_usable_password():
                return [_way("reauthenticate", "account_reauthenticate")]
            return [
                {"id": str(each), "description": each.label, "url": reverse("provider_again", args=[each])}
                for each in selectors.providers_linked(user.pk)
                if each.tells_age
            ] or [_way("password_set", "account_set_password")]
        code = _way("mfa_reauthenticate", "mfa_reauthenticate")
        if not selectors.passkey_is_held(user.pk):
            return [code]
        return [_way("mfa_reauthenticate_webauthn", "mfa_reauthenticate_webauthn"), code]


def _way(name: str, url_name: str) -> dict[str, Any]:
    return {"id": name, "description": name, "url": reverse(url_name)}


class MfaAdapter(DefaultMFAAdapter):
    """settings.MFA_ADAPTER."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This did not work. Please try once more."),
    }

    def get_totp_issuer(self) -> str:
        return "Bloom"

    def encrypt(self, text: str) -> str:
        """Sealed under the person's own key and bound to them: moved to another person's row, or after their
        key was destroyed, it opens no more. The person is whoever is signed in.
        """
        return selectors.secret_seal(context.request.user.pk, text)

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` sealed; the text itself says for whom."""
        return selectors.secret_open(UUID(encrypted_text.partition(".")[0]), encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Bloom"}
