"""Signing up and in, and passwords."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.account.internal import flows
from allauth.core import context, ratelimit
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import errors, practice_roles, rules, selectors, services
from accounts.forms import invited
from accounts.forms.shared import Plain
from accounts.types import NAME_LENGTH, RoleName
from bloom.kernel import clock
from bloom.kernel.errors import Invalid
from bloom.kernel.problems import actor_of


def _new_password_name(fields: dict[str, forms.Field]) -> None:
    fields["password1"].label = _("New password")
    fields["password2"].label = _("New password, again")


# What this browser's session holds of a sign-up: what was typed (never the password), and that the form is to
# show it once more.
_TYPED = "sign_up_typed"
_AGAIN = "sign_up_again"


def sign_up_typed(request: Any) -> dict[str, str]:
    """What was typed here at the last sign-up that was not finished."""
    typed: dict[str, str] = request.session.get(_TYPED, {})
    return typed


def sign_up_repeat(request: Any) -> None:
    """The form shows once more what was typed."""
    request.session[_AGAIN] = True


def sign_up_forget(request: Any) -> None:
    """It is finished: nothing of it is kept here."""
    request.session.pop(_TYPED, None)


class LoginForm(Plain, account_forms.LoginForm):
    """An address and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["remember"].label = _("Keep me signed in on this device")


class ResetPasswordForm(Plain, account_forms.ResetPasswordForm):
    """The address to which a way back in is sent. A sign-up that was not confirmed is no account yet."""

    users: list[Any]

    def clean_email(self) -> str:
        email: str = super().clean_email()
        self.users = [each for each in self.users if not selectors.unverified_is(each.pk)]
        return email


class ResetPasswordKeyForm(Plain, account_forms.ResetPasswordKeyForm):
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password_name(self.fields)


class ChangePasswordForm(Plain, account_forms.ChangePasswordForm):
    """The password that is, and twice the one that shall be; and whether API tokens outlive the old one."""

    keep_tokens = forms.BooleanField(required=False, label=_("Leave my API tokens as they are"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        _new_password_name(self.fields)
        if not selectors.tokens_open(self.user.pk, at=clock.now()):
            del self.fields["keep_tokens"]

    def clean_oldpassword(self) -> Any:
        try:
            return super().clean_oldpassword()
        except ValidationError:
            services.password_change_failed(actor_of(context.request), at=clock.now())
            raise

    def clean(self) -> Any:
        cleaned: Any = super().clean()
        # allauth tells of the change by a signal, which knows the request alone (accounts.handlers).
        context.request.keeps_tokens = self.cleaned_data.get("keep_tokens", False)
        return cleaned


class ConfirmEmailForm(Plain, account_forms.ConfirmEmailVerificationCodeForm):
    """The code from the mail."""


class SignupForm(Plain, account_forms.SignupForm):
    """Who you are, what you came for, and a way to sign in."""

    account_already_exists: bool

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if context.request.session.pop(_AGAIN, False):
            self.initial.update(context.request.session.pop(_TYPED, {}))
        secret, self.invitation = invited.invitation_of(context.request)
        self.invited_by_link = secret
        if self.invitation is not None:
            # Who was asked by a practice comes with that address, and as what it asks for.
            self.initial["email"] = self.invitation.email
            self.fields["email"].disabled = True
            del self.fields["role"]

    def clean(self) -> Any:
        cleaned: Any = super().clean()
        if self.invitation is not None:
            needs_none = self.invitation.role in practice_roles.NO_ROLE_NEEDED
            cleaned["role"] = "" if needs_none else RoleName.THERAPIST.value
        if not self.errors:
            self._mail_check(cleaned["email"])
        return cleaned

    def _mail_check(self, email: str) -> None:
        """Before anything changes: an earlier sign-up with this address would be dropped, and no mail could
        tell of the new one.
        """
        if not ratelimit.consume(context.request, action="confirm_email", key=email.lower(), dry_run=True):
            raise ValidationError(
                _("We have just written to this address. Look for the mail, or try again in a few seconds.")
            )

    def clean_name(self) -> str:
        name = rules.name_normal(self.cleaned_data["name"])
        try:
            services.name_check(name)
        except Invalid as error:
            raise ValidationError(error.errors["name"]) from error
        return name

    def validate_unique_email(self, value: str) -> str:
        """An address that somebody typed before and never confirmed is free to who comes with it now."""
        email: str = super().validate_unique_email(value)
        if self.account_already_exists and not selectors.address_is_taken(email):
            self.account_already_exists = False
        return email

    def try_save(self, request: Any) -> Any:
        """The new person, or what a taken address looks like: the same page, after the same work."""
        request.session[_TYPED] = {name: self.cleaned_data[name] for name in ("role", "name", "email")}
        if self.account_already_exists:
            # A new account would have had its password hashed: as slow for a taken address.
            make_password(self.cleaned_data["password1"])
        try:
            return super().try_save(request)
        except errors.EmailTaken:
            # Somebody took it between the check and the save.
            return None, flows.signup.prevent_enumeration(request, email=self.cleaned_data["email"])


class PasswordAgainForm(Plain, account_forms.ReauthenticateForm):
    """The password of somebody who is signed in."""

    def clean_password(self) -> str:
        try:
            return str(super().clean_password())
        except forms.ValidationError as error:
            if error.code != "incorrect_password":
                raise
            raise forms.ValidationError(_("This is not your password. Please try again.")) from error
