"""What is due about meetings is done at their vendors: by one run at a time, one call after the other.

A try is counted and its meeting leased in a transaction, what is to be asked is read in another, the vendor
is asked outside of any, and what came of it is written in a third. So a process that dies leaves a meeting
that comes round again, and says of it that it may have been made; and a meeting at which Bloom itself fails
keeps nobody else's waiting. What happened to the appointment meanwhile is not undone: the meeting is due
again. An account that does not answer rests, and so do all its meetings.
"""

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext, override

from accounts import selectors as accounts_selectors
from bloom.kernel import clock, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed
from observability import logs
from observability import services as observability
from scheduling.integrations import calls
from scheduling.models import Appointment, Meeting, MeetingCredential
from scheduling.services import turns
from scheduling.telehealth import events, keys
from scheduling.telehealth.keys import Keys
from scheduling.telehealth.port import MeetingProvider, VendorRejected, VendorUnavailable
from scheduling.telehealth.rules import tries
from scheduling.telehealth.services import following
from scheduling.telehealth.services.attending import attendance_note, patient_of
from scheduling.telehealth.services.following import NEEDED_BEHIND, minutes_of
from scheduling.telehealth.services.resting import credential_note
from scheduling.telehealth.types import (
    Attendance,
    Fault,
    MeetingsRun,
    MeetingState,
    MeetingWish,
    VendorMeeting,
)

log = logs.get_logger(__name__)

# For so long a run begins new steps; all calls of a step together have one deadline (calls.DEADLINE).
RUN: Final = timedelta(seconds=20)
TURN: Final = "meetings"
# Longer than that together, so that a run which died is followed by another.
TURN_LASTS: Final = timedelta(seconds=60)
LEASE: Final = timedelta(minutes=2)
# A vendor that has to be asked to tell of a meeting is asked so long before it begins.
WATCH_AHEAD: Final = timedelta(hours=2)
WATCH_BEHIND: Final = timedelta(hours=2)
# So long after its end a vendor is asked who was in a meeting of which it has told nothing.
ASK_BEHIND: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A meeting that is due. It is this run's while its `turn` is the one that it was claimed in. `again`: it
    was tried before.
    """

    meeting_id: UUID
    appointment_id: UUID
    credential_id: UUID
    turn: int
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One meeting's next step, as it is to be done at `at`."""

    meeting_id: UUID
    credential_id: UUID
    turn: int
    at: datetime
    state: MeetingState
    vendor_id: str
    # The vendor has it at the time of the wish.
    is_held: bool
    is_over: bool
    again: bool
    wish: MeetingWish
    keys: Keys
    host: str

    @property
    def ends_at(self) -> datetime:
        return self.wish.starts_at + timedelta(minutes=self.wish.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What came of a step: the meeting as it is at the vendor, or why it is not. `gone`: there is none.
    `is_unheard`: the vendor was asked to tell what happens in it, and does not yet.
    """

    meeting: VendorMeeting | None = None
    gone: bool = False
    error: VendorRejected | VendorUnavailable | None = None
    watched_until: datetime | None = None
    is_unheard: bool = False
    attended: tuple[Attendance, ...] | None = None


def meetings_run(actor: Actor, *, at: datetime) -> MeetingsRun:
    """Do what is due at `at`, unless another run is at it. Raises NotAllowed unless the system asks."""
    if not actor.is_system:
        raise NotAllowed
    turn = turns.turn_take(TURN, at=at, lasts=TURN_LASTS)
    if turn is None:
        return MeetingsRun()
    done = failed = 0
    try:
        for now in clock.moments(at, goes_on=RUN):
            claim = _claim(at=now)
            if claim is None:
                break
            try:
                outcome = _work(actor, claim, at=now)
            except Exception:
                log.exception("telehealth.step_failed", meeting_id=claim.meeting_id)
                _put_off(claim, at=now)
                failed += 1
                continue
            if outcome is not None:
                done, failed = done + (outcome.error is None), failed + (outcome.error is not None)
    finally:
        turns.turn_end(TURN, turn)
    return MeetingsRun(done=done, failed=failed)


@transactional
def _claim(*, at: datetime) -> _Claim | None:
    """The meeting that has been due the longest, of an account that does not rest, for this run alone."""
    rows = (
        Meeting.objects.unscoped(reason="which meeting is due")
        .filter(Q(credential__rests_until=None) | Q(credential__rests_until__lte=at), next_try_at__lte=at)
        .exclude(credential=None)
        .order_by("next_try_at", "id")
        .select_for_update(skip_locked=True, of=("self",))
    )
    row = rows.first()
    if row is None or row.credential_id is None:
        return None
    claim = _Claim(
        meeting_id=row.id,
        appointment_id=row.appointment_id,
        credential_id=row.credential_id,
        turn=row.turn,
        again=row.tries > 0,
    )
    row.tries, row.next_try_at = min(row.tries + 1, 1000), at + LEASE
    row.save(update_fields=["tries", "next_try_at"])
    return claim


def _work(actor: Actor, claim: _Claim, *, at: datetime) -> _Outcome | None:
    """Do the step of a meeting; None where there is none to do any more."""
    begun = time.monotonic()
    job = _job(claim, at=at)
    if job is None:
        return None
    outcome = _step(job)
    _written(actor, job, outcome, at=at + timedelta(seconds=time.monotonic() - begun))
    return outcome


@transactional
def _put_off(claim: _Claim, *, at: datetime) -> None:
    """A meeting at which Bloom itself failed waits, as one whose vendor did; its account is not to blame."""
    row = Meeting.objects.unscoped(reason="whose step failed").filter(pk=claim.meeting_id, turn=claim.turn)
    known = row.values_list("tries", "appointment__ends_at").first()
    if known is not None:
        number, ends_at = known
        row.update(fault=Fault.FAILED.value, next_try_at=_needed(ends_at, _wait(number, at=at)))


@transactional
def _job(claim: _Claim, *, at: datetime) -> _Job | None:
    """What is to be asked of the vendor, from the appointment as it is now; None where that is nothing."""
    appointment = (
        Appointment.objects.unscoped(reason="whose meeting is due")
        .select_for_update()
        .get(pk=claim.appointment_id)
    )
    row = (
        Meeting.objects.unscoped(reason="the meeting that is due")
        .select_for_update()
        .filter(pk=claim.meeting_id, turn=claim.turn, credential_id=claim.credential_id)
        .first()
    )
    if row is None or not _is_to_be_done(row, appointment, at=at):
        return None
    credential = MeetingCredential.objects.unscoped(reason="with whose keys").get(pk=claim.credential_id)
    addresses = accounts_selectors.mail_addresses([appointment.therapist_id])
    host, language = addresses.get(appointment.therapist_id, ("", "en"))
    with override(language):
        topic = gettext("Appointment")
    return _Job(
        meeting_id=row.id,
        credential_id=credential.id,
        turn=row.turn,
        at=at,
        state=MeetingState(row.state),
        vendor_id=row.vendor_id,
        is_held=(row.held_starts_at, row.held_minutes) == (appointment.starts_at, minutes_of(appointment)),
        is_over=_is_over(appointment, at=at),
        again=claim.again,
        wish=MeetingWish(
            key=row.id, topic=topic, starts_at=appointment.starts_at, minutes=minutes_of(appointment)
        ),
        keys=keys.keys_open(credential.vendor, credential.keys, credential.id),
        host=host,
    )


def _is_to_be_done(row: Meeting, appointment: Appointment, *, at: datetime) -> bool:
    """Whether the appointment still wants what the meeting is due for, whoever has not told yet that it does
    not. Else the meeting is set right.
    """
    if row.state == MeetingState.ENDING.value:
        return True
    if following.is_called_off(appointment):
        # This try has asked nothing: one that never did has nothing to take back.
        row.tries -= 1
        following.meeting_take_back(row, at=at)
        return False
    is_there = row.state == MeetingState.THERE.value
    if following.is_wanted(appointment, at=at) or (is_there and _is_over(appointment, at=at)):
        return True
    row.next_try_at = appointment.ends_at + ASK_BEHIND if is_there else None
    row.save(update_fields=["next_try_at"])
    return False


def _is_over(appointment: Appointment, *, at: datetime) -> bool:
    """Whether the vendor may be asked who was there."""
    return appointment.ends_at + ASK_BEHIND <= at


def _step(job: _Job) -> _Outcome:
    """Ask the vendor. No database."""
    provider = job.keys.provider(job.host, until=calls.deadline())
    try:
        if job.state is MeetingState.ENDING:
            return _end(provider, job)
        if job.is_over and job.state is MeetingState.THERE:
            return _Outcome(attended=provider.participants(job.vendor_id))
        return _make(provider, job)
    except (VendorRejected, VendorUnavailable) as error:
        return _Outcome(error=error)


def _make(provider: MeetingProvider, job: _Job) -> _Outcome:
    meeting: VendorMeeting | None = None
    if job.vendor_id:
        try:
            if not job.is_held:
                provider.meeting_change(job.vendor_id, job.wish)
            meeting = provider.meeting_get(job.vendor_id)
        except VendorRejected as refused:
            if refused.fault is not Fault.MISSING:
                raise
            # Somebody has deleted it there: the appointment needs one all the same.
    if meeting is None:
        meeting = provider.meeting_create(job.wish, again=job.again)
    watched = job.ends_at + WATCH_BEHIND if not provider.is_watched else None
    is_unheard = False
    if watched is None and job.wish.starts_at - job.at <= WATCH_AHEAD:
        watched = job.ends_at + WATCH_BEHIND
        try:
            provider.watch(meeting.vendor_id, until=watched)
        except (VendorRejected, VendorUnavailable):
            # The meeting is there, which is what counts; what happens in it is not told so far.
            log.warning("telehealth.watch_failed", meeting_id=job.meeting_id)
            watched, is_unheard = None, True
    return _Outcome(meeting=meeting, watched_until=watched, is_unheard=is_unheard)


def _end(provider: MeetingProvider, job: _Job) -> _Outcome:
    vendor_id = job.vendor_id or provider.meeting_find(job.wish)
    if vendor_id:
        provider.meeting_cancel(vendor_id)
    return _Outcome(gone=True)


@transactional
def _written(actor: Actor, job: _Job, outcome: _Outcome, *, at: datetime) -> None:
    credential = (
        MeetingCredential.objects.unscoped(reason="what came of a call")
        .select_for_update()
        .filter(pk=job.credential_id)
        .first()
    )
    row = (
        Meeting.objects.unscoped(reason="what came of a call")
        .select_for_update()
        .filter(pk=job.meeting_id)
        .first()
    )
    if credential is not None:
        credential_note(credential, outcome.error, at=at)
    if row is None or row.credential_id != job.credential_id:
        return
    if outcome.meeting is not None:
        _meeting_note(row, outcome.meeting)
        row.held_starts_at, row.held_minutes = job.wish.starts_at, job.wish.minutes
    if row.turn != job.turn:
        # Something happened meanwhile, and the meeting is due for that. What was found out stays.
        row.next_try_at = min(row.next_try_at or at, at)
        row.save()
        return
    _row_note(actor, row, job, outcome, at=at)
    row.changed_at = at
    row.save()


def _meeting_note(row: Meeting, meeting: VendorMeeting) -> None:
    row.vendor_id = meeting.vendor_id
    row.join_url = vault.seal(patient_of(row), meeting.join_url, join_place(row.id))


def _row_note(actor: Actor, row: Meeting, job: _Job, outcome: _Outcome, *, at: datetime) -> None:
    about: dict[str, Any] = {
        "object_id": row.id,
        "practice_id": row.practice_id,
        "appointment_id": row.appointment_id,
    }
    if outcome.attended is not None:
        is_known = attendance_note(actor, row, outcome.attended, at=at)
        row.fault = ""
        row.next_try_at = None if is_known else _needed(job.ends_at, at + tries.wait_after_asking(row.tries))
    elif outcome.meeting is not None:
        was_there = row.state == MeetingState.THERE.value
        row.state, row.fault = MeetingState.THERE.value, ""
        # Of one that is asked to be told of again and again, the tries go on.
        row.tries = row.tries if outcome.is_unheard else 0
        row.watched_until = outcome.watched_until or row.watched_until
        row.next_try_at = _next_look(row, job, outcome, at=at)
        if not was_there:
            observability.event_record(actor, events.MeetingMade(vendor=row.vendor, **about), at=at)
    elif outcome.gone:
        row.state, row.fault, row.next_try_at = MeetingState.CANCELLED.value, "", None
        row.vendor_id, row.join_url = "", None
        observability.event_record(actor, events.MeetingCancelled(**about), at=at)
    elif isinstance(outcome.error, VendorRejected):
        row.fault, row.next_try_at = outcome.error.fault.value, None
        if row.state == MeetingState.WANTED.value:
            row.state = MeetingState.FAILED.value
        failed = events.MeetingFailed(fault=outcome.error.fault.value, **about)
        observability.event_record(actor, failed, at=at)
    elif outcome.error is not None:
        row.fault = outcome.error.fault.value
        row.next_try_at = _needed(job.ends_at, _wait(row.tries, at=at))


def _next_look(row: Meeting, job: _Job, outcome: _Outcome, *, at: datetime) -> datetime:
    """When something is to be done about a meeting that is there."""
    if outcome.is_unheard and (again := _wait(row.tries, at=at)) < job.wish.starts_at:
        return again
    if outcome.watched_until is None and not outcome.is_unheard:
        return job.wish.starts_at - WATCH_AHEAD
    return job.ends_at + ASK_BEHIND


def _wait(number: int, *, at: datetime) -> datetime:
    """When a meeting is tried again that was tried so many times."""
    return at + tries.wait_after(number, random.random())  # noqa: S311 - jitter


def _needed(ends_at: datetime, when: datetime) -> datetime | None:
    """When, unless nobody needs the meeting any more by then."""
    return when if when < ends_at + NEEDED_BEHIND else None


def join_place(meeting_id: UUID) -> vault.Place:
    """Where a meeting's address is sealed for."""
    return vault.Place("scheduling_meeting", "join_url", meeting_id)
