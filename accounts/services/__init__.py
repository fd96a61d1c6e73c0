"""What can happen to people, care and credentials. One function per thing; each leaves its record."""

from accounts.services.assignments import assignment_end, assignment_start
from accounts.services.billing_identities import billing_change, tax_number_open
from accounts.services.closing import account_close, account_keep, accounts_close_due
from accounts.services.emails import (
    email_change_ask,
    email_change_cancel,
    email_change_confirm,
    email_change_undo,
)
from accounts.services.exports import export_ask, export_fetch, exports_run
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
from accounts.services.first_steps import first_steps_put_away
from accounts.services.invitations import (
    invitation_accept,
    invitation_decline,
    invitation_resend,
    invitation_send,
    invitation_withdraw,
    owner_ask,
)
from accounts.services.listings import (
    listing_change,
    listing_hide,
    listing_insurance_set,
    listing_opening_set,
    listing_submit,
)
from accounts.services.locations import location_add, location_change, location_reopen, location_retire
from accounts.services.logos import logo_change, logo_remove
from accounts.services.lost_factors import factors_compare, factors_reset
from accounts.services.members import member_change, member_remove, practice_rename, practice_use
from accounts.services.names import name_check
from accounts.services.notices import notices_choose
from accounts.services.people import (
    email_verified,
    password_changed,
    password_reset,
    profile_change,
    user_sign_up,
)
from accounts.services.photos import photo_change, photo_remove
from accounts.services.practices import (
    membership_end,
    membership_start,
    practice_check,
    practice_create,
    practice_list,
)
from accounts.services.proposals import (
    proposal_accept,
    proposal_decline,
    proposal_offer,
    proposal_request,
    proposal_transfer,
    proposal_withdraw,
    proposals_lapse,
)
from accounts.services.providers import (
    provider_confirmed,
    provider_link,
    provider_refused,
    provider_sign_up,
    provider_unlink,
    provider_used,
)
from accounts.services.roles import role_grant, role_revoke
from accounts.services.sessions import (
    SESSION_SEEN_EVERY,
    device_note,
    session_end,
    session_expire,
    session_seen,
    session_started,
    sessions_clear,
    sessions_end_others,
    sign_in_failed,
)
from accounts.services.tokens import TOKEN_USE_EVERY, token_issue, token_revoke, token_used, tokens_revoke
from accounts.services.unverified import sign_ups_drop
from accounts.services.verification import listing_accept, listing_refuse, listings_verify

__all__ = [
    "SESSION_SEEN_EVERY",
    "TOKEN_USE_EVERY",
    "account_close",
    "account_keep",
    "accounts_close_due",
    "app_add",
    "app_secret",
    "assignment_end",
    "assignment_start",
    "billing_change",
    "code_use",
    "code_words",
    "device_note",
    "email_change_ask",
    "email_change_cancel",
    "email_change_confirm",
    "email_change_undo",
    "email_verified",
    "export_ask",
    "export_fetch",
    "exports_run",
    "factor_check",
    "factor_remove",
    "factors_compare",
    "factors_reset",
    "first_steps_put_away",
    "invitation_accept",
    "invitation_decline",
    "invitation_resend",
    "invitation_send",
    "invitation_withdraw",
    "listing_accept",
    "listing_change",
    "listing_hide",
    "listing_insurance_set",
    "listing_opening_set",
    "listing_refuse",
    "listing_submit",
    "listings_verify",
    "location_add",
    "location_change",
    "location_reopen",
    "location_retire",
    "logo_change",
    "logo_remove",
    "member_change",
    "member_remove",
    "membership_end",
    "membership_start",
    "name_check",
    "notices_choose",
    "owner_ask",
    "passkey_add",
    "passkey_failed",
    "passkey_rename",
    "passkey_use",
    "password_changed",
    "password_reset",
    "photo_change",
    "photo_remove",
    "practice_check",
    "practice_create",
    "practice_list",
    "practice_rename",
    "practice_use",
    "profile_change",
    "proposal_accept",
    "proposal_decline",
    "proposal_offer",
    "proposal_request",
    "proposal_transfer",
    "proposal_withdraw",
    "proposals_lapse",
    "provider_confirmed",
    "provider_link",
    "provider_refused",
    "provider_sign_up",
    "provider_unlink",
    "provider_used",
    "recovery_codes_renew",
    "role_grant",
    "role_revoke",
    "session_end",
    "session_expire",
    "session_seen",
    "session_started",
    "sessions_clear",
    "sessions_end_others",
    "sign_in_failed",
    "sign_ups_drop",
    "tax_number_open",
    "token_issue",
    "token_revoke",
    "token_used",
    "tokens_revoke",
    "user_sign_up",
]
