"""What can go wrong when people meet at a time."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Conflict, NotAllowed


class SlotTaken(Conflict):
    """Somebody else has this time. `alternatives` are the nearest that are free, as REST shows slots."""

    code = "slot_taken"
    detail = _("Someone else has just taken this time.")

    def __init__(self, detail: Any = None, *, alternatives: Sequence[Any] = ()) -> None:
        super().__init__(detail, alternatives=list(alternatives))


class SlotNotOffered(Conflict):
    """Nobody can book this time: `reason` says why, as scheduling.types.SlotFault does."""

    code = "slot_not_offered"
    detail = _("This time cannot be booked.")

    def __init__(self, detail: Any = None, *, reason: str, alternatives: Sequence[Any] = ()) -> None:
        super().__init__(detail, reason=reason, alternatives=list(alternatives))


class HoldsFull(Conflict):
    """One person holds as many times as one may."""

    code = "holds_full"
    detail = _("You are holding as many times as you can. Book one of them or let one go first.")


class AppointmentsFull(Conflict):
    """A patient has as many appointments ahead, with one therapist or in all, as one books; `most` says how
    many.
    """

    code = "appointments_full"
    detail = _("You have as many appointments ahead as can be booked at a time.")

    def __init__(self, detail: Any = None, *, most: int) -> None:
        super().__init__(detail, most=most)


class TermsChanged(Conflict):
    """Price, length, rules or hours are not those any more that stood when the time was held."""

    code = "terms_changed"
    detail = _("Something about this appointment has changed since you chose it. Please look at it again.")


class HoldGone(Conflict):
    """The hold has run out, was let go, or was lost; the time may still be free."""

    code = "hold_gone"
    detail = _("This time is no longer held for you. Please choose a time again.")


class AppointmentOverlaps(Conflict):
    """The patient has another appointment then."""

    code = "appointment_overlaps"
    detail = _("You already have another appointment at this time.")


class PatientNotInCare(Conflict):
    """Who is booked by another is in the care of the therapist, at the practice."""

    code = "patient_not_in_care"
    detail = _("This patient is not in the care of this therapist any more.")


class AppointmentStands(Conflict):
    """What was asked does not fit with where the appointment stands; `state` says where."""

    code = "appointment_state"
    detail = _("This cannot be done with this appointment any more.")

    def __init__(self, *, state: str) -> None:
        super().__init__(state=state)


class ChangeTooLate(Conflict):
    """A patient moves an appointment while calling it off is free."""

    code = "change_too_late"
    detail = _("It is too late to move this appointment. Please write to your therapist, or cancel it.")


class TermsUnseen(Conflict):
    """A patient who moves what they agreed to says yes to what the new time costs; `free_cancel_until` and
    `late_fee` are that, as REST shows them.
    """

    code = "terms_unseen"
    detail = _("Please look at what this time would cost to cancel, and say yes to it.")

    def __init__(self, *, free_cancel_until: str, late_fee: Mapping[str, Any]) -> None:
        super().__init__(free_cancel_until=free_cancel_until, late_fee=dict(late_fee))


class CalendarMissing(Conflict):
    """The therapist has told of no hours yet at the practice that they act for."""

    code = "calendar_missing"
    detail = _("Please tell first at which hours you work.")


class ServiceNameTaken(Conflict):
    """Two services of one therapist are called differently."""

    code = "service_name_taken"
    detail = _("You already offer a service of this name.")


class ServiceNotForYou(NotAllowed):
    """The service is for new patients only, or only for those who are in its therapist’s care."""

    detail = _("This service is not open to you. Please choose another one.")

    def __init__(self, *, object_id: UUID) -> None:
        super().__init__(object_kind="scheduling.service", object_id=object_id, exists=True)


class WaitlistFull(Conflict):
    """One person waits for as many things as one may; `most` says how many."""

    code = "waitlist_full"
    detail = _("You are waiting in as many lines as you can. Leave one of them first.")

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)


class AlreadyWaiting(Conflict):
    """They wait for the same already."""

    code = "already_waiting"
    detail = _("You are waiting for this already.")


class OfferOver(Conflict):
    """The offer was answered, has run out, or was taken back; `state` says which, as
    scheduling.types.OfferState does.
    """

    code = "offer_over"
    detail = _("This offer is over. You keep your place, and will be offered the next time that fits.")

    def __init__(self, detail: Any = None, *, state: str) -> None:
        super().__init__(detail, state=state)


class ReminderOver(Conflict):
    """The appointment of this reminder has moved, was called off, or has begun."""

    code = "reminder_over"
    detail = _("This link is over. Please sign in to see where your appointment stands.")


class SeriesConflicts(Conflict):
    """Something stands against some times of a series; `conflicts` are these, each with its day `on`, why
    (`fault`, as scheduling.types.OccurrenceFault), and the nearest free time of that day.
    """

    code = "series_conflicts"
    detail = _("Some of these times are not possible. Please choose what becomes of them.")

    def __init__(self, *, conflicts: Sequence[Any]) -> None:
        super().__init__(conflicts=list(conflicts))


class SeriesStands(Conflict):
    """What was asked does not fit with this appointment: it comes again already, or does not at all."""

    code = "series_state"
    detail = _("This cannot be done with this appointment.")


class OutsideFull(Conflict):
    """A therapist has as many calendars elsewhere as are read; `most` says how many."""

    code = "outside_full"
    detail = _("You have added as many calendars as can be read. Remove one of them first.")

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)
