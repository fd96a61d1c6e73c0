"""What can happen to people and their credentials (audit feature A5)."""

from accounts.events.assignments import ASSIGNMENT, AssignmentEnded, AssignmentStarted
from accounts.events.factors import (
    FactorAdded,
    FactorFailed,
    FactorRemoved,
    FactorRenamed,
    FactorUsed,
    PasskeyCopied,
    RecoveryCodesMade,
)
from accounts.events.people import (
    ROLE,
    USER,
    EmailVerified,
    PasswordChanged,
    PasswordReset,
    ProfileChanged,
    RoleGranted,
    RoleRevoked,
    UserSignedUp,
)
from accounts.events.practices import (
    MEMBERSHIP,
    PRACTICE,
    MembershipEnded,
    MembershipStarted,
    PracticeCreated,
    PracticeListed,
    PracticeUnlisted,
)
from accounts.events.proposals import (
    PROPOSAL,
    ProposalAccepted,
    ProposalAgreed,
    ProposalDeclined,
    ProposalLapsed,
    ProposalMade,
    ProposalWithdrawn,
)
from accounts.events.sessions import SESSION, SessionEnded, SessionStarted, SignInFailed
from accounts.events.sessions import SESSION, DeviceAdded, SessionEnded, SessionStarted, SignInFailed
from accounts.events.tokens import TokenIssued, TokenRevoked, TokenUsed

__all__ = [
    "ASSIGNMENT",
    "MEMBERSHIP",
    "PRACTICE",
    "PROPOSAL",
    "ROLE",
    "SESSION",
    "USER",
    "AssignmentEnded",
    "AssignmentStarted",
    "DeviceAdded",
    "EmailVerified",
    "FactorAdded",
    "FactorFailed",
    "FactorRemoved",
    "FactorRenamed",
    "FactorUsed",
    "MembershipEnded",
    "MembershipStarted",
    "PasskeyCopied",
    "PasswordChanged",
    "PasswordReset",
    "PracticeCreated",
    "PracticeListed",
    "PracticeUnlisted",
    "ProfileChanged",
    "ProposalAccepted",
    "ProposalAgreed",
    "ProposalDeclined",
    "ProposalLapsed",
    "ProposalMade",
    "ProposalWithdrawn",
    "RecoveryCodesMade",
    "RoleGranted",
    "RoleRevoked",
    "SessionEnded",
    "SessionStarted",
    "SignInFailed",
    "TokenIssued",
    "TokenRevoked",
    "TokenUsed",
    "UserSignedUp",
]
