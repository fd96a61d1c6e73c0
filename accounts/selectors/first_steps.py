"""What somebody new has done so far, and what waits for platform staff."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery

from accounts import practice_roles, roles, rules
from accounts.models import (
    Assignment,
    BillingIdentity,
    Listing,
    Location,
    Membership,
    Proposal,
    Role,
    User,
)
from accounts.selectors.places import billing_whole
from accounts.types import (
    DEMO_DOMAIN,
    OPEN_STATES,
    FactorPolicy,
    FirstSteps,
    ListingState,
    PracticeMay,
    ProposalState,
    RoleName,
    StaffWaiting,
    StepFacts,
)
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed

# Of whoever's browser did not say where they live.
_ZONE_UNKNOWN = "UTC"


def first_steps_get(actor: Actor) -> FirstSteps | None:
    """The actor's first steps; None for who is neither patient nor therapist. One query."""
    role = next((role for role in (RoleName.THERAPIST, RoleName.PATIENT) if actor.has_role(role)), None)
    if role is None:
        return None
    side = "therapist_id" if role is RoleName.THERAPIST else "patient_id"
    turn = ProposalState.WITH_THERAPIST if role is RoleName.THERAPIST else ProposalState.WITH_PATIENT
    mine = {side: OuterRef("id")}
    proposals = Proposal.objects.visible_to(actor).filter(**mine)
    listing = Listing.objects.visible_to(actor).filter(therapist_id=OuterRef("id"))
    here = {"practice_id": actor.practice_id}
    owned = Membership.objects.visible_to(actor).filter(
        user_id=OuterRef("id"),
        role__in=practice_roles.roles_that_may(PracticeMay.EDIT_BILLING),
        ended_at=None,
        **here,
    )
    person = (
        User.objects.filter(id=actor.require_user())
        .annotate(
            verified=Exists(EmailAddress.objects.filter(user=OuterRef("id"), verified=True)),
            factor=Exists(Authenticator.objects.filter(user=OuterRef("id"))),
            care=Exists(Assignment.objects.visible_to(actor).filter(**mine)),
            asked=Exists(proposals.filter(state__in=sorted(OPEN_STATES))),
            asks_you=Exists(proposals.filter(state=turn)),
            listing=Subquery(listing.values("state")[:1]),
            owns=Exists(owned),
            placed=Exists(Location.objects.visible_to(actor).filter(retired_at=None, **here)),
            billed=Exists(billing_whole(BillingIdentity.objects.visible_to(actor)).filter(**here)),
        )
        .values(
            "time_zone",
            "steps_put_away_at",
            "verified",
            "factor",
            "care",
            "asked",
            "asks_you",
            "listing",
            "owns",
            "placed",
            "billed",
        )
        .get()
    )
    facts = StepFacts(
        email_is_verified=person["verified"],
        zone_is_set=person["time_zone"] != _ZONE_UNKNOWN,
        has_factor=person["factor"],
        has_care=person["care"],
        asked=person["asked"],
        asks_you=person["asks_you"],
        listing=ListingState(person["listing"]) if person["listing"] else None,
        practice_told=person["placed"] and person["billed"] if person["owns"] else None,
    )
    return FirstSteps(
        steps=rules.first_steps(role, facts),
        facts=facts,
        is_put_away=person["steps_put_away_at"] is not None,
    )


def staff_waiting_get(actor: Actor) -> StaffWaiting:
    """What waits for platform staff. Three queries, whatever waits. Raises NotAllowed for others."""
    if not actor.has_role(*roles.STAFF_ROLES):
        raise NotAllowed
    return StaffWaiting(
        listings=Listing.objects.visible_to(actor).filter(state=ListingState.AWAITING).count(),
        requests=Proposal.objects.visible_to(actor).filter(state__in=sorted(OPEN_STATES)).count(),
        without_factor=User.objects.filter(factor_is_missing()).count(),
    )


def factor_is_missing() -> Q:
    """People who can sign in, and whose role asks for a second factor that they have not got. Of a demo's
    people nothing is asked.
    """
    asked = [role for role, policy in settings.MFA_POLICY.items() if policy == FactorPolicy.REQUIRED]
    held = Role.objects.filter(user=OuterRef("id"), role__in=asked, revoked_at=None)
    missing = Q(Exists(held), ~Exists(Authenticator.objects.filter(user=OuterRef("id"))), is_active=True)
    return missing & ~Q(email__endswith=f"@{DEMO_DOMAIN}") if settings.DEMO else missing
