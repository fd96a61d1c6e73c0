"""Pure decisions about scopes, names, addresses, tokens and cursors."""

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
from accounts.rules.tokens import (
    SCOPE_AREAS,
    SCOPES,
    TOKEN_DAYS_MAX,
    scopes_unknown,
    token_prefix,
    token_write,
)

__all__ = [
    "CODE_LENGTH",
    "CODE_LETTERS",
    "SCOPES",
    "SCOPE_AREAS",
    "TOKEN_DAYS_MAX",
    "TOTP_STEPS_KNOWN",
    "TOTP_STEPS_TAKEN",
    "TOTP_STEP_SECONDS",
    "code_normal",
    "cursor_read",
    "cursor_write",
    "email_normal",
    "factor_policy",
    "name_problem",
    "person_is_seeded",
    "recovery_code_show",
    "scopes_unknown",
    "time_zone_is_known",
    "time_zone_or_utc",
    "token_prefix",
    "token_write",
    "totp_code",
    "totp_judge",
]
