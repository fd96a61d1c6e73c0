"""A meeting follows its appointment: what it should be by now, whatever happened in which order."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db.models import Exists, F, OuterRef, Q

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed
from scheduling.models import Appointment, Calendar, Meeting, MeetingCredential
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.services.attending import meetings_begin
from scheduling.telehealth.types import MeetingState
from scheduling.types import CALLED_OFF, AppointmentState, Mode

# So many appointments to come get their meeting in one transaction, and those of a big practice in several.
FOLLOWED_AT_ONCE: Final = 100
CATCH_UP: Final = timedelta(seconds=20)
# What begins later is looked at less often: there may be very many of them.
_SOON: Final = timedelta(days=8)
# Longer than any appointment lasts.
_BEGAN_WITHIN: Final = timedelta(days=1)
# So long after its end a meeting is still taken back and asked about; then nobody needs it any more.
NEEDED_BEHIND: Final = timedelta(days=1)
_MEETS: Final = (AppointmentState.CONFIRMED.value, AppointmentState.IN_SESSION.value)
_CALLED_OFF: Final = frozenset(each.value for each in CALLED_OFF)


@transactional
def meeting_follow(actor: Actor, appointment_id: UUID, *, at: datetime) -> None:
    """See to it that the appointment's meeting becomes what the appointment is now. Idempotent, so it may run
    late, twice and in any order. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    appointment = (
        Appointment.objects.unscoped(reason="whose meeting follows")
        .select_for_update()
        .filter(pk=appointment_id)
        .first()
    )
    if appointment is not None:
        _follow(appointment, at=at)


def meetings_follow(practice_id: UUID, therapist_id: UUID | None, *, at: datetime) -> None:
    """The same for what comes first at a practice, of one therapist or of all, in the caller's transaction;
    the rest is caught up with (`meetings_catch_up`).
    """
    rows = Appointment.objects.unscoped(reason="appointments whose video account is another now").filter(
        practice_id=practice_id, ends_at__gt=at, mode=Mode.TELEHEALTH.value, state__in=_MEETS
    )
    if therapist_id is not None:
        rows = rows.filter(therapist_id=therapist_id)
    for appointment in rows.order_by("starts_at", "id").select_for_update()[:FOLLOWED_AT_ONCE]:
        _follow(appointment, at=at)


def meetings_catch_up(actor: Actor, *, everything: bool = False, at: datetime) -> int:
    """See to the appointments to come that should have a meeting and have none that could still be made, the
    soonest first, a page in each transaction; how many there were. Of those that begin within days, or of
    `everything`. Before that, those whose two are in their meeting already begin (`meetings_begin`). Raises
    NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    meetings_begin(actor, at=at)
    caught = 0
    after: tuple[datetime, UUID] | None = None
    for now in clock.moments(at, goes_on=CATCH_UP):
        page = _page_follow(after, everything=everything, at=now)
        caught += len(page)
        if len(page) < FOLLOWED_AT_ONCE:
            break
        after = page[-1]
    return caught


def meetings_try_again(credential: MeetingCredential, *, at: datetime) -> None:
    """Whatever this account had refused or left unanswered is due at once, however much that is: meetings to
    make, to move and to take back. In the caller's transaction.
    """
    rows = Meeting.objects.unscoped(reason="what is tried again with an account").filter(
        credential=credential, appointment__ends_at__gt=at - NEEDED_BEHIND
    )
    due = {"next_try_at": at, "turn": F("turn") + 1, "changed_at": at}
    rows.filter(state=MeetingState.ENDING.value).update(**due)
    rows.filter(state=MeetingState.THERE.value).exclude(fault="").update(**due)
    unmade = rows.filter(
        state__in=(MeetingState.WANTED.value, MeetingState.FAILED.value), appointment__ends_at__gt=at
    )
    unmade.update(state=MeetingState.WANTED.value, fault="", **due)


def credential_of(practice_id: UUID, therapist_id: UUID) -> MeetingCredential | None:
    """The account with which this therapist's meetings there are made: their own, else the practice's; none
    where they hold them in Bloom.
    """
    if in_bloom(practice_id, therapist_id):
        return None
    rows = MeetingCredential.objects.unscoped(reason="with whose account a meeting is made").filter(
        Q(therapist_id=therapist_id) | Q(therapist=None), practice_id=practice_id, replaced_at=None
    )
    return min(rows, key=lambda each: each.therapist_id is None, default=None)


def in_bloom(practice_id: UUID, therapist_id: UUID) -> bool:
    """Has this therapist chosen Bloom's own video at this practice, whatever account is connected?"""
    rows = Calendar.objects.unscoped(reason="where video sessions are held")
    return rows.filter(practice_id=practice_id, therapist_id=therapist_id, video_in_bloom=True).exists()


def minutes_of(appointment: Appointment) -> int:
    """How long its meeting is."""
    return max(1, int((appointment.ends_at - appointment.starts_at) / timedelta(minutes=1)))


def is_wanted(appointment: Appointment, *, at: datetime) -> bool:
    """Whether it is to have a meeting."""
    return (
        appointment.mode == Mode.TELEHEALTH.value and appointment.state in _MEETS and appointment.ends_at > at
    )


def is_called_off(appointment: Appointment) -> bool:
    """Whether a meeting that it had is to be taken back. One that took place keeps what is known of it."""
    return appointment.state in _CALLED_OFF or appointment.mode != Mode.TELEHEALTH.value


@transactional
def _page_follow(
    after: tuple[datetime, UUID] | None, *, everything: bool, at: datetime
) -> list[tuple[datetime, UUID]]:
    """The next appointments of those, seen to. One that is locked is being seen to by somebody else."""
    rows = Appointment.objects.unscoped(reason="whose meeting was missed").filter(
        _is_missed(),
        mode=Mode.TELEHEALTH.value,
        state__in=_MEETS,
        starts_at__gt=at - _BEGAN_WITHIN,
        ends_at__gt=at,
    )
    if not everything:
        rows = rows.filter(starts_at__lte=at + _SOON)
    if after is not None:
        starts_at, last_id = after
        rows = rows.filter(Q(starts_at__gt=starts_at) | Q(starts_at=starts_at, id__gt=last_id))
    rows = rows.order_by("starts_at", "id").select_for_update(skip_locked=True, of=("self",))
    page = list(rows[:FOLLOWED_AT_ONCE])
    for appointment in page:
        _follow(appointment, at=at)
    return [(each.starts_at, each.id) for each in page]


def _is_missed() -> Q:
    """There is an account, and no meeting that is there or may come to be; or the practice's account has
    refused it, and the therapist has an own one by now.
    """
    accounts = MeetingCredential.objects.unscoped(reason="with whose account it could be made").filter(
        practice_id=OuterRef("practice_id"), replaced_at=None
    )
    own = accounts.filter(therapist_id=OuterRef("therapist_id"))
    meetings = Meeting.objects.unscoped(reason="whether it has a meeting").filter(
        appointment_id=OuterRef("pk")
    )
    unmade = Q(state__in=(MeetingState.WANTED.value, MeetingState.FAILED.value)) & (
        Q(credential=None) | Q(credential__replaced_at__isnull=False)
    )
    settled = meetings.exclude(unmade | Q(state=MeetingState.CANCELLED.value))
    refused = meetings.filter(state=MeetingState.FAILED.value, credential__therapist=None)
    either = accounts.filter(Q(therapist=None) | Q(therapist_id=OuterRef("therapist_id")))
    here = Calendar.objects.unscoped(reason="where video sessions are held").filter(
        pk=OuterRef("calendar_id"), video_in_bloom=True
    )
    missed = Q(Exists(either)) & ~Q(Exists(settled)) | Q(Exists(own)) & Q(Exists(refused))
    return missed & ~Q(Exists(here))


def _follow(appointment: Appointment, *, at: datetime) -> None:
    row = (
        Meeting.objects.unscoped(reason="the meeting that follows")
        .select_for_update()
        .filter(appointment=appointment)
        .first()
    )
    if is_wanted(appointment, at=at):
        _want(row, appointment, at=at)
    elif row is not None and is_called_off(appointment):
        meeting_take_back(row, at=at)


def _want(row: Meeting | None, appointment: Appointment, *, at: datetime) -> None:
    credential = credential_of(appointment.practice_id, appointment.therapist_id)
    if row is None:
        if credential is not None:
            made = Meeting(
                id=uuid4(),
                practice_id=appointment.practice_id,
                appointment=appointment,
                credential=credential,
                vendor=credential.vendor,
                state=MeetingState.WANTED.value,
                next_try_at=at,
                created_at=at,
                changed_at=at,
            )
            # An appointment has one meeting (unique): whoever made it meanwhile has wanted the same.
            Meeting.objects.bulk_create([made], ignore_conflicts=True)
        return
    if credential is None and in_bloom(appointment.practice_id, appointment.therapist_id):
        # A link that is there would mislead; but nobody is put out of a meeting that they may be in.
        if at < opening.opens_at(appointment.starts_at):
            meeting_take_back(row, at=at)
        return
    is_held = (row.held_starts_at, row.held_minutes) == (appointment.starts_at, minutes_of(appointment))
    if row.state == MeetingState.THERE.value and is_held:
        return
    if row.state == MeetingState.THERE.value:
        # Without its account it stays where it is: its address holds at any time.
        if row.credential_id is not None:
            _due(row, at=at)
        return
    if credential is None:
        return
    is_unmade = row.state in {MeetingState.WANTED.value, MeetingState.FAILED.value}
    if is_unmade and row.credential_id == credential.id:
        return
    if row.credential_id != credential.id:
        # What another account may have made is that account's.
        row.credential, row.vendor, row.vendor_id, row.tries = credential, credential.vendor, "", 0
    row.state, row.fault = MeetingState.WANTED.value, ""
    _due(row, at=at)


def meeting_take_back(row: Meeting, *, at: datetime) -> None:
    """It is to be no more, in the caller's transaction."""
    if row.state in {MeetingState.ENDING.value, MeetingState.CANCELLED.value}:
        return
    may_be_there = bool(row.vendor_id) or row.tries > 0
    if row.credential_id is None or not may_be_there:
        row.state, row.next_try_at, row.join_url = MeetingState.CANCELLED.value, None, None
        row.vendor_id, row.turn, row.changed_at = "", row.turn + 1, at
        row.save()
        return
    row.state, row.tries, row.fault = MeetingState.ENDING.value, 0, ""
    _due(row, at=at)


def _due(row: Meeting, *, at: datetime) -> None:
    row.next_try_at, row.turn, row.changed_at = at, row.turn + 1, at
    row.save()
