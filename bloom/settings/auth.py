"""Who people are and how they sign in."""

from datetime import timedelta

from django.urls import reverse_lazy

from bloom.settings.environment import ENVIRONMENT

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/dashboard/"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# Cookies are hashed before they are stored, and a session can be ended from outside.
SESSION_ENGINE = "accounts.sessions"

# Argon2id for new passwords; bcrypt is accepted and upgraded at the next sign-in.
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2Hasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.BCryptPasswordHasher",
]
if ENVIRONMENT.environment == "test":
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.StrengthValidator"},
]  # fmt: skip

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "confirm_email_verification_code": "accounts.forms.ConfirmEmailForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
REAUTHENTICATE_URL = reverse_lazy("account_reauthenticate")

# In which somebody who closes their account may come back.
CLOSING_GRACE = timedelta(days=30)

# A sign-up whose address nobody confirms is forgotten after so long.
SIGN_UP_KEPT = timedelta(days=7)

# What each role owes of second factors: off, optional or required. Whoever has several roles owes the most
# that one of them asks for. A session that lacks a required factor is nobody's (accounts.middleware).
# "practice" is whoever works in one, also without a role on the platform.
MFA_POLICY = {
    "patient": "optional",
    "therapist": "required",
    "support": "required",
    "admin": "required",
    "practice": "required",
}
MFA_ADAPTER = "accounts.adapters.MfaAdapter"
# Recovery codes are our own (accounts.models.RecoveryCode): allauth could show its own again.
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "authenticate_webauthn": "accounts.forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.PasskeyAgainForm",
    "login_webauthn": "accounts.forms.PasskeySignInForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
# This browser stays signed in; accounts.services.password_changed ends the person's other sessions.
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Passwords, codes and passkeys are counted in accounts.tries, so that nobody locks out somebody else: not by
# their name, and not by an address that they share.
MFA_RATE_LIMITS = False
ACCOUNT_RATE_LIMITS = (
    {
        "login": None,
        "login_failed": None,
        "reauthenticate": None,
        "signup": "20/m/ip",
        "reset_password": "20/m/ip,5/m/key",
        "confirm_email": "1/10s/key",
    }
    if ENVIRONMENT.rate_factor == 1
    else False
)
