"""What people see of vendors: accounts, and the meeting of an appointment."""

from uuid import UUID

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from scheduling.models import Appointment, Calendar, Meeting, MeetingCredential, MeetingEvent
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.rules.timeline import timeline
from scheduling.telehealth.types import (
    CredentialView,
    Fault,
    Happening,
    MeetingNews,
    MeetingState,
    MeetingView,
    Vendor,
    VideoAccounts,
)
from scheduling.types import AppointmentState

# Past that a timeline tells what came first; no session has so many comings and goings.
NEWS_MOST = 500


def video_accounts(actor: Actor, practice_id: UUID) -> VideoAccounts:
    """The accounts that the actor may change at this practice, and those that they took the place of, the
    latest first. Four queries.
    """
    may_own = accounts_selectors.practice_may(actor, practice_id, PracticeMay.GIVE_CARE)
    may_shared = accounts_selectors.practice_may(actor, practice_id, PracticeMay.MANAGE_VIDEO)
    visible = MeetingCredential.objects.visible_to(actor).filter(practice_id=practice_id)
    rows = list(visible.order_by("-replaced_at", "id"))
    current = [credential_view(row) for row in rows if row.replaced_at is None]
    own = [each for each in current if each.is_own]
    shared = [each for each in current if not each.is_own]
    earlier = [credential_view(row) for row in rows if row.replaced_at is not None]
    calendars = Calendar.objects.visible_to(actor).filter(practice_id=practice_id, therapist_id=actor.user_id)
    return VideoAccounts(
        own=own[0] if own and may_own else None,
        shared=shared[0] if shared and may_shared else None,
        earlier=tuple(each for each in earlier if (may_own if each.is_own else may_shared)),
        may_own=may_own,
        may_shared=may_shared,
        in_bloom=calendars.values_list("video_in_bloom", flat=True).first() if may_own else None,
    )


def meeting_of(actor: Actor, appointment_id: UUID) -> MeetingView | None:
    """The meeting of an appointment, as one of its two people or the practice's desk sees it: addresses are
    for the two alone. None where the appointment has none, or is not theirs to see. Three queries.
    """
    row = (
        Meeting.objects.visible_to(actor)
        .with_parents("appointment")
        .filter(appointment_id=appointment_id)
        .first()
    )
    if row is None:
        return None
    appointment: Appointment = row.appointment
    is_party = actor.user_id in {appointment.patient_id, appointment.therapist_id}
    news = MeetingEvent.objects.visible_to(actor).filter(meeting=row).order_by("happened_at", "id")
    return MeetingView(
        appointment_id=appointment_id,
        vendor=Vendor(row.vendor),
        state=MeetingState(row.state),
        fault=Fault(row.fault) if row.fault else None,
        can_join=is_party and row.state == MeetingState.THERE.value,
        opens_at=opening.opens_at(appointment.starts_at),
        is_noted=appointment.state == AppointmentState.COMPLETED.value,
        is_host=actor.user_id == appointment.therapist_id,
        timeline=timeline(news_of(row, each) for each in news[:NEWS_MOST]),
    )


def meeting_get(actor: Actor, appointment_id: UUID) -> MeetingView:
    """The same. Raises NotFound where there is none."""
    found = meeting_of(actor, appointment_id)
    if found is None:
        Appointment.objects.visible_to(actor).get_or_refuse(appointment_id)
        raise NotFound
    return found


def credential_view(row: MeetingCredential) -> CredentialView:
    return CredentialView(
        id=row.id,
        practice_id=row.practice_id,
        is_own=row.therapist_id is not None,
        vendor=Vendor(row.vendor),
        hint=row.hint,
        hook_path=f"/hooks/{row.vendor}/{row.id}/",
        tested_at=row.tested_at,
        fault=Fault(row.fault) if row.fault else None,
        rests_until=row.rests_until,
    )


def news_of(meeting: Meeting, row: MeetingEvent) -> MeetingNews:
    """What a vendor told, as it is kept."""
    return MeetingNews(
        vendor_id=meeting.vendor_id,
        happening=Happening(row.happening),
        session=row.session,
        person=row.person,
        happened_at=row.happened_at,
        dedupe_key=row.dedupe_key,
    )
