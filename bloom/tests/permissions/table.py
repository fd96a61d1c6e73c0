"""Who may do what, as data: a row for each route and method, and for each frame of the socket; a column for
each kind of person.

    route("GET", "patients/", "in  403 403 200 200 403 403")

The words of `expect` stand in the order of ROLES: an HTTP status, or "in" for being sent to sign in. A "="
behind a status says that nothing may change; for a refusal (in, 401, 403, 404) that is always so, and "!"
says that it is on record that this person was refused this thing. Whose things the addresses name, says
`world.py`: those of "patient" and "therapist", who are in care together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ANONYMOUS = "anonymous"
ROLES = (ANONYMOUS, "patient", "other patient", "therapist", "other therapist", "support", "admin")
REFUSALS = frozenset({"in", "401", "403", "404"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One route and method. `scope` is what a token needs for it, and `token_of` the person whose token with
    that scope gets the same answer as their session; `object` names the id of `world.py` whose refusal goes
    on record, and which is the address's `object_id`.
    """

    method: str
    route: str
    expect: Mapping[str, str]
    scope: str | None = None
    token_of: str = "patient"
    object: str | None = None
    path: str | None = None
    body: Callable[[Any], Any] = field(default=lambda ids: None)
    ip: str | None = None

    def __str__(self) -> str:
        return f"{self.method} /{self.route}{f' from {self.ip}' if self.ip else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRow:
    """One frame. `expect` holds "ok", an error's code, or the code with which the socket closes; `token_of` is
    the person whose token with `scope` gets the same answer.
    """

    name: str
    expect: Mapping[str, str]
    scope: str | None
    token_of: str = "patient"
    # Nothing comes back when it was done.
    is_silent: bool = False
    object: str | None = None
    data: Callable[[Any], dict[str, Any]] = field(default=lambda ids: {})


def by_role(expect: str) -> dict[str, str]:
    """The words of one row, such as 401 200 404, by role."""
    words = expect.split()
    assert len(words) == len(ROLES), expect
    return dict(zip(ROLES, words, strict=True))


def route(method: str, address: str, expect: str, **more: Any) -> Row:
    return Row(method=method, route=address, expect=by_role(expect), **more)


def frame(name: str, expect: str, **more: Any) -> FrameRow:
    return FrameRow(name=name, expect=by_role(expect), **more)


# fmt: off
#                                                      anon pat  oth  ther oth  supp adm

PAGES = [
    route("GET",  "",                                  "200 302 302 302 302 302 302"),
    route("GET",  "dashboard/",                        "in  200 200 200 200 200 200"),
    route("POST", "dashboard/steps/put-away/",         "in  302 302 302 302 302 302"),
    route("GET",  "settings/",                         "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "settings/appearance/",              "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "help/",                             "200 200 200 200 200 200 200"),
    route("POST", "theme/",                            "302 302 302 302 302 302 302", body=lambda ids: {"theme": "dark"}),
    route("GET",  "language/",                         "302= 302= 302= 302= 302= 302= 302="),
    route("POST", "language/",                         "302 302 302 302 302 302 302", body=lambda ids: {"language": "en"}),
    route("GET",  "patients/",                         "in  403 403 200 200 403 403"),
    route("GET",  "therapists/",                       "in  200 200 200 200 200 200"),
    route("GET",  "therapists/<uuid:person_id>/",      "in  200 404! 200 404! 200 200", object="person_id"),
    route("GET",  "people/<uuid:person_id>/",          "in  302 404! 302 404! 302 302", object="person_id"),
    route("GET",  "welcome/listing/",                  "in  403 403 302 200 403 403"),
    route("POST", "welcome/listing/",                  "in  403 403 302= 302 403 403", body=lambda ids: {**ids["listing"], "later": "1"}),
    route("GET",  "settings/listing/",                 "in  403 403 200 200 403 403"),
    route("POST", "settings/listing/",                 "in  403 403 302 302 403 403", body=lambda ids: ids["listing"]),
    route("GET",  "settings/listing/preview/",         "in  403 403 200 302 403 403"),
    route("POST", "settings/listing/submit/",          "in  403 403 302 302 403 403"),
    route("POST", "settings/listing/hide/",            "in  403 403 302 302 403 403", body=lambda ids: {"hidden": "1"}),
    route("GET",  "settings/notifications/",           "in  200= 200= 200= 200= 200= 200="),
    route("POST", "settings/notifications/",           "in  302 302 302 302 302 302"),
    route("GET",  "settings/profile/",                 "in  200= 200= 200= 200= 200= 200="),
    route("POST", "settings/profile/",                 "in  302 302 302 302 302 302", body=lambda ids: {"name": "Another", "time_zone": "Europe/Madrid"}),
    route("POST", "settings/profile/photo/",           "in  200= 200= 200= 200= 200= 200="),
    route("POST", "settings/profile/photo/remove/",    "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "files/<str:link>/",                 "404 404 404 404 404 404 404", path="files/forged/"),
    route("GET",  "styleguide/",                       "200 200 200 200 200 200 200"),
]

#                                                                  anon pat  oth  ther oth  supp adm
PRACTICES = [
    route("GET",  "settings/practices/",                           "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "practices/",                                    "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "practices/<uuid:practice_id>/",                 "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/",                 "in  404! 404! 302 404! 404! 404!", object="practice_id", body=lambda ids: {"name": "Elm Street"}),
    route("POST", "practices/<uuid:practice_id>/use/",             "in  404! 404! 302 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/people/",          "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/patients/",        "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/moderation/",      "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/moderation/",      "in  404! 404! 302 404! 404! 404!", object="practice_id", body=lambda ids: {"live": "no"}),
    route("POST", "practices/<uuid:practice_id>/logo/",            "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/logo/remove/",     "in  404! 404! 302= 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/locations/",       "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/locations/new/",   "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/locations/new/",   "in  404! 404! 302 404! 404! 404!", object="practice_id", body=lambda ids: {**ids["location"], "version": 0}),
    route("GET",  "practices/<uuid:practice_id>/locations/<uuid:location_id>/",
                                                                   "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/locations/<uuid:location_id>/",
                                                                   "in  404! 404! 302 404! 404! 404!", object="practice_id", body=lambda ids: {**ids["location"], "version": 1}),
    route("POST", "practices/<uuid:practice_id>/locations/<uuid:location_id>/retire/",
                                                                   "in  404! 404! 302 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/locations/<uuid:location_id>/reopen/",
                                                                   "in  404! 404! 302= 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/billing/",         "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/billing/edit/",    "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/billing/edit/",    "in  404! 404! 302 404! 404! 404!", object="practice_id", body=lambda ids: {"legal_name": "Elm Street LLC", "version": 1}),
    route("GET",  "practices/<uuid:practice_id>/billing/tax-number/",
                                                                   "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/billing/tax-number/",
                                                                   "in  404! 404! 200 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/leave/",           "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/leave/",           "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/invite/",          "in  404! 404! 302 404! 404! 404!", object="practice_id",
          body=lambda ids: {"email": "new@example.org", "role": "biller"}),
    route("POST", "practices/<uuid:practice_id>/invitations/<uuid:invitation_id>/resend/",
                                                                   "in  404! 404! 302 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/invitations/<uuid:invitation_id>/withdraw/",
                                                                   "in  404! 404! 302 404! 404! 404!", object="practice_id"),
    route("GET",  "practices/<uuid:practice_id>/people/<uuid:person_id>/",
                                                                   "in  404! 404! 200= 404! 404! 404!", object="practice_id"),
    route("POST", "practices/<uuid:practice_id>/people/<uuid:person_id>/",
                                                                   "in  404! 404! 200= 404! 404! 404!", object="practice_id", body=lambda ids: {"role": "biller"}),
    route("POST", "practices/<uuid:practice_id>/people/<uuid:person_id>/remove/",
                                                                   "in  404! 404! 302= 404! 404! 404!", object="practice_id"),
    route("GET",  "invitations/<slug:secret>/",                    "200= 200= 200= 200= 200= 200= 200="),
    route("POST", "invitations/<slug:secret>/accept/",             "in  403! 302 403! 403! 403! 403!", object="invitation_id"),
    route("POST", "invitations/<slug:secret>/decline/",            "in  403! 302 403! 403! 403! 403!", object="invitation_id"),
]

MESSAGES = [
    route("GET",  "messages/",                         "in  200 200 200 200 403 403"),
    route("GET",  "messages/list/",                    "in  200 200 200 200 403 403"),
    route("POST", "messages/start/",                   "in  302 404! 403! 404! 403! 403!", object="person_id",
          body=lambda ids: {"person": ids["person_id"]}),
    route("POST", "messages/reveal/<uuid:message_id>/",
                                                       "in  302 404! 302= 404! 404! 404!", object="message_id"),
    route("GET",  "messages/message/<uuid:message_id>/",
                                                       "in  200= 404! 200= 404! 404! 404!", object="message_id"),
    route("POST", "messages/message/<uuid:message_id>/edit/",
                                                       "in  403! 404! 302 404! 404! 404!", object="message_id", body=lambda ids: {"body": "I slept well."}),
    route("POST", "messages/message/<uuid:message_id>/delete/",
                                                       "in  403! 404! 302 404! 404! 404!", object="message_id"),
    route("POST", "messages/message/<uuid:message_id>/react/",
                                                       "in  302 404! 302 404! 404! 404!", object="message_id", body=lambda ids: {"emoji": "\N{SEEDLING}", "on": "1"}),
    route("GET",  "messages/message/<uuid:message_id>/history/",
                                                       "in  403! 404! 200= 404! 404! 404!", object="message_id"),
    route("POST", "messages/alerts/<uuid:alert_id>/seen/",
                                                       "in  404! 404! 302 404! 404! 404!", object="alert_id"),
    route("GET",  "messages/<uuid:conversation_id>/",  "in  200 404! 200 404! 404! 404!", object="conversation_id"),
    route("GET",  "messages/<uuid:conversation_id>/alerts/",
                                                       "in  200 404! 200 404! 404! 404!", object="conversation_id"),
    route("POST", "messages/<uuid:conversation_id>/send/",
                                                       "in  302 404! 302 404! 404! 404!", object="conversation_id",
          body=lambda ids: {"client_id": ids["alert_id"], "body": "I slept well."}),
    route("POST", "messages/<uuid:conversation_id>/read/",
                                                       "in  302 404! 302 404! 404! 404!", object="conversation_id",
          body=lambda ids: {"seq": 1}),
]

CARE = [
    route("GET",  "connections/",                      "in  200 200 200 200 403 403"),
    route("GET",  "connections/ask/<uuid:person_id>/", "in  200 404! 403 403 403 403", object="person_id"),
    route("POST", "connections/ask/<uuid:person_id>/", "in  409= 404! 403 403 403 403", object="person_id", body=lambda ids: {"message": "Hello."}),
    route("GET",  "connections/<uuid:proposal_id>/",   "in  200 404! 200 404! 200 200", object="proposal_id"),
    route("POST", "connections/<uuid:proposal_id>/answer/",
                                                       "in  302 404! 403! 404! 403! 403!", object="proposal_id", body=lambda ids: {"answer": "decline"}),
    route("POST", "connections/<uuid:proposal_id>/withdraw/",
                                                       "in  403! 404! 302 404! 302 302", object="proposal_id"),
    route("GET",  "care/",                             "in  403 403 200 200 200 200"),
    route("GET",  "care/new/",                         "in  403 403 200 200 200 200"),
    route("POST", "care/new/",                         "in  403 403 409= 404! 409= 409=", object="next_therapist_id",
          body=lambda ids: {**ids["next_care"], "how": "propose"}),
    route("GET",  "care/<uuid:assignment_id>/",        "in  200 404! 200 404! 200 200", object="assignment_id"),
    route("GET",  "care/<uuid:assignment_id>/end/",    "in  200 404! 200 404! 200 200", object="assignment_id"),
    route("POST", "care/<uuid:assignment_id>/end/",    "in  302 404! 302 404! 302 302", object="assignment_id", body=lambda ids: {"reason": "Done."}),
    route("GET",  "care/<uuid:assignment_id>/transfer/",
                                                       "in  403! 404! 200 404! 200 200", object="assignment_id"),
    route("POST", "care/<uuid:assignment_id>/transfer/",
                                                       "in  403! 404! 409= 404! 409= 409=", object="assignment_id",
          body=lambda ids: {"therapist": ids["next_therapist_id"]}),
]

MACHINES = [
    route("GET",  "healthz",                           "200 200 200 200 200 200 200"),
    route("GET",  "readyz",                            "200 200 200 200 200 200 200"),
    route("GET",  "metrics",                           "200 200 200 200 200 200 200", ip="127.0.0.1"),
    route("GET",  "metrics",                           "404 404 404 404 404 404 404", ip="203.0.113.5"),
]

SIGNING_IN = [
    route("GET",  "accounts/login/",                   "200 302 302 302 302 302 302"),
    route("POST", "accounts/login/",                   "302 302= 302= 302= 302= 302= 302=", body=lambda ids: ids["sign_in"]),
    route("GET",  "accounts/logout/",                  "302= 200= 200= 200= 200= 200= 200="),
    route("POST", "accounts/logout/",                  "302= 302 302 302 302 302 302"),
    route("GET",  "accounts/signup/",                  "200 302 302 302 302 302 302"),
    route("POST", "accounts/signup/",                  "302 302= 302= 302= 302= 302= 302=", body=lambda ids: ids["sign_up"]),
    route("GET",  "accounts/inactive/",                "200 200 200 200 200 200 200"),
    route("GET",  "accounts/confirm-email/",           "in  302 302 302 302 302 302"),
    route("POST", "accounts/confirm-email/",           "in  302= 302= 302= 302= 302= 302=", body=lambda ids: {"code": "AAAAAA"}),
    route("GET",  "accounts/password/change/",         "in  200 200 200 200 200 200"),
    route("POST", "accounts/password/change/",         "in  302 302 302 302 302 302", body=lambda ids: ids["new_password"]),
    route("GET",  "accounts/password/reset/",          "200 200 200 200 200 200 200"),
    route("POST", "accounts/password/reset/",          "302 302 302 302 302 302 302", body=lambda ids: {"email": ids["sign_in"]["login"]}),
    route("GET",  "accounts/password/reset/done/",     "200 200 200 200 200 200 200"),
    route("GET",  "accounts/password/reset/key/done/", "200 200 200 200 200 200 200"),
    route("GET",  "^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", "200= 200= 200= 200= 200= 200= 200=",
          path="accounts/password/reset/key/1-x/"),
    route("POST", "^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", "200= 200= 200= 200= 200= 200= 200=",
          path="accounts/password/reset/key/1-x/", body=lambda ids: ids["new_password"]),
]

PROVIDERS = [
    route("POST", "accounts/<provider:provider>/",     "302 302= 302= 302= 302= 302= 302="),
    route("GET",  "accounts/<provider:provider>/callback/", "400 400 400 400 400 400 400"),
    route("GET",  "accounts/signup/provider/",         "302= 302= 302= 302= 302= 302= 302="),
    route("POST", "accounts/signup/provider/",         "302= 302= 302= 302= 302= 302= 302=", body=lambda ids: ids["sign_up"]),
    route("GET",  "accounts/again/<provider:provider>/", "in  302= 302= 302= 302= 302= 302="),
    route("POST", "accounts/again/<provider:provider>/", "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "accounts/password/set/",            "in  302= 302= 302= 302= 302= 302="),
    route("POST", "accounts/password/set/",            "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "settings/connected/",               "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "settings/connected/<provider:provider>/", "in  302= 302= 200= 200= 200= 200="),
    route("POST", "settings/connected/<provider:provider>/connect/", "in  302= 302= 302 302 302 302"),
    route("POST", "settings/connected/<provider:provider>/remove/", "in  302= 302= 404 404 404 404"),
]

FACTORS = [
    route("GET",  "accounts/login/passkey/",           "in  302 302 302 302 302 302"),
    route("POST", "accounts/login/passkey/",           "in  302= 302= 302= 302= 302= 302=", body=lambda ids: {"credential": "{}"}),
    route("GET",  "accounts/login/factor/",            "in  302= 302= 302= 302= 302= 302="),
    route("POST", "accounts/login/factor/",            "in  302= 302= 302= 302= 302= 302=", body=lambda ids: {"code": "123456"}),
    route("GET",  "accounts/again/",                   "in  200= 200= 302= 302= 302= 302="),
    route("POST", "accounts/again/",                   "in  302 302 302= 302= 302= 302=", body=lambda ids: {"password": ids["sign_in"]["password"]}),
    route("GET",  "accounts/again/code/",              "in  302= 302= 200= 200= 200= 200="),
    route("POST", "accounts/again/code/",              "in  302= 302= 200 200 200 200", body=lambda ids: {"code": "123456"}),
    route("GET",  "accounts/again/passkey/",           "in  302= 302= 302= 302= 302= 302="),
    route("POST", "accounts/again/passkey/",           "in  302= 302= 302= 302= 302= 302=", body=lambda ids: {"credential": "{}"}),
    route("GET",  "settings/security/",                "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "settings/security/required/",       "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "settings/security/app/",            "in  302= 302= 302= 302= 302= 302="),
    route("POST", "settings/security/app/",            "in  302= 302= 302= 302= 302= 302=", body=lambda ids: {"code": "123456"}),
    route("GET",  "settings/security/passkey/",        "in  302= 302= 200 200 200 200"),
    route("POST", "settings/security/passkey/",        "in  302= 302= 200 200 200 200", body=lambda ids: {"credential": "{}"}),
    route("GET",  "settings/security/codes/",          "in  302= 302= 200= 200= 200= 200="),
    route("POST", "settings/security/codes/",          "in  302= 302= 200 200 200 200"),
    route("GET",  "settings/security/<int:factor_id>/", "in  302= 302= 200= 404 404 404"),
    route("POST", "settings/security/<int:factor_id>/rename/", "in  302= 302= 404 404 404 404", body=lambda ids: {"name": "Mine"}),
    route("POST", "settings/security/<int:factor_id>/remove/", "in  302= 302= 409= 404 404 404"),
]

OWN_DATA = [
    route("GET",  "settings/email/",                   "in  302= 302= 200= 200= 200= 200="),
    route("POST", "settings/email/",                   "in  302= 302= 302 302 302 302", body=lambda ids: {"email": "another@example.org"}),
    route("POST", "settings/email/code/",              "in  200= 200= 200= 200= 200= 200=", body=lambda ids: {"code": "AAAA-AAAA"}),
    route("POST", "settings/email/cancel/",            "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "accounts/email/undo/<str:token>/",  "404 404 404 404 404 404 404", path="accounts/email/undo/x/"),
    route("POST", "accounts/email/undo/<str:token>/",  "404 404 404 404 404 404 404", path="accounts/email/undo/x/"),
]

CREDENTIALS = [
    route("GET",  "settings/sessions/",                "in  200= 200= 200= 200= 200= 200="),
    route("POST", "settings/sessions/end/",            "in  302 302= 302= 302= 302= 302="),
    route("POST", "settings/sessions/<uuid:session_id>/end/",
                                                       "in  302 404! 404! 404! 404! 404!", object="session_id"),
    route("GET",  "settings/activity/",                "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "settings/close/",                   "in  302= 302= 200= 200= 200= 200="),
    route("POST", "settings/close/",                   "in  302= 302= 200= 200= 200= 200="),
    route("GET",  "closing/",                          "in  302= 302= 302= 302= 302= 302="),
    route("POST", "closing/keep/",                     "in  302= 302= 302= 302= 302= 302="),
    route("GET",  "settings/data/",                    "in  302= 302= 200= 200= 200= 200="),
    route("POST", "settings/data/",                    "in  302= 302= 302 302 302 302"),
    route("GET",  "settings/data/<str:link>/",         "in  404 404 404 404 404 404", path="settings/data/nonsense/"),
    route("GET",  "settings/tokens/",                  "in  200= 200= 200= 200= 200= 200="),
    route("GET",  "settings/tokens/new/",              "in  302= 302= 200= 200= 200= 200="),
    route("POST", "settings/tokens/new/",              "in  302= 302= 200 200 200 200",
          body=lambda ids: {"name": "Calendar", "days": "30", "scopes": ["profile:read"]}),
    route("POST", "settings/tokens/<uuid:token_id>/revoke/",
                                                       "in  302 404! 404! 404! 404! 302", object="token_id"),
]

FOR_BUILDERS = [
    route("GET",  "dev/mail/",                         "200 200 200 200 200 200 200"),
    route("GET",  "dev/mail/<slug:name>/",             "404 404 404 404 404 404 404"),
    route("GET",  "dev/mail/<slug:name>/html/",        "404 404 404 404 404 404 404"),
]

REST = [
    route("GET",   "api/v1/schema/",                   "200 200 200 200 200 200 200"),
    route("GET",   "api/v1/me/",                       "401 200 200 200 200 200 200", scope="profile:read"),
    route("PATCH", "api/v1/me/",                       "401 200 200 200 200 200 200", scope="profile:write", body=lambda ids: {"name": "Another"}),
    route("GET",   "api/v1/me/listing/",               "401 404 404 200 404 404 404", scope="profile:read", token_of="therapist"),
    route("PATCH", "api/v1/me/listing/",               "401 403 403 200 200 403 403", scope="profile:write", token_of="therapist", body=lambda ids: {"city": "Chicago"}),
    route("POST",  "api/v1/me/listing/submit/",        "401 403 403 200 409 403 403", scope="profile:write", token_of="therapist"),
    route("GET",   "api/v1/me/photo/",                 "401 404 404 404 404 404 404", scope="profile:read"),
    route("PUT",   "api/v1/me/photo/",                 "401 400 400 400 400 400 400", scope="profile:write"),
    route("DELETE", "api/v1/me/photo/",                "401 204 204 204 204 204 204", scope="profile:write"),
    route("GET",   "api/v1/people/",                   "401 200 200 200 200 200 200", scope="people:read"),
    route("GET",   "api/v1/people/<uuid:person_id>/",  "401 200 404! 200 404! 200 200", scope="people:read", object="person_id"),
    route("GET",   "api/v1/assignments/",              "401 200 200 200 200 200 200", scope="assignments:read"),
    route("POST",  "api/v1/assignments/",              "401 403 403 404! 404! 201 201", scope="assignments:write", token_of="support",
          object="other_patient_id", body=lambda ids: ids["new_care"]),
    route("POST",  "api/v1/assignments/<uuid:assignment_id>/end/",
                                                       "401 200 404! 200 404! 200 200", scope="assignments:write", token_of="therapist",
          object="assignment_id", body=lambda ids: {"reason": "Done."}),
    route("POST",  "api/v1/assignments/<uuid:assignment_id>/transfer/",
                                                       "401 403! 404! 409= 404! 409= 409=", scope="assignments:write", token_of="therapist",
          object="assignment_id", body=lambda ids: {"therapist": str(ids["next_therapist_id"])}),
    route("GET",   "api/v1/practices/",                "401 200 200 200 200 200 200", scope="practices:read", token_of="therapist"),
    route("GET",   "api/v1/practices/<uuid:practice_id>/",
                                                       "401 404! 404! 200 404! 404! 404!", scope="practices:read", token_of="therapist", object="practice_id"),
    route("PATCH", "api/v1/practices/<uuid:practice_id>/",
                                                       "401 404! 404! 200 404! 404! 404!", scope="practices:write", token_of="therapist", object="practice_id", body=lambda ids: {"name": "Elm Street"}),
    route("GET",   "api/v1/practices/<uuid:practice_id>/members/",
                                                       "401 404! 404! 200 404! 200 200", scope="practices:read", token_of="therapist", object="practice_id"),
    route("GET",   "api/v1/practices/<uuid:practice_id>/locations/",
                                                       "401 404! 404! 200 404! 200 200", scope="practices:read", token_of="therapist", object="practice_id"),
    route("POST",  "api/v1/practices/<uuid:practice_id>/locations/",
                                                       "401 404! 404! 201 404! 201 201", scope="practices:write", token_of="therapist", object="practice_id", body=lambda ids: ids["location"]),
    route("GET",   "api/v1/practices/<uuid:practice_id>/locations/<uuid:location_id>/",
                                                       "401 404! 404! 200 404! 200 200", scope="practices:read", token_of="therapist", object="practice_id"),
    route("PATCH", "api/v1/practices/<uuid:practice_id>/locations/<uuid:location_id>/",
                                                       "401 404! 404! 200 404! 200 200", scope="practices:write", token_of="therapist", object="practice_id", body=lambda ids: {"phone": "312 555 0199"}),
    route("GET",   "api/v1/practices/<uuid:practice_id>/billing/",
                                                       "401 404! 404! 200 404! 403! 403!", scope="billing:read", token_of="therapist", object="practice_id"),
    # A token shows no second factor: the therapist's own is refused, too.
    route("PATCH", "api/v1/practices/<uuid:practice_id>/billing/",
                                                       "401 404! 404! 200 404! 403! 403!", scope="billing:write", object="practice_id", body=lambda ids: {"legal_name": "Elm Street LLC"}),
    route("GET",   "api/v1/connections/",              "401 200 200 200 200 200 200", scope="assignments:read"),
    route("POST",  "api/v1/connections/",              "401 404! 403 409= 404! 409= 409=", scope="assignments:write", token_of="support",
          object="next_therapist_id", body=lambda ids: ids["next_care"]),
    route("GET",   "api/v1/connections/<uuid:proposal_id>/",
                                                       "401 200 404! 200 404! 200 200", scope="assignments:read", object="proposal_id"),
    route("POST",  "api/v1/connections/<uuid:proposal_id>/accept/",
                                                       "401 200 404! 403! 404! 403! 403!", scope="assignments:write", object="proposal_id"),
    route("POST",  "api/v1/connections/<uuid:proposal_id>/decline/",
                                                       "401 200 404! 403! 404! 403! 403!", scope="assignments:write", object="proposal_id",
          body=lambda ids: {"message": "No, thank you."}),
    route("POST",  "api/v1/connections/<uuid:proposal_id>/withdraw/",
                                                       "401 403! 404! 200 404! 200 200", scope="assignments:write", token_of="therapist", object="proposal_id"),
    route("POST",  "api/v1/realtime/tickets/",         "401 201 201 201 201 201 201", scope="conversations:read"),
    route("GET",   "api/v1/conversations/",            "401 200 200 200 200 200 200", scope="conversations:read"),
    route("POST",  "api/v1/conversations/",            "401 200 404! 403! 404! 403! 403!", scope="conversations:write",
          object="person_id", body=lambda ids: {"person": str(ids["person_id"])}),
    route("GET",   "api/v1/conversations/<uuid:conversation_id>/",
                                                       "401 200 404! 200 404! 404! 404!", scope="conversations:read", object="conversation_id"),
    route("POST",  "api/v1/conversations/<uuid:conversation_id>/read/",
                                                       "401 200 404! 200 404! 404! 404!", scope="conversations:write", object="conversation_id",
          body=lambda ids: {"seq": 1}),
    route("GET",   "api/v1/conversations/<uuid:conversation_id>/messages/",
                                                       "401 200 404! 200 404! 404! 404!", scope="conversations:read", object="conversation_id"),
    route("POST",  "api/v1/conversations/<uuid:conversation_id>/messages/",
                                                       "401 201 404! 201 404! 404! 404!", scope="conversations:write", object="conversation_id",
          body=lambda ids: {"client_id": str(ids["message_id"]), "body": "I slept well."}),
    route("PATCH", "api/v1/messages/<uuid:message_id>/",
                                                       "401 403! 404! 200 404! 404! 404!", scope="conversations:write", token_of="therapist", object="message_id",
          body=lambda ids: {"body": "I slept well."}),
    route("DELETE", "api/v1/messages/<uuid:message_id>/",
                                                       "401 403! 404! 200 404! 404! 404!", scope="conversations:write", token_of="therapist", object="message_id"),
    route("POST",  "api/v1/messages/<uuid:message_id>/reactions/",
                                                       "401 200 404! 200 404! 404! 404!", scope="conversations:write", object="message_id",
          body=lambda ids: {"emoji": "\N{SEEDLING}", "on": True}),
    route("GET",   "api/v1/messages/<uuid:message_id>/history/",
                                                       "401 403! 404! 200= 404! 404! 404!", scope="conversations:read", token_of="therapist", object="message_id"),
    route("POST",  "api/v1/messages/<uuid:message_id>/reveal/",
                                                       "401 200 404! 200= 404! 404! 404!", scope="conversations:write", object="message_id"),
]

ADMIN = [
    route("GET",  "admin/",                            "in  in  in  in  in  200 200"),
    route("GET",  "admin/search/",                     "in  in  in  in  in  200 200"),
    route("GET",  "admin/login/",                      "in  403 403 403 403 403 403"),
    route("POST", "admin/login/",                      "in  403 403 403 403 403 403", body=lambda ids: ids["sign_in"]),
    route("GET",  "admin/logout/",                     "302= 302= 302= 302= 302= 302= 302="),
    route("POST", "admin/logout/",                     "302= 302 302 302 302 302 302"),
    route("GET",  "admin/password_change/",            "in  in  in  in  in  302= 302="),
    route("GET",  "admin/password_change/done/",       "in  in  in  in  in  200 200"),
    route("GET",  "admin/autocomplete/",               "in  in  in  in  in  403 403"),
    route("GET",  "admin/jsi18n/",                     "in  in  in  in  in  200 200"),
    route("GET",  "admin/r/<path:content_type_id>/<path:object_id>/",
                                                       "in  in  in  in  in  404 404", path="admin/r/0/0/"),
    route("GET",  "admin/(?P<app_label>observability|accounts|messaging)/$",
                                                       "in  in  in  in  in  200 200", path="admin/accounts/"),
    route("GET",  "admin/(?P<url>.*)$",                "in  in  in  in  in  404 404", path="admin/nowhere/"),
]


def admin_rows(model: str, thing: str, *, listed: str = "200 200", seen: str = "200 200", refused: str = "403! 403!") -> list[Row]:
    """The routes of one table in the admin. `listed` is what support and admins get for its list, `seen` for
    looking at one row (`thing` in `world.py`), `refused` for changing or deleting it, which nobody does there.
    """
    closed, row = "in in in in in ", f"admin/{model}/<path:object_id>/"
    return [
        route("GET",  f"admin/{model}/",     closed + listed),
        route("POST", f"admin/{model}/",     closed + listed.replace("200", "200="), body=lambda ids: {"action": "nothing"}),
        route("GET",  f"admin/{model}/add/", closed + "403 403"),
        route("POST", f"admin/{model}/add/", closed + "403 403", body=lambda ids: {"name": "x"}),
        route("GET",  row,                   closed + "302= 302=", object=thing),
        route("GET",  f"{row}change/",       closed + seen, object=thing),
        route("POST", f"{row}change/",       closed + refused, object=thing, body=lambda ids: {"name": "x"}),
        route("GET",  f"{row}history/",      closed + seen, object=thing),
        route("GET",  f"{row}delete/",       closed + refused, object=thing),
        route("POST", f"{row}delete/",       closed + refused, object=thing, body=lambda ids: {"post": "yes"}),
    ]


ADMIN += [
    *admin_rows("accounts/user",           "person_id"),
    *admin_rows("accounts/practice",       "practice_id"),
    *admin_rows("accounts/membership",     "membership_id"),
    *admin_rows("accounts/assignment",     "assignment_id"),
    *admin_rows("accounts/apitoken",       "token_id", seen="404! 200", refused="404! 403!"),
    *admin_rows("accounts/listing",        "listing_id"),
    *admin_rows("accounts/proposal",       "proposal_id"),
    *admin_rows("messaging/queueitem",     "audit_id"),
    *admin_rows("messaging/messageaudit",  "audit_id", seen="404! 200", refused="404! 403!"),
    *admin_rows("observability/event",     "event_id", listed="403 200", seen="404! 200", refused="404! 403!"),
    *admin_rows("observability/delivery",  "delivery_id", listed="403 200", seen="403! 200", refused="403! 403!"),
    *admin_rows("observability/sealbatch", "seal_number", listed="403 200", seen="403 200", refused="403 403"),
]

# As docs/permissions.md shows them.
SECTIONS = (
    ("Pages", PAGES),
    ("Practices and invitations", PRACTICES),
    ("Care", CARE),
    ("Messages", MESSAGES),
    ("Signing in", SIGNING_IN),
    ("Google and Zoom", PROVIDERS),
    ("Second factors", FACTORS),
    ("Sessions and tokens", CREDENTIALS),
    ("One’s own data", OWN_DATA),
    ("REST API", REST),
    ("Administration", ADMIN),
    ("For machines and builders", [*MACHINES, *FOR_BUILDERS]),
)
ROUTES = [row for _title, rows in SECTIONS for row in rows]

#                            anon pat  other     ther other     support   admin
FRAMES = [
    frame("ping",           "4401 ok   ok        ok   ok        ok        ok", scope=None),
    frame("session:resume", "4401 ok   ok        ok   ok        ok        ok", scope="conversations:read",
          data=lambda ids: {"cursors": {str(ids["conversation_id"]): 0}}),
    frame("message:send",   "4401 ok   not_found! ok   not_found! not_found! not_found!", scope="conversations:write", object="conversation_id",
          data=lambda ids: {"conversation": ids["conversation_id"], "client_id": ids["message_id"], "body": "I slept well."}),
    frame("message:edit",   "4401 not_allowed! not_found! ok not_found! not_found! not_found!", scope="conversations:write", token_of="therapist", object="message_id",
          data=lambda ids: {"message": ids["message_id"], "body": "I slept well."}),
    frame("message:delete", "4401 not_allowed! not_found! ok not_found! not_found! not_found!", scope="conversations:write", token_of="therapist", object="message_id",
          data=lambda ids: {"message": ids["message_id"]}),
    frame("reaction:toggle", "4401 ok  not_found! ok   not_found! not_found! not_found!", scope="conversations:write", object="message_id",
          data=lambda ids: {"message": ids["message_id"], "emoji": "\N{SEEDLING}", "on": True}),
    frame("user:typing",    "4401 ok   not_found! ok   not_found! not_found! not_found!", scope="conversations:write", object="conversation_id", is_silent=True,
          data=lambda ids: {"conversation": ids["conversation_id"], "typing": True}),
    frame("message:reveal", "4401 ok   not_found! ok   not_found! not_found! not_found!", scope="conversations:write", object="message_id",
          data=lambda ids: {"message": ids["message_id"]}),
    frame("receipt:read",   "4401 ok   not_found! ok   not_found! not_found! not_found!", scope="conversations:write", object="conversation_id",
          data=lambda ids: {"conversation": ids["conversation_id"], "seq": 1}),
]
# fmt: on
