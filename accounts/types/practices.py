"""Where people work."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class MembershipRole(StrEnum):
    """What a person is in one practice."""

    OWNER = "owner"
    CLINICIAN = "clinician"
    SUPERVISOR = "supervisor"
    BILLER = "biller"
    FRONT_DESK = "front_desk"


class PracticeMay(StrEnum):
    """What somebody may do in a practice; which roles may, says accounts.practice_roles."""

    SEE_MEMBERS = "see_members"
    MANAGE_MEMBERS = "manage_members"
    HAND_OVER = "hand_over"
    EDIT_PRACTICE = "edit_practice"
    SEE_BILLING = "see_billing"
    OPEN_TAX_NUMBER = "open_tax_number"
    EDIT_BILLING = "edit_billing"
    SEE_PATIENTS = "see_patients"
    SEE_CARE = "see_care"
    ARRANGE_CARE = "arrange_care"
    GIVE_CARE = "give_care"
    SEE_SCHEDULES = "see_schedules"
    BOOK_FOR_PATIENTS = "book_for_patients"
    ANSWER_ALERTS = "answer_alerts"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_VIDEO = "manage_video"


class PracticeKind(StrEnum):
    SOLO = "solo"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeRef:
    id: UUID
    name: str
