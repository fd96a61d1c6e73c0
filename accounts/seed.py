"""The demo people: those with well-known addresses, believable others, and as many more as `--scale` says.

The same seed makes the same people with the same ids. Everybody's password is "bloom-demo", as one bcrypt
hash that all share.
"""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from faker import Faker

from accounts import events, seed_listings, selectors
from accounts.models import Assignment, Membership, Practice, Role, User
from accounts.types import DEMO_DOMAIN, MembershipRole, PracticeKind, RoleName
from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.registry import SeedContext
from observability import services as observability_services

PASSWORD = "bloom-demo"  # noqa: S105 - public on purpose: the demo's, which production refuses
PATIENTS = 24
PATIENTS_PER_THERAPIST = 40
BATCH = 1000

_NAMESPACE = UUID("b1003000-0000-5000-8000-000000000000")


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody to be made: the local part of the address, the name, the role, and where they live."""

    local: str
    name: str
    role: RoleName
    time_zone: str = "America/Chicago"
    headline: str = ""

    @property
    def email(self) -> str:
        return f"{self.local}@{DEMO_DOMAIN}"


_THERAPISTS = (
    _Person(
        "therapist", "Anna Lindqvist, PsyD", RoleName.THERAPIST, headline="Anxiety, panic and big changes"
    ),
    _Person(
        "therapist2", "Samuel Reyes, LMFT", RoleName.THERAPIST, headline="Couples, families, new parents"
    ),
    _Person("therapist3", "Grace Adeyemi, LCSW", RoleName.THERAPIST, headline="Grief, loss and illness"),
    _Person("therapist4", "Tom Brandt, LPC", RoleName.THERAPIST, headline="Work stress, burnout and sleep"),
    _Person(
        "therapist5",
        "Mei-Ling Chao, PhD",
        RoleName.THERAPIST,
        headline="OCD, exposure therapy, perfectionism",
    ),
    _Person(
        "therapist6",
        "Rosa Delgado, LCSW",
        RoleName.THERAPIST,
        headline="Trauma and EMDR, in Spanish and English",
    ),
)
# In the directory, and each in a practice of their own; nobody of the demo is in their care.
_ALONE = tuple(
    _Person(local, name, RoleName.THERAPIST, headline=headline)
    for local, name, headline in (
        ("therapist7", "Robin Castellano, LPC", "Queer lives, and all that is in them"),
        ("therapist8", "Ingrid Halvorsen, LMFT", "Teenagers and those who love them"),
        ("therapist9", "Arjun Mehta, MD", "Moods, minds and the right medication"),
        ("therapist10", "Marek Nowak, LCSW", "Drinking, anger and second chances"),
        ("therapist11", "Caroline Whitaker, PMHNP", "Before and after a baby"),
        ("therapist12", "Tessa Boateng, LPC", "Children who are wired differently"),
        ("therapist13", "Daniel Abrams, LCSW", ""),
        ("therapist14", "Victor Lindholm, PhD", "Old wounds, patiently"),
    )
)
_STAFF = (
    _Person("support", "Nora Whitfield", RoleName.SUPPORT),
    _Person("admin", "Elliot Grant", RoleName.ADMIN),
)
_KNOWN_PATIENTS = (
    _Person("patient", "Maya Torres", RoleName.PATIENT),
    _Person("patient2", "Daniel Okafor", RoleName.PATIENT, time_zone="America/New_York"),
)
# Name, and which of the therapists work there; the first of them owns it.
_PRACTICES = (
    ("Willow & Stone Therapy", (0, 2, 3)),
    ("Harbor Light Counseling", (1, 4, 5)),
)
_TIME_ZONES = ("America/Chicago", "America/New_York", "America/Denver", "America/Los_Angeles")
_REASONS = (
    "Asked for a first appointment through the website.",
    "Referred by their family doctor.",
    "Came back after a pause of some months.",
    "Recommended by a friend who is in care here.",
    "Looking for a therapist who is covered by their plan.",
)
_END_REASONS = (
    "Goals of the treatment plan were reached.",
    "Moved to another state.",
    "Changed to a colleague with evening hours.",
    "Both agreed to stop for now.",
)


def people(ctx: SeedContext) -> None:
    """Make the demo people unless they are there, then the scaled ones that are missing."""
    password_hash = make_password(PASSWORD, hasher="bcrypt_sha256")
    if not User.objects.filter(email=_KNOWN_PATIENTS[0].email).exists():
        _house(ctx, password_hash)
        ctx.say(f"{len(_THERAPISTS) + len(_ALONE)} therapists, {PATIENTS} patients, {len(_STAFF)} staff")
    if ctx.scale:
        made = sum(
            _crowd(ctx, password_hash, range(first, min(first + BATCH, ctx.scale + 1)))
            for first in range(1, ctx.scale + 1, BATCH)
        )
        ctx.say(f"{made} more people")


def person_id(seed: int, email: str) -> UUID:
    """The id that this seed gives to this address."""
    return _id(seed, "user", email)


def _id(seed: int, kind: str, key: str) -> UUID:
    return uuid.uuid5(_NAMESPACE, f"{seed}/{kind}/{key}")


@transactional
def _house(ctx: SeedContext, password_hash: str) -> None:
    """Two practices with their therapists, staff, patients, and care past and present."""
    actor = Actor.for_system("seed_demo", via=Via.COMMAND)
    rng = ctx.random
    fake = Faker(["en_US", "es_MX"])
    fake.seed_instance(ctx.seed)
    others = [
        _Person(f"patient{number}", _name(fake), RoleName.PATIENT, time_zone=rng.choice(_TIME_ZONES))
        for number in range(len(_KNOWN_PATIENTS) + 1, PATIENTS + 1)
    ]
    patients = [*_KNOWN_PATIENTS, *others]
    _people_create(ctx, password_hash, [*_STAFF, *_THERAPISTS, *_ALONE, *patients])
    _listings_create(ctx)
    practice_of: dict[int, UUID] = {}
    opened = ctx.at - timedelta(days=900)
    for name, workers in _PRACTICES:
        practice = Practice(
            id=_id(ctx.seed, "practice", name),
            name=name,
            kind=PracticeKind.GROUP,
            is_listed=True,
            created_at=opened,
        )
        practice.save(force_insert=True)
        for place, worker in enumerate(workers):
            practice_of[worker] = practice.id
            Membership.objects.create(
                id=_id(ctx.seed, "membership", _THERAPISTS[worker].email),
                practice=practice,
                user_id=person_id(ctx.seed, _THERAPISTS[worker].email),
                role=MembershipRole.OWNER if place == 0 else MembershipRole.CLINICIAN,
                started_at=opened + timedelta(days=20 * place),
            )

    for person in _ALONE:
        _practice_alone(ctx, person, opened)

    def assign(patient: _Person, worker: int, began: int, ended: int | None = None) -> None:
        _care_begin(ctx, actor, rng, patient, worker, practice_of[worker], began, ended)

    # The newest in care, in this order: what is told of them comes first.
    for patient, began in zip(_KNOWN_PATIENTS, (24, 27), strict=True):
        assign(patient, 0, began)
    for number, patient in enumerate(others):
        worker = number % len(_THERAPISTS)
        if number % 5 == 4:
            # Care that is over; for every other one it goes on elsewhere.
            assign(patient, worker, rng.randint(300, 500), rng.randint(120, 250))
            if number % 2:
                assign(patient, (worker + 1) % len(_THERAPISTS), rng.randint(30, 100))
        else:
            assign(patient, worker, rng.randint(30, 280))


def _practice_alone(ctx: SeedContext, person: _Person, opened: datetime) -> None:
    practice = Practice(
        id=_id(ctx.seed, "practice", person.email),
        name=f"{person.name.partition(',')[0]}’s practice",
        kind=PracticeKind.SOLO,
        is_listed=True,
        created_at=opened,
    )
    practice.save(force_insert=True)
    Membership.objects.create(
        id=_id(ctx.seed, "membership", person.email),
        practice=practice,
        user_id=person_id(ctx.seed, person.email),
        role=MembershipRole.OWNER,
        started_at=opened,
    )


def _listings_create(ctx: SeedContext) -> None:
    """What each of the known therapists tells of themselves."""
    named = {person.email: person for person in (*_THERAPISTS, *_ALONE)}
    users = User.objects.filter(email__in=named).order_by("email")
    seed_listings.listings_create(
        (
            (
                _id(ctx.seed, "listing", user.email),
                user,
                seed_listings.TOLD[named[user.email].local],
                ctx.seed % 100 * 1000 + number,
            )
            for number, user in enumerate(users)
        ),
        ctx.at,
    )


def _care_begin(
    ctx: SeedContext,
    actor: Actor,
    rng: random.Random,
    patient: _Person,
    worker: int,
    practice_id: UUID,
    began: int,
    ended: int | None,
) -> None:
    """One assignment that began, and perhaps ended, so many days ago; with its events."""
    patient_id = person_id(ctx.seed, patient.email)
    therapist_id = person_id(ctx.seed, _THERAPISTS[worker].email)
    assignment = Assignment(
        id=_id(ctx.seed, "assignment", f"{patient.email}/{worker}/{began}"),
        practice_id=practice_id,
        patient_id=patient_id,
        therapist_id=therapist_id,
        started_at=ctx.at - timedelta(days=began),
        ended_at=None if ended is None else ctx.at - timedelta(days=ended),
    )
    assignment.reason = vault.seal(
        patient_id, rng.choice(_REASONS), selectors.reason_place(assignment.id, "reason")
    )
    about = {
        "object_id": assignment.id,
        "practice_id": practice_id,
        "subject_id": patient_id,
        "patient_id": patient_id,
        "therapist_id": therapist_id,
    }
    observability_services.event_record(actor, events.AssignmentStarted(**about), at=assignment.started_at)
    if assignment.ended_at is not None:
        assignment.end_reason = vault.seal(
            patient_id, rng.choice(_END_REASONS), selectors.reason_place(assignment.id, "end_reason")
        )
        observability_services.event_record(actor, events.AssignmentEnded(**about), at=assignment.ended_at)
    assignment.save(force_insert=True)


@transactional
def _crowd(ctx: SeedContext, password_hash: str, numbers: Sequence[int]) -> int:
    """patient-00001 and so on, with a therapist for every forty; how many people were new."""
    fake = Faker("en_US")
    fake.seed_instance(f"{ctx.seed}/crowd/{numbers[0]}")
    named = [_Person(f"patient-{number:05}", _name(fake), RoleName.PATIENT) for number in numbers]
    shifts = sorted({(number - 1) // PATIENTS_PER_THERAPIST + 1 for number in numbers})
    therapists = [
        _Person(
            f"therapist-{shift:04}",
            f"{_name(fake)}, LCSW",
            RoleName.THERAPIST,
            headline="A calm beginning",
        )
        for shift in shifts
    ]
    wanted = [*therapists, *named]
    known = set(
        User.objects.filter(email__in=[person.email for person in wanted]).values_list("email", flat=True)
    )
    new = [person for person in wanted if person.email not in known]
    _people_create(ctx, password_hash, new)
    practice = Practice.objects.order_by("created_at", "id").first()
    assert practice is not None  # _house came first
    Membership.objects.bulk_create(
        Membership(
            id=_id(ctx.seed, "membership", person.email),
            practice=practice,
            user_id=person_id(ctx.seed, person.email),
            role=MembershipRole.CLINICIAN,
            started_at=ctx.at - timedelta(days=400),
        )
        for person in new
        if person.role is RoleName.THERAPIST
    )
    rng = random.Random(f"{ctx.seed}/listings/{numbers[0]}")  # noqa: S311 - makes up people
    newest = {person.email for person in new if person.role is RoleName.THERAPIST}
    seed_listings.listings_create(
        (
            (
                _id(ctx.seed, "listing", user.email),
                user,
                seed_listings.told_of(rng),
                10_000_000 + ctx.seed % 100 * 100_000 + int(user.email[10:14]),
            )
            for user in User.objects.filter(email__in=newest).order_by("email")
        ),
        ctx.at,
    )
    therapist_ids = dict(
        User.objects.filter(email__in=[person.email for person in therapists]).values_list("email", "id")
    )
    Assignment.objects.bulk_create(
        Assignment(
            id=_id(ctx.seed, "assignment", person.email),
            practice=practice,
            patient_id=person_id(ctx.seed, person.email),
            therapist_id=therapist_ids[
                f"therapist-{(number - 1) // PATIENTS_PER_THERAPIST + 1:04}@{DEMO_DOMAIN}"
            ],
            started_at=ctx.at - timedelta(days=30 + number % 300),
        )
        for number, person in zip(numbers, named, strict=True)
        if person.email not in known
    )
    return len(new)


def _people_create(ctx: SeedContext, password_hash: str, persons: Sequence[_Person]) -> None:
    joined = ctx.at - timedelta(days=500)
    ids = {person.email: person_id(ctx.seed, person.email) for person in persons}
    User.objects.bulk_create(
        User(
            id=ids[person.email],
            email=person.email,
            name=person.name,
            headline=person.headline,
            time_zone=person.time_zone,
            password=password_hash,
            date_joined=joined,
            steps_put_away_at=joined,
        )
        for person in persons
    )
    Role.objects.bulk_create(
        Role(
            id=_id(ctx.seed, "role", person.email),
            user_id=ids[person.email],
            role=person.role,
            granted_at=joined,
        )
        for person in persons
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user_id=ids[person.email], email=person.email, verified=True, primary=True)
        for person in persons
    )


def _name(fake: Faker) -> str:
    return f"{fake.first_name()} {fake.last_name()}"
