"""What may be asked about people, care and credentials. One function per question."""

from accounts.selectors.assignments import (
    assignment_between,
    assignment_get,
    assignment_get_active,
    assignment_hold,
    assignment_is_active,
    assignment_list,
    assignment_views,
    reason_place,
)
from accounts.selectors.credentials import (
    authorities_current,
    authority_current,
    authority_for_session,
    authority_for_token,
    authority_of_session,
    token_hash,
)
from accounts.selectors.people import (
    people_are_the_demos,
    people_exist,
    people_list,
    person_get,
    person_id_by_email,
    person_refs,
    profile_get,
    roles_of,
)
from accounts.selectors.practices import (
    membership_is_active,
    practice_default,
    practice_is_owned,
    practice_list,
    practice_only,
)

__all__ = [
    "assignment_between",
    "assignment_get",
    "assignment_get_active",
    "assignment_hold",
    "assignment_is_active",
    "assignment_list",
    "assignment_views",
    "authorities_current",
    "authority_current",
    "authority_for_session",
    "authority_for_token",
    "authority_of_session",
    "membership_is_active",
    "people_are_the_demos",
    "people_exist",
    "people_list",
    "person_get",
    "person_id_by_email",
    "person_refs",
    "practice_default",
    "practice_is_owned",
    "practice_list",
    "practice_only",
    "profile_get",
    "reason_place",
    "roles_of",
    "token_hash",
]
