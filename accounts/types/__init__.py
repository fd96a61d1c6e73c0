"""What accounts hands out: frozen facts about people, practices and credentials."""

from accounts.types.assignments import AssignmentView
from accounts.types.credentials import Authority, TokenIssued
from accounts.types.factors import (
    CODES_COUNT,
    CODES_LOW,
    FACTOR_NAME_LENGTH,
    CodeUse,
    CodeVerdict,
    FactorKind,
    FactorPolicy,
    FactorView,
    PasskeyFacts,
    SecurityView,
)
from accounts.types.people import (
    DEMO_DOMAIN,
    NAME_LENGTH,
    PersonRef,
    PersonView,
    ProfileView,
    RoleName,
    RoleView,
)
from accounts.types.practices import MembershipRole, PracticeKind, PracticeRef

__all__ = [
    "CODES_COUNT",
    "CODES_LOW",
    "DEMO_DOMAIN",
    "FACTOR_NAME_LENGTH",
    "NAME_LENGTH",
    "AssignmentView",
    "Authority",
    "CodeUse",
    "CodeVerdict",
    "FactorKind",
    "FactorPolicy",
    "FactorView",
    "MembershipRole",
    "PasskeyFacts",
    "PersonRef",
    "PersonView",
    "PracticeKind",
    "PracticeRef",
    "ProfileView",
    "RoleName",
    "RoleView",
    "SecurityView",
    "TokenIssued",
]
