"""Who and what stands behind the permission table: seven people, and the things of two of them."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection

from accounts import services as accounts_services
from accounts import sessions
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.files import services as files_services
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.money import Money
from bloom.webhooks import services as webhooks_services
from messaging import services as messaging_services
from messaging.tests import factories
from observability import services as observability_services
from observability.models import Event
from scheduling import selectors as scheduling_selectors
from scheduling import services as scheduling_services
from scheduling.tests import video
from scheduling.types import Block, ExceptionKind, Rules, ServiceFacts, Wishes

# Tokens are made by the tests themselves, and their use is noted now and then.
UNWATCHED = {"accounts_apitoken", "observability_event", "django_migrations"}
# Whose token it is is told of it.
ENDPOINT: Mapping[str, Any] = {
    "url": "https://example.org/bloom",
    "events": ["message.sent"],
    "on": "on",
}
SERVICE = ServiceFacts(name="50-minute session", duration_minutes=50, price=Money(150_00, "USD"))
OF_TOKENS = ("accounts.token.issued", "accounts.token.used", "accounts.notice.made")


@dataclass(frozen=True, slots=True)
class World:
    """`people` by role, `cookies` of their sessions, of a while ago and of just now, and `ids` of what the
    addresses of the table name; and what stood in the `tables` and on record (`events`) when all was made.
    """

    people: Mapping[str, AbstractBaseUser]
    cookies: Mapping[str, str]
    fresh_cookies: Mapping[str, str]
    ids: Mapping[str, Any]
    tables: dict[str, tuple[int, str]]
    events: dict[UUID, Event]

    def token(self, role: str, *scopes: str) -> str:
        """A new API token of this person, as text."""
        issued = accounts_services.token_issue(
            people.SYSTEM, self.people[role].id, "test", scopes, 1, at=clock.now()
        )
        return issued.raw


def world_make() -> World:
    """A patient in a therapist's care with a hidden message between them; five people beside them."""
    talk = factories.talk()
    others = {
        "other patient": people.patient(),
        "other therapist": people.therapist(),
        "support": people.support(),
        "admin": people.admin(),
    }
    who = {"patient": talk.patient, "therapist": talk.therapist, **others}
    message = factories.send(talk.as_therapist, talk.id, factories.BLURRED, at=clock.now())
    factories.send(talk.as_patient, talk.id, factories.CRISIS)
    token = accounts_services.token_issue(
        people.SYSTEM, talk.patient.id, "test", ["profile:read"], 1, at=clock.now()
    )
    audit, *_ = factories.audit_rows(talk.id)
    # Somebody of the same practice, to whom the patient would go.
    following = people.therapist()
    accounts_services.membership_start(
        people.SYSTEM, talk.practice_id, following.id, MembershipRole.CLINICIAN, at=clock.now()
    )
    proposal = accounts_services.proposal_transfer(
        talk.as_therapist, talk.assignment_id, following.id, "", practice_id=talk.practice_id, at=clock.now()
    )
    observability_services.seal_run(people.SYSTEM, at=clock.now(), everything=True)
    factor = people.app(talk.therapist)
    invitation = people.invitation(talk.therapist, others["other patient"].email)
    location, billed = people.location(talk.therapist), people.billing_identity(talk.therapist)
    assert billed.is_complete
    elsewhere = UUID(sessions.session_id(people.session_key(talk.patient)))
    # In care, and not verified: whoever else looks for this therapist finds nobody.
    listing = people.listing_sent(talk.therapist)
    attachment = factories.send(
        talk.as_patient, talk.id, attachments=[factories.upload(talk.as_patient)], at=clock.now()
    ).attachments[0]
    owner = people.actor(talk.therapist, practice_id=talk.practice_id, factor_at=clock.now())
    endpoint = webhooks_services.endpoint_add(
        owner, talk.practice_id, ENDPOINT["url"], ENDPOINT["events"], at=clock.now()
    ).endpoint
    webhooks_services.endpoint_test(owner, talk.practice_id, endpoint.id, at=clock.now())
    upload = files_services.upload_ask(
        talk.as_patient, name="plan.pdf", content_type="application/pdf", size=9, at=clock.now()
    ).upload
    planned = messaging_services.scheduled_plan(
        talk.as_therapist,
        talk.id,
        uuid.uuid4(),
        factories.HARMLESS,
        clock.now() + timedelta(days=2),
        at=clock.now(),
    )
    appointment = video.seen_by_two(talk)
    room = video.room_open(talk)
    times = schedule_make(talk.therapist, talk.practice_id)
    waits = waiting_make(talk.as_patient, times["service_id"])
    cookies, fresh = (
        {role: people.session_key(person, fresh=is_fresh) for role, person in who.items()}
        for is_fresh in (False, True)
    )
    return World(
        people=who,
        cookies=cookies,
        fresh_cookies=fresh,
        tables=everything(),
        events=events(),
        ids={
            "conversation_id": talk.id,
            "upload_id": upload.id,
            "endpoint_id": endpoint.id,
            "endpoint": {**ENDPOINT, "url": "https://example.net/bloom"},
            "appointment_id": appointment.id,
            "room_id": room.id,
            "device_id": uuid.uuid4(),
            "consent_id": _one("scheduling_telehealthconsent", "patient_id", talk.patient.id),
            "booking_for": {
                "key": str(uuid.uuid4()),
                "patient": str(talk.patient.id),
                "service": str(times["service_id"]),
                "mode": "telehealth",
                "on": f"{times['free_at']:%Y-%m-%d}",
                "at": "18:00",
            },
            "credential_id": _one("scheduling_meetingcredential", "practice_id", talk.practice_id),
            "zoom": {"account_id": "a", "client_id": "b", "client_secret": "c"},
            "told_id": _one("webhooks_delivery", "endpoint_id", endpoint.id),
            "attachment_id": attachment.id,
            "message_id": message.id,
            "scheduled_id": planned.scheduled.id,
            "person_id": talk.therapist.id,
            "therapist_id": talk.therapist.id,
            **times,
            **waits,
            "other_patient_id": others["other patient"].pk,
            "assignment_id": talk.assignment_id,
            "proposal_id": proposal.id,
            "next_therapist_id": following.id,
            "practice_id": talk.practice_id,
            "location_id": location.id,
            "location": {**people.LOCATION, "name": "Elsewhere"},
            "membership_id": _one("accounts_membership", "user_id", talk.therapist.id),
            "token_id": token.id,
            "session_id": elsewhere,
            "copy_id": uuid.UUID(int=7),
            "alert_id": _one("messaging_crisisalert", "patient_id", talk.patient.id),
            "notice_id": _one("accounts_notice", "user_id", talk.patient.id),
            "audit_id": audit.id,
            "event_id": _one("observability_event", "subject_id", talk.patient.id),
            "delivery_id": _one("observability_delivery", "state", "pending"),
            "seal_number": 1,
            "factor_id": factor.pk,
            "invitation_id": invitation.id,
            "secret": invitation.secret,
            "provider": "google",
            "listing_id": listing.id,
            "listing": {"city": "Chicago", "accepts_new": "on"},
            "name": "20260101-000000-000000-00000000",
            "sign_in": {"login": talk.patient.email, "password": people.PASSWORD},
            "sign_up": {
                "role": "patient",
                "name": "Maya Torres",
                "email": "maya@example.org",
                "password1": "quiet river morning",
                "password2": "quiet river morning",
            },
            "new_password": {
                "oldpassword": people.PASSWORD,
                "password1": "quiet river morning",
                "password2": "quiet river morning",
            },
            "next_care": {
                "patient": str(talk.patient.id),
                "therapist": str(following.id),
                "practice": str(talk.practice_id),
            },
            "new_care": {
                "patient": str(others["other patient"].pk),
                "therapist": str(others["other therapist"].pk),
            },
        },
    )


def schedule_make(therapist: AbstractBaseUser, practice_id: UUID) -> dict[str, Any]:
    """The therapist is there at all hours, in the calendar that they have."""
    owner = people.actor(therapist, practice_id=practice_id)
    scheduling_services.availability_set(
        owner,
        time_zone="UTC",
        blocks=[Block(weekday, 0, 1440) for weekday in range(7)],
        rules=Rules(notice_minutes=0),
        version=0,
        at=clock.now(),
    )
    offered = scheduling_services.service_add(owner, SERVICE, at=clock.now())
    days = scheduling_services.exception_add(
        owner,
        kind=ExceptionKind.OFF,
        starts_on=clock.now().date() + timedelta(days=30),
        ends_on=clock.now().date() + timedelta(days=31),
        at=clock.now(),
    )
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=2)
    return {
        "service_id": offered.id,
        "exception_id": days.id,
        "week": {
            "version": 1,
            "time_zone": "America/Chicago",
            "slot_minutes": 15,
            "notice_minutes": 0,
            "horizon_days": 60,
            "free_cancel_minutes": 1440,
            "late_fee": "0",
            "day0_from0": "09:00",
            "day0_until0": "17:00",
            "day0_way0": "both",
        },
        "service": {
            "version": 1,
            "name": "Intake",
            "duration_minutes": 80,
            "price": "200",
            "modes": "both",
            "who_may_book": "anybody",
            "buffer_before": 0,
            "buffer_after": 10,
        },
        "hold_id": uuid.uuid4(),
        "free_at": noon + timedelta(days=7),
    }


def waiting_make(patient: Actor, service_id: UUID) -> dict[str, Any]:
    """The patient waits for a time, and one is kept for them."""
    entry = scheduling_services.waitlist_join(
        patient, wishes=Wishes(time_zone="UTC"), service_id=service_id, at=clock.now()
    )
    assert scheduling_services.waitlist_run(people.SYSTEM, at=clock.now()) == 1
    offer = scheduling_selectors.waitlist_get(patient, entry.id).offer
    assert offer is not None
    return {"entry_id": entry.id, "offer_id": offer.id, "offer_terms": offer.terms}


def _one(table: str, column: str, value: object) -> UUID:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} WHERE {column} = %s LIMIT 1", [value])
        found: UUID = cursor.fetchone()[0]
    return found


def everything(among: Collection[str] | None = None) -> dict[str, tuple[int, str]]:
    """Each table's number of rows, and one digest of all in them but when somebody was seen."""
    if among is None:
        among = [name for name in connection.introspection.table_names() if name not in UNWATCHED]
    if not among:
        return {}
    digests = " UNION ALL ".join(
        f"SELECT '{name}', count(*), md5(string_agg(md5(row), '' ORDER BY md5(row))) "
        f"FROM (SELECT (to_jsonb(t) - 'seen_at')::text AS row FROM {name} t) AS rows"
        for name in among
    )
    with connection.cursor() as cursor:
        cursor.execute(digests)
        return {name: (count, digest) for name, count, digest in cursor.fetchall()}


def written() -> dict[str, int]:
    """How many rows of each table the transaction has written so far, those taken back included.

    A table whose number stays as it was holds what it held, which spares its digest.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def events() -> dict[UUID, Event]:
    """What the record holds, but for what it says of tokens."""
    rows = Event.objects.unscoped(reason="what a request left on record").exclude(name__in=OF_TOKENS)
    return {row.id: row for row in rows}
