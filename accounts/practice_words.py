"""What is in a practice, in the reader's words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.types import MembershipRole

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
    MembershipRole.FRONT_DESK: _("Sees the names of patients."),
}
