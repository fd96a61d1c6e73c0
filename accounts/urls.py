"""Pages. Of allauth's, only those that Bloom has words for."""

from allauth.account import views as account_views
from django.conf import settings
from django.urls import path, re_path

from accounts import views

urlpatterns = [
    path("accounts/login/", account_views.login, name="account_login"),
    path("accounts/logout/", account_views.logout, name="account_logout"),
    path("accounts/signup/", account_views.signup, name="account_signup"),
    path("accounts/inactive/", account_views.account_inactive, name="account_inactive"),
    path("accounts/confirm-email/", views.email_confirm, name="account_email_verification_sent"),
    path("accounts/password/change/", account_views.password_change, name="account_change_password"),
    path("accounts/password/reset/", account_views.password_reset, name="account_reset_password"),
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
    path("patients/", views.patients, name="patients"),
]

if settings.DEV_PAGES:
    urlpatterns += [
        path("dev/mail/", views.dev_mail_list, name="dev_mail_list"),
        path("dev/mail/<slug:name>/", views.dev_mail, name="dev_mail"),
        path("dev/mail/<slug:name>/html/", views.dev_mail_html, name="dev_mail_html"),
    ]
