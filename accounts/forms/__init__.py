"""The shape of what people type on the sign-in pages; what it means is decided by services."""

from accounts.forms.closing import CloseForm
from accounts.forms.deeds import DeedForm
from accounts.forms.emails import (
    EmailChangeForm,
    EmailCodeForm,
)
from accounts.forms.factors import (
    PASSKEY_NOT_ADDED,
    PASSKEY_REFUSED,
    TOO_MANY_HERE,
    AppForm,
    CodeAgainForm,
    CodeForm,
    PasskeyAddForm,
    PasskeyAgainForm,
    PasskeyForm,
    PasskeyNameForm,
    PasskeySignInForm,
    code_field,
)
from accounts.forms.listings import ListingForm, RefusalForm, WelcomeForm
from accounts.forms.places import BillingForm, LocationForm, LogoForm
from accounts.forms.practices import InvitationForm, MemberRoleForm, PracticeNameForm
from accounts.forms.profile import PRONOUNS, PhotoForm, ProfileForm
from accounts.forms.providers import ProviderSignupForm
from accounts.forms.sign_in import (
    ChangePasswordForm,
    ConfirmEmailForm,
    LoginForm,
    PasswordAgainForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SignupForm,
    sign_up_forget,
    sign_up_repeat,
    sign_up_typed,
)
from accounts.forms.tokens import TokenForm

__all__ = [
    "PASSKEY_NOT_ADDED",
    "PASSKEY_REFUSED",
    "PRONOUNS",
    "TOO_MANY_HERE",
    "AppForm",
    "BillingForm",
    "ChangePasswordForm",
    "CloseForm",
    "CodeAgainForm",
    "CodeForm",
    "ConfirmEmailForm",
    "DeedForm",
    "EmailChangeForm",
    "EmailCodeForm",
    "InvitationForm",
    "ListingForm",
    "LocationForm",
    "LoginForm",
    "LogoForm",
    "MemberRoleForm",
    "PasskeyAddForm",
    "PasskeyAgainForm",
    "PasskeyForm",
    "PasskeyNameForm",
    "PasskeySignInForm",
    "PasswordAgainForm",
    "PhotoForm",
    "PracticeNameForm",
    "ProfileForm",
    "ProviderSignupForm",
    "RefusalForm",
    "ResetPasswordForm",
    "ResetPasswordKeyForm",
    "SignupForm",
    "TokenForm",
    "WelcomeForm",
    "code_field",
    "sign_up_forget",
    "sign_up_repeat",
    "sign_up_typed",
]
