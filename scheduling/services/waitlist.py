"""A place in a line: taken, left, and kept while its person rests."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.types import TERMS, RoleName, TermKind
from bloom.kernel import limits, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from observability import services as observability_services
from scheduling import selectors
from scheduling.errors import AlreadyWaiting, WaitlistFull
from scheduling.events import WaitlistClosed, WaitlistJoined, WaitlistRested
from scheduling.models import WaitlistEntry
from scheduling.rules import openings
from scheduling.rules import waitlist as rules
from scheduling.services.holding import service_bookable
from scheduling.services.waitlist_offers import answer_count, line_nudge, offer_drop, places_forward
from scheduling.types import (
    IN_LINE,
    WAITING_MOST,
    WAITLIST_AHEAD_DAYS,
    WAITLIST_TERMS,
    WAITLIST_TERMS_MOST,
    EntryState,
    EntryView,
    Modes,
    Wishes,
)

_IN_LINE: Final = [state.value for state in IN_LINE]


def waitlist_join(
    actor: Actor,
    *,
    wishes: Wishes,
    service_id: UUID | None = None,
    terms: Mapping[TermKind, tuple[str, ...]] | None = None,
    at: datetime,
) -> EntryView:
    """The actor, a patient, waits for a time of a service, or of whoever fits what they look for (`terms`, at
    least one).

    Raises NotFound, NotAllowed, ServiceNotForYou, NotAccepting, Invalid, WaitlistFull, AlreadyWaiting and
    RateLimited.
    """
    person_id = actor.require_user()
    if not actor.has_role(RoleName.PATIENT):
        raise NotAllowed
    limits.limit_check(f"waitlist:{person_id}", settings.WAITLIST_JOINS_PER_HOUR, 3600)
    _wishes_check(wishes, at=at)
    looked_for = _terms_clean(terms or {}) if service_id is None else {}
    if service_id is None and not looked_for:
        said = gettext(
            "Please choose first what you look for: a specialty, an insurance, a language or a state."
        )
        raise Invalid(errors={"terms": [said]})
    return _join(actor, wishes, service_id, looked_for, at=at)


@transactional(constraints={"scheduling_waitlist_once": AlreadyWaiting})
def _join(
    actor: Actor,
    wishes: Wishes,
    service_id: UUID | None,
    terms: Mapping[TermKind, tuple[str, ...]],
    *,
    at: datetime,
) -> EntryView:
    person_id = actor.require_user()
    service = None if service_id is None else service_bookable(actor, service_id)
    practice_id = service.practice_id if service else None
    if actor.token_id is not None and actor.practice_id not in {None, practice_id}:
        # A token knows of its practice alone, and would not see where it waits.
        raise NotAllowed
    if service is not None and not rules.modes_known(wishes.mode, openings.modes_of(Modes(service.modes))):
        raise Invalid(errors={"mode": [gettext("This service is not given in this way.")]})
    # One's first line has no row to lock yet, so that joins at once go one after the other by their person.
    accounts_services.person_hold(actor, person_id)
    held = WaitlistEntry.objects.unscoped(reason="where the actor waits already").filter(
        patient_id=person_id, state__in=_IN_LINE
    )
    lines = list(held.values_list("service_id", flat=True))
    if service is not None and service.id in lines:
        raise AlreadyWaiting
    if len(lines) >= WAITING_MOST:
        raise WaitlistFull(most=WAITING_MOST)
    row = WaitlistEntry(
        id=uuid.uuid4(),
        practice_id=practice_id,
        patient_id=person_id,
        therapist_id=service.therapist_id if service else None,
        service_id=service.id if service else None,
        mode=wishes.mode.value if wishes.mode else "",
        time_zone=wishes.time_zone,
        parts=rules.parts_pack(wishes.parts),
        first_on=wishes.first_on,
        last_on=wishes.last_on,
        joined_at=at,
        look_due_at=at,
    )
    if service is None:
        said = json.dumps({kind.value: list(codes) for kind, codes in sorted(terms.items())})
        row.terms = vault.seal(person_id, said, selectors.terms_place(row.id))
    row.save(force_insert=True)
    _line_together(row, at=at)
    observability_services.event_record(
        actor,
        WaitlistJoined(
            object_id=row.id,
            practice_id=row.practice_id,
            subject_id=person_id,
            therapist_id=row.therapist_id,
        ),
        at=at,
    )
    return selectors.entry_views(actor, [row])[0]


@transactional
def waitlist_leave(actor: Actor, entry_id: UUID, *, at: datetime) -> None:
    """The actor waits no more; what they were offered is free for the next. Twice is once. Raises NotFound,
    and NotAllowed for another's place.
    """
    row = _own_locked(actor, entry_id)
    if row.state in _IN_LINE:
        entry_close(actor, row, EntryState.LEFT, at=at)


def waitlist_resume(actor: Actor, entry_id: UUID, *, at: datetime) -> EntryView:
    """The actor, who did not answer, still waits: at the place that they had. Raises NotFound, NotAllowed and
    RateLimited.
    """
    _own_check(actor, WaitlistEntry.objects.visible_to(actor).get_or_refuse(pk=entry_id))
    answer_count(actor.require_user())
    return _resume(actor, entry_id, at=at)


@transactional
def _resume(actor: Actor, entry_id: UUID, *, at: datetime) -> EntryView:
    row = _own_locked(actor, entry_id)
    if row.state == EntryState.RESTING:
        row.state, row.unanswered, row.look_due_at = EntryState.WAITING.value, 0, at
        row.save(update_fields=["state", "unanswered", "look_due_at"])
        _line_together(row, at=at)
        rested(actor, row, is_resting=False, at=at)
    return selectors.entry_views(actor, [row])[0]


@transactional
def waitlist_nudge(actor: Actor, *, therapist_id: UUID, at: datetime) -> None:
    """Times of this therapist may be free: who waits for them, or for whoever fits, is looked at next."""
    line_nudge(therapist_id, at=at)


def entry_close(actor: Actor, row: WaitlistEntry, state: EntryState, *, at: datetime) -> UUID:
    """A place in a line, which the caller has locked, is given up; an open offer goes with it. The event's
    id.
    """
    offer_drop(actor, row, at=at)
    row.state, row.closed_at = state.value, at
    row.save(update_fields=["state", "closed_at"])
    return observability_services.event_record(
        actor,
        WaitlistClosed(
            object_id=row.id,
            practice_id=row.practice_id,
            subject_id=row.patient_id,
            therapist_id=row.therapist_id,
            state=state.value,
        ),
        at=at,
    )


def rested(actor: Actor, row: WaitlistEntry, *, is_resting: bool, at: datetime) -> UUID:
    """On record: somebody rests, or is back."""
    return observability_services.event_record(
        actor,
        WaitlistRested(
            object_id=row.id,
            practice_id=row.practice_id,
            subject_id=row.patient_id,
            therapist_id=row.therapist_id,
            is_resting=is_resting,
        ),
        at=at,
    )


def _line_together(row: WaitlistEntry, *, at: datetime) -> None:
    """Who is in the same line, that for whoever fits too, is looked at together with one who has come: what
    became free meanwhile is for those before them.
    """
    places_forward(Q(therapist_id=row.therapist_id), at=at)


def _own_locked(actor: Actor, entry_id: UUID) -> WaitlistEntry:
    row = WaitlistEntry.objects.visible_to(actor).select_for_update().get_or_refuse(pk=entry_id)
    _own_check(actor, row)
    return row


def _own_check(actor: Actor, row: WaitlistEntry) -> None:
    if row.patient_id != actor.user_id:
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)


def _wishes_check(wishes: Wishes, *, at: datetime) -> None:
    if not accounts_selectors.time_zone_is_known(wishes.time_zone):
        raise Invalid(errors={"time_zone": [gettext("This is not a time zone we know.")]})
    fault = rules.wishes_fault(wishes, at=at, ahead_days=WAITLIST_AHEAD_DAYS)
    if fault is not None:
        raise Invalid(errors={fault: [gettext("Please choose a day within the next year, in order.")]})


def _terms_clean(terms: Mapping[TermKind, tuple[str, ...]]) -> dict[TermKind, tuple[str, ...]]:
    found = {}
    for kind, codes in terms.items():
        once = tuple(dict.fromkeys(codes))
        if kind not in WAITLIST_TERMS or any(code not in TERMS[kind] for code in once):
            raise Invalid(errors={kind.value: [gettext("Please choose from the list.")]})
        if len(once) > WAITLIST_TERMS_MOST:
            said = gettext("Please choose at most %(most)d.") % {"most": WAITLIST_TERMS_MOST}
            raise Invalid(errors={kind.value: [said]})
        if once:
            found[kind] = once
    return found
