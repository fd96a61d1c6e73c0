"""Every page there is, and who may look at it."""

from dataclasses import dataclass
from typing import Literal

Who = Literal["nobody", "patient", "therapist", "new patient", "new therapist", "support", "admin"]


@dataclass(frozen=True)
class Address:
    """A page. `status` is what it answers; `{conversation}` and the like are filled in by the test."""

    who: Who
    path: str
    status: int = 200

    def __str__(self) -> str:
        return f"{self.who} {self.path}"


PAGES = [
    Address("nobody", "/"),
    Address("nobody", "/help/"),
    Address("nobody", "/styleguide/"),
    Address("nobody", "/accounts/login/"),
    Address("nobody", "/accounts/signup/"),
    Address("nobody", "/accounts/inactive/"),
    Address("nobody", "/accounts/password/reset/"),
    Address("nobody", "/accounts/password/reset/done/"),
    Address("nobody", "/accounts/password/reset/key/1-used-up/"),
    Address("nobody", "/accounts/password/reset/key/done/"),
    Address("nobody", "/dev/mail/"),
    Address("nobody", "{mail}"),
    Address("nobody", "/nothing-here/", 404),
    Address("patient", "/dashboard/"),
    Address("patient", "/messages/"),
    Address("patient", "/messages/{conversation}/"),
    Address("patient", "/patients/", 403),
    Address("patient", "/accounts/password/change/"),
    Address("patient", "/accounts/logout/"),
    Address("patient", "/settings/connected/"),
    Address("patient", "/settings/connected/google/"),
    Address("patient", "/settings/"),
    Address("patient", "/settings/appearance/"),
    Address("nobody", "/accounts/email/undo/not-a-link/", 404),
    Address("patient", "/settings/email/"),
    Address("patient", "/settings/profile/"),
    Address("patient", "/settings/notifications/"),
    Address("therapist", "/settings/profile/"),
    Address("therapist", "/settings/notifications/"),
    Address("patient", "/settings/close/"),
    Address("patient", "/settings/security/"),
    Address("patient", "/settings/data/"),
    Address("patient", "/settings/sessions/"),
    Address("patient", "/settings/activity/"),
    Address("patient", "/settings/tokens/"),
    Address("patient", "/settings/tokens/new/"),
    Address("patient", "/settings/security/app/"),
    Address("patient", "/settings/security/passkey/"),
    Address("patient", "/therapists/"),
    Address("patient", "/therapists/?specialty=anxiety&language=en&accepting=1"),
    Address("patient", "/therapists/?q=nobody+is+called+this&language=de"),
    Address("patient", "/therapists/{listed}/"),
    Address("patient", "/settings/listing/", 403),
    Address("patient", "/connections/"),
    Address("patient", "/connections/ask/{listed}/"),
    Address("patient", "/connections/{asked}/"),
    Address("patient", "/care/{care}/"),
    Address("patient", "/care/{care}/end/"),
    Address("patient", "/care/", 403),
    Address("new patient", "/connections/"),
    Address("therapist", "/connections/"),
    Address("therapist", "/connections/{request}/"),
    Address("therapist", "/care/"),
    Address("therapist", "/care/?show=waiting"),
    Address("therapist", "/care/new/?patient_q=Maya&therapist_q=Anna"),
    Address("therapist", "/care/{care}/"),
    Address("therapist", "/care/{care}/transfer/"),
    Address("new therapist", "/connections/"),
    Address("support", "/care/?show=before"),
    Address("new patient", "/dashboard/"),
    Address("new patient", "/messages/"),
    Address("therapist", "/dashboard/"),
    Address("therapist", "/messages/"),
    Address("therapist", "/messages/{conversation}/"),
    Address("therapist", "/patients/"),
    Address("therapist", "/patients/?past=1"),
    Address("therapist", "/settings/security/"),
    Address("therapist", "/settings/security/codes/"),
    Address("therapist", "/people/{person}/"),
    Address("therapist", "/welcome/listing/"),
    Address("therapist", "/settings/listing/"),
    Address("new therapist", "/settings/listing/"),
    Address("therapist", "/settings/practices/"),
    Address("therapist", "/practices/{practice}/"),
    Address("therapist", "/practices/{practice}/people/"),
    Address("therapist", "/practices/{practice}/people/{therapist}/"),
    Address("therapist", "/practices/{practice}/patients/"),
    Address("therapist", "/practices/{practice}/leave/"),
    Address("new patient", "/settings/practices/"),
    Address("nobody", "/invitations/{invitation}/"),
    Address("patient", "/invitations/{invitation}/"),
    Address("new therapist", "/dashboard/"),
    Address("new therapist", "/messages/"),
    Address("new therapist", "/patients/"),
    Address("support", "/dashboard/"),
    Address("admin", "/dashboard/"),
    Address("admin", "/admin/"),
    Address("admin", "/admin/accounts/user/?q={person}"),
    Address("admin", "/admin/accounts/user/{person}/change/"),
    Address("admin", "/admin/accounts/listing/"),
    Address("admin", "/admin/observability/event/"),
    Address("admin", "/admin/messaging/messageaudit/?q={conversation}"),
]
