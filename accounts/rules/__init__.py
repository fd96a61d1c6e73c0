"""Pure decisions about scopes, names, addresses, tokens and cursors."""

from accounts.rules.care_policy import (
    CARE_POLICY,
    CareFate,
    CareParty,
    CareRule,
    CareSubject,
    care_policy_page,
    care_rule,
    care_stays,
)
from accounts.rules.cursors import cursor_read, cursor_write
from accounts.rules.factors import (
    CODE_LENGTH,
    CODE_LETTERS,
    TOTP_STEP_SECONDS,
    TOTP_STEPS_KNOWN,
    TOTP_STEPS_TAKEN,
    code_normal,
    factor_policy,
    recovery_code_show,
    totp_code,
    totp_judge,
)
from accounts.rules.people import (
    email_normal,
    name_problem,
    person_is_seeded,
    time_zone_is_known,
    time_zone_or_utc,
)
from accounts.rules.proposals import (
    proposal_again_from,
    proposal_first_state,
    proposal_next,
    proposal_steps,
)
from accounts.rules.sessions import session_limits, session_over
from accounts.rules.tokens import (
    SCOPE_AREAS,
    SCOPES,
    TOKEN_DAYS_MAX,
    scopes_unknown,
    token_prefix,
    token_write,
)

__all__ = [
    "CARE_POLICY",
    "CODE_LENGTH",
    "CODE_LETTERS",
    "SCOPES",
    "SCOPE_AREAS",
    "TOKEN_DAYS_MAX",
    "TOTP_STEPS_KNOWN",
    "TOTP_STEPS_TAKEN",
    "TOTP_STEP_SECONDS",
    "CareFate",
    "CareParty",
    "CareRule",
    "CareSubject",
    "care_policy_page",
    "care_rule",
    "care_stays",
    "code_normal",
    "cursor_read",
    "cursor_write",
    "email_normal",
    "factor_policy",
    "name_problem",
    "person_is_seeded",
    "proposal_again_from",
    "proposal_first_state",
    "proposal_next",
    "proposal_steps",
    "recovery_code_show",
    "scopes_unknown",
    "session_limits",
    "session_over",
    "time_zone_is_known",
    "time_zone_or_utc",
    "token_prefix",
    "token_write",
    "totp_code",
    "totp_judge",
]
