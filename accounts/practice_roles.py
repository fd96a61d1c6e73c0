"""What the roles of a practice may do there: the one table. Pure; below the models, which ask.

Each role has the least that its work needs. Models, selectors and services ask `roles_that_may` and nothing
else; docs/permissions.md is written from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accounts.types import MembershipRole, PracticeMay

_OWNER = MembershipRole.OWNER
_CLINICIAN = MembershipRole.CLINICIAN
_SUPERVISOR = MembershipRole.SUPERVISOR
_BILLER = MembershipRole.BILLER
_FRONT_DESK = MembershipRole.FRONT_DESK
EVERYBODY = frozenset(MembershipRole)
# Only a therapist can be one of these.
THERAPISTS_ONLY = frozenset({_CLINICIAN, _SUPERVISOR})
# Who signs up for one of these needs no role on the platform.
NO_ROLE_NEEDED = frozenset({_BILLER, _FRONT_DESK})


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeRule:
    """One row: `what` in words, who may, and whether support and admins of the platform may too."""

    may: PracticeMay
    what: str
    roles: frozenset[MembershipRole]
    platform_staff: bool = False


PRACTICE_RULES = (
    PracticeRule(
        may=PracticeMay.SEE_MEMBERS,
        what="See who works in the practice, and its locations",
        roles=EVERYBODY,
        platform_staff=True,
    ),
    PracticeRule(
        may=PracticeMay.MANAGE_MEMBERS,
        what="Invite people, change their role, take them out",
        roles=frozenset({_OWNER}),
        platform_staff=True,
    ),
    PracticeRule(
        may=PracticeMay.HAND_OVER,
        what="Make somebody else an owner, with a fresh second factor",
        roles=frozenset({_OWNER}),
    ),
    PracticeRule(
        may=PracticeMay.EDIT_PRACTICE,
        what="Change the practice’s name and locations, and show it in the directory",
        roles=frozenset({_OWNER}),
        platform_staff=True,
    ),
    PracticeRule(
        may=PracticeMay.SEE_BILLING,
        what="See the billing identity: the NPI, and the last four digits of the tax number",
        roles=frozenset({_OWNER, _BILLER}),
    ),
    PracticeRule(
        may=PracticeMay.OPEN_TAX_NUMBER,
        what="Read the whole tax number, with a fresh second factor, on record",
        roles=frozenset({_OWNER, _BILLER}),
    ),
    PracticeRule(
        may=PracticeMay.EDIT_BILLING,
        what="Change the billing identity, with a fresh second factor",
        roles=frozenset({_OWNER}),
    ),
    PracticeRule(
        may=PracticeMay.SEE_PATIENTS,
        what="See the names of the practice’s patients (nothing of their care)",
        roles=frozenset({_OWNER, _BILLER, _FRONT_DESK}),
        platform_staff=True,
    ),
    PracticeRule(
        may=PracticeMay.SEE_CARE,
        what="See who cares for whom in the practice, and why it began or ended",
        roles=frozenset({_OWNER}),
    ),
    PracticeRule(
        may=PracticeMay.ARRANGE_CARE,
        what="Propose care at the practice, pass it on to a colleague, end it",
        roles=frozenset({_OWNER}),
        platform_staff=True,
    ),
    PracticeRule(
        may=PracticeMay.GIVE_CARE,
        what="Care for patients at the practice (as a therapist; each sees their own patients)",
        roles=frozenset({_OWNER, _CLINICIAN, _SUPERVISOR}),
    ),
    PracticeRule(
        may=PracticeMay.SEE_SCHEDULES,
        what="See the schedules of the practice: who meets whom, and when (never why)",
        roles=frozenset({_OWNER, _FRONT_DESK}),
    ),
    PracticeRule(
        may=PracticeMay.BOOK_FOR_PATIENTS,
        what="Book, move and cancel for a colleague’s patients, within the hours that the colleague works",
        roles=frozenset({_OWNER, _FRONT_DESK}),
    ),
    PracticeRule(
        may=PracticeMay.ANSWER_ALERTS,
        what="Be told that a patient may be in danger when their therapist does not answer (never the words)",
        roles=frozenset({_OWNER, _SUPERVISOR}),
    ),
    PracticeRule(
        may=PracticeMay.MANAGE_WEBHOOKS,
        what="Let a program be told of what happens in the practice, in ids, with a fresh second factor",
        roles=frozenset({_OWNER}),
    ),
    PracticeRule(
        may=PracticeMay.MANAGE_VIDEO,
        what="Connect the practice’s Zoom or Google Meet account, with a fresh second factor",
        roles=frozenset({_OWNER}),
    ),
)
_BY_MAY: Mapping[PracticeMay, PracticeRule] = MappingProxyType({rule.may: rule for rule in PRACTICE_RULES})


def roles_that_may(may: PracticeMay) -> frozenset[MembershipRole]:
    """The roles of a practice that may do this there."""
    return _BY_MAY[may].roles


def platform_staff_may(may: PracticeMay) -> bool:
    """May support and admins of the platform do this in any practice?"""
    return _BY_MAY[may].platform_staff


def permits(roles: frozenset[MembershipRole]) -> frozenset[PracticeMay]:
    """All that somebody with these roles may do in their practice."""
    return frozenset(rule.may for rule in PRACTICE_RULES if rule.roles & roles)
