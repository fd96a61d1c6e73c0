"""Second factors: codes and passkeys."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse

from accounts import factors, services, tries
from accounts.types import FACTOR_NAME_LENGTH, CodeVerdict, FactorKind, PasskeyFacts
from bloom.kernel import clock
from bloom.kernel.errors import RateLimited
from bloom.kernel.problems import actor_of

PASSKEY_REFUSED = _("This passkey was not accepted. Please try once more, or another way.")
TOO_MANY_HERE = _("A few tries too many. Please sign in once more.")
PASSKEY_NOT_ADDED = _("The passkey could not be added. Please try once more.")


def code_field(label: Any) -> forms.CharField:
    """Where a code is typed, or pasted with the blanks in which it was shown."""
    return forms.CharField(
        label=label,
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _("Please type the code.")},
    )


def _try_count(form: Any, kind: FactorKind | None, *, again: bool) -> None:
    """One more try, before it is judged. With too many in this sign-in the form `is_over`: the password is
    asked for again.
    """
    try:
        if form.user is not None and not again:
            tries.sign_in_step_count(context.request, form.user, kind)
    except RateLimited as error:
        form.is_over = True
        raise ValidationError(TOO_MANY_HERE) from error
    try:
        if form.user is None:
            tries.passkey_count(context.request)
        else:
            tries.factor_count(context.request, form.user, kind, again=again)
    except RateLimited as error:
        raise get_adapter().validation_error("too_many_login_attempts") from error


class CodeForm(mfa_forms.AuthenticateForm):
    """A code from the app, or a recovery code, on the way in. `use` tells what it was."""

    again = False
    is_over = False
    code = code_field(_("Code from the app, or a recovery code"))

    def clean_code(self) -> str:
        _try_count(self, None, again=self.again)
        code = str(self.cleaned_data["code"])
        self.use = services.code_use(
            actor_of(context.request), self.user.pk, code, again=self.again, at=clock.now()
        )
        if self.use.verdict is not CodeVerdict.RIGHT:
            raise ValidationError(services.code_words(self.use.verdict, self.use.minutes))
        return code


class CodeAgainForm(CodeForm):
    """The same from somebody who is signed in."""

    again = True


class AppForm(forms.Form):
    """The first code of a new app, which shows that it has the secret."""

    code = code_field(_("Code that the app shows"))


class PasskeyForm(webauthn_forms.AuthenticateWebAuthnForm):
    """A passkey as a second factor on the way in."""

    is_over = False

    def clean_credential(self) -> Any:
        _try_count(self, FactorKind.PASSKEY, again=self.reauthenticated)
        actor, at = actor_of(context.request), clock.now()
        try:
            factor = self._shown()
            shown = AuthenticationResponse.from_dict(
                self.cleaned_data["credential"]
            ).response.authenticator_data
        except (ValidationError, ValueError, TypeError, AttributeError, KeyError) as error:
            # A challenge is good for one try, also for one that failed.
            webauthn.clear_state()
            user_id: UUID | None = self.user.pk if self.user else None
            services.passkey_failed(actor, user_id, again=self.reauthenticated, at=at)
            raise ValidationError(PASSKEY_REFUSED) from error
        if not services.passkey_use(
            actor,
            factor.pk,
            sign_count=shown.counter,
            is_synced=shown.is_backed_up(),
            again=self.reauthenticated,
            at=at,
        ):
            raise ValidationError(PASSKEY_REFUSED)
        factor.refresh_from_db()
        return factor

    def _shown(self) -> Any:
        """Whose signature it is. As allauth does it, but for its limits, which a right one sets back."""
        credential = self.cleaned_data["credential"]
        webauthn.parse_authentication_response(credential)
        user = self.user or webauthn.extract_user_from_response(credential)
        return webauthn.complete_authentication(user, credential)


class PasskeyAgainForm(PasskeyForm):
    """The same from somebody who is signed in."""

    reauthenticated = True


class PasskeySignInForm(PasskeyForm):
    """A passkey alone: it names its person, and it is two factors in one."""

    passwordless = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=None, **kwargs)


class PasskeyAddForm(forms.Form):
    """A new passkey, as the browser made it, and its name."""

    name = forms.CharField(label=_("Name"), required=False, max_length=FACTOR_NAME_LENGTH)
    credential = forms.JSONField(
        widget=forms.HiddenInput, error_messages=dict.fromkeys(["required", "invalid"], PASSKEY_NOT_ADDED)
    )

    def clean_credential(self) -> PasskeyFacts:
        try:
            return factors.passkey_read(self.cleaned_data["credential"])
        except (ValidationError, ValueError, TypeError, AttributeError, KeyError) as error:
            webauthn.clear_state()
            raise ValidationError(PASSKEY_NOT_ADDED) from error


class PasskeyNameForm(forms.Form):
    """Another name for a passkey."""

    name = forms.CharField(label=_("Name"), max_length=FACTOR_NAME_LENGTH)
