"""Pages. Of allauth's, only those that Bloom has words for."""

from allauth.account import views as account_views
from allauth.mfa.webauthn import views as webauthn_views
from django.conf import settings
from django.urls import path, re_path, register_converter

from accounts import factors
from accounts.types import ProviderName
from accounts.views import (
    care,
    closing,
    connections,
    dev_mail,
    directory,
    emails,
    exports,
    first_steps,
    invitations,
    listings,
    notices,
    patients,
    practice_billing,
    practice_locations,
    practice_logo,
    practices,
    profile,
    providers,
    security,
    sessions,
    sign_in,
    tokens,
)


class ProviderConverter:
    """The name of a provider of sign-in in an address."""

    regex = "|".join(ProviderName)

    def to_python(self, value: str) -> ProviderName:
        return ProviderName(value)

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(ProviderConverter, "provider")

urlpatterns = [
    path("accounts/login/", providers.with_providers(account_views.login), name="account_login"),
    path("accounts/login/passkey/", webauthn_views.login_webauthn, name="mfa_login_webauthn"),
    path("accounts/login/factor/", security.SecondStep.as_view(), name="mfa_authenticate"),
    path("accounts/logout/", factors.for_held_back(account_views.logout), name="account_logout"),
    path(
        "accounts/again/", factors.for_held_back(account_views.reauthenticate), name="account_reauthenticate"
    ),
    path(
        "accounts/again/code/",
        factors.for_held_back(security.CodeAgain.as_view()),
        name="mfa_reauthenticate",
    ),
    path(
        "accounts/again/passkey/",
        factors.for_held_back(security.PasskeyAgain.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/signup/", providers.with_providers(account_views.signup), name="account_signup"),
    path("accounts/signup/provider/", providers.signup, name="provider_signup"),
    path("accounts/<provider:provider>/", providers.start, name="provider_start"),
    path("accounts/<provider:provider>/callback/", providers.callback, name="provider_callback"),
    path(
        "accounts/again/<provider:provider>/",
        factors.for_held_back(providers.with_providers(providers.again)),
        name="provider_again",
    ),
    path("accounts/password/set/", providers.password_set, name="account_set_password"),
    path("accounts/inactive/", account_views.account_inactive, name="account_inactive"),
    path("accounts/signup/again/", sign_in.sign_up_again, name="sign_up_again"),
    path("accounts/confirm-email/", sign_in.email_confirm, name="account_email_verification_sent"),
    path(
        "accounts/password/change/",
        factors.factor_asked(account_views.password_change),
        name="account_change_password",
    ),
    path("accounts/password/reset/", sign_in.PasswordResetView.as_view(), name="account_reset_password"),
    path(
        "accounts/password/reset/done/", account_views.password_reset_done, name="account_reset_password_done"
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        account_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("settings/connected/", providers.connected, name="connected"),
    path(
        "settings/connected/<provider:provider>/",
        providers.with_providers(providers.connected_provider),
        name="connected_provider",
    ),
    path("settings/connected/<provider:provider>/connect/", providers.connect, name="connect"),
    path("settings/connected/<provider:provider>/remove/", providers.disconnect, name="disconnect"),
    path("accounts/email/undo/<str:token>/", emails.email_undo, name="email_undo"),
    path("settings/email/", emails.email, name="email"),
    path("settings/email/code/", emails.email_confirm, name="email_confirm"),
    path("settings/email/cancel/", emails.email_cancel, name="email_cancel"),
    path("settings/security/", security.security, name="security"),
    path("settings/security/required/", security.required, name="security_required"),
    path("settings/security/app/", security.app_add, name="security_app"),
    path("settings/security/passkey/", security.passkey_add, name="security_passkey"),
    path("settings/security/<int:factor_id>/", security.factor, name="security_factor"),
    path("settings/security/<int:factor_id>/rename/", security.passkey_rename, name="security_rename"),
    path("settings/security/<int:factor_id>/remove/", security.factor_remove, name="security_remove"),
    path("settings/security/codes/", security.recovery_codes, name="security_codes"),
    path("settings/close/", closing.close, name="close"),
    path("closing/", closing.closing, name="closing"),
    path("closing/keep/", closing.keep, name="closing_keep"),
    path("settings/data/", exports.data, name="data"),
    path("copies/<slug:topic>/<uuid:about_id>/", exports.copy, name="copy"),
    path("settings/data/<str:link>/", exports.data_fetch, name="data_fetch"),
    path("notices/", notices.notice_list, name="notice_list"),
    path("notices/read/", notices.notices_read, name="notices_read"),
    path("notices/stop/<str:token>/", notices.notices_stop, name="notices_stop"),
    path("notices/<uuid:notice_id>/open/", notices.notice_open, name="notice_open"),
    path("settings/notifications/", notices.notices, name="notices"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/profile/photo/", profile.photo, name="photo"),
    path("settings/profile/photo/remove/", profile.photo_remove, name="photo_remove"),
    path("settings/sessions/", sessions.session_list, name="sessions"),
    path("settings/sessions/end/", sessions.sessions_end_others, name="sessions_end_others"),
    path("settings/sessions/<uuid:session_id>/end/", sessions.session_end, name="session_end"),
    path("settings/activity/", sessions.activity, name="activity"),
    path("settings/practices/", practices.practice_list, name="practices"),
    path("practices/", practices.practice_here, name="practice_here"),
    path("practices/<uuid:practice_id>/", practices.practice, name="practice"),
    path("practices/<uuid:practice_id>/use/", practices.practice_use, name="practice_use"),
    path("practices/<uuid:practice_id>/people/", practices.members, name="practice_members"),
    path("practices/<uuid:practice_id>/patients/", practices.patients, name="practice_patients"),
    path("practices/<uuid:practice_id>/logo/", practice_logo.logo, name="practice_logo"),
    path("practices/<uuid:practice_id>/logo/remove/", practice_logo.logo_remove, name="practice_logo_remove"),
    path("practices/<uuid:practice_id>/locations/", practice_locations.locations, name="practice_locations"),
    path(
        "practices/<uuid:practice_id>/locations/new/",
        practice_locations.location_new,
        name="practice_location_new",
    ),
    path(
        "practices/<uuid:practice_id>/locations/<uuid:location_id>/",
        practice_locations.location,
        name="practice_location",
    ),
    path(
        "practices/<uuid:practice_id>/locations/<uuid:location_id>/retire/",
        practice_locations.location_retire,
        name="practice_location_retire",
    ),
    path(
        "practices/<uuid:practice_id>/locations/<uuid:location_id>/reopen/",
        practice_locations.location_reopen,
        name="practice_location_reopen",
    ),
    path("practices/<uuid:practice_id>/billing/", practice_billing.billing, name="practice_billing"),
    path(
        "practices/<uuid:practice_id>/billing/edit/",
        practice_billing.billing_edit,
        name="practice_billing_edit",
    ),
    path(
        "practices/<uuid:practice_id>/billing/tax-number/",
        practice_billing.tax_number,
        name="practice_tax_number",
    ),
    path("practices/<uuid:practice_id>/leave/", practices.leave, name="practice_leave"),
    path("practices/<uuid:practice_id>/invite/", practices.invite, name="practice_invite"),
    path(
        "practices/<uuid:practice_id>/invitations/<uuid:invitation_id>/resend/",
        practices.invitation_resend,
        name="practice_invitation_resend",
    ),
    path(
        "practices/<uuid:practice_id>/invitations/<uuid:invitation_id>/withdraw/",
        practices.invitation_withdraw,
        name="practice_invitation_withdraw",
    ),
    path("practices/<uuid:practice_id>/people/<uuid:person_id>/", practices.member, name="practice_member"),
    path(
        "practices/<uuid:practice_id>/people/<uuid:person_id>/remove/",
        practices.member_remove,
        name="practice_member_remove",
    ),
    path("invitations/<slug:secret>/", invitations.invitation, name="invitation"),
    path("invitations/<slug:secret>/accept/", invitations.invitation_accept, name="invitation_accept"),
    path("invitations/<slug:secret>/decline/", invitations.invitation_decline, name="invitation_decline"),
    path("settings/tokens/", tokens.token_list, name="tokens"),
    path("settings/tokens/new/", tokens.token_new, name="token_new"),
    path("settings/tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("dashboard/steps/put-away/", first_steps.put_away, name="first_steps_put_away"),
    path("patients/", patients.patients, name="patients"),
    path("therapists/", directory.therapists, name="therapists"),
    path("therapists/<uuid:person_id>/", directory.therapist, name="therapist"),
    path("people/<uuid:person_id>/", directory.person, name="person"),
    path("welcome/listing/", listings.welcome, name="welcome_listing"),
    path("settings/listing/", listings.settings, name="listing_settings"),
    path("settings/listing/preview/", listings.preview, name="listing_preview"),
    path("settings/listing/submit/", listings.submit, name="listing_submit"),
    path("settings/listing/hide/", listings.hide, name="listing_hide"),
    path("connections/", connections.connections, name="connections"),
    path("connections/ask/<uuid:person_id>/", connections.connection_ask, name="connection_ask"),
    path("connections/<uuid:proposal_id>/", connections.connection, name="connection"),
    path("connections/<uuid:proposal_id>/answer/", connections.connection_answer, name="connection_answer"),
    path(
        "connections/<uuid:proposal_id>/withdraw/",
        connections.connection_withdraw,
        name="connection_withdraw",
    ),
    path("care/", care.care_list, name="care_list"),
    path("care/new/", care.care_new, name="care_new"),
    path("care/<uuid:assignment_id>/", care.care, name="care"),
    path("care/<uuid:assignment_id>/end/", care.care_end, name="care_end"),
    path("care/<uuid:assignment_id>/transfer/", care.care_transfer, name="care_transfer"),
]

if settings.DEV_PAGES:
    urlpatterns += [
        path("dev/mail/", dev_mail.dev_mail_list, name="dev_mail_list"),
        path("dev/mail/<slug:name>/", dev_mail.dev_mail, name="dev_mail"),
        path("dev/mail/<slug:name>/html/", dev_mail.dev_mail_html, name="dev_mail_html"),
        path("dev/mail/<slug:name>/source/", dev_mail.dev_mail_source, name="dev_mail_source"),
    ]
