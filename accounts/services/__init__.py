"""What can happen to people, care and credentials. One function per thing; each leaves its record."""

from accounts.services.assignments import assignment_end, assignment_start
from accounts.services.factors import (
    app_add,
    app_secret,
    code_use,
    code_words,
    factor_check,
    factor_remove,
    passkey_add,
    passkey_failed,
    passkey_rename,
    passkey_use,
    recovery_codes_renew,
)
from accounts.services.names import name_check
from accounts.services.people import (
    email_verified,
    password_changed,
    password_reset,
    profile_change,
    user_sign_up,
)
from accounts.services.practices import membership_end, membership_start, practice_create, practice_list
from accounts.services.proposals import (
    proposal_accept,
    proposal_decline,
    proposal_offer,
    proposal_request,
    proposal_transfer,
    proposal_withdraw,
    proposals_lapse,
)
from accounts.services.roles import role_grant, role_revoke
from accounts.services.sessions import session_end, session_started, sessions_clear, sign_in_failed
from accounts.services.tokens import TOKEN_USE_EVERY, token_issue, token_revoke, token_used

__all__ = [
    "TOKEN_USE_EVERY",
    "app_add",
    "app_secret",
    "assignment_end",
    "assignment_start",
    "code_use",
    "code_words",
    "email_verified",
    "factor_check",
    "factor_remove",
    "membership_end",
    "membership_start",
    "name_check",
    "passkey_add",
    "passkey_failed",
    "passkey_rename",
    "passkey_use",
    "password_changed",
    "password_reset",
    "practice_create",
    "practice_list",
    "profile_change",
    "proposal_accept",
    "proposal_decline",
    "proposal_offer",
    "proposal_request",
    "proposal_transfer",
    "proposal_withdraw",
    "proposals_lapse",
    "recovery_codes_renew",
    "role_grant",
    "role_revoke",
    "session_end",
    "session_started",
    "sessions_clear",
    "sign_in_failed",
    "token_issue",
    "token_revoke",
    "token_used",
    "user_sign_up",
]
