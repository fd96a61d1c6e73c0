"""The shape of what people type on the sign-in pages; what it means is decided by services."""

from typing import Any
from uuid import UUID

from allauth.account import forms as account_forms
from allauth.account.internal import flows
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse

from accounts import errors, factors, services
from accounts.types import FACTOR_NAME_LENGTH, NAME_LENGTH, CodeVerdict, PasskeyFacts, RoleName
from bloom.kernel import clock
from bloom.kernel.errors import Invalid
from bloom.kernel.problems import actor_of


class _Plain:
    """allauth's form without the placeholders that repeat the labels, and without its words of help."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""


def _new_password_name(fields: dict[str, forms.Field]) -> None:
    fields["password1"].label = _("New password")
    fields["password2"].label = _("New password, again")


class LoginForm(_Plain, account_forms.LoginForm):
    """An address and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["remember"].label = _("Keep me signed in on this device")


class ResetPasswordForm(_Plain, account_forms.ResetPasswordForm):
    """The address to which a way back in is sent."""


class ResetPasswordKeyForm(_Plain, account_forms.ResetPasswordKeyForm):
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password_name(self.fields)


class ChangePasswordForm(_Plain, account_forms.ChangePasswordForm):
    """The password that is, and twice the one that shall be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        _new_password_name(self.fields)


class ConfirmEmailForm(_Plain, account_forms.ConfirmEmailVerificationCodeForm):
    """The code from the mail."""


class SignupForm(_Plain, account_forms.SignupForm):
    """Who you are, what you came for, and a way to sign in."""

    role = forms.ChoiceField(
        label=_("I am here as"),
        choices=[(RoleName.PATIENT.value, _("A patient")), (RoleName.THERAPIST.value, _("A therapist"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one."), "invalid_choice": _("Please choose one.")},
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    # What the browser says about itself; without JavaScript it stays empty and means UTC.
    time_zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-time-zone": ""})
    )

    field_order = ["role", "name", "email", "password1", "password2", "time_zone"]

    def clean_name(self) -> str:
        try:
            services.name_check(self.cleaned_data["name"])
        except Invalid as error:
            raise ValidationError(error.errors["name"]) from error
        return str(self.cleaned_data["name"])

    def try_save(self, request: Any) -> Any:
        """The new person, or what a taken address looks like: the same page, after the same work."""
        if self.account_already_exists:
            # A new account would have had its password hashed: as slow for a taken address.
            make_password(self.cleaned_data["password1"])
        try:
            return super().try_save(request)
        except errors.EmailTaken:
            # Somebody took it between the check and the save.
            return None, flows.signup.prevent_enumeration(request, email=self.cleaned_data["email"])


class PasswordAgainForm(_Plain, account_forms.ReauthenticateForm):
    """The password of somebody who is signed in."""


# Second factors ---------------------------------------------------------------------------------------------


PASSKEY_REFUSED = _("This passkey was not accepted. Please try once more, or another way.")
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


class CodeForm(mfa_forms.AuthenticateForm):
    """A code from the app, or a recovery code, on the way in. `use` tells what it was."""

    again = False
    code = code_field(_("Code from the app, or a recovery code"))

    def clean_code(self) -> str:
        clear_rate_limit = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        self.use = services.code_use(
            actor_of(context.request), self.user.pk, code, again=self.again, at=clock.now()
        )
        if self.use.verdict is not CodeVerdict.RIGHT:
            raise ValidationError(services.code_words(self.use.verdict, self.use.minutes))
        clear_rate_limit()
        return code


class CodeAgainForm(CodeForm):
    """The same from somebody who is signed in."""

    again = True


class AppForm(forms.Form):
    """The first code of a new app, which shows that it has the secret."""

    code = code_field(_("Code that the app shows"))


class PasskeyForm(webauthn_forms.AuthenticateWebAuthnForm):
    """A passkey as a second factor on the way in."""

    def clean_credential(self) -> Any:
        actor, at = actor_of(context.request), clock.now()
        try:
            factor = super().clean_credential()
            shown = AuthenticationResponse.from_dict(
                self.cleaned_data["credential"]
            ).response.authenticator_data
        except (ValidationError, ValueError, TypeError, AttributeError, KeyError) as error:
            # A challenge is good for one try, also for one that failed.
            webauthn.clear_state()
            user_id: UUID | None = self.user.pk if self.user else None
            services.passkey_failed(actor, user_id, again=self.reauthenticated, at=at)
            known = isinstance(error, ValidationError) and error.code == "too_many_login_attempts"
            raise (error if known else ValidationError(PASSKEY_REFUSED)) from error
        if not services.passkey_use(
            actor,
            factor.pk,
            sign_count=shown.counter,
            is_synced=shown.is_backed_up(),
            again=self.reauthenticated,
            at=at,
        ):
            factors.copy_notice_send(factor.user)
            raise ValidationError(PASSKEY_REFUSED)
        factor.refresh_from_db()
        return factor


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
