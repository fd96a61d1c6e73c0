"""People, practices and care for tests, made through the services unless a test needs another past."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts import letters, rules, selectors, services
from accounts.models import Listing, Membership, Practice, Role, Session, User
from accounts.sessions import SessionStore
from accounts.types import (
    ADDRESS_FIELDS,
    AssignmentView,
    BillingIdentityView,
    InvitationSent,
    LicenceFacts,
    LocationView,
    MembershipRole,
    PracticeKind,
    ProposalView,
    RoleName,
)
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse battery"
SYSTEM = Actor.for_system("tests")
NOBODY = UUID(int=1)

_numbers = itertools.count(1)


def person(role: RoleName | None = RoleName.PATIENT, *, name: str = "", email: str = "") -> User:
    """Somebody who can sign in with PASSWORD; a therapist has a practice of their own."""
    number = next(_numbers)
    user = User.objects.create(
        email=email or f"person{number}@example.org",
        name=name or f"Person {number}",
        password=make_password(PASSWORD),
        date_joined=AT,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if role in {RoleName.SUPPORT, RoleName.ADMIN}:
        Role.objects.create(user=user, role=role, granted_at=AT)
    elif role is not None:
        services.role_grant(SYSTEM, user.id, role, at=AT)
    return user


def patient(**facts: str) -> User:
    return person(RoleName.PATIENT, **facts)


def therapist(**facts: str) -> User:
    return person(RoleName.THERAPIST, **facts)


def support(**facts: str) -> User:
    return person(RoleName.SUPPORT, **facts)


def admin(**facts: str) -> User:
    return person(RoleName.ADMIN, **facts)


def practice_of(user: User) -> UUID:
    found = selectors.practice_default(SYSTEM, user.id)
    assert found is not None
    return found


def practice(owner: User, *members: User, is_listed: bool = False) -> UUID:
    """A group practice with an owner and clinicians; a therapist's own is older and stays their default."""
    at = AT + timedelta(microseconds=1)
    made = services.practice_create(
        SYSTEM, owner.id, f"Practice of {owner.name}", PracticeKind.GROUP, at=at, is_listed=is_listed
    )
    for member in members:
        services.membership_start(SYSTEM, made.id, member.id, MembershipRole.CLINICIAN, at=at)
    if is_listed:
        practice_list_publicly(made.id)
    return made.id


def practice_list_publicly(practice_id: UUID) -> None:
    """The practice shows its therapists, who are verified."""
    Practice.objects.filter(id=practice_id).update(is_listed=True)
    members = Membership.objects.unscoped(reason="test").filter(practice_id=practice_id, ended_at=None)
    for user in User.objects.filter(id__in=members.values("user_id")):
        if RoleName.THERAPIST in user.role_names:
            listing(user)


def npi(number: int) -> str:
    """The NPI with this number in its middle."""
    return rules.npi_complete(f"1{number:08}")


def listing_facts(**facts: Any) -> dict[str, Any]:
    """All that the check of a listing needs."""
    number = next(_numbers)
    return {
        "npi": npi(number),
        "licences": (LicenceFacts(state="IL", type="lcsw", number=f"149.{number:06}"),),
        "specialties": ("anxiety",),
        "languages": ("en",),
        "formats": ("telehealth",),
        **facts,
    }


def listing_sent(user: User, **facts: Any) -> Listing:
    """A therapist's listing that waits for its check."""
    services.listing_change(actor(user), listing_facts(**facts), at=AT)
    services.listing_submit(actor(user), at=AT)
    return listing_row(user)


def listing(user: User, **facts: Any) -> Listing:
    """A therapist's listing, verified; made once."""
    found = Listing.objects.unscoped(reason="test").filter(therapist=user).first()
    if found is None:
        found = listing_sent(user, **facts)
        services.listing_accept(actor(admin()), found.id, seen=found.submitted_at, at=AT)
    return listing_row(user)


def listing_row(user: User) -> Listing:
    return Listing.objects.unscoped(reason="test").select_related("therapist").get(therapist=user)


def assignment(
    patient: User, therapist: User, *, practice_id: UUID | None = None, at: datetime = AT, reason: str = ""
) -> AssignmentView:
    return services.assignment_start(
        SYSTEM, patient.id, therapist.id, practice_id or practice_of(therapist), reason, at=at
    )


def invitation(
    owner: User, email: str, role: MembershipRole = MembershipRole.FRONT_DESK, *, at: datetime | None = None
) -> InvitationSent:
    """The owner of a practice asks an address to join it."""
    return services.invitation_send(
        actor(owner, factor_at=at or clock.now()), practice_of(owner), email, role, at=at or clock.now()
    )


LOCATION = {
    "name": "Downtown",
    "line1": "120 Elm Street",
    "line2": "Suite 4",
    "city": "Chicago",
    "region": "IL",
    "postal_code": "60601",
    "phone": "(312) 555-0142",
    "time_zone": "America/Chicago",
    "place_of_service": "11",
}
BILLING = {
    "legal_name": "Elm Street Therapy LLC",
    "npi": rules.npi_complete("123456789"),
    "tax_kind": "ein",
    "tax_number": "36-4871259",
    **{name: LOCATION[name] for name in ADDRESS_FIELDS},
}


def location(owner: User, **facts: Any) -> LocationView:
    """A location of this owner's practice."""
    wanted: Any = {**LOCATION, **facts}
    return services.location_add(actor(owner), practice_of(owner), wanted, at=AT)


def billing_identity(owner: User, **facts: Any) -> BillingIdentityView:
    """Who this owner's practice is to payers."""
    wanted: Any = {**BILLING, **facts}
    return services.billing_change(actor(owner), practice_of(owner), wanted, at=AT)


def request(patient: User, therapist: User, message: str = "", *, at: datetime = AT) -> ProposalView:
    """A patient has asked a therapist, who is in the directory from then on."""
    listing(therapist)
    return services.proposal_request(actor(patient), therapist.id, message, at=at)


def actor(
    user: User, *, practice_id: UUID | None = None, via: Via = Via.WEB, factor_at: datetime | None = AT
) -> Actor:
    """The person in a session; acting for their first practice unless told."""
    return Actor(
        user_id=user.id,
        via=via,
        roles=selectors.roles_of(SYSTEM, [user.id]).get(user.id, frozenset()),
        practice_id=practice_id or selectors.practice_default(SYSTEM, user.id),
        factor_at=factor_at,
    )


def app(user: User, secret: str = SECRET) -> Authenticator:
    """An authenticator app of this person's."""
    found = Authenticator.objects.filter(user=user, type="totp").first()
    data = {"secret": selectors.secret_seal(user.id, secret), "step": 0, "burnt": []}
    return found or Authenticator.objects.create(user=user, type="totp", data=data, created_at=AT)


def app_code(seconds: int = 0, secret: str = SECRET) -> str:
    """What the app shows, or showed or will show so many seconds from now."""
    now = int(clock.now().timestamp()) + seconds
    return rules.totp_code(secret, now // rules.TOTP_STEP_SECONDS)


def session_key(
    user: User, *, factor: bool | None = None, fresh: bool = False, practice_id: UUID | None = None
) -> str:
    """The cookie of a browser in which the person is signed in, a while ago or (`fresh`) just now; with a
    second factor where their role needs one, and acting for their first practice, unless told.
    """
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django_otp import DEVICE_ID_SESSION_KEY

    store = SessionStore()
    store[SESSION_KEY] = str(user.id)
    (store[BACKEND_SESSION_KEY],) = settings.AUTHENTICATION_BACKENDS
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    # Longer ago than what counts as fresh, unless told.
    store["signed_in_at"] = (clock.now() - timedelta(minutes=0 if fresh else 11)).timestamp()
    practice_id = practice_id or selectors.practice_default(SYSTEM, user.id)
    if practice_id:
        store["practice_id"] = str(practice_id)
    if factor is None:
        factor = selectors.factor_policy(user.id, user.role_names) == "required"
    if factor:
        store["factor_at"] = clock.now().isoformat()
        store[DEVICE_ID_SESSION_KEY] = f"accounts.factordevice/{app(user).pk}"
    store.save()
    assert store.session_key is not None
    return store.session_key


def letters_send(at: datetime) -> int:
    """What the job does that mails notices."""
    return letters.letters_send(at=at)


def sessions_of(user: User) -> list[str]:
    return list(Session.objects.filter(user=user).values_list("session_key", flat=True))


def recorded(name: str) -> list[Any]:
    """What the record holds under this name, oldest first."""
    events = apps.get_model("observability", "Event").objects.unscoped(reason="what a test left")
    return list(events.filter(name=name).order_by("recorded_at"))


def browser(user: User, **more: Any) -> Client:
    """A browser in which the person is signed in; `more` as for `session_key`."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_key(user, **more)
    return client
