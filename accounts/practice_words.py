"""What is in a practice, in the reader's words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.types import BillingNeed, MembershipRole, PracticeKind, TaxKind

ROLE_WORDS: dict[MembershipRole, Any] = {
    MembershipRole.OWNER: _("Owner"),
    MembershipRole.CLINICIAN: _("Clinician"),
    MembershipRole.SUPERVISOR: _("Supervisor"),
    MembershipRole.BILLER: _("Biller"),
    MembershipRole.FRONT_DESK: _("Front desk"),
}
ROLE_HINTS: dict[MembershipRole, Any] = {
    MembershipRole.OWNER: _("Answers for the practice: people, care, billing."),
    MembershipRole.CLINICIAN: _("A therapist who sees patients here, and sees their own."),
    MembershipRole.SUPERVISOR: _("A therapist who sees patients here and supervises colleagues."),
    MembershipRole.BILLER: _("Sees the billing identity and the names of patients."),
    MembershipRole.FRONT_DESK: _("Sees who meets whom and when, and books for patients; never why."),
}
KIND_WORDS: dict[PracticeKind, Any] = {
    PracticeKind.SOLO: _("One person’s practice"),
    PracticeKind.GROUP: _("Group practice"),
}
TAX_WORDS: dict[TaxKind, Any] = {
    TaxKind.EIN: _("EIN"),
    TaxKind.SSN: _("Social security number"),
}
NEED_WORDS: dict[BillingNeed, Any] = {
    BillingNeed.NPI: _("the NPI"),
    BillingNeed.TAX_NUMBER: _("the tax number"),
    BillingNeed.ADDRESS: _("the billing address"),
}
# As the CMS list of place of service codes names them.
_PLACES: dict[str, Any] = {
    "03": _("School"),
    "11": _("Office"),
    "19": _("Off-campus outpatient hospital"),
    "22": _("On-campus outpatient hospital"),
    "49": _("Independent clinic"),
    "50": _("Federally qualified health center"),
    "53": _("Community mental health center"),
    "57": _("Non-residential substance use treatment"),
    "72": _("Rural health clinic"),
    "99": _("Other place"),
}


def place_words(code: str) -> str:
    """A place of service with its code; a code that is no more is shown as it is."""
    return f"{_PLACES[code]} ({code})" if code in _PLACES else code
